"""What operations make of masks: one table, from operation to the rule of its kind.

A mask says which elements count along the first axes of an array: `(batch, time)` of `(batch, time, features)`. What is
made of an element that does not count does not count itself. A rule takes the function, its arguments by name and its
result, and returns the result's mask (a list of masks for several results); None says that nothing true can be said.
Operations that are not in the table lose the mask.
"""

# ruff: noqa: ARG001 - all rules take the same arguments

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from hornbeam._core.op import MASK_RULES, MaskRule
from hornbeam._core.state import get_mask
from hornbeam.ops import (
    _activation,
    _arithmetic,
    _arrays,
    _contract,
    _index,
    _join,
    _linalg,
    _logic,
    _math,
    _matrix,
    _nan,
    _nn,
    _reduce,
    _running,
    _shape,
    _sort,
    _unary,
)

Fn = Callable[..., Any]
Arguments = Mapping[str, Any]


def _first(a: Arguments) -> tuple[Any, Any]:
    """Return the first argument and its mask."""
    x = next(iter(a.values()))
    return x, get_mask(x)


def _axes(axis: Any, ndim: int) -> list[int]:
    """Return an axis argument as numbers from 0 on; None is all axes."""
    if axis is None:
        return list(range(ndim))
    return [int(i) % ndim for i in (axis if isinstance(axis, list | tuple) else [axis])]


def _meet(masks: Sequence[Any], shape: tuple[Any, ...]) -> Any:
    """Return where all masks hold; each has the first axes of `shape`, or 1 in their place."""
    rank = max(m.ndim for m in masks)
    both = masks[0].astype(bool).reshape(*masks[0].shape, *(1,) * (rank - masks[0].ndim))
    for m in masks[1:]:
        both = both & m.astype(bool).reshape(*m.shape, *(1,) * (rank - m.ndim))
    return both if both.shape == shape[:rank] else jnp.broadcast_to(both, shape[:rank])


# ---- the kinds


def elementwise(_: Fn, a: Arguments, out: Any) -> Any:
    """An element counts where all that it is made of count; arrays broadcast from the right."""
    masked = [(x, m) for x in jax.tree.leaves(dict(a)) if (m := get_mask(x)) is not None]
    if not masked or not hasattr(out, "ndim"):
        return None
    return _meet([m.reshape((1,) * (out.ndim - x.ndim) + m.shape) for x, m in masked], out.shape)


def along(_: Fn, a: Arguments, out: Any) -> Any:
    """The mask stays where the axes that are worked along or reduced come after its own."""
    x, mask = _first(a)
    axis = next((a[name] for name in ("axis", "axes") if name in a), -1)
    if mask is None or min(_axes(axis, x.ndim), default=x.ndim) < mask.ndim:
        return None
    return [mask] * len(jax.tree.leaves(out))


def _one_hot(_: Fn, a: Arguments, out: Any) -> Any:
    x, mask = _first(a)
    return mask if mask is not None and a["axis"] in (-1, x.ndim) else None


def _last_two(_: Fn, a: Arguments, out: Any) -> Any:
    return _first(a)[1]


def _reshape(_: Fn, a: Arguments, out: Any) -> Any:
    """The mask takes the new shape where some first axes of the result hold just its elements."""
    x, mask = _first(a)
    if mask is None or out.shape[: mask.ndim] == mask.shape:
        return mask
    size = math.prod(mask.shape)
    rank = next((i for i in range(1, out.ndim + 1) if math.prod(out.shape[:i]) == size), None)
    return None if rank is None or mask.shape != x.shape[: mask.ndim] else mask.reshape(out.shape[:rank])


