"""The loops with a gradient written out, against the same layers written out step by step."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hornbeam import layers

KINDS = [layers.LSTM, layers.GRU, layers.SimpleRNN]
MASKS = {"no mask": None, "mask": np.array([[1, 0, 1], [0, 1, 0], [1, 1, 1]], bool)}


@pytest.mark.parametrize("options", [{}, {"return_sequences": True, "go_backwards": True}], ids=["forward", "back"])
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("kind", KINDS)
def test_loop_equals_its_steps(kind, mask, options):
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.normal(size=(3, 3, 4)), "float32")
    loop, steps = (kind(6, unroll=unroll, **options) for unroll in (False, True))
    steps.build(x.shape)
    first = [jnp.asarray(s + 0.3) for s in steps.get_initial_state(3)]
    weights = [jnp.asarray(rng.normal(size=w.shape), "float32") for w in steps.weights]
    loop.build(x.shape)
    rest = [v.value for v in loop.non_trainable_variables]

    def loss(weights, x, first, layer):
        output = layer.stateless_call(weights, rest, x, initial_state=first, mask=mask)[0]
        return (output * jnp.cos(jnp.arange(output.size).reshape(output.shape))).sum()

    gradients = jax.jit(jax.value_and_grad(loss, argnums=(0, 1, 2)), static_argnums=3)
    found, expected = (gradients(weights, x, first, one) for one in (loop, steps))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), found, expected)


def test_steps_that_do_not_count_may_hold_anything():
    x = np.ones((1, 3, 2), "float32")
    layer, mask = layers.GRU(2), np.array([[True, True, False]])
    expected = layer(x, mask=mask)
    x[:, 2] = np.nan
    np.testing.assert_array_equal(layer(x, mask=mask), expected)


@pytest.mark.parametrize("dtype", ["float16", "mixed_bfloat16"])
@pytest.mark.parametrize("kind", KINDS)
def test_half_precision_stays(kind, dtype):
    layer = kind(4, dtype=dtype)
    assert layer(np.ones((2, 3, 4), "float32")).dtype == dtype.removeprefix("mixed_")
