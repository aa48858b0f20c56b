"""Optimizers by name, class, configuration, or as the object itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hornbeam._core.family import Family
from hornbeam._core.registry import lookup, public
from hornbeam._core.serialize import serialize as _serialize
from hornbeam.optimizers import _rules as r
from hornbeam.optimizers._loss_scale import LossScaleOptimizer
from hornbeam.optimizers._optax import OptaxOptimizer, is_optax
from hornbeam.optimizers._optimizer import Optimizer

RULES = (r.SGD, r.RMSprop, r.Adam, r.AdamW, r.Adadelta, r.Adagrad, r.Adamax, r.Nadam, r.Ftrl, r.Lion, r.Lamb)
_NAMES = {rule.__name__: rule for rule in (*RULES, LossScaleOptimizer)}
_NAMES |= {name.lower(): rule for name, rule in _NAMES.items()}

FAMILY = Family("optimizer", "keras.optimizers", _NAMES | {"Optimizer": Optimizer})
public("keras", Optimizer=Optimizer)


def get(identifier: Any) -> Optimizer:
    """Return the optimizer that `identifier` stands for: a name, a class, a configuration, or an optax transformation.

    >>> import hornbeam as keras
    >>> keras.optimizers.get("adam").learning_rate.numpy().round(4)
    np.float32(0.001)
    """
    if isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, str):
        return lookup("optimizer", identifier if identifier in _NAMES else identifier.lower(), _NAMES)()
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        return identifier()
    if is_optax(identifier):
        return OptaxOptimizer(identifier)
    message = (
        f"optimizer must be a name, an Optimizer, its configuration or an optax transformation; got {identifier!r}."
    )
    raise ValueError(message)


def serialize(optimizer: Optimizer) -> Any:
    """Return the configuration of an optimizer, with its class."""
    return _serialize(optimizer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Optimizer:
    """Return the optimizer that a name or a configuration describes."""
    if isinstance(config, str):
        return get(config)
    name = str(config.get("class_name", ""))
    known = {n.lower(): rule.__name__ for n, rule in _NAMES.items()}
    return FAMILY.deserialize({**config, "class_name": known.get(name.lower(), name)}, custom_objects)