def _reorder(order: Callable[[Arguments, Any], list[int | None]]) -> MaskRule:
    """The mask's axes go where those of the array go; `order` says from which axis each new one comes."""

    def rule(_: Fn, a: Arguments, out: Any) -> Any:
        x, mask = _first(a)
        if mask is None:
            return None
        places = order(a, x)
        own = [i for i, source in enumerate(places) if source is not None and source < mask.ndim]
        leading = places[: max(own, default=-1) + 1]
        kept = [source for source in leading if source is not None and source < mask.ndim]
        gone = [i for i in range(mask.ndim) if i not in kept]  # of length 1
        shape = [mask.shape[s] if s is not None and s < mask.ndim else 1 for s in leading]
        return jnp.broadcast_to(jnp.transpose(mask, (*kept, *gone)).reshape(shape), out.shape[: len(leading)])

    return rule


def _transposed(a: Arguments, x: Any) -> list[int | None]:
    return [*(range(x.ndim)[::-1] if a["axes"] is None else _axes(a["axes"], x.ndim))]


def _swapped(a: Arguments, x: Any) -> list[int | None]:
    order: list[int | None] = list(range(x.ndim))
    one, other = a["axis1"], a["axis2"]
    order[one], order[other] = order[other], order[one]
    return order


def _moved(a: Arguments, x: Any) -> list[int | None]:
    source, destination = (_axes(a[name], x.ndim) for name in ("source", "destination"))
    order: list[int | None] = [i for i in range(x.ndim) if i not in source]
    for place, axis in sorted(zip(destination, source, strict=True)):
        order.insert(place, axis)
    return order


def _expanded(a: Arguments, x: Any) -> list[int | None]:
    many = len(a["axis"]) if isinstance(a["axis"], list | tuple) else 1
    order: list[int | None] = list(range(x.ndim))
    for place in sorted(_axes(a["axis"], x.ndim + many)):
        order.insert(place, None)
    return order


def _squeezed(a: Arguments, x: Any) -> list[int | None]:
    gone = _axes(a["axis"], x.ndim) if a["axis"] is not None else [i for i, d in enumerate(x.shape) if d == 1]
    return [i for i in range(x.ndim) if i not in gone]


def _flip(_: Fn, a: Arguments, out: Any) -> Any:
    x, mask = _first(a)
    return None if mask is None else jnp.flip(mask, [i for i in _axes(a["axis"], x.ndim) if i < mask.ndim])


def _roll(_: Fn, a: Arguments, out: Any) -> Any:
    x, mask = _first(a)
    if mask is None or a["axis"] is None:
        return None
    axes = _axes(a["axis"], x.ndim)
    shifts = np.broadcast_to(a["shift"], len(axes))
    for shift, axis in zip(shifts, axes, strict=True):
        mask = jnp.roll(mask, int(shift), axis) if axis < mask.ndim else mask
    return mask


def _getitem(_: Fn, a: Arguments, out: Any) -> Any:
    """The part of the key that is for the mask's axes picks from the mask; an array in it must stand alone."""
    x, mask = _first(a)
    key = a["key"] if isinstance(a["key"], tuple) else (a["key"],)
    plain = (slice, int, np.integer)
    arrays = [part for part in key if not (part is None or part is ... or isinstance(part, plain))]
    mixed = len(arrays) > 1 or any(part is None or isinstance(part, int | np.integer) for part in key)
    truths = any(isinstance(part, bool) for part in key) or any(p.dtype == bool for p in arrays)
    if mask is None or truths or (arrays and mixed):
        return None
    many = sum(part is not None and part is not ... for part in key)
    dots = next((i for i, part in enumerate(key) if part is ...), len(key))
    key = (*key[:dots], *(slice(None),) * (x.ndim - many), *key[dots + 1 :])
    used = end = 0
    while used < mask.ndim:
        used += key[end] is not None
        end += 1
    return mask[key[:end]]


def _take(_: Fn, a: Arguments, out: Any) -> Any:
    x, mask = _first(a)
    if mask is None:  # a table of rows for places: the places' mask
        return get_mask(a["indices"]) if a["axis"] == 0 else None
    if a["axis"] is None:
        return None
    axis = a["axis"] % x.ndim
    return mask if axis >= mask.ndim else jnp.take(mask, _arrays.as_array(a["indices"]), axis=axis)


