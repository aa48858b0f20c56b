"""The kernels of layer normalization give what the formula gives, gradients included."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hornbeam import layers, ops
from hornbeam.native import is_native
from hornbeam.ops import _nn
from hornbeam.training import _byrow

pytestmark = pytest.mark.skipif(not is_native(), reason="there are no kernels on this machine")


def by_kernel(*arrays):
    return _nn._by_kernel(*arrays, epsilon=1e-3)


def plain(*arrays):
    return _nn._layer_normalized(*arrays, -1, 1e-3)


def draw(shape):
    """Return inputs, gamma, beta and a change of the result."""
    rng = np.random.default_rng(0)
    shapes = (shape, shape[-1:], shape[-1:], shape)
    return [jnp.asarray(rng.normal(2, 3, size), "float32") for size in shapes]


@pytest.mark.parametrize("shape", [(1, 300), (3, 5), (9, 67), (2, 33, 128)], ids=str)
def test_values_and_gradients(shape):
    *arrays, g = draw(shape)

    def run(function):
        y, back = jax.vjp(function, *arrays)
        return y, *back(g)

    for got, expected in zip(jax.jit(lambda: run(by_kernel))(), jax.jit(lambda: run(plain))(), strict=True):
        np.testing.assert_allclose(got, expected, rtol=0, atol=3e-6 * max(1, np.abs(expected).max()))


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_what_is_no_number_stays_in_its_row(odd):
    x, gamma, beta, g = draw((6, 70))
    y, back = jax.vjp(by_kernel, x.at[2, 69].set(odd), gamma, beta)
    for made in (y, back(g)[0]):
        assert np.isnan(made[2]).all()
        assert not np.isnan(np.delete(made, 2, 0)).any()


def test_derivatives_of_all_kinds():
    *arrays, g = draw((4, 40))
    changes = [x * 0.5 + 1 for x in arrays]

    def slope(function):
        return lambda *x: jnp.sum(jax.grad(lambda x, *rest: jnp.sum(function(x, *rest) * g))(*x) ** 2)

    def run(function):
        return (
            jax.jvp(function, arrays, changes),
            jax.vmap(function)(*(jnp.stack([x, -x]) for x in arrays)),
            jax.grad(slope(function), (0, 1))(*arrays),
            jax.jvp(slope(function), arrays, changes),
        )

    results = (jax.tree.leaves(jax.jit(lambda f=f: run(f))()) for f in (by_kernel, plain))
    for got, expected in zip(*results, strict=True):
        np.testing.assert_allclose(got, expected, rtol=0, atol=2e-5 * max(1, np.abs(expected).max()))
    exported = jax.export.export(jax.jit(jax.grad(lambda *x: jnp.sum(by_kernel(*x) * g))))(*arrays)
    assert "custom_call" not in exported.mlir_module()


def test_where_the_kernel_is_used():
    def uses(shape, dtype="float32", **how):
        x, gamma, beta, _ = (a.astype(dtype) for a in draw(shape))
        program = jax.make_jaxpr(lambda x: ops.layer_normalization(x, gamma, beta, **how))(x)
        return "hornbeam_layer_normalization" in str(program)

    assert uses((64, 128, 64), axis=(-1,))
    assert not uses((64, 128, 64), rms_scaling=True)
    assert not uses((64, 64, 64), axis=1)
    assert not uses((64, 64))


def test_rows_are_found_to_keep_apart():
    layer = layers.LayerNormalization()
    layer.build((None, 64, 128))
    x = jax.ShapeDtypeStruct((2, 64, 128), "float32")
    assert "hornbeam_layer_normalization" in str(jax.make_jaxpr(layer)(jnp.ones((128, 64, 128))))
    assert _byrow.is_by_row(layer, x)
    assert not _byrow.is_by_row(lambda x: layer(x - x.mean(0)), x)
