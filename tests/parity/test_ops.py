"""Operations: values, gradients, symbolic shapes and dtypes equal to Keras's, for each row of ops_table."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import hornbeam.ops
from hornbeam._core.graph import KerasTensor
from tests.parity.ops_table import ROWS, A, Row
from tests.parity.oracle import keras

pytestmark = [
    pytest.mark.filterwarnings("ignore:You are using a softmax"),
    pytest.mark.filterwarnings("ignore:NotImplemented should not be used:DeprecationWarning"),
]
LOOSE = {"bfloat16": 2e-2}
QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}  # a row runs once


ELSEWHERE = set(  # functions of functions: tests/ops/test_control.py
    "associative_scan cond convert_to_numpy custom_gradient fori_loop jvp map scan switch vectorize "
    "vectorized_map while_loop".split()
)


def test_every_op_has_a_row():
    names = {name for name in dir(keras.ops) if callable(getattr(keras.ops, name)) and not name.startswith("_")}
    names |= {
        f"image.{name}" for name in dir(keras.ops.image) if callable(getattr(keras.ops.image, name)) and name[0] != "_"
    }
    assert names - {row.name for row in ROWS} == ELSEWHERE


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


def _function(module, row: Row, dtype: str):
    """Return the row's call as a function of its arrays, and the arrays."""
    fn = functools.reduce(getattr, row.name.split("."), module)
    leaves, treedef = jax.tree.flatten(_values(row, dtype), is_leaf=lambda x: x is None)
    places = [i for i, x in enumerate(leaves) if isinstance(x, jax.Array)]

    def call(arrays):
        full = list(leaves)
        for i, array in zip(places, arrays, strict=True):
            full[i] = array
        args, kwargs = jax.tree.unflatten(treedef, full)
        return fn(*args, **kwargs)

    return call, [leaves[i] for i in places]


def _plain(x):
    """Return a result's leaf as an array of wide numbers, and its dtype."""
    array = np.asarray(x)
    return (array if array.dtype.kind in "bciuU" else array.astype("float64")), str(getattr(x, "dtype", type(x)))


def _assert_equal(ours, theirs, tolerance):
    ours, theirs = jax.tree.leaves(ours), jax.tree.leaves(theirs)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        (mine, my_dtype), (expected, its_dtype) = _plain(a), _plain(b)
        assert (mine.shape, my_dtype) == (expected.shape, its_dtype)
        if mine.dtype.kind in "fc":
            np.testing.assert_allclose(mine, expected, rtol=tolerance, atol=tolerance)
        else:
            np.testing.assert_array_equal(mine, expected)


def _with_gradient(call, arrays, wanted: bool):
    """Return the call's result, and the gradients with respect to its float32 arrays where they are wanted."""
    if not wanted:
        return call(arrays), []
    places = [i for i, x in enumerate(arrays) if x.dtype == "float32"]

    def loss(some):
        full = list(arrays)
        for i, x in zip(places, some, strict=True):
            full[i] = x
        result = call(full)
        parts = [jnp.sum(jnp.sin(x + 0.3)) for x in jax.tree.leaves(result) if jnp.issubdtype(x.dtype, jnp.floating)]
        return sum(parts), result

    gradients, result = jax.grad(loss, has_aux=True)([arrays[i] for i in places])
    return result, gradients


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_value_and_gradient(row):
    modules = [hornbeam.ops] if row.keras else [hornbeam.ops, keras.ops]
    calls = [[_function(module, row, dtype) for dtype in row.dtypes] for module in modules]
    inputs = [arrays for _, arrays in calls[0]]

    def run(inputs):
        return [
            [_with_gradient(call, arrays, row.grad and dtype == "float32")
             for (call, _), arrays, dtype in zip(of_module, inputs, row.dtypes, strict=True)]
            for of_module in calls
        ]  # fmt: skip

    results = jax.jit(run, compiler_options=QUICK)(inputs) if not row.eager else run(inputs)
    for dtype, ours, theirs in zip(row.dtypes, results[0], results[-1], strict=True):
        try:
            _assert_equal(ours, theirs, LOOSE.get(dtype, max(row.tolerance, 2e-5)))
        except AssertionError as error:
            error.add_note(f"dtype {dtype}")
            raise


def _symbolic(row: Row, tensor):
    """Return a row's arguments as KerasTensors; where it is free, with None for the leading length of the first."""
    arrays = [x for x in jax.tree.leaves((row.args, row.kwargs), is_leaf=_is_array) if _is_array(x) and x.shape]
    length = arrays[0].shape[0]

    def make(a: A, name: str):
        shape = list(a.shape)
        if row.free and shape and shape[0] == length:
            shape[0] = None
        return tensor(shape, name)

    return _fill(row, row.dtypes[0], make)


def _specs(result):
    return [(tuple(x.shape), str(x.dtype)) for x in jax.tree.leaves(result)]


@pytest.mark.parametrize("row", [row for row in ROWS if row.symbolic], ids=repr)
def test_symbolic(row):
    def find(module):
        return functools.reduce(getattr, row.name.split("."), module)

    args, kwargs = _symbolic(row, KerasTensor)
    ours = _specs(find(hornbeam.ops)(*args, **kwargs))
    computed = _specs(jax.eval_shape(*_function(hornbeam.ops, row, row.dtypes[0])))
    assert [name for _, name in ours] == [name for _, name in computed]
    for (shape, _), (real, _) in zip(ours, computed, strict=True):
        assert len(shape) == len(real)
        assert all(d in ((r, None) if row.free else (r,)) for d, r in zip(shape, real, strict=True))
    if not row.keras_shape:
        args, kwargs = _symbolic(row, keras.KerasTensor)
        assert ours == _specs(find(keras.ops)(*args, **kwargs))
