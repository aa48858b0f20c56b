"""Objects from their JSON form, with the user's functions in the places of code that files carry."""

from collections.abc import Mapping
from typing import Any

from hornbeam._core import registry
from hornbeam._core.serialize import deserialize


def deserialize_keras_object(
    config: Any, custom_objects: Mapping[str, Any] | None = None, safe_mode: bool = True, **kwargs: Any
) -> Any:
    """Return the object that `serialize_keras_object` described.

    Args:
        config: a dict with a class and its configuration, a nest of them, or a name.
        custom_objects: dict name -> class or function of yours that the configuration names.
        safe_mode: accepted for Keras's sake: code in a configuration is never run, whatever this says.
        kwargs: `module_objects`, a dict in which a name is looked up.

    Raises:
        ValueError: a class is unknown; the error says how to name it.

    >>> import hornbeam as keras
    >>> config = keras.saving.serialize_keras_object(keras.layers.Dense(3))
    >>> keras.saving.deserialize_keras_object(config).units
    3
    """
    module_objects = kwargs.pop("module_objects", None)
    if kwargs:
        message = f"deserialize_keras_object() takes custom_objects, safe_mode and module_objects; got {', '.join(kwargs)}."
        raise ValueError(message)
    with registry.custom_object_scope(custom_objects or {}):
        if isinstance(config, str) and module_objects is not None:
            return registry.lookup("object", config, module_objects)
        return deserialize(with_functions(config))


def with_functions(config: Any) -> Any:
    """Return the configuration with functions put in for the Python code of Lambda layers, which is never run."""
    if isinstance(config, list):
        return [with_functions(item) for item in config]
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "Lambda" and isinstance(config.get("config"), dict):
        return {**config, "config": _lambda_config(config["config"])}
    return {key: with_functions(value) for key, value in config.items()}


def _lambda_config(config: dict[str, Any]) -> dict[str, Any]:
    name = config.get("name")
    result = dict(config)
    for argument in ("function", "mask", "output_shape"):
        value = config.get(argument)
        if isinstance(value, dict) and value.get("class_name") == "__lambda__":
            function = registry.get_registered_object(name) if argument == "function" and isinstance(name, str) else None
            if function is None:
                message = (
                    f"Layer {name!r} is a Lambda whose {argument} the file holds as Python code, which is never run from a file. "
                    f"Pass the function: load_model(..., custom_objects={{{name!r}: function}})."
                )
                raise ValueError(message)
            result[argument] = function
    return result
