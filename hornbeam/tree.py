"""Nested lists, tuples and dicts: what Keras offers as `keras.tree`.

None is a leaf, and so is everything that is no list, tuple or dict. The leaves of a dict come in the order of its
sorted keys, those of an OrderedDict in its own; a dict keeps its order and its class in what is made of it. A dict and
an OrderedDict of the same keys have the same structure; a list and a tuple do not. (`jax.tree` sorts a dict in what it
makes, and takes a leaf and a nest for equal: hence these functions.)
"""

import contextlib
import copy
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from hornbeam._core.tree import is_nested, map_shape_structure

__all__ = [
    "MAP_TO_NONE",
    "assert_same_paths",
    "assert_same_structure",
    "flatten",
    "flatten_with_path",
    "is_nested",
    "lists_to_tuples",
    "map_shape_structure",
    "map_structure",
    "map_structure_up_to",
    "pack_sequence_as",
    "traverse",
]


class MAP_TO_NONE:  # noqa: N801  # Keras's name
    """What a function given to `traverse` returns to put None in a place."""


def _children(x: Any) -> list[tuple[Any, Any]]:
    """Return the parts of a nest with their keys or places."""
    if not isinstance(x, dict):
        return list(enumerate(x))
    keys = list(x)
    if not isinstance(x, OrderedDict):
        with contextlib.suppress(TypeError):  # keys that do not compare keep their order
            keys.sort()
    return [(key, x[key]) for key in keys]


def _rebuild(x: Any, parts: Iterable[Any]) -> Any:
    """Return a nest like `x` of other parts, given in the order of `_children`."""
    if isinstance(x, dict):
        new = copy.copy(x)
        new.update(zip((key for key, _ in _children(x)), parts, strict=True))
        return new
    return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)


def _kind(x: Any) -> type:
    return dict if isinstance(x, dict) else type(x)


def _matched(a: Any, b: Any, *, deeper: bool = False) -> Iterator[Any]:
    """Yield what stands in `b` where `a` has its leaves; a leaf may meet a nest where `deeper` says so."""
    if not is_nested(a):
        if is_nested(b) and not deeper:
            message = f"The structures must be the same; a leaf ({a!r}) meets {b!r}."
            raise ValueError(message)
        yield b
        return
    if not is_nested(b) or _kind(a) is not _kind(b):
        message = f"The structures must be the same: expected {_kind(a).__name__}, as {a!r}; got {b!r}."
        raise ValueError(message)
    keys, own = [key for key, _ in _children(a)], dict(_children(b))
    if set(keys) != set(own):
        message = f"The structures must be the same: expected the keys or places {keys}; got {list(own)}."
        raise ValueError(message)
    for key, part in _children(a):
        yield from _matched(part, own[key], deeper=deeper)


