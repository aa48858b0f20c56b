"""Objects from their JSON form, with the user's functions in the places of code that files carry."""

from collections.abc import Mapping
from typing import Any

from hornbeam._core import registry
from hornbeam._core.serialize import deserialize
from hornbeam.saving import _operations


def deserialize_keras_object(
    config: Any,
    custom_objects: Mapping[str, Any] | None = None,
    safe_mode: bool = True,  # noqa: ARG001  # Keras's argument; there is no other mode
    **kwargs: Any,
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
        given = ", ".join(kwargs)
        message = f"deserialize_keras_object() takes custom_objects, safe_mode and module_objects; got {given}."
        raise ValueError(message)
    with registry.custom_object_scope(custom_objects or {}):
        if isinstance(config, str) and module_objects is not None:
            return registry.lookup("object", config, module_objects)
        return deserialize(prepare(config))


def prepare(config: Any) -> Any:
    """Return a configuration from a file as constructors take it.

    Functions of the user's take the place of the Python code of Lambda layers, which is never run.
    """
    if isinstance(config, list):
        return [prepare(item) for item in config]
    if not isinstance(config, dict):
        return config
    config = {key: prepare(value) for key, value in config.items()}
    if isinstance(config.get("build_config"), dict) and "shapes_dict" in config["build_config"]:
        config["build_config"] = config["build_config"]["shapes_dict"]
    if isinstance(config.get("inbound_nodes"), list) and isinstance(config.get("config"), dict):
        config = _operations.from_file(config)
    if config.get("class_name") == "Lambda" and isinstance(config.get("config"), dict):
        config["config"] = _lambda_config(config["config"])
    return config


def for_file(config: Any) -> Any:
    """Return what `serialize` gave in the form that Keras reads.

    Operations of a graph are classes with options; the shapes that a layer was built for are one `input_shape`, or a
    dict of them.
    """
    if isinstance(config, list | tuple):
        return [for_file(item) for item in config]
    if not isinstance(config, dict):
        return config
    config = {key: for_file(value) for key, value in config.items()}
    if isinstance(config.get("build_config"), dict):
        shapes = {name: shape for name, shape in config["build_config"].items() if shape is not None}
        only = next(iter(shapes.values()), None)
        config["build_config"] = {"shapes_dict": shapes} if len(shapes) > 1 else {"input_shape": only}
    return _operations.to_file(config) if "inbound_nodes" in config else config


def _is_code(value: Any) -> bool:
    return isinstance(value, dict) and value.get("class_name") == "__lambda__"


def _lambda_config(config: dict[str, Any]) -> dict[str, Any]:
    """Return a Lambda's arguments with the user's functions, found under the layer's name, in the places of code."""
    name, result = config.get("name"), dict(config)
    for argument, key in (("function", name), ("mask", f"{name}_mask")):
        if not _is_code(config.get(argument)):
            continue
        result[argument] = registry.get_registered_object(key) if isinstance(key, str) else None
        if result[argument] is None:
            message = (
                f"Layer {name!r} is a Lambda whose {argument} the file holds as Python code, which is never run from a "
                f"file. Pass the function: load_model(..., custom_objects={{{key!r}: function}})."
            )
            raise ValueError(message)
    if _is_code(config.get("output_shape")):
        result["output_shape"] = None  # the shape follows from the function
    return result
