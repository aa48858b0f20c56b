"""Whether a computation treats each row of a batch by itself, read from its program.

Where it does, a short batch can be filled up with rows that do not count, and needs no compiled program of its own.
A program is traced, not run, with a batch of `BATCH` rows, a prime: an axis that holds the batch is known by its
length. Where the batch lies in the arguments is known, and each operation says where it lies in its results. What is
not known to keep rows apart counts as mixing them.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.extend import core

from hornbeam._core.state import here

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
CALLS = {"jit": "jaxpr", "pjit": "jaxpr", "closed_call": "call_jaxpr", "core_call": "call_jaxpr", "remat2": "jaxpr"}
CALLS |= {"checkpoint": "jaxpr"}
HOUSE = str(Path(__file__).parents[1])  # where gradients that are written out leave rows apart, too


class MixedError(Exception):
    """Rows of the batch meet, or may."""


class Place(NamedTuple):
    """Where rows lie in an array: on `axis`, whose length is `outer` times the batch times what is left.

    `outer` is None where all along the axis is equal, so that it may hold the batch in any way.
    """

    axis: int
    outer: int | None = 1


Found = Place | None  # None: there is no row of the batch in it


def is_by_row(fn: Callable[..., Any], *examples: Any) -> bool:
    """Return whether each row of `fn`'s results depends on that row of its arguments alone.

    `examples` are nests of arrays (batch, ...), of which only shapes and types matter.
    """
    wide = jax.tree.map(lambda a: jax.ShapeDtypeStruct((BATCH, *a.shape[1:]), a.dtype), examples)
    with here(kernels=False):  # a kernel does what its formula says, which can be read
        try:
            closed = jax.make_jaxpr(fn)(*wide)
        except Exception:  # noqa: BLE001 - a batch of another size is not taken: nothing is known
            return False
        try:
            found = _walk(closed, [Place(0) for _ in closed.jaxpr.invars])
        except MixedError:
            return False
    return all(place in (Place(0), Place(0, None)) for place in found)


def _walk(program: Any, given: Sequence[Found], *, rules: bool = True) -> list[Found]:
    """Return where rows lie in the results of a program, by where they lie in its arguments.

    With `rules`, those by which functions in it are differentiated must keep rows apart, too.
    """
    jaxpr = getattr(program, "jaxpr", program)
    places: dict[Any, Found] = dict(zip(jaxpr.invars, given, strict=True))
    places |= {v: _made(v) for v in jaxpr.constvars}

    def place_of(v: Any) -> Found:
        if isinstance(v, core.Literal):
            _need(not _is_size(v.val) and not _axes(v))
            return None
        return places[v]

    for eqn in jaxpr.eqns:
        taken = [place_of(v) for v in eqn.invars]
        made = _follow(eqn, taken, rules=rules)
        for v, place in zip(eqn.outvars, made, strict=True):
            _need((place is not None) == bool(_axes(v)))
            _need(place is None or _axes(v) == [place.axis])
        places |= zip(eqn.outvars, made, strict=True)
    return [place_of(v) for v in jaxpr.outvars]


def _need(so: bool) -> None:
    if not so:
        raise MixedError


def _axes(v: Any) -> list[int]:
    """Return the axes of a value that hold the batch, by itself or times another."""
    return [i for i, n in enumerate(getattr(v.aval, "shape", ())) if n and n % BATCH == 0]


def _made(v: Any, outer: int | None = 1) -> Found:
    """Return where rows lie in what is made of no row of the data."""
    axes = _axes(v)
    _need(len(axes) < 2)
    return Place(axes[0], outer) if axes else None


def _is_size(value: Any) -> bool:
    """Return whether a number is the batch's size, or one over it."""
    value = np.asarray(value)
    if value.ndim or value.dtype.kind not in "iuf" or not value or not np.isfinite(value):
        return False
    return abs(value) % BATCH == 0 or bool(np.isclose(abs(float(value)) * BATCH, 1, rtol=1e-3))


