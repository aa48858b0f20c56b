"""The kernels of attention give what the plain path gives, gradients of any kind included."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hornbeam import layers, ops
from hornbeam._core.state import Scope, here, holding
from hornbeam.native import is_native
from hornbeam.ops import _attention
from hornbeam.training import _byrow

pytestmark = pytest.mark.skipif(not is_native(), reason="there are no kernels on this machine")

#        batch, queries, keys, heads, key heads, size, size of values
SIZES = [
    (1, 1, 1, 1, 1, 1, 1),
    (2, 5, 7, 4, 2, 3, 5),
    (3, 70, 200, 6, 2, 20, 40),
    (1, 131, 33, 2, 1, 64, 33),
    (5, 65, 129, 3, 3, 17, 16),
]
MASKS = ["none", "causal", "whole", "keys", "queries", "causal and whole"]


def draw(size, seed=0):
    """Return query, key, value and a change of the result."""
    rng = np.random.default_rng(seed)
    batch, queries, keys, heads, key_heads, depth, out = size
    shapes = [(batch, queries, heads, depth), (batch, keys, key_heads, depth)]
    shapes += [(batch, keys, key_heads, out), (batch, queries, heads, out)]
    return [jnp.asarray(rng.normal(size=shape), "float32") for shape in shapes]


def mask_of(kind, size):
    batch, queries, keys, heads, *_ = size
    shapes = {"whole": (batch, heads, queries, keys), "keys": (batch, 1, 1, keys), "queries": (1, heads, queries, 1)}
    shapes["causal and whole"] = (batch, 1, queries, keys)
    return [jnp.asarray(np.random.default_rng(1).random(shapes[kind]) < 0.6)] if kind in shapes else []


def plain(query, key, value, *mask, scale, causal):
    """Return what the formula gives, without the kernel."""
    mask = mask[0] if mask else None
    mask = _attention._with_causal(query, key, mask) if causal else mask
    return _attention._attend(query, key, value, None, mask, jnp.float32(scale), None)


def with_gradients(function, arrays, g, *mask, **how):
    """Return the result, and the gradients of query, key and value."""

    def run(arrays, g):
        y, back = jax.vjp(lambda *arrays: function(*arrays, *mask, **how), *arrays)
        return y, *back(g)

    return jax.jit(run)(arrays, g)


def close(got, expected, tolerance=3e-6):
    got, expected = map(np.asarray, (got, expected))
    np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance * max(1, np.abs(expected).max()))


@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_values_and_gradients(size, kind):
    *arrays, g = draw(size)
    mask, how = mask_of(kind, size), {"scale": 0.3, "causal": kind.startswith("causal")}
    results = (with_gradients(f, arrays, g, *mask, **how) for f in (_attention._by_kernel, plain))
    for got, expected in zip(*results, strict=True):
        close(got, expected)


def test_large_scores_and_a_row_that_sees_nothing():
    query, key, value, g = draw((2, 20, 40, 2, 2, 8, 8))
    mask = jnp.ones((2, 1, 20, 40), bool).at[0, 0, 3].set(False)
    query = query * 300
    for function in (_attention._by_kernel, plain):
        y, *gradients = with_gradients(function, [query, key, value], g, mask, scale=1.0, causal=False)
        np.testing.assert_allclose(y[0, 3], value[0].mean(0), rtol=1e-5, atol=1e-6)
        assert all(np.isfinite(x).all() for x in gradients)
        assert not gradients[0][0, 3].any()


@pytest.mark.parametrize("odd", [np.nan, np.inf])
@pytest.mark.parametrize("which", range(4))
def test_what_is_no_number_stays_where_it_is_in_the_formula(which, odd):
    arrays = draw((3, 20, 40, 4, 2, 8, 8))
    arrays[which] = arrays[which].at[1, 2, 1, 3].set(odd)
    *arrays, g = arrays
    results = (with_gradients(f, arrays, g, scale=0.3, causal=False) for f in (_attention._by_kernel, plain))
    for got, expected in (map(np.isnan, pair) for pair in zip(*results, strict=True)):
        np.testing.assert_array_equal(got, expected)
        assert not got[[0, 2]].any()


def test_exponentials_are_near_those_of_numpy():
    scores = np.linspace(-80, 0, 4000, dtype="float32")
    one = jnp.ones((1, 1, 1, 1), "float32")
    value = jnp.eye(4000, dtype="float32")[None, :, None, :]
    weights = _attention._by_kernel(one, jnp.asarray(scores)[None, :, None, None], value, scale=1.0, causal=False)
    exact = np.exp(scores.astype("float64"))
    np.testing.assert_allclose(weights[0, 0, 0], exact / exact.sum(), rtol=1e-6)


def test_derivatives_of_all_kinds():
    *arrays, g = draw((2, 9, 12, 2, 1, 4, 4))
    mask = mask_of("keys", (2, 9, 12, 2))[0]

    def both(make):
        for function in (_attention._by_kernel, plain):
            inner = functools.partial(with_mask, function)
            yield jax.jit(lambda: make(inner))()  # noqa: B023 - called here

    def with_mask(function, *arrays):
        return function(*arrays, mask, scale=0.5, causal=True)

    def compare(make):
        for got, expected in zip(*map(jax.tree.leaves, both(make)), strict=True):
            close(got, expected, 2e-5)

    changes = [x * 0.5 + 0.1 for x in arrays]
    compare(lambda f: jax.jvp(f, arrays, changes))
    compare(lambda f: jax.jvp(lambda q: f(q, *arrays[1:]), arrays[:1], changes[:1]))
    compare(lambda f: jax.grad(lambda v: jnp.sum(f(*arrays[:2], v) ** 2))(arrays[2]))
    compare(lambda f: jax.jit(jax.vmap(f))(*(jnp.stack([x, -x]) for x in arrays)))
    compare(lambda f: jax.grad(lambda *x: jnp.sum(jax.checkpoint(f)(*x) ** 2), (0, 1, 2))(*arrays))

    def slope(f):
        return lambda *x: jnp.sum(jax.grad(lambda *x: jnp.sum(f(*x) * g), 1)(*x) ** 2)

    compare(lambda f: jax.grad(slope(f), (0, 1, 2))(*arrays))  # backward over backward
    compare(lambda f: jax.jvp(slope(f), arrays, changes))  # forward over backward
    compare(lambda f: jax.grad(lambda *x: jnp.sum(jax.jvp(f, list(x), changes)[1] ** 2), (0, 1, 2))(*arrays))
    compare(lambda f: jax.linear_transpose(jax.vjp(f, *arrays)[1], g)(tuple(changes)))


def test_an_exported_program_has_no_kernel_in_it():
    *arrays, _ = draw((2, 70, 70, 2, 2, 16, 16))

    def loss(*arrays):
        return jnp.sum(_attention._by_kernel(*arrays, scale=0.5, causal=True) ** 2)

    exported = jax.export.export(jax.jit(jax.grad(loss)))(*arrays)
    assert "custom_call" not in exported.mlir_module()
    close(exported.call(*arrays), jax.grad(loss)(*arrays), 2e-5)


def test_where_the_kernel_is_used():
    def uses(size, dtype="float32", **how):
        *arrays, _ = (x.astype(dtype) for x in draw(size))
        return "hornbeam_attention" in str(jax.make_jaxpr(lambda *x: ops.dot_product_attention(*x, **how))(*arrays))

    large = (4, 64, 64, 4, 2, 16, 16)
    assert uses(large)
    assert uses(large, is_causal=True, mask=np.ones((64, 64), bool))
    assert not uses((4, 8, 8, 4, 2, 16, 16))
    assert not uses(large, "bfloat16")
    assert not uses(large, bias=jnp.ones((64, 64)))
    assert not uses(large, attn_logits_soft_cap=2.0)
    assert not uses((0, *large[1:]))


@pytest.mark.parametrize("mask", [None, "own", "shared"])
def test_rows_are_found_to_keep_apart(mask):
    attention = layers.MultiHeadAttention(4, 16)
    attention.build((None, 64, 8), (None, 64, 8))
    x = jax.ShapeDtypeStruct((2, 64, 8), "float32")

    def run(x):
        with holding(Scope(open_ended=True)), here(training=True, losses=[]):
            seen = {None: None, "own": x[:, :1] @ jnp.ones((8, 64)) > 0, "shared": np.ones((1, 64, 64), bool)}[mask]
            return attention(x, x, attention_mask=seen, use_causal_mask=True)

    assert "hornbeam_attention" in str(jax.make_jaxpr(run)(jnp.ones((8, 64, 8))))
    assert _byrow.is_by_row(run, x)
    assert not _byrow.is_by_row(lambda x: run(x - x.mean(0)), x)


def test_rows_that_attend_to_each_other_are_found():
    def run(x):
        x = jnp.reshape(x, (1, -1, 4, 16))
        return ops.dot_product_attention(x, x, x)

    assert not _byrow.is_by_row(run, jax.ShapeDtypeStruct((2, 64, 4, 16), "float32"))
