"""Whether a computation treats each row of a batch by itself, read from its program.

Where it does, a short batch can be filled up with rows that do not count, and needs no compiled program of its own.
A program is traced, not run, with a batch of `BATCH` rows, a prime: an axis that holds the batch is known by its
length. What is not known to keep rows apart counts as mixing them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
from jax.extend import core

BATCH = 7919

ELEMENTWISE = frozenset(
    """abs acos acosh add and asin asinh atan atan2 atanh bessel_i0e bessel_i1e bitcast_convert_type cbrt ceil clamp
    conj convert_element_type copy copy_p cos cosh digamma div eq erf erf_inv erfc exp exp2 expm1 floor ge gt igamma
    igammac imag integer_pow is_finite le lgamma log log1p logistic lt max min mul ne neg nextafter not
    optimization_barrier or population_count pow real reduce_precision rem round rsqrt select_n shift_left
    shift_right_arithmetic shift_right_logical sign sin sinh sqrt square stop_gradient sub tan tanh threefry2x32
    xor""".split()
)
REDUCTIONS = frozenset(
    "argmax argmin reduce_and reduce_max reduce_min reduce_or reduce_prod reduce_sum reduce_xor".split()
)
ALONG = {"cumsum": "axis", "cumprod": "axis", "cummax": "axis", "cummin": "axis", "cumlogsumexp": "axis"}
ALONG |= {"sort": "dimension", "concatenate": "dimension", "rev": "dimensions", "split": "axis"}


def is_by_row(fn: Callable[..., Any], *examples: Any) -> bool:
    """Return whether each row of `fn`'s results depends on that row of its arguments alone.

    `examples` are nests of arrays (batch, ...), of which only shapes and types matter.
    """
    wide = jax.tree.map(lambda a: jax.ShapeDtypeStruct((BATCH, *a.shape[1:]), a.dtype), examples)
    try:
        closed = jax.make_jaxpr(fn)(*wide)
    except Exception:  # noqa: BLE001 - a batch of another size is not taken: nothing is known
        return False
    return all(_axes(v) == [0] for v in closed.jaxpr.outvars) and all(map(_keeps_rows, _equations(closed.jaxpr)))


def _equations(jaxpr: Any) -> Iterator[Any]:
    """Yield the equations of a program, those inside others too."""
    for eqn in jaxpr.eqns:
        inner = [p for value in eqn.params.values() for p in (value if isinstance(value, tuple | list) else [value])]
        programs = [p for p in inner if isinstance(p, core.Jaxpr | core.ClosedJaxpr)]
        for program in programs:
            yield from _equations(getattr(program, "jaxpr", program))
        if not programs or eqn.params.get("length") == BATCH:
            yield eqn


def _axes(v: Any) -> list[int]:
    """Return the axes of a value that hold the batch, by itself or times another."""
    return [i for i, n in enumerate(getattr(v.aval, "shape", ())) if n and n % BATCH == 0]


def _keeps_rows(eqn: Any) -> bool:
    """Return whether an equation takes rows of the batch to the same rows, and uses its size for nothing else."""
    name = eqn.primitive.name
    touched, made = [v for v in eqn.invars if _axes(v)], [v for v in eqn.outvars if _axes(v)]
    sized = any(_is_size(v.val) for v in eqn.invars if isinstance(v, core.Literal))
    if sized or not touched:
        return not sized and (not made or name in _MAKERS)
    if len(made) != len(eqn.outvars) or any(len(_axes(v)) != 1 for v in (*touched, *made)):
        return False
    place, out = _axes(touched[0])[0], made[0]
    if name in ELEMENTWISE:
        return all(_axes(v) == _axes(out) and v.aval.shape[place] == out.aval.shape[place] for v in touched)
    along = eqn.params["axes"] if name in REDUCTIONS else eqn.params[ALONG[name]] if name in ALONG else None
    if along is not None:
        return place not in (along if isinstance(along, tuple) else (along,))
    return name in _RULES and _RULES[name](eqn, place, out)


def _is_size(value: Any) -> bool:
    """Return whether a number is the batch's size, or one over it."""
    value = np.asarray(value)
    if value.ndim or value.dtype.kind not in "iuf" or not value or not np.isfinite(value):
        return False
    return abs(value) % BATCH == 0 or bool(np.isclose(abs(float(value)) * BATCH, 1, rtol=1e-3))


def _same_place(eqn: Any, place: int, out: Any) -> bool:
    """Return whether as much lies before the batch's axis as before, so that rows stay rows."""
    before = eqn.invars[0].aval.shape
    return math.prod(before[:place]) == math.prod(out.aval.shape[: _axes(out)[0]])


def _whole(eqn: Any, place: int, out: Any) -> bool:
    """Return whether the batch's axis is kept as long as it was."""
    return _axes(out) == [place] and out.aval.shape[place] == eqn.invars[0].aval.shape[place]


def _gather(eqn: Any, place: int, _: Any) -> bool:
    """Rows of the batch may choose from a table, or take parts of themselves at fixed places."""
    operand, indices, numbers = eqn.invars[0], eqn.invars[1], eqn.params["dimension_numbers"]
    if not _axes(operand):
        return True
    if place in numbers.operand_batching_dims:
        return _axes(indices) == [numbers.start_indices_batching_dims[numbers.operand_batching_dims.index(place)]]
    whole = eqn.params["slice_sizes"][place] == operand.aval.shape[place] and place not in numbers.start_index_map
    return whole and not _axes(indices)


def _dot(eqn: Any, *_: Any) -> bool:
    """The batch must be no axis that is summed over, nor meet another axis."""
    (left, right), _ = eqn.params["dimension_numbers"]
    return not any(set(_axes(v)) & set(summed) for v, summed in zip(eqn.invars, (left, right), strict=True))


def _conv(eqn: Any, *_: Any) -> bool:
    numbers = eqn.params["dimension_numbers"]
    batch_only = _axes(eqn.invars[0]) == [numbers.lhs_spec[0]] and not _axes(eqn.invars[1])
    return batch_only and eqn.params["batch_group_count"] == 1


def _window(eqn: Any, place: int, out: Any) -> bool:
    return eqn.params["window_dimensions"][place] == 1 and _whole(eqn, place, out)


_MAKERS = frozenset("broadcast_in_dim iota random_bits threefry2x32".split())  # of rows that no row of the data is in
_RULES: dict[str, Callable[[Any, int, Any], bool]] = {
    "broadcast_in_dim": lambda eqn, place, out: eqn.params["broadcast_dimensions"][place] == _axes(out)[0],
    "conv_general_dilated": _conv,
    "dot_general": _dot,
    "dynamic_slice": _whole,
    "expand_dims": _same_place,
    "gather": _gather,
    "pad": lambda eqn, place, _: eqn.params["padding_config"][place] == (0, 0, 0),
    "reduce_window_max": _window,
    "reduce_window_sum": _window,
    "reshape": lambda eqn, place, out: eqn.params["dimensions"] is None and _same_place(eqn, place, out),
    "slice": _whole,
    "squeeze": _same_place,
    "top_k": lambda eqn, place, _: place < eqn.invars[0].aval.ndim - 1,
    "transpose": lambda eqn, place, out: eqn.params["permutation"].index(place) == _axes(out)[0],
}