def _follow(eqn: Any, taken: list[Found], *, rules: bool) -> list[Found]:
    """Return where rows lie in the results of an equation."""
    name = eqn.primitive.name
    if name in _PROGRAMS:
        return _PROGRAMS[name](eqn, taken, functools.partial(_walk, rules=rules))
    if name == "custom_jvp_call":
        return _custom_jvp(eqn, taken, rules=rules)
    if not any(taken):
        made = [_made(v, None if name == "broadcast_in_dim" else 1) for v in eqn.outvars]
        _need(name in _MAKERS or not any(made))
        return made
    if name in _RULES:
        return [_RULES[name](eqn, taken)] * len(eqn.outvars)
    place = _together(taken)
    if name in ELEMENTWISE:
        lengths = {v.aval.shape[place.axis] for v, p in zip(eqn.invars, taken, strict=True) if p}
        _need(lengths == {eqn.outvars[0].aval.shape[place.axis]})
        return [place] * len(eqn.outvars)
    _need(name in REDUCTIONS or name in ALONG)
    along = eqn.params["axes" if name in REDUCTIONS else ALONG[name]]
    along = along if isinstance(along, tuple) else (along,)
    _need(place.axis not in along)
    axis = place.axis - sum(a < place.axis for a in along) if name in REDUCTIONS else place.axis
    return [Place(axis, place.outer)] * len(eqn.outvars)


def _together(taken: Sequence[Found]) -> Place:
    """Return the one place of rows in several arrays; what is equal along the axis goes with everything."""
    found = {place for place in taken if place is not None}
    known = {place for place in found if place.outer is not None}
    _need(len({place.axis for place in found}) == 1 and len(known) < 2)
    return next(iter(known or found))


# ---- programs in programs


Walk = Callable[[Any, Sequence[Found]], list[Found]]


def _call(eqn: Any, taken: list[Found], walk: Walk) -> list[Found]:
    return walk(eqn.params[CALLS[eqn.primitive.name]], taken)


def _custom_jvp(eqn: Any, taken: list[Found], *, rules: bool) -> list[Found]:
    """Follow the function and, where it is not of this package, its derivative, which must keep rows apart, too."""
    made = _walk(eqn.params["call_jaxpr"], taken, rules=rules)
    if rules and not _is_own(eqn.params["jvp_jaxpr_fun"]):
        own = taken[eqn.params["num_consts"] :]
        program, _, zeros = _resolved(eqn.params["jvp_jaxpr_fun"], [False] * len(own))
        derivatives = [place for place, zero in zip(made, zeros, strict=True) if not zero]
        _unified(_walk(program, [*own, *own], rules=False), [*made, *derivatives])
    return made


def _custom_vjp(eqn: Any, taken: list[Found], walk: Walk) -> list[Found]:
    """Follow what runs where a gradient is asked for; of another's gradient that is written out nothing is known."""
    _need(_is_own(eqn.params["bwd"]))
    own = taken[eqn.params["num_consts"] :]
    program, _ = _resolved(eqn.params["fwd_jaxpr_thunk"], [True] * len(own))
    return walk(program, own)[-len(eqn.outvars) :]  # after what is kept for the gradient


def _resolved(rule: Any, flags: list[bool]) -> Any:
    """Return the program of a rule, and what comes with it."""
    try:
        return rule.call_wrapped(*flags)
    except Exception as error:
        raise MixedError from error


def _is_own(rule: Any) -> bool:
    """Return whether a rule of a derivative is of this package."""
    info = getattr(getattr(rule, "debug_info", None), "func_src_info", None) or ""
    return info.partition(" at ")[2].startswith(HOUSE)


def _unified(a: Sequence[Found], b: Sequence[Found]) -> list[Found]:
    """Return where rows lie in what may be the one or the other."""
    _need(len(a) == len(b) and all((x is None) == (y is None) for x, y in zip(a, b, strict=True)))
    return [None if x is None else _together([x, y]) for x, y in zip(a, b, strict=True)]


