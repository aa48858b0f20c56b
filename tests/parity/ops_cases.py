"""Ways to call a row of ops_table: dtypes, lengths of 0 and 1, gradients, and symbolic shapes with None."""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import hornbeam.ops
from hornbeam._core.graph import KerasTensor
from tests.parity.ops_table import ALL, ROWS, A, Row
from tests.parity.oracle import keras
from tests.parity.programs import are_same, run, trace

LOOSE = {"bfloat16": 2e-2, "one": 3e-4}  # the variance of one number is rounding errors alone
_FIRST = {row.name: row for row in reversed(ROWS)}


class Case(NamedTuple):
    """A row with a dtype, or with `lengths` ("one", "none first", "none last"). Keras may refuse it where `extra`."""

    row: Row
    dtype: str
    lengths: str = ""
    extra: bool = False

    def shape(self, shape):
        first = self.row.arrays()[0].shape
        if self.lengths == "one":
            return (1,) * len(shape)
        if self.lengths == "none first" and shape:
            return (0 if shape[0] == first[0] else shape[0], *shape[1:])
        if self.lengths == "none last" and shape:
            return (*shape[:-1], 0 if shape[-1] == first[-1] else shape[-1])
        return shape

    def filled(self):
        """Return the arguments, with arrays in their places; made by NumPy, since JAX compiles each conversion."""
        rng = np.random.default_rng(len(repr(self.row)))

        def make(a: A):
            name, shape = a.dtype or self.dtype, self.shape(a.shape)
            if name == "bool":
                made = rng.integers(0, 2, shape)
            elif "int" in name:
                made = rng.integers(np.floor(a.low), max(np.ceil(a.high), a.low + 1), shape)
            elif name == "complex64":
                made = rng.normal(size=shape) + 1j * rng.normal(size=shape)
            else:
                made = rng.uniform(a.low, a.high, shape)
            return jnp.asarray(np.asarray(made, jnp.dtype(name)))

        return self.row.fill(make)

    @property
    def which(self):
        return self.lengths or self.dtype

    def outcome(self, module, filled):
        """Return the traced program of the values, and of the gradients of float32; an exception where it raises."""
        call, arrays = _of_arrays(find(module, self.row), filled, jax.Array)
        if self.row.eager:
            return call(arrays)
        wanted = self.row.grad and self.dtype == "float32" and not self.extra
        try:
            return trace(lambda xs: _with_gradient(call, xs) if wanted else call(xs), arrays)
        except Exception as error:  # noqa: BLE001  # the two packages refuse in their own ways
            return error


def find(module, row: Row):
    return functools.reduce(getattr, row.name.split("."), module)


def _of_arrays(fn, arguments, kind):
    """Return `fn(*arguments)` as a function of the leaves of `kind`, and these leaves."""
    leaves, treedef = jax.tree.flatten(arguments, is_leaf=lambda x: x is None)
    places = [i for i, x in enumerate(leaves) if isinstance(x, kind)]

    def call(arrays):
        full = list(leaves)
        for i, array in zip(places, arrays, strict=True):
            full[i] = array
        args, kwargs = jax.tree.unflatten(treedef, full)
        return fn(*args, **kwargs)

    return call, [leaves[i] for i in places]


def _with_gradient(call, arrays):
    """Return the call's result, and its gradients with respect to the float32 arrays."""
    places = [i for i, x in enumerate(arrays) if x.dtype == "float32"]

    def loss(some):
        full = list(arrays)
        for i, x in zip(places, some, strict=True):
            full[i] = x
        result = call(full)
        parts = [jnp.sum(jnp.sin(x + 0.3)) for x in jax.tree.leaves(result) if jnp.issubdtype(x.dtype, jnp.floating)]
        return sum(parts), result

    return jax.grad(loss, has_aux=True)([arrays[i] for i in places])


def cases(row: Row) -> list[Case]:
    """Return the row with its dtypes, then with lengths 1 and 0, and an op's first row with the other dtypes."""
    wanted = [Case(row, dtype) for dtype in row.dtypes]
    arrays = row.arrays()
    if row.eager or not arrays:
        return wanted
    if any(a.dtype is None for a in arrays) and row is _FIRST[row.name]:
        wanted += [Case(row, dtype, extra=True) for dtype in ALL if dtype not in row.dtypes]
    if arrays[0].shape:
        wanted += [Case(row, row.dtypes[0], how, extra=True) for how in ("one", "none first", "none last")]
    return wanted


def apart(row: Row, wanted: list[Case]) -> list[tuple[Case, str]]:
    """Return in what the cases differ between the two packages; one that only Keras refuses is no difference."""
    different: list[tuple[Case, str]] = []
    pairs = []
    for case in wanted:
        filled = case.filled()
        theirs, ours = case.outcome(keras.ops, filled), case.outcome(hornbeam.ops, filled)
        if isinstance(theirs, Exception):
            if not case.extra:
                different.append((case, f"Keras refuses: {theirs}"))
        elif isinstance(ours, Exception):
            different.append((case, f"we refuse: {ours}"))
        elif row.eager:
            different += _unequal(case, ours, theirs)
        elif ours.leaves() != theirs.leaves():
            different.append((case, f"{ours.leaves()} instead of {theirs.leaves()}"))
        elif not are_same(ours, theirs) and any(0 not in shape for shape, _ in ours.leaves()):
            pairs.append((case, (ours, theirs)))
    for (case, _), results in zip(pairs, run([pair for _, pair in pairs]), strict=True):
        different += _unequal(case, *results)
    return different


