"""Objects to and from JSON: the one place that knows the form that configs take in files.

Reading looks names up in the tables of `registry` and nowhere else. Nothing is imported, unpickled or executed because
a file says so: a function is found by its name, and Python code that a file carries is refused.
"""

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any, Self, TypeVar

import jax
import numpy as np

from hornbeam._core import registry
from hornbeam._core.graph import KerasTensor
from hornbeam._core.names import snake_case

T = TypeVar("T", bound="Configurable")


class Configurable:
    """An object whose constructor arguments are its configuration: each is stored under its own name."""

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments, so that `from_config` makes an equal object."""
        return constructor_config(self)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Return an object made from what `get_config` returned."""
        return cls(**{name: deserialize(value) for name, value in config.items()})


def constructor_arguments(cls: type) -> list[str]:
    """Return the names of the arguments that `cls` takes.

    A class of the user's whose constructor passes **kwargs on takes its parent's arguments too; the package's own
    classes name all of theirs.
    """
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    names: dict[str, None] = {}
    for c in cls.__mro__:
        if "__init__" in c.__dict__:
            parameters = inspect.signature(c.__init__).parameters.values()  # type: ignore[misc]
            names |= dict.fromkeys(p.name for p in parameters if p.kind in kinds and p.name != "self")
            if c.__module__.startswith("hornbeam.") or all(p.kind is not p.VAR_KEYWORD for p in parameters):
                break
    return list(names)


def constructor_config(obj: Any, skip: Collection[str] = ()) -> dict[str, Any]:
    """Return each constructor argument of `obj` but those to `skip`, read from the attribute of the same name."""
    config = {}
    for name in constructor_arguments(type(obj)):
        if name in skip:
            continue
        if hasattr(obj, name):
            config[name] = serialize(getattr(obj, name))
        elif type(obj).get_config.__module__.startswith("hornbeam."):
            message = (
                f"{type(obj).__name__} takes the argument {name!r} but has no attribute of that name to save it from: "
                f"store it as `self.{name}` in __init__, or define get_config()."
            )
            raise TypeError(message)
    return config


def serialize(obj: Any) -> Any:  # noqa: C901, PLR0911 - one line per kind of value
    """Return `obj` as JSON has it: numbers, strings, lists, dicts; an object becomes a dict with its class and config.

    >>> import hornbeam as keras
    >>> keras.saving.serialize_keras_object(keras.initializers.Zeros())["class_name"]
    'Zeros'
    """
    if obj is None or isinstance(obj, bool | int | float | str):
        return obj
    if isinstance(obj, np.generic):
        return obj.item()
    if isinstance(obj, list | tuple):
        return type(obj)(serialize(x) for x in obj) if type(obj) in (list, tuple) else [serialize(x) for x in obj]
    if isinstance(obj, Mapping):
        return {_key(key): serialize(value) for key, value in obj.items()}
    if isinstance(obj, KerasTensor):
        operation, node_index, tensor_index = obj._keras_history
        history = [operation.name, node_index, tensor_index]
        return _wrap("__keras_tensor__", {"shape": list(obj.shape), "dtype": obj.dtype, "keras_history": history})
    if isinstance(obj, jax.Array | np.ndarray):
        kind = "__numpy__" if isinstance(obj, np.ndarray) else "__tensor__"
        return _wrap(kind, {"value": np.asarray(obj).tolist(), "dtype": obj.dtype.name})
    if isinstance(obj, slice):
        return _wrap("__slice__", {"start": obj.start, "stop": obj.stop, "step": obj.step})
    if obj is Ellipsis:
        return _wrap("__ellipsis__", {})
    if isinstance(obj, np.dtype) or obj in (float, int, bool):
        return np.dtype(obj).name
    if hasattr(obj, "get_config"):
        return _serialize_object(obj)
    if callable(obj):
        return _serialize_function(obj)
    message = f"{obj!r} of type {type(obj).__name__} cannot be saved: give its class get_config() and from_config()."
    raise TypeError(message)


def _key(key: Any) -> Any:
    if not isinstance(key, str | int | float | bool | None):
        message = f"{key!r} of type {type(key).__name__} cannot be saved as the key of a dict: use text or a number."
        raise TypeError(message)
    return key


def _wrap(class_name: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"class_name": class_name, "config": config}


def _serialize_object(obj: Any) -> dict[str, Any]:
    cls = type(obj)
    module, name = registry.public_module(cls), getattr(cls, "_config_name", cls.__name__)
    data: dict[str, Any] = {"module": module, "class_name": name, "config": None, "registered_name": None}
    if module is None or registry.get_registered_name(cls) != cls.__name__:
        data |= {"module": cls.__module__, "registered_name": registry.get_registered_name(cls)}
    try:
        data["config"] = serialize(obj.get_config())
    except TypeError as error:
        error.add_note(f"This came up in the configuration of {getattr(obj, 'path', None) or name!r}.")
        raise
    for extra in ("build_config", "compile_config"):
        method = getattr(obj, f"get_{extra}", None)
        value = method() if method else None
        if value:
            data[extra] = serialize(value)
    return data