def flatten_with_path(structure: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """Return pairs of path and leaf; a path holds the keys and places that lead to the leaf.

    >>> import hornbeam as keras
    >>> keras.tree.flatten_with_path({"a": [1, 2]})
    [(('a', 0), 1), (('a', 1), 2)]
    """
    if not is_nested(structure):
        return [((), structure)]
    return [((key, *path), leaf) for key, part in _children(structure) for path, leaf in flatten_with_path(part)]


def flatten(structure: Any) -> list[Any]:
    """Return the leaves.

    >>> import hornbeam as keras
    >>> keras.tree.flatten({"b": 1, "a": (2, None)})
    [2, None, 1]
    """
    return [leaf for _, leaf in flatten_with_path(structure)]


def pack_sequence_as(structure: Any, flat_sequence: Iterable[Any]) -> Any:
    """Return the leaves `flat_sequence` in the shape of `structure`; a wrong number of them raises ValueError.

    >>> import hornbeam as keras
    >>> keras.tree.pack_sequence_as({"b": 0, "a": (0, 0)}, [1, 2, 3])
    {'b': 3, 'a': (1, 2)}
    """
    leaves = list(flat_sequence)
    expected = len(flatten(structure))
    if len(leaves) != expected:
        message = f"pack_sequence_as expects {expected} leaves, as `structure` has; got {len(leaves)}."
        raise ValueError(message)
    return _packed(structure, iter(leaves))


def _packed(structure: Any, leaves: Iterator[Any]) -> Any:
    if not is_nested(structure):
        return next(leaves)
    return _rebuild(structure, [_packed(part, leaves) for _, part in _children(structure)])


def map_structure(func: Callable[..., Any], *structures: Any, none_is_leaf: bool = True) -> Any:
    """Return `func` of the leaves that stand in the same place of all `structures`, in their shape.

    With `none_is_leaf=False` None stays None and `func` does not see it. Other structures raise ValueError.

    >>> import hornbeam as keras
    >>> keras.tree.map_structure(lambda x, y: x + y, {"b": 1, "a": 2}, {"a": 20, "b": 10})
    {'b': 11, 'a': 22}
    """
    if not structures:
        message = "map_structure expects at least one structure; got none."
        raise ValueError(message)
    rows = zip(*(_matched(structures[0], other) for other in structures), strict=True)
    return _packed(structures[0], iter([_apply(func, row, none_is_leaf) for row in rows]))


def _apply(func: Callable[..., Any], row: tuple[Any, ...], none_is_leaf: bool) -> Any:
    if none_is_leaf or row[0] is not None:
        return func(*row)
    if any(x is not None for x in row):
        message = f"The structures must be the same: expected None; got {row}."
        raise ValueError(message)
    return None


def map_structure_up_to(shallow_structure: Any, func: Callable[..., Any], *structures: Any) -> Any:
    """Return `func` of what stands in `structures` where `shallow_structure` has its leaves.

    >>> import hornbeam as keras
    >>> keras.tree.map_structure_up_to([0, 0], sum, [[1, 2], (3, 4)])
    [3, 7]
    """
    rows = zip(*(_matched(shallow_structure, other, deeper=True) for other in structures), strict=True)
    return _packed(shallow_structure, iter([func(*row) for row in rows]))


def assert_same_structure(a: Any, b: Any, check_types: bool | None = None) -> None:  # noqa: ARG001  # Keras ignores it
    """Raise ValueError unless `a` and `b` have the same structure.

    >>> import hornbeam as keras
    >>> keras.tree.assert_same_structure([1, {"a": 2}], [3, {"a": None}])
    """
    list(_matched(a, b))


def assert_same_paths(a: Any, b: Any) -> None:
    """Raise ValueError unless the same paths lead to the leaves of `a` and of `b`: a list may meet a tuple.

    >>> import hornbeam as keras
    >>> keras.tree.assert_same_paths([1, 2], (3, 4))
    """
    here, there = ({path for path, _ in flatten_with_path(x)} for x in (a, b))
    if here != there:
        message = f"`a` and `b` must have the same paths; only in `a`: {here - there}, only in `b`: {there - here}."
        raise ValueError(message)


def lists_to_tuples(structure: Any) -> Any:
    """Return `structure` with tuples in the place of lists.

    >>> import hornbeam as keras
    >>> keras.tree.lists_to_tuples([1, {"a": [2]}])
    (1, {'a': (2,)})
    """
    return traverse(lambda x: tuple(x) if isinstance(x, list) else None, structure, top_down=False)


def traverse(func: Callable[[Any], Any], structure: Any, top_down: bool = True) -> Any:
    """Return `structure` with each part replaced by what `func` makes of it; None means to leave the part.

    `func` sees a nest before its parts, which it then replaces as a whole, or after them with `top_down=False`. It
    returns `MAP_TO_NONE` to put None in a place.

    >>> import hornbeam as keras
    >>> keras.tree.traverse(lambda x: x * 10 if isinstance(x, int) else None, [1, (2, "a")])
    [10, (20, 'a')]
    """
    new = func(structure) if top_down else None
    if new is None:
        if is_nested(structure):
            structure = _rebuild(structure, [traverse(func, part, top_down) for _, part in _children(structure)])
        new = None if top_down else func(structure)
    return structure if new is None else None if new is MAP_TO_NONE else new
