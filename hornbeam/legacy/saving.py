"""Objects as {'class_name': ..., 'config': ...}, as Keras 2 wrote them: what Keras 3 keeps as `keras.legacy.saving`."""

from collections.abc import Mapping
from typing import Any

from hornbeam._core.registry import custom_object_scope, get_registered_name, get_registered_object
from hornbeam.saving import deserialize_keras_object as _deserialize

__all__ = ["deserialize_keras_object", "serialize_keras_object"]


def serialize_keras_object(instance: Any) -> Any:
    """Return the class's name and the configuration of an object, or the name of a function; None of None.

    >>> import hornbeam as keras
    >>> keras.legacy.saving.serialize_keras_object(keras.regularizers.L2(0.5))
    {'class_name': 'L2', 'config': {'l2': 0.5}}
    """
    if instance is None:
        return None
    if hasattr(instance, "get_config"):
        return {"class_name": get_registered_name(type(instance)), "config": instance.get_config()}
    if hasattr(instance, "__name__"):
        return get_registered_name(instance)
    message = f"serialize_keras_object expects an object with get_config(), or a function; got {instance!r}."
    raise ValueError(message)


def deserialize_keras_object(
    identifier: Any,
    module_objects: Mapping[str, Any] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    printable_module_name: str = "object",
) -> Any:
    """Return the object that `serialize_keras_object` described.

    A name is looked for in `custom_objects`, among the registered objects, and in `module_objects`; one that is nowhere
    raises ValueError, and `printable_module_name` says there what was looked for.

    >>> import hornbeam as keras
    >>> config = {"class_name": "L2", "config": {"l2": 0.5}}
    >>> keras.legacy.saving.deserialize_keras_object(config, module_objects={"L2": keras.regularizers.L2}).l2
    0.5
    """
    if identifier is None:
        return None
    if isinstance(identifier, Mapping) and "module" in identifier:
        return _deserialize(identifier, custom_objects)
    name = identifier["class_name"] if isinstance(identifier, Mapping) else identifier
    found = get_registered_object(name, custom_objects, module_objects)
    if found is None:
        message = f"Unknown {printable_module_name}: {name!r}. Pass it in custom_objects."
        raise ValueError(message)
    if not isinstance(identifier, Mapping):
        return found() if isinstance(found, type) else found
    with custom_object_scope({**(module_objects or {}), **(custom_objects or {})}):
        return found.from_config(identifier["config"])
