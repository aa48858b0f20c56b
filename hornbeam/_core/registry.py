"""Names of objects: what the package offers by name, and what the user registered.

The public tables of the package are the allow-list: a name in a file is looked up here and nowhere else,
so nothing is ever imported because a file says so.
"""

import difflib
import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

_custom: dict[str, Any] = {}
_public: dict[tuple[str, str], Any] = {}  # (module of the public name, name) -> object
_homes: dict[int, str] = {}  # id of a public object -> its module
_keep: list[Any] = []  # variants of public objects: an id means one object only while that object lives


def public(module: str, **names: Any) -> None:
    """Offer `names` under the public module `module`, such as 'keras.layers', to files and configs."""
    for name, obj in names.items():
        _public[module, name] = obj
        _homes.setdefault(id(obj), module)


def load_public() -> None:
    """Import the packages that offer names when they are imported: a program may not have needed them so far."""
    importlib.import_module("hornbeam.models")


def public_as(obj: Any, known: Any) -> None:
    """Let `obj`, a variant of the public object `known`, be written to files as `known`."""
    module = _homes.get(id(known))
    if module is not None:
        _homes[id(obj)] = module
        _keep.append(obj)


def public_object(module: str | None, name: str) -> Any:
    """Return the object that the package offers as `module`.`name`, or None."""
    if module is not None and (module, name) in _public:
        return _public[module, name]
    found = [obj for (_, key), obj in _public.items() if key == name]
    return found[0] if found and module is None else None


def public_module(obj: Any) -> str | None:
    """Return the public module of `obj`, such as 'keras.layers', or None for an object of the user's."""
    return _homes.get(id(obj))


def public_names(module: str) -> list[str]:
    """Return the names offered under a public module."""
    return sorted(name for (m, name) in _public if m == module)


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[T], T]:
    """Register a class or function of yours, so that files and configs that name it can be loaded.

    >>> import hornbeam as keras
    >>> @keras.saving.register_keras_serializable(package="docs")
    ... def twice(x):
    ...     return 2 * x
    >>> keras.saving.get_registered_name(twice)
    'docs>twice'
    """

    def register(obj: T) -> T:
        if inspect.isclass(obj) and not hasattr(obj, "get_config"):
            message = f"A registered class must have a get_config() method; {obj} has none."
            raise ValueError(message)
        _custom[f"{package}>{name or obj.__name__}"] = obj  # type: ignore[attr-defined]
        return obj

    return register


def get_custom_objects() -> dict[str, Any]:
    """Return the table of registered names; what is added to it can be named in files and configs."""
    return _custom


def get_registered_name(obj: Any) -> str:
    """Return the name under which `obj` is registered, or its own."""
    return next((name for name, known in _custom.items() if known is obj), obj.__name__)


def get_registered_object(
    name: str, custom_objects: Mapping[str, Any] | None = None, module_objects: Mapping[str, Any] | None = None
) -> Any:
    """Return the object registered as `name`, or None."""
    for table in (custom_objects or {}, _custom, module_objects or {}):
        if name in table:
            return table[name]
    return next((obj for key, obj in _custom.items() if key.split(">")[-1] == name), None)


@contextmanager
def custom_object_scope(custom_objects: Mapping[str, Any]) -> Iterator[None]:
    """Know `custom_objects` by name inside the `with` block.

    >>> import hornbeam as keras
    >>> def twice(x):
    ...     return 2 * x
    >>> with keras.saving.custom_object_scope({"twice": twice}):
    ...     layer = keras.layers.Activation("twice")
    """
    before = dict(_custom)
    _custom.update(custom_objects)
    try:
        yield
    finally:
        _custom.clear()
        _custom.update(before)


CustomObjectScope = custom_object_scope


def suggest(name: object, known: Iterable[str]) -> str:
    """Return ' Did you mean ...?' with the nearest of `known`, or all of them when none is near and they are few."""
    names = sorted(set(known))
    spelled: dict[str, str] = {}  # one spelling of each name, in the case of what was asked for
    for n in sorted(names, key=lambda n: n.islower() == str(name).islower()):
        spelled[n.lower()] = n
    near = [spelled[n] for n in difflib.get_close_matches(str(name).lower(), spelled, n=3, cutoff=0.6)]
    if near:
        return f" Did you mean {' or '.join(map(repr, near))}?"
    return f" Known: {', '.join(map(repr, names))}." if len(names) < 60 else ""


def lookup(kind: str, name: str, table: Mapping[str, Any]) -> Any:
    """Return what `name` stands for in `table` or among the registered objects; `kind` says what is looked for."""
    found = get_registered_object(name, module_objects=table)
    if found is None:
        message = f"Unknown {kind}: {name!r}.{suggest(name, [*table, *_custom])}"
        raise ValueError(message)
    return found