def _repeat(fn: Fn, a: Arguments, out: Any) -> Any:
    x, mask = _first(a)
    if mask is None or a["axis"] is None:
        return None
    axis = a["axis"] % x.ndim
    return mask if axis >= mask.ndim else fn(mask, a["repeats"], axis)


def _tile(_: Fn, a: Arguments, out: Any) -> Any:
    x, mask = _first(a)
    times = (a["repeats"],) if isinstance(a["repeats"], int) else tuple(a["repeats"])
    if mask is None or len(times) > x.ndim:
        return None
    return jnp.tile(mask, ((1,) * (x.ndim - len(times)) + times)[: mask.ndim])


def _pad(fn: Fn, a: Arguments, out: Any) -> Any:
    """New elements of a constant do not count; others as those that they repeat."""
    x, mask = _first(a)
    if mask is None:
        return None
    width = np.broadcast_to(np.asarray(a["pad_width"]), (x.ndim, 2)).tolist()[: mask.ndim]
    return fn(mask, width, a["mode"])


def _slice(fn: Fn, a: Arguments, out: Any) -> Any:
    mask = _first(a)[1]
    return None if mask is None else fn(mask, a["start_indices"][: mask.ndim], a["shape"][: mask.ndim])


def _split(fn: Fn, a: Arguments, out: Any) -> Any:
    x, mask = _first(a)
    if mask is None:
        return None
    axis = a["axis"] % x.ndim
    return [mask] * len(out) if axis >= mask.ndim else fn(mask, *list(a.values())[1:-1], axis)


def _concatenate(_: Fn, a: Arguments, out: Any) -> Any:
    """Along an axis of the masks they are joined, too, one that is missing counting everywhere; else all must hold."""
    xs, masks = _listed(a)
    rank = max((m.ndim for m in masks if m is not None), default=0)
    if not rank:
        return None
    axis = a["axis"] % out.ndim
    if axis >= rank:
        return _meet([m for m in masks if m is not None], out.shape)
    wide = [
        jnp.ones(x.shape[:rank], bool) if m is None else _meet([m, jnp.ones((1,) * rank, bool)], x.shape)
        for x, m in zip(xs, masks, strict=True)
    ]
    return jnp.concatenate(wide, axis)


def _stack(_: Fn, a: Arguments, out: Any) -> Any:
    xs, masks = _listed(a)
    rank = max((m.ndim for m in masks if m is not None), default=0)
    if not rank:
        return None
    axis = a["axis"] % out.ndim
    if axis >= rank:
        return _meet([m for m in masks if m is not None], xs[0].shape)
    shape = xs[0].shape[:rank]
    ones = jnp.ones((1,) * rank, bool)
    return jnp.stack([_meet([ones if m is None else m, ones], shape) for m in masks], axis)


def _listed(a: Arguments) -> tuple[list[Any], list[Any]]:
    """Return the arrays of the list that is the first argument, and their masks."""
    given = next(iter(a.values()))
    masks = [get_mask(x) for x in given]
    return [_arrays.as_array(x) for x in given], masks


def _contraction(summed: Callable[[Any, Arguments], list[int]]) -> MaskRule:
    """The first operand's mask stays where the summed axes come after its own, and the other has no mask."""

    def rule(_: Fn, a: Arguments, out: Any) -> Any:
        x, other = list(a.values())[:2]
        mask = get_mask(x)
        if mask is None or get_mask(other) is not None or jnp.ndim(other) > max(x.ndim, 2):
            return None
        if min(summed(x, a), default=x.ndim) < mask.ndim:
            return None
        return mask if out.shape[: mask.ndim] == mask.shape else None

    return rule


def _last(x: Any, _: Arguments) -> list[int]:
    return [x.ndim - 1]