def _carried(step: Callable[[list[Found]], list[Found]], carry: list[Found]) -> list[Found]:
    """Return where rows lie in what a loop carries: where they lie after a step, as they did before it."""
    while True:
        after = _unified(carry, step(carry))
        if after == carry:
            return carry
        carry = after  # what was equal along the axis is so no more: this ends


def _scan(eqn: Any, taken: list[Found], walk: Walk) -> list[Found]:
    """Follow a loop over steps, which must not be rows."""
    fixed, count = eqn.params["num_consts"], eqn.params["num_carry"]
    consts, carry, over = taken[:fixed], taken[fixed : fixed + count], taken[fixed + count :]
    _need(all(place is None or place.axis > 0 for place in over))
    slices = [place and Place(place.axis - 1, place.outer) for place in over]

    def step(carry: list[Found]) -> list[Found]:
        return walk(eqn.params["jaxpr"], [*consts, *carry, *slices])

    carry = _carried(lambda carry: step(carry)[:count], carry)
    return [*carry, *(place and Place(place.axis + 1, place.outer) for place in step(carry)[count:])]


def _while(eqn: Any, taken: list[Found], walk: Walk) -> list[Found]:
    """Follow a loop; whether it goes on can depend on no row, as one number never does."""
    of_condition, of_body = eqn.params["cond_nconsts"], eqn.params["body_nconsts"]
    consts, carry = taken[of_condition : of_condition + of_body], taken[of_condition + of_body :]
    carry = _carried(lambda carry: walk(eqn.params["body_jaxpr"], [*consts, *carry]), carry)
    walk(eqn.params["cond_jaxpr"], [*taken[:of_condition], *carry])
    return carry


def _cond(eqn: Any, taken: list[Found], walk: Walk) -> list[Found]:
    _need(taken[0] is None)
    first, *others = (walk(branch, taken[1:]) for branch in eqn.params["branches"])
    for made in others:
        first = _unified(first, made)
    return first


_PROGRAMS: dict[str, Callable[[Any, list[Found], Walk], list[Found]]] = {
    **dict.fromkeys(CALLS, _call),
    "cond": _cond,
    "custom_vjp_call": _custom_vjp,
    "scan": _scan,
    "while": _while,
}


# ---- operations


def _whole(eqn: Any, taken: list[Found]) -> Place:
    """The batch's axis is kept as long as it was."""
    place = _together(taken[:1])
    _need(not any(taken[1:]))
    return _kept(eqn, place)


def _kept(eqn: Any, place: Place) -> Place:
    _need(eqn.outvars[0].aval.shape[place.axis] == eqn.invars[0].aval.shape[place.axis])
    return place


def _update(eqn: Any, taken: list[Found]) -> Place:
    """An update must be of whole rows' parts, at a place that depends on no row."""
    place = _together(taken[:2])
    _need(not any(taken[2:]) and eqn.invars[1].aval.shape[place.axis] == eqn.invars[0].aval.shape[place.axis])
    return place


