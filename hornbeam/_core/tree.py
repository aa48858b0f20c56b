"""Nested lists, tuples and dicts of arrays: a few helpers over jax.tree that keep None as a leaf."""

from collections.abc import Callable
from typing import Any

import jax

SEQUENCES = (list, tuple)


def _none(x: object) -> bool:
    return x is None


def flatten(structure: Any) -> list[Any]:
    """Return the leaves of `structure`, None included, dicts in the order of their sorted keys."""
    return jax.tree.leaves(structure, is_leaf=_none)


def is_nested(structure: Any) -> bool:
    """Return whether `structure` is a list, a tuple or a dict."""
    return isinstance(structure, list | tuple | dict)


def map_structure(fn: Callable[..., Any], *structures: Any) -> Any:
    """Return `fn` applied to the leaves of `structures`, in their shape."""
    return jax.tree.map(fn, *structures, is_leaf=_none)


def pack_sequence_as(structure: Any, flat: list[Any]) -> Any:
    """Return the leaves `flat` in the shape of `structure`."""
    treedef = jax.tree.structure(structure, is_leaf=_none)
    if treedef.num_leaves != len(flat):
        message = f"pack_sequence_as expects {treedef.num_leaves} leaves, as `structure` has; got {len(flat)}."
        raise ValueError(message)
    return jax.tree.unflatten(treedef, flat)


def is_shape(x: object) -> bool:
    """Return whether `x` is one shape: a list or tuple of whole numbers and None."""
    return isinstance(x, list | tuple) and all(d is None or isinstance(d, int) for d in x)


def map_shape_structure(func: Callable[[Any], Any], structure: Any) -> Any:
    """Return `func` applied to each shape of a nest of shapes."""
    return jax.tree.map(func, structure, is_leaf=lambda x: x is None or is_shape(x))
