"""Activations by name, function or configuration."""

from collections.abc import Mapping
from typing import Any

from hornbeam import ops
from hornbeam._core.family import Family
from hornbeam._core.serialize import serialize as _serialize
from hornbeam.activations._activations import exponential, gelu, linear, mish, relu

_FUNCTIONS = (
    exponential, gelu, linear, mish, relu, ops.celu, ops.elu, ops.glu, ops.hard_shrink, ops.hard_sigmoid, ops.hard_silu,
    ops.hard_tanh, ops.leaky_relu, ops.log_sigmoid, ops.log_softmax, ops.relu6, ops.selu, ops.sigmoid, ops.silu,
    ops.soft_shrink, ops.softmax, ops.softplus, ops.softsign, ops.sparse_plus, ops.sparse_sigmoid, ops.sparsemax,
    ops.squareplus, ops.tanh, ops.tanh_shrink, ops.threshold,
)  # fmt: skip

FAMILY = Family(
    "activation",
    "keras.activations",
    {f.__name__: f for f in _FUNCTIONS} | {"swish": ops.silu, "hard_swish": ops.hard_silu},
)


def get(identifier: Any) -> Any:
    """Return the function that `identifier` stands for: a name, a function, a layer or its configuration.

    None is `linear`. Anything else, and an unknown name, raises ValueError.

    >>> import hornbeam as keras
    >>> keras.activations.get("relu")([-1.0, 2.0]).tolist()
    [0.0, 2.0]
    """
    return linear if identifier is None else FAMILY.get(identifier)


def serialize(activation: Any) -> Any:
    """Return the name of `activation`, or the configuration of one of yours, as JSON has it.

    >>> import hornbeam as keras
    >>> keras.activations.serialize(keras.activations.swish)
    'silu'
    """
    return _serialize(activation)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the function that a name or `serialize`'s result describes; `custom_objects` names functions of yours.

    >>> import hornbeam as keras
    >>> keras.activations.deserialize("linear")(2.0)
    2.0
    """
    return FAMILY.deserialize(config, custom_objects)
