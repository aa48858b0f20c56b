"""Shapes and dtypes of results that are not computed: three rungs of a ladder, each tried where the last one fails.

1. `jax.eval_shape` with one symbol n >= 2 for every None: a length that still holds n, or anything made of it, is None.
2. Two highly divisible probe lengths, 120 and 240, and 2 where that works: a length that differs between them is None.
3. A None takes the static length that its right-aligned neighbours agree on (an axis that must match another).
4. One None at a time takes a length that stands anywhere (an inner axis of a product).
Where all fail, the first error is what the user sees.
"""

import contextlib
from collections.abc import Callable
from typing import Any

import jax
from jax import export

from hornbeam._core.graph import KerasTensor, is_symbolic
from hornbeam._core.state import Scope, holding

(_UNKNOWN,) = export.symbolic_shape(
    "n", constraints=["n>=2"]
)  # one for all: a fresh symbol a call costs 3-6 times more
_PROBES = (120, 240)


def infer(fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Return what `fn(*args, **kwargs)` would give, as KerasTensors; nothing is computed and no state changes."""
    leaves, treedef = jax.tree.flatten((args, kwargs))
    places = [i for i, leaf in enumerate(leaves) if is_symbolic(leaf)]
    shapes = [leaves[i].shape for i in places]

    def trace(shapes: list[tuple[Any, ...]], dim: Any) -> Any:
        specs = [
            jax.ShapeDtypeStruct([dim if d is None else d for d in shape], leaves[i].dtype)
            for i, shape in zip(places, shapes, strict=True)
        ]

        def call(*arrays: Any) -> Any:
            full = list(leaves)
            for i, array in zip(places, arrays, strict=True):
                full[i] = array
            inner_args, inner_kwargs = jax.tree.unflatten(treedef, full)
            with holding(Scope(open_ended=True)):
                return fn(*inner_args, **inner_kwargs)

        return jax.eval_shape(call, *specs)

    return jax.tree.map(_merge, *_climb(trace, shapes))


def _climb(trace: Callable[..., Any], shapes: list[tuple[Any, ...]]) -> list[Any]:
    if not any(None in shape for shape in shapes):
        return [trace(shapes, None)]
    try:
        return [trace(shapes, _UNKNOWN)]
    except Exception as first:
        for rung in (_probe, _bind, _borrow):
            with contextlib.suppress(Exception):
                return rung(trace, shapes)
        raise first from None


def _probe(trace: Callable[..., Any], shapes: list[tuple[Any, ...]]) -> list[Any]:
    seen = [trace(shapes, dim) for dim in _PROBES]
    with contextlib.suppress(Exception):
        seen.append(trace(shapes, 2))
    return seen


def _bind(trace: Callable[..., Any], shapes: list[tuple[Any, ...]]) -> list[Any]:
    rank = max(len(shape) for shape in shapes)
    bound = [list(shape) for shape in shapes]
    for back in range(1, rank + 1):
        known = {shape[-back] for shape in shapes if len(shape) >= back} - {None, 1}
        if len(known) == 1:
            (length,) = known
            for shape in bound:
                if len(shape) >= back and shape[-back] is None:
                    shape[-back] = length
    filled = [tuple(shape) for shape in bound]
    if filled == shapes:
        message = "no None can be bound"
        raise ValueError(message)
    try:
        return [trace(filled, _UNKNOWN)]
    except Exception:  # noqa: BLE001 - whatever the traced function raises, the next rung is tried
        return _probe(trace, filled)


def _borrow(trace: Callable[..., Any], shapes: list[tuple[Any, ...]]) -> list[Any]:
    known = sorted({length for shape in shapes for length in shape if length})
    for i, shape in enumerate(shapes):
        for axis in (axis for axis, length in enumerate(shape) if length is None):
            for length in known:
                bound = (*shape[:axis], length, *shape[axis + 1 :])
                with contextlib.suppress(Exception):
                    return [trace([*shapes[:i], bound, *shapes[i + 1 :]], _UNKNOWN)]
    message = "no length fits"
    raise ValueError(message)


def _merge(*seen: Any) -> KerasTensor:
    dims = zip(*(spec.shape for spec in seen), strict=True)
    shape = [d[0] if isinstance(d[0], int) and len(set(d)) == 1 else None for d in dims]
    return KerasTensor(shape, seen[0].dtype)
