"""Objects from their JSON form, with the user's functions in the places of code that files carry."""

from collections.abc import Mapping
from typing import Any

from hornbeam._core import registry
from hornbeam.saving import _operations
from hornbeam._core.serialize import constructor_arguments, deserialize, public_form

_UNUSED = {  # argument in files -> the argument, itself or another, whose value says that it is not used
    "gptq_unpacked_column_size": ("gptq_unpacked_column_size", None),
    "lora_alpha": ("lora_rank", None),
    "lora_rank": ("lora_rank", None),
    "quantization_config": ("quantization_config", None),
    "renorm": ("renorm", False),
    "renorm_clipping": ("renorm", False),
    "renorm_momentum": ("renorm", False),
    "synchronized": ("synchronized", False),
}


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
        return deserialize(prepare(config))


def prepare(config: Any) -> Any:
    """Return a configuration from a file as constructors take it.

    Functions of the user's take the place of the Python code of Lambda layers, which is never run; arguments that a class
    does not have go, where their value says that they are not used.
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
    inner = config.get("config")
    if "class_name" not in config or not isinstance(inner, dict):
        return config
    if config["class_name"] == "Lambda":
        inner = _lambda_config(inner)
    if _UNUSED.keys() & inner.keys():
        taken = _arguments(config)
        inner = {k: v for k, v in inner.items() if k in taken or k not in _UNUSED or not _is_unused(inner, k)}
    return {**config, "config": inner}


def for_file(config: Any) -> Any:
    """Return what `serialize` gave in the form that Keras reads.

    Operations of a graph are classes with options; the shapes that a layer was built for are one `input_shape`, or a dict.
    """
    if isinstance(config, list | tuple):
        return [for_file(item) for item in config]
    if not isinstance(config, dict):
        return config
    config = {key: for_file(value) for key, value in config.items()}
    if isinstance(config.get("build_config"), dict):
        shapes = {name: shape for name, shape in config["build_config"].items() if shape is not None}
        config["build_config"] = {"shapes_dict": shapes} if len(shapes) > 1 else {"input_shape": s for s in shapes.values()}
    return _operations.to_file(config) if "inbound_nodes" in config else config


def _arguments(config: Mapping[str, Any]) -> set[str]:
    """Return the names of the arguments of Hornbeam's class of that name."""
    name = config["class_name"]
    found = registry.public_object(public_form(config.get("module")), name) if isinstance(name, str) else None
    return set(constructor_arguments(found)) if isinstance(found, type) else set(_UNUSED)


def _is_unused(config: Mapping[str, Any], argument: str) -> bool:
    ruler, value = _UNUSED[argument]
    return config.get(ruler) == value


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
