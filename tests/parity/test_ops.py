"""Operations: value, gradient, symbolic shape and dtype equal to Keras's, for each row of ops_table."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import hornbeam.ops
from hornbeam._core.graph import KerasTensor
from tests.parity.ops_table import ROWS, A, Row
from tests.parity.oracle import keras

LOOSE = {"bfloat16": 2e-2, "float16": 2e-3}


def _is_array(x):
    return isinstance(x, A)


def _fill(row: Row, dtype: str, make):
    """Return a row's arguments with `make(A, dtype)` for each array."""

    def one(x):
        return make(x, x.dtype or dtype) if _is_array(x) else x

    return jax.tree.map(one, (row.args, row.kwargs), is_leaf=lambda x: _is_array(x) or x is None)


def _values(row: Row, dtype: str):
    rng = np.random.default_rng(len(repr(row)))

    def make(a: A, name: str):
        if name == "bool":
            return jnp.asarray(rng.integers(0, 2, a.shape), bool)
        if "int" in name:
            return jnp.asarray(rng.integers(np.floor(a.low), max(np.ceil(a.high), a.low + 1), a.shape), name)
        if name == "complex64":
            return jnp.asarray(rng.normal(size=a.shape) + 1j * rng.normal(size=a.shape), name)
        return jnp.asarray(rng.uniform(a.low, a.high, a.shape), name)

    return _fill(row, dtype, make)


def _find(module, row: Row):
    return functools.reduce(getattr, row.name.split("."), module)


def _plain(x):
    """Return a result's leaf as (array of wide numbers, dtype)."""
    array = np.asarray(x)
    wide = array if array.dtype.kind in "bciuU" else array.astype("float64")
    return wide, str(getattr(x, "dtype", type(x)))


def _assert_equal(ours, theirs, tolerance):
    ours, theirs = jax.tree.leaves(ours), jax.tree.leaves(theirs)
    assert len(ours) == len(theirs)
    for mine, expected in zip(ours, theirs, strict=True):
        (mine, my_dtype), (expected, its_dtype) = _plain(mine), _plain(expected)
        assert (mine.shape, my_dtype) == (expected.shape, its_dtype)
        if mine.dtype.kind in "fc":
            np.testing.assert_allclose(mine, expected, rtol=tolerance, atol=tolerance)
        else:
            np.testing.assert_array_equal(mine, expected)


@pytest.mark.parametrize(
    ("row", "dtype"), [(row, dtype) for row in ROWS for dtype in row.dtypes], ids=lambda x: repr(x)
)
def test_value(row, dtype):
    args, kwargs = _values(row, dtype)
    ours = _find(hornbeam.ops, row)(*args, **kwargs)
    if row.keras:
        return
    theirs = _find(keras.ops, row)(*args, **kwargs)
    _assert_equal(ours, theirs, LOOSE.get(dtype, row.tolerance))


@pytest.mark.parametrize("row", [row for row in ROWS if row.grad and not row.keras], ids=repr)
def test_gradient(row):
    leaves, treedef = jax.tree.flatten(_values(row, "float32"), is_leaf=lambda x: x is None)
    places = [i for i, x in enumerate(leaves) if isinstance(x, jax.Array) and x.dtype == "float32"]

    def loss(module, arrays):
        full = list(leaves)
        for i, array in zip(places, arrays, strict=True):
            full[i] = array
        args, kwargs = jax.tree.unflatten(treedef, full)
        out = [x for x in jax.tree.leaves(_find(module, row)(*args, **kwargs)) if jnp.issubdtype(x.dtype, jnp.floating)]
        return sum(jnp.sum(jnp.sin(x + 0.3)) for x in out)

    arrays = [leaves[i] for i in places]
    both = jax.jit(lambda xs: (jax.grad(loss, 1)(hornbeam.ops, xs), jax.grad(loss, 1)(keras.ops, xs)))
    _assert_equal(*both(arrays), max(row.tolerance, 2e-5))


def _symbolic(row: Row, dtype: str, tensor):
    """Return a row's arguments as KerasTensors; where it is `free`, with None for the leading length of the first."""
    arrays = [x for x in jax.tree.leaves((row.args, row.kwargs), is_leaf=_is_array) if _is_array(x) and x.shape]
    length = arrays[0].shape[0]

    def make(a: A, name: str):
        shape = list(a.shape)
        if row.free and shape and shape[0] == length:
            shape[0] = None
        return tensor(shape, name)

    return _fill(row, dtype, make)


def _specs(result):
    return [(tuple(x.shape), str(x.dtype)) for x in jax.tree.leaves(result)]


@pytest.mark.parametrize("row", [row for row in ROWS if row.symbolic], ids=repr)
def test_symbolic(row):
    dtype = row.dtypes[0]
    args, kwargs = _symbolic(row, dtype, KerasTensor)
    ours = _specs(_find(hornbeam.ops, row)(*args, **kwargs))
    args, kwargs = _values(row, dtype)
    computed = _specs(jax.eval_shape(lambda: _find(hornbeam.ops, row)(*args, **kwargs)))
    assert [name for _, name in ours] == [name for _, name in computed]
    for (shape, _), (real, _) in zip(ours, computed, strict=True):
        assert len(shape) == len(real)
        assert all(d in ((r, None) if row.free else (r,)) for d, r in zip(shape, real, strict=True))
    if not row.keras_shape:
        args, kwargs = _symbolic(row, dtype, keras.KerasTensor)
        assert ours == _specs(_find(keras.ops, row)(*args, **kwargs))
