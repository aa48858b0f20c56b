"""Initializers by name, object, array or configuration."""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from hornbeam._core.family import Family
from hornbeam._core.names import snake_case
from hornbeam._core.serialize import serialize as _serialize
from hornbeam.initializers._base import Initializer
from hornbeam.initializers._constant import STFT, Constant, Identity, Ones, Zeros
from hornbeam.initializers._random import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
)

_CLASSES = (
    Initializer, Constant, Identity, Ones, STFT, Zeros, GlorotNormal, GlorotUniform, HeNormal, HeUniform, LecunNormal,
    LecunUniform, Orthogonal, RandomNormal, RandomUniform, TruncatedNormal, VarianceScaling,
)  # fmt: skip
_ALIASES = {
    "IdentityInitializer": Identity,
    "OrthogonalInitializer": Orthogonal,
    "STFTInitializer": STFT,
    "normal": RandomNormal,
    "uniform": RandomUniform,
    "one": Ones,
    "zero": Zeros,
}

FAMILY = Family(
    "initializer",
    "keras.initializers",
    {c.__name__: c for c in _CLASSES} | {snake_case(c.__name__): c for c in _CLASSES} | _ALIASES,
)


def get(identifier: Any) -> Any:
    """Return the initializer that `identifier` stands for: a name, a class, a function, a configuration or an array.

    An array is the value itself; the weight must have its shape. None stays None. Anything else, and an unknown name,
    raises ValueError.

    >>> import hornbeam as keras
    >>> keras.initializers.get("he_normal").get_config()
    {'seed': None, 'input_axes': None, 'output_axes': None}
    """
    if identifier is None:
        return None
    if isinstance(identifier, jax.Array | np.ndarray | np.generic):
        given = Constant(identifier)
        given.exact = True
        return given
    return FAMILY.get(identifier)


def serialize(initializer: Any) -> Any:
    """Return the configuration of `initializer`, with its class, as JSON has it.

    >>> import hornbeam as keras
    >>> keras.initializers.serialize(keras.initializers.Constant(0.5))["config"]
    {'value': 0.5}
    """
    return _serialize(initializer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the initializer that a name or `serialize`'s result describes; `custom_objects` names classes of yours.

    >>> import hornbeam as keras
    >>> keras.initializers.deserialize({"class_name": "Constant", "config": {"value": 0.5}}).value
    0.5
    """
    return FAMILY.deserialize(config, custom_objects)
