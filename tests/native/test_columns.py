"""The kernels of maxima and of statistics against XLA's."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hornbeam import layers, ops
from hornbeam.native import is_native, largest
from hornbeam.native._pooling import _largest
from hornbeam.native._statistics import MOMENTS, PRODUCTS, SCALED, _moments, _products
from hornbeam.training._byrow import is_by_row

pytestmark = pytest.mark.skipif(not is_native(), reason="there is no C++ compiler")

WINDOWS = {
    "blocks": ((2, 2), (2, 2), ((0, 0), (0, 0))),
    "overlapping": ((3, 2), (2, 1), ((1, 1), (0, 1))),
    "with gaps": ((2, 1), (3, 2), ((0, 0), (0, 0))),
}


def draw(*shape, seed=0):
    return jnp.asarray(np.random.default_rng((seed, *shape)).standard_normal(shape), "float32")


def check(ours, theirs, rtol=1e-5):
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-6)


@pytest.mark.parametrize("windows", WINDOWS)
@pytest.mark.parametrize("channels", [1, 5, 35])
def test_largest(windows, channels):
    where = dict(zip(("window", "strides", "pads"), WINDOWS[windows], strict=True))
    x, change = draw(3, 9, 7, channels), draw(3, 9, 7, channels, seed=1)

    def of(pool):
        fn = functools.partial(pool, **where)

        def slope(x):
            return jax.grad(lambda x: jnp.sum(fn(x) ** 3))(x)

        return fn(x), slope(x), jax.jvp(fn, (x,), (change,)), jax.jvp(slope, (x,), (change,)), jax.vmap(fn)(x[:, None])

    check(jax.jit(lambda: of(largest))(), jax.jit(lambda: of(_largest))())


def test_the_first_of_several_largest_takes_the_gradient_also_of_nans():
    x = jnp.zeros((1, 2, 4, 1)).at[0, 1, 2:].set(jnp.nan)
    pooled, back = jax.vjp(functools.partial(largest, window=(2, 2), strides=(2, 2), pads=((0, 0), (0, 0))), x)
    assert jnp.isnan(pooled[0, 0, :, 0]).tolist() == [False, True]
    assert back(jnp.ones_like(pooled))[0][0, :, :, 0].tolist() == [[1, 0, 0, 0], [0, 0, 1, 0]]


@pytest.mark.parametrize("shape", [(64, 9, 7, 16), (1, 3), (5, 1), (1000, 33), (70, 200)])
def test_statistics(shape):
    a, b = draw(*shape) + 3, draw(*shape, seed=1)
    check(MOMENTS.bind(a), _moments(np.asarray(a, "float64")), rtol=1e-5)
    check(PRODUCTS.bind(a, b), _products(*np.asarray([a, b], "float64")), rtol=1e-4)


def test_moments_of_large_numbers_do_not_overflow():
    assert np.isfinite(MOMENTS.bind(jnp.full((10, 4), 1e30))).all()


def test_derivatives_of_statistics():
    x, factor, change = draw(6, 5, 4), draw(4), draw(6, 5, 4, seed=1)

    def of(moments, scale):
        def fn(x, factor):
            return jnp.sum(scale(x, factor) ** 2 * moments(x)[1]) + jnp.sum(jnp.sin(moments(x)))

        def slope(x):
            return jax.grad(fn)(x, factor)

        return (
            jax.grad(fn, (0, 1))(x, factor),
            jax.jvp(slope, (x,), (change,)),
            jax.vmap(fn, (0, None))(x[:, None], factor),
        )

    pairs = ((MOMENTS.bind, SCALED.bind), (_moments, jnp.multiply))
    check(*(jax.jit(of, static_argnums=(0, 1))(*pair) for pair in pairs), rtol=1e-3)


def normalized(x):
    return ops.batch_normalization(x, *ops.moments(x, [0, 1, 2]), axis=-1)


def test_layers_use_the_kernels():
    x, normalize = draw(64, 8, 8, 16), layers.BatchNormalization()
    program = str(jax.make_jaxpr(jax.grad(lambda x: ops.sum(normalized(x) ** 2)))(x))
    assert all(f"hornbeam_{name}" in program for name in ("moments", "column_products"))
    assert "hornbeam_largest" in str(jax.make_jaxpr(layers.MaxPooling2D().call)(x))
    normalize(x)
    assert is_by_row(normalize.call, x)
    assert is_by_row(layers.MaxPooling2D().call, x)


def test_a_batch_normalization_is_as_without_kernels(monkeypatch):
    x = draw(64, 8, 8, 16)

    def run():
        return jax.jit(lambda: (normalized(x), jax.grad(lambda x: ops.sum(ops.sin(normalized(x))))(x)))()

    ours = run()
    monkeypatch.setattr("hornbeam.native._library._registered", lambda: None)
    check(ours, run(), rtol=1e-4)
