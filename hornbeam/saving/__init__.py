"""Saving and loading: `.keras` files of whole models, `.weights.h5` files of weights, objects as JSON."""

# Names in paragraphs:
# isort: off
# fmt: off

from hornbeam._core.registry import (
    CustomObjectScope, custom_object_scope, get_custom_objects, get_registered_name, get_registered_object,
    register_keras_serializable,
)
from hornbeam._core.serialize import serialize as serialize_keras_object
from hornbeam.saving._archive import load_model, save_model
from hornbeam.saving._objects import deserialize_keras_object
from hornbeam.saving._weights import load_weights, save_weights

__all__ = [
    "CustomObjectScope", "custom_object_scope", "deserialize_keras_object", "get_custom_objects", "get_registered_name",
    "get_registered_object", "load_model", "load_weights", "register_keras_serializable", "save_model", "save_weights",
    "serialize_keras_object",
]