def _reshape(eqn: Any, taken: list[Found]) -> Place:
    """As many elements lie before the batch as before."""
    place, (axis,) = _together(taken), _axes(eqn.outvars[0]) or (-1,)
    _need(axis >= 0 and not (eqn.primitive.name == "reshape" and eqn.params["dimensions"]))
    shape, new = eqn.invars[0].aval.shape, eqn.outvars[0].aval.shape
    before, after = math.prod(shape[: place.axis]), math.prod(new[:axis])
    if place.outer is None and before == after and shape[place.axis] == new[axis]:
        return Place(axis, None)
    outer, rest = divmod(before * (place.outer or 1), after)
    _need(not rest and outer > 0 and (new[axis] // BATCH) % outer == 0)
    return Place(axis, outer)


def _gather(eqn: Any, taken: list[Found]) -> Place:
    """Rows of the batch may choose from a table, or take parts of themselves at fixed places."""
    (operand, indices), numbers = taken, eqn.params["dimension_numbers"]
    (axis,) = _axes(eqn.outvars[0]) or (-1,)
    if operand is None:
        return Place(axis, _together(taken).outer)
    if operand.axis in numbers.operand_batching_dims:
        along = numbers.start_indices_batching_dims[numbers.operand_batching_dims.index(operand.axis)]
        _need(indices is not None and indices.axis == along and None not in (indices.outer, operand.outer))
        _need(indices is not None and indices.outer == operand.outer)
    else:
        length = eqn.invars[0].aval.shape[operand.axis]
        whole = eqn.params["slice_sizes"][operand.axis] == length and operand.axis not in numbers.start_index_map
        _need(whole and indices is None)
    return Place(axis, operand.outer)


def _dot(eqn: Any, taken: list[Found]) -> Place:
    """The batch must be no axis that is summed over, nor meet another axis."""
    summed, paired = eqn.params["dimension_numbers"]
    for place, axes in zip(taken, summed, strict=True):
        _need(place is None or place.axis not in axes)
    left, right = taken
    if left is not None and right is not None:
        _need(left.axis in paired[0] and right.axis in paired[1])
        _need(paired[0].index(left.axis) == paired[1].index(right.axis))
    side = 0 if left is not None else 1
    place = taken[side]
    assert place is not None  # noqa: S101 - one of the two has rows
    if place.axis in paired[side]:
        _need(left is not None and right is not None)
        return Place(paired[side].index(place.axis), _outer(left, right))
    free = [i for i in range(eqn.invars[side].aval.ndim) if i not in (*summed[side], *paired[side])]
    others = eqn.invars[0].aval.ndim - len(summed[0]) - len(paired[0]) if side else 0
    return Place(len(paired[0]) + others + free.index(place.axis), place.outer)


def _outer(*places: Found) -> int | None:
    """Return how rows lie on an axis that several arrays share."""
    return _together([place and Place(0, place.outer) for place in places]).outer


def _conv(eqn: Any, taken: list[Found]) -> Place:
    numbers = eqn.params["dimension_numbers"]
    place = _together(taken[:1])
    _need(place.axis == numbers.lhs_spec[0] and taken[1] is None and eqn.params["batch_group_count"] == 1)
    return Place(numbers.out_spec[0], place.outer)


def _broadcast(eqn: Any, taken: list[Found]) -> Place:
    place = _together(taken)
    return Place(eqn.params["broadcast_dimensions"][place.axis], place.outer)


def _window(eqn: Any, taken: list[Found]) -> Place:
    place = _whole(eqn, taken)
    _need(eqn.params["window_dimensions"][place.axis] == 1)
    return place


def _pad(eqn: Any, taken: list[Found]) -> Place:
    place = _together(taken)
    _need(eqn.params["padding_config"][place.axis] == (0, 0, 0))
    return place


def _stack(eqn: Any, taken: list[Found]) -> Place:
    place = _together(taken)
    return Place(place.axis + (eqn.params["axis"] <= place.axis), place.outer)


def _top_k(eqn: Any, taken: list[Found]) -> Place:
    place = _together(taken)
    _need(place.axis < eqn.invars[0].aval.ndim - 1)
    return place


def _transpose(eqn: Any, taken: list[Found]) -> Place:
    place = _together(taken)
    return Place(eqn.params["permutation"].index(place.axis), place.outer)


_MAKERS = frozenset("broadcast_in_dim iota random_bits threefry2x32".split())  # of rows that no row of the data is in
_RULES: dict[str, Callable[[Any, list[Found]], Place]] = {
    "broadcast_in_dim": _broadcast,
    "conv_general_dilated": _conv,
    "dot_general": _dot,
    "dynamic_slice": _whole,
    "dynamic_update_slice": _update,
    "expand_dims": _reshape,
    "gather": _gather,
    "pad": _pad,
    "reduce_window_max": _window,
    "reduce_window_sum": _window,
    "reshape": _reshape,
    "slice": _whole,
    "squeeze": _reshape,
    "stack": _stack,
    "top_k": _top_k,
    "transpose": _transpose,
}
