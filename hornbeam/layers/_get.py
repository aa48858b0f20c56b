"""Layers to and from configurations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hornbeam._core.serialize import deserialize as _deserialize
from hornbeam._core.serialize import serialize as _serialize
from hornbeam.layers._layer import Layer


def serialize(layer: Layer) -> dict[str, Any]:
    """Return the configuration of a layer, as JSON has it.

    >>> import hornbeam as keras
    >>> keras.layers.serialize(keras.layers.Dense(2))["class_name"]
    'Dense'
    """
    return _serialize(layer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return a layer made from its configuration, without its weights; `custom_objects` names classes of yours.

    >>> import hornbeam as keras
    >>> keras.layers.deserialize(keras.layers.serialize(keras.layers.Dense(2))).units
    2
    """
    return _deserialize(config, custom_objects)
