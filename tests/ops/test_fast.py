"""The forms for a CPU of convolution and pooling are equal to XLA's, forwards and backwards."""

import itertools
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hornbeam import ops
from hornbeam._core.state import here
from hornbeam.ops import _fast, _fast_pool

LENGTHS = (7, 6, 5)
QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}  # each runs once


def draw(*shape):
    return jnp.asarray(np.random.default_rng(0).normal(size=shape), "float32")


def everything(fn, *arrays):
    """Return the value of `fn`, its gradient and its change along the arrays themselves."""

    def run(*arrays):
        value, back = jax.vjp(fn, *arrays)
        weights = jnp.cos(jnp.arange(value.size, dtype="float32")).reshape(value.shape)
        return value, back(weights), jax.jvp(fn, arrays, arrays)[1]

    return jax.jit(run, compiler_options=QUICK)(*arrays)


def check(fn, *arrays, looped=False):
    with here(looped=looped):
        fast = everything(fn, *arrays)
    off = lambda _: False  # noqa: E731
    with mock.patch.object(_fast, "is_on_cpu", off), mock.patch.object(_fast_pool, "is_on_cpu", off):
        general = everything(fn, *arrays)
    for a, b in zip(jax.tree.leaves(fast), jax.tree.leaves(general), strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4 * max(1, float(np.abs(b).max(initial=0))))


CONVOLUTIONS = [
    *itertools.product((1, 2), (3,), ("valid", "same"), (1, 2), (1,), (3, 24)),
    *itertools.product((1, 2), (3,), ("same",), (1,), (2,), (3, 24)),
    (3, 2, "same", 2, 1, 3), (3, 3, "valid", 1, 1, 24), (3, 2, "same", 1, 2, 24), (2, 1, "valid", 1, 1, 24),
]  # fmt: skip


@pytest.mark.parametrize("looped", [False, True])
@pytest.mark.parametrize(("rank", "window", "padding", "strides", "dilation", "channels"), CONVOLUTIONS)
def test_convolution(rank, window, padding, strides, dilation, channels, looped):
    x, kernel = draw(2, *LENGTHS[:rank], channels), draw(*(window,) * rank, channels, 8)
    check(lambda x, k: ops.conv(x, k, strides, padding, dilation_rate=dilation), x, kernel, looped=looped)
    if rank == 3:
        with mock.patch.object(_fast, "SMALL_VOLUME", 0):
            check(lambda x, k: ops.conv(x, k, strides, padding, dilation_rate=dilation), x, kernel, looped=looped)


@pytest.mark.parametrize(("rank", "padding", "strides", "dilation", "multiplier"), [
    (1, "valid", 1, 1, 2), (1, "same", 2, 1, 1), (2, "valid", 1, 2, 1), (2, "same", 2, 1, 2), (2, "same", 1, 1, 3),
])  # fmt: skip
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_depthwise_convolution(rank, padding, strides, dilation, multiplier, data_format):
    lengths = LENGTHS[:rank]
    shape = (*lengths, 3) if data_format == "channels_last" else (3, *lengths)
    check(
        lambda x, k: ops.depthwise_conv(x, k, strides, padding, data_format, dilation),
        draw(2, *shape),
        draw(*(2,) * rank, 3, multiplier),
    )


TRANSPOSED = [
    *((1, s, p, k, extra) for s in (2, 3) for p in ("valid", "same") for k in (1, 2, 4) for extra in (None, 1)),
    (2, 2, "same", 3, None), (2, (1, 2), "valid", 3, None), (2, (2, 3), "same", 2, None), (2, 2, "valid", 1, 1),
    (3, 2, "same", 2, None),
]  # fmt: skip


@pytest.mark.parametrize(("rank", "strides", "padding", "window", "extra"), TRANSPOSED)
def test_transposed_convolution(rank, strides, padding, window, extra):
    check(
        lambda x, k: ops.conv_transpose(x, k, strides, padding, extra),
        draw(2, *LENGTHS[:rank], 3),
        draw(*(window,) * rank, 4, 3),
    )


@pytest.mark.parametrize("pool", [ops.max_pool, ops.average_pool])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("rank", "size", "strides"), [(1, 2, 2), (1, 3, 2), (2, 2, 2), (2, 3, 1), (3, 2, 2)])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_pooling(pool, padding, rank, size, strides, data_format):
    lengths = LENGTHS[:rank]
    shape = (*lengths, 3) if data_format == "channels_last" else (3, *lengths)
    check(lambda x: pool(x, size, strides, padding, data_format), draw(2, *shape))
    with mock.patch.object(_fast_pool, "SMALL", 0):
        check(lambda x: pool(x, size, strides, padding, data_format), draw(3, *shape))  # another shape, traced anew


def test_the_gradient_of_a_maximum_goes_to_the_first_of_several():
    x = jnp.ones((1, 4, 4, 1))
    assert jax.grad(lambda x: ops.max_pool(x, 2).sum())(x)[0, :, :, 0].tolist() == [[1, 0, 1, 0], [0, 0, 0, 0]] * 2
    with mock.patch.object(_fast_pool, "SMALL", 0):
        blocks = jax.grad(lambda x: ops.max_pool(x, 2).sum())(jnp.ones((2, 4, 4, 1)))  # another shape, traced anew
    assert blocks[1, :, :, 0].tolist() == [[1, 0, 1, 0], [0, 0, 0, 0]] * 2


def test_a_maximum_over_a_window_with_a_nan_is_nan():
    x = jnp.ones((1, 4, 1)).at[0, 1].set(jnp.nan)
    assert jnp.isnan(ops.max_pool(x, 2)[0, :, 0]).tolist() == [True, False]


def test_convolutions_of_xla_are_told_to_who_compiles(monkeypatch):
    monkeypatch.setattr(_fast, "is_native", lambda: False)
    small, large = draw(2, 4, 4, 1), draw(4, 24, 24, 64)
    with here(looped=True):
        from_small = told(small, draw(3, 3, 1, 2))
        from_large = told(large, draw(3, 3, 64, 64))
    assert (from_small, from_large) == (set(), {_fast.CONVOLVES})


def told(x, kernel):
    found = set()
    with here(hints=found):
        ops.conv(x, kernel)
    return found


def test_many_convolutions_at_once_by_vmap():
    x, kernel = draw(3, 2, 5, 5, 3), draw(3, 3, 3, 1)
    gradient = jax.vmap(jax.grad(lambda k, x: ops.depthwise_conv(x, k).sum()), in_axes=(None, 0))(kernel, x)
    assert gradient.shape == (3, 3, 3, 3, 1)
