"""Optimizers by name, class, configuration, or as an optax transformation."""

from collections.abc import Mapping
from typing import Any

from hornbeam._core import registry
from hornbeam._core.family import Family
from hornbeam._core.serialize import serialize as _serialize
from hornbeam.optimizers import _adam as a
from hornbeam.optimizers import _matrix as m
from hornbeam.optimizers import _rules as r
from hornbeam.optimizers import _wrappers as w
from hornbeam.optimizers._optax import OptaxOptimizer
from hornbeam.optimizers._optimizer import Optimizer

_CLASSES = (
    Optimizer, r.SGD, r.RMSprop, r.Adagrad, r.Adadelta, r.Ftrl, r.Lion, a.Adam, a.AdamW, a.Adamax, a.Nadam, a.Lamb,
    a.ScheduleFreeAdamW, m.Adafactor, m.Muon, w.LossScaleOptimizer, w.MultiOptimizer, w.OptimizerMap, OptaxOptimizer,
)  # fmt: skip
FAMILY = Family("optimizer", "keras.optimizers", {c.__name__: c for c in _CLASSES})
_LOWER = {c.__name__.lower(): c for c in _CLASSES}


def get(identifier: Any) -> Optimizer | None:
    """Return the optimizer that `identifier` stands for; None stays None.

    `identifier` is a name in any case, a class, a configuration, an optimizer, or an optax transformation, an object
    with `init` and `update`. Anything else, and an unknown name, raises ValueError.

    >>> import hornbeam as keras
    >>> keras.optimizers.get("adam").get_config()["beta_1"]
    0.9
    """
    if identifier is None or isinstance(identifier, Optimizer):
        return identifier
    found: Any = identifier
    if isinstance(identifier, str):
        found = _LOWER.get(identifier.lower()) or registry.lookup("optimizer", identifier, _LOWER)
    elif isinstance(identifier, Mapping):
        found = deserialize(identifier)
    elif hasattr(identifier, "init") and hasattr(identifier, "update"):
        found = OptaxOptimizer(identifier)
    if isinstance(found, type):
        found = found()
    if not isinstance(found, Optimizer):
        expected = "a name, an optimizer, its configuration, an optax transformation or None"
        message = f"optimizer must be {expected}; got {identifier!r}."
        raise ValueError(message)  # noqa: TRY004  # the same for a wrong name and a wrong object, as in Keras
    return found


def serialize(optimizer: Any) -> Any:
    """Return the configuration of `optimizer`, with its class, as JSON has it.

    >>> import hornbeam as keras
    >>> keras.optimizers.serialize(keras.optimizers.SGD(0.5))["config"]["learning_rate"]
    0.5
    """
    return _serialize(optimizer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the optimizer that a name or `serialize`'s result describes; `custom_objects` names optimizers of yours.

    >>> import hornbeam as keras
    >>> keras.optimizers.deserialize({"class_name": "adam", "config": {"beta_1": 0.5}}).beta_1
    0.5
    """
    with registry.custom_object_scope(custom_objects or {}):
        if isinstance(config, str):
            return get(config)
        known = _LOWER.get(str(config.get("class_name")).lower())
        if known is not None and registry.get_registered_object(config["class_name"]) is None:
            config = {**config, "class_name": known.__name__, "module": FAMILY.module, "registered_name": None}
        return FAMILY.deserialize(config)
