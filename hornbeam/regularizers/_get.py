"""Regularizers by name, object or configuration."""

from collections.abc import Mapping
from typing import Any

from hornbeam._core.family import Family
from hornbeam._core.names import snake_case
from hornbeam._core.serialize import serialize as _serialize
from hornbeam.regularizers._regularizers import L1, L1L2, L2, OrthogonalRegularizer, Regularizer

_CLASSES = (Regularizer, L1, L2, L1L2, OrthogonalRegularizer)

FAMILY = Family(
    "regularizer",
    "keras.regularizers",
    {c.__name__: c for c in _CLASSES} | {snake_case(c.__name__): c for c in _CLASSES} | {"l1_l2": L1L2},
)


def get(identifier: Any) -> Any:
    """Return the regularizer that a name, a class, a function or a configuration stands for; None stays None.

    Anything else, and an unknown name, raises ValueError.

    >>> import hornbeam as keras
    >>> keras.regularizers.get("l2").get_config()
    {'l2': 0.01}
    """
    return None if identifier is None else FAMILY.get(identifier)


def serialize(regularizer: Any) -> Any:
    """Return the configuration of `regularizer`, with its class, as JSON has it.

    >>> import hornbeam as keras
    >>> keras.regularizers.serialize(keras.regularizers.L1(0.5))["config"]
    {'l1': 0.5}
    """
    return _serialize(regularizer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the regularizer that a name or `serialize`'s result describes; `custom_objects` names classes of yours.

    >>> import hornbeam as keras
    >>> keras.regularizers.deserialize({"class_name": "L1", "config": {"l1": 0.5}}).l1
    0.5
    """
    return FAMILY.deserialize(config, custom_objects)
