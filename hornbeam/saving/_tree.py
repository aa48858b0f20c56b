"""The objects of a model whose variables a file holds, under the names that Keras gives them in its files.

Attributes come in alphabetical order, private ones last; the items of lists, tuples and dicts are named by their
class and counted. Layer names play no part: they are counted per program, so two equal models have different ones.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from hornbeam._core import registry
from hornbeam._core.names import snake_case
from hornbeam._core.tracking import _NOT_CHILDREN, Tracked

CONTAINERS = (list, tuple, dict)
_KINDS = {"group_query_attention": "grouped_query_attention"}  # a class that has another name in files
_BOOKS = _NOT_CHILDREN | {"_stack"}  # what a Sequential keeps its layers in; `layers` gives them without the input


def is_optimizer(obj: Any) -> bool:
    """Return whether `obj` is an optimizer."""
    optimizer = registry.public_object("keras.optimizers", "Optimizer")
    return optimizer is not None and isinstance(obj, optimizer)


def is_saved(obj: Any) -> bool:
    """Return whether files hold the variables of `obj`: those of layers, models and optimizers, not of metrics."""
    return (isinstance(obj, Tracked) and hasattr(obj, "call")) or is_optimizer(obj)


def walk(root: Any) -> Iterator[tuple[str, Any]]:
    """Yield (place in the file, object) for `root` and each saved object inside it, each object once."""
    yield from _visit(root, "", set())


def _visit(obj: Any, place: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    if id(obj) in seen:
        return
    seen.add(id(obj))
    yield place, obj
    for name, child in _attributes(obj):
        inner = f"{place}/{name}" if place else name
        if is_saved(child):
            yield from _visit(child, inner, seen)
        elif isinstance(child, CONTAINERS):
            yield from _visit_items(child, inner, seen)


def _visit_items(items: Any, place: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    used: Counter[str] = Counter()
    for item in items.values() if isinstance(items, Mapping) else items:
        if not is_saved(item) and not isinstance(item, CONTAINERS):
            continue
        name = "container" if isinstance(item, CONTAINERS) else snake_case(type(item).__name__)
        kind = _KINDS.get(name, name)
        inner = f"{place}/{kind}_{used[kind]}" if used[kind] else f"{place}/{kind}"
        used[kind] += 1
        yield from (_visit if is_saved(item) else _visit_items)(item, inner, seen)


def _attributes(obj: Any) -> list[tuple[str, Any]]:
    """Return the attributes in which saved objects may be, in the order in which the first to be visited names them."""
    found = {name: value for name, value in vars(obj).items() if name not in _BOOKS}
    for name in _properties(type(obj)):
        try:
            found[name] = getattr(obj, name)
        except Exception:  # noqa: BLE001, S112  # a property of the user's that does not work yet holds no weights
            continue
    if getattr(obj, "optimizer", None) is not None:
        found["optimizer"] = obj.optimizer
    ordered = sorted(found.items(), key=lambda item: (item[0].startswith("_"), item[0]))
    if not hasattr(obj, "layers"):
        return ordered
    if obj._function is not None or "_stack" in vars(obj):  # the layers of a graph or a stack come before attributes
        return [("layers", obj.layers), *ordered]
    return sorted([*ordered, ("layers", obj.layers)], key=lambda item: (item[0].startswith("_"), item[0]))


def _properties(cls: type) -> list[str]:
    """Return the names of the properties that `cls` has beyond those of every layer and model."""
    bases = [registry.public_object(None, name) for name in ("Layer", "Model", "Sequential")]
    general = {c for base in bases for c in getattr(base, "__mro__", ())}
    own = [vars(c) for c in cls.__mro__ if c not in general]
    return [name for members in own for name, member in members.items() if isinstance(member, property)]