def _serialize_function(fn: Callable[..., Any]) -> Any:
    module = registry.public_module(fn)
    if module is not None:
        return fn.__name__
    name = getattr(fn, "__name__", type(fn).__name__)
    if name == "<lambda>":
        return _wrap("__lambda__", {"name": name})
    registered = registry.get_registered_name(fn)
    return {"module": "builtins", "class_name": "function", "config": registered, "registered_name": "function"}


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:  # noqa: PLR0911 - as above
    """Return the object that `serialize` described; unknown classes raise an error that says how to name them."""
    if custom_objects:
        with registry.custom_object_scope(custom_objects):
            return deserialize(config)
    if isinstance(config, list | tuple):
        return type(config)(deserialize(x) for x in config)
    if not isinstance(config, Mapping):
        return config
    if "class_name" not in config or "config" not in config:
        return {key: deserialize(value) for key, value in config.items()}
    name, inner = config["class_name"], config["config"]
    if name in _PLAIN:
        return _PLAIN[name](inner)
    if name == "function":
        return find_function(config)
    cls = find_class(config)
    if not isinstance(cls, type):  # a custom object may be a ready-made object or a function
        return cls
    if not hasattr(cls, "from_config"):
        message = f"Class {name!r} has no from_config(), so it cannot be made from a configuration."
        raise TypeError(message)
    return _make(cls, config, inner if isinstance(inner, Mapping) else {})


def _make(cls: Any, config: Mapping[str, Any], inner: Mapping[str, Any]) -> Any:
    try:
        obj = cls.from_config(dict(inner))
    except Exception as error:
        error.add_note(
            f"This came up while {config['class_name']} {inner.get('name', '')!r} was made from its configuration."
        )
        raise
    if config.get("build_config") and hasattr(obj, "build_from_config"):
        obj.build_from_config(config["build_config"])
    if config.get("compile_config") and hasattr(obj, "compile_from_config"):
        obj.compile_from_config(config["compile_config"])
    return obj


def _refuse_lambda(config: Mapping[str, Any]) -> Any:
    message = (
        "The configuration holds a Lambda with Python code of its own, which is never run from a file: pass the "
        "function as "
        f"custom_objects={{{config.get('name', '<lambda>')!r}: function}}, or the layer's name in its place."
    )
    raise ValueError(message)


def _dtype(config: Mapping[str, Any]) -> Any:
    return np.asarray(config["value"], dtype=jax.numpy.dtype(config["dtype"]))


_PLAIN: dict[str, Callable[[Any], Any]] = {
    "__tensor__": lambda c: jax.numpy.asarray(_dtype(c)),
    "__numpy__": _dtype,
    "__slice__": lambda c: slice(c["start"], c["stop"], c["step"]),
    "__ellipsis__": lambda _: Ellipsis,
    "__tuple__": lambda c: tuple(deserialize(c["value"])),
    "__bytes__": lambda c: c["value"].encode(),
    "__lambda__": _refuse_lambda,
}


def public_form(module: str | None) -> str | None:
    """Return the public module that a file's module means: 'keras.src.layers.core.dense' is 'keras.layers'."""
    if not module:
        return None
    parts = module.split(".")
    if parts[0] not in ("keras", "hornbeam", "tf_keras", "keras_core"):
        return None
    parts = [p for p in parts[1:] if p != "src" and not p.startswith("_")]
    return ".".join(["keras", *parts[:1]])


def find_class(config: Mapping[str, Any]) -> Any:
    """Return the class that a config names, or raise an error that says how to make it known."""
    name, registered = config["class_name"], config.get("registered_name")
    for key in (registered, name):
        found = registry.get_registered_object(key) if key else None
        if found is not None:
            return found
    module = public_form(config.get("module"))
    if not registry.public_names("keras.models"):
        registry.load_public()
    found = registry.public_object(module, name) or registry.public_object(module, snake_case(name))
    if found is None and (module is None or module in ("keras", "keras.models")):
        found = registry.public_object(None, name)
    if found is None:
        shown = registered or name
        message = (
            f"The configuration names the class {shown!r}, which is neither Hornbeam's nor registered."
            f"{registry.suggest(name, registry.public_names(module)) if module else ''}"
            f" Pass custom_objects={{{shown!r}: YourClass}}, or decorate the class with "
            "@hornbeam.saving.register_keras_serializable()."
        )
        raise ValueError(message)
    return found


def find_function(config: Mapping[str, Any]) -> Any:
    """Return the function that a config names, or raise an error that says how to make it known."""
    name = config["config"]
    for key in (name, str(name).rpartition(">")[2]):
        found = registry.get_registered_object(key) if isinstance(key, str) else None
        if found is not None:
            return found
    found = registry.public_object(public_form(config.get("module")), name) if isinstance(name, str) else None
    if found is None:
        message = (
            f"The configuration names the function {name!r}, which is neither Hornbeam's nor registered."
            f" Pass custom_objects={{{name!r}: your_function}}."
        )
        raise ValueError(message)
    return found