def _unequal(case: Case, ours, theirs) -> list[tuple[Case, str]]:
    """Return the case and the first difference of the two results, if there is one."""
    ours, theirs = jax.tree.leaves(ours), jax.tree.leaves(theirs)
    tolerance = LOOSE.get(case.which, LOOSE.get(case.dtype, max(case.row.tolerance, 2e-5)))
    for a, b in zip(ours, theirs, strict=True):
        mine, expected = np.asarray(a), np.asarray(b)
        if (mine.shape, mine.dtype) != (expected.shape, expected.dtype):
            return [(case, f"{mine.shape} {mine.dtype} instead of {expected.shape} {expected.dtype}")]
        if mine.dtype.kind in "biuU":
            equal = np.array_equal(mine, expected)
        else:
            kind = "complex128" if mine.dtype.kind == "c" else "float64"
            mine, expected = mine.astype(kind), expected.astype(kind)
            scale = np.nanmax(np.abs(expected), initial=1) if case.dtype == "bfloat16" else 1
            equal = np.allclose(mine, expected, tolerance, tolerance * scale, equal_nan=True)
        if not equal:
            return [(case, f"{mine} instead of {expected}")]
    return []


def forms(row: Row) -> list[int | None]:
    """Return the axes of the first array whose length is None in a symbolic form; None for a form without."""
    rank = len(row.arrays()[0].shape)
    return [None, *([0] if row.free and rank else []), *([rank // 2] if rank > 1 else [])]


def _change(row: Row, axis: int | None, length: Any):
    """Return a function of an A's shape: `length` stands at `axis` of the first array and of those that go along."""
    first = row.arrays()[0].shape

    def change(shape):
        along = shape == first if axis else (axis == 0 and bool(shape) and shape[0] == first[0])
        return tuple(length if along and i == axis else n for i, n in enumerate(shape))

    return change


def _specs(result):
    return [(tuple(x.shape), str(x.dtype)) for x in jax.tree.leaves(result)]


def symbolic(module, tensor, row: Row, axis: int | None):
    """Return shapes and dtypes of the call with KerasTensors, or the error."""
    change = _change(row, axis, None)
    args, kwargs = row.fill(lambda a: tensor(change(a.shape), a.dtype or row.dtypes[0]))
    try:
        return _specs(find(module, row)(*args, **kwargs))
    except Exception as error:  # noqa: BLE001
        return error


def computed(row: Row, axis: int | None):
    """Return shapes and dtypes for lengths n and, where it can be called with that, 2n at `axis`."""
    found, lengths = [], [None] if axis is None else [row.arrays()[0].shape[axis]]
    lengths += [] if axis is None else [2 * lengths[0]]
    for length in lengths:
        change = _change(row, axis, length)
        specs = row.fill(lambda a, change=change: jax.ShapeDtypeStruct(change(a.shape), a.dtype or row.dtypes[0]))
        call, arrays = _of_arrays(find(hornbeam.ops, row), specs, jax.ShapeDtypeStruct)
        try:
            found.append(_specs(jax.eval_shape(call, arrays)))
        except Exception:
            if not found:
                raise
    return found


def fits(specs, found) -> bool:
    """Return whether symbolic `specs` are true for each computed result."""
    return all(
        len(specs) == len(real)
        and all(
            name == its
            and len(shape) == len(lengths)
            and all(a in (None, b) for a, b in zip(shape, lengths, strict=True))
            for (shape, name), (lengths, its) in zip(specs, real, strict=True)
        )
        for real in found
    )


def exact(found):
    """Return the specs that say None where the computed results differ."""
    return [
        (tuple(n[0] if len(set(n)) == 1 else None for n in zip(*(s for s, _ in results), strict=True)), results[0][1])
        for results in zip(*found, strict=True)
    ]


def show(specs) -> str:
    if isinstance(specs, Exception):
        return "refuses"
    return ", ".join(f"{'x'.join(map(str, shape)) or 'scalar'} {dtype}" for shape, dtype in specs)


def symbolic_difference(row: Row) -> str | None:
    """Return the line for the first form in which Keras's symbolic result is wrong or wanting, or says more.

    Ours must be true where it differs, and where no length is None.
    """
    for axis in forms(row):
        ours, theirs = symbolic(hornbeam.ops, KerasTensor, row, axis), symbolic(keras.ops, keras.KerasTensor, row, axis)
        if isinstance(ours, Exception):
            if not isinstance(theirs, Exception):
                return _line(row, axis, ours, theirs)
        elif ours != theirs or axis is None:
            found = computed(row, axis)
            assert fits(ours, found), f"{_line(row, axis, ours, theirs)} computed: {found}"
            if ours == theirs:
                continue
            if isinstance(theirs, Exception) or not fits(theirs, found) or ours != exact(found):
                return _line(row, axis, ours, theirs)
    return None


def _line(row: Row, axis, ours, theirs) -> str:
    form = "" if axis is None else f", axis {axis} None"
    return f"| `{row!r}`{form} | {show(ours)} | {show(theirs)} |"
