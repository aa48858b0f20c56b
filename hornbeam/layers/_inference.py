"""What a layer of this package would give, remembered: a model of many like layers is inferred once for each kind.

An inference costs a trace by JAX, as much as all else in adding a layer to a graph. The shape that comes out follows
from the layer's attributes and the input, if all of these are of kinds known here; otherwise nothing is remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from hornbeam._core import config
from hornbeam._core.graph import KerasTensor
from hornbeam._core.seeds import SeedGenerator
from hornbeam._core.state import HERE, Variable
from hornbeam.dtype_policies import DTypePolicy

_MANY = 4096  # kinds that are remembered, before all are forgotten
_PLAIN = frozenset({str, int, float, bool, type(None)})
_BOOKS = frozenset(
    {"name", "path", "built", "input_spec", "_trainable", "_weights", "_losses", "_build_shapes", "_inbound_nodes"}
    | {"_input_shape_arg", "_seen_output_shape"}
)  # a layer's own, of no effect on the shape of what it gives
_RULES = ("_initializer", "_regularizer", "_constraint")


def remembered(layer: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], infer: Callable[[], Any]) -> Any:
    """Return what `infer()` does, or once gave for a layer and an input alike."""
    key = _key(layer, args, kwargs)
    if key is None:
        return infer()
    if key not in HERE.specs:
        result = infer()
        if type(result) is not KerasTensor:
            return result
        if len(HERE.specs) >= _MANY:
            HERE.specs.clear()
        HERE.specs[key] = result.shape, result.dtype
        return result
    return KerasTensor(*HERE.specs[key])


def _key(layer: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Return what the shape of the output follows from, or None where that is not known."""
    if len(args) != 1 or type(args[0]) is not KerasTensor or not type(layer).__module__.startswith("hornbeam.layers."):
        return None
    ambient = config.floatx(), config.image_data_format(), HERE.autocast
    parts: list[Any] = [type(layer), args[0].shape, args[0].dtype, ambient]
    for name, value in (*kwargs.items(), *vars(layer).items()):
        if name in _BOOKS or name.endswith(_RULES) or type(value) is SeedGenerator:
            continue
        part = _part(value)
        if part is None:
            return None
        parts.append((name, part))
    return tuple(parts)


def _part(value: Any) -> Any:
    """Return what tells `value` from others of its kind, or None where that is not known."""
    kind = type(value)
    if kind in _PLAIN:
        return kind, value
    if kind is tuple or kind is list:
        return (kind, *value) if all(type(v) in _PLAIN for v in value) else None
    if kind is Variable:
        return value.shape, value.dtype
    if kind is DTypePolicy:
        return value
    if kind is FunctionType and value.__module__.startswith("hornbeam.") and "<locals>" not in value.__qualname__:
        return value
    return None
