"""Constraints by name, object or configuration."""

from collections.abc import Mapping
from typing import Any

from hornbeam._core.family import Family
from hornbeam._core.names import snake_case
from hornbeam._core.serialize import serialize as _serialize
from hornbeam.constraints._constraints import Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm

_CLASSES = (Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm)

FAMILY = Family(
    "constraint",
    "keras.constraints",
    {c.__name__: c for c in _CLASSES} | {snake_case(c.__name__): c for c in _CLASSES},
)


def get(identifier: Any) -> Any:
    """Return the constraint that a name, a class, a function or a configuration stands for; None stays None.

    Anything else, and an unknown name, raises ValueError.

    >>> import hornbeam as keras
    >>> keras.constraints.get("unit_norm").get_config()
    {'axis': 0}
    """
    return None if identifier is None else FAMILY.get(identifier)


def serialize(constraint: Any) -> Any:
    """Return the configuration of `constraint`, with its class, as JSON has it.

    >>> import hornbeam as keras
    >>> keras.constraints.serialize(keras.constraints.MaxNorm(3))["config"]
    {'max_value': 3, 'axis': 0}
    """
    return _serialize(constraint)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the constraint that a name or `serialize`'s result describes; `custom_objects` names classes of yours.

    >>> import hornbeam as keras
    >>> keras.constraints.deserialize({"class_name": "UnitNorm", "config": {"axis": 1}}).axis
    1
    """
    return FAMILY.deserialize(config, custom_objects)