def _summed(x: Any, a: Arguments) -> list[int]:
    """Return the axes of `x` that tensordot sums over."""
    axes = a["axes"]
    return list(range(x.ndim - axes, x.ndim)) if isinstance(axes, int) else _axes(axes[0], x.ndim)


def _einsum(_: Fn, a: Arguments, out: Any) -> Any:
    """The mask of the only masked operand stays where the result begins with that operand's masked axes."""
    masked = [(i, x, m) for i, x in enumerate(a["operands"]) if (m := get_mask(x)) is not None]
    if len(masked) != 1 or "->" not in a["subscripts"]:
        return None
    place, x, mask = masked[0]
    inputs, result = a["subscripts"].replace(" ", "").split("->")
    operand = inputs.split(",")[place]
    hidden = "".join(map(str, range(x.ndim - len(operand.replace("...", "")))))
    operand, result = (side.replace("...", hidden) for side in (operand, result))
    labels = operand[: mask.ndim]
    return mask if len(set(operand)) == len(operand) and result.startswith(labels) else None


# ---- the table


def _of(module: ModuleType, but: Collection[Fn]) -> list[Fn]:
    """Return the operations that `module` defines, without some."""
    found = (f for f in vars(module).values() if inspect.isfunction(f) and f.__module__ == module.__name__)
    return [f for f in found if hasattr(f, "__wrapped__") and f not in but]


def rule_of(rule: MaskRule, *functions: Fn) -> None:
    """Let `rule` say what becomes of masks in operations."""
    MASK_RULES.update({f.__wrapped__: rule for f in functions})  # type: ignore[attr-defined]


_NOT_ELEMENTWISE = {_logic.allclose, _unary.view_as_complex, _unary.view_as_real}
_MAY_PUT_AN_AXIS_FIRST = {_reduce.quantile, _reduce.percentile, _nan.nanquantile, _nan.nanpercentile}
_RULES: dict[MaskRule, Sequence[Fn]] = {
    elementwise: (
        *(f for module in (_arithmetic, _logic, _math, _unary, _activation) for f in _of(module, _NOT_ELEMENTWISE)),
        *(_arrays.cast, _arrays.saturate_cast, _arrays.stop_gradient, _index.where, _index.select, _shape.broadcast_to),
    ),
    along: (
        *(f for module in (_reduce, _nan) for f in _of(module, _MAY_PUT_AN_AXIS_FIRST)),
        *(_running.cumsum, _running.cumprod, _running.diff, _sort.sort, _sort.argsort, _sort.top_k, _linalg.norm),
        *(_activation.softmax, _activation.log_softmax, _activation.glu, _activation.sparsemax, _unary.view_as_complex),
        *(_nn.layer_normalization, _nn.rms_normalization, _nn.normalize),
    ),
    _one_hot: (_nn.one_hot,),
    _last_two: (_matrix.tril, _matrix.triu, _nn.batch_normalization, _unary.view_as_real),
    _reshape: (_shape.reshape,),
    _reorder(_transposed): (_shape.transpose,),
    _reorder(_swapped): (_shape.swapaxes,),
    _reorder(_moved): (_shape.moveaxis,),
    _reorder(_expanded): (_shape.expand_dims,),
    _reorder(_squeezed): (_shape.squeeze,),
    _flip: (_shape.flip,),
    _roll: (_shape.roll,),
    _getitem: (_index.get_item,),
    _take: (_index.take,),
    _repeat: (_shape.repeat,),
    _tile: (_shape.tile,),
    _pad: (_shape.pad,),
    _slice: (_index.slice,),
    _split: (_join.split, _join.array_split, _join.unstack),
    _concatenate: (_join.concatenate,),
    _stack: (_join.stack,),
    _contraction(_last): (_contract.matmul, _contract.dot, _contract.inner),
    _contraction(_summed): (_contract.tensordot,),
    _einsum: (_contract.einsum,),
}


def install() -> None:
    """Give the operations their rules."""
    for rule, functions in _RULES.items():
        rule_of(rule, *functions)
