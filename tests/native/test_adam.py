"""The kernel of Adam's step against the formula."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import hornbeam as keras
from hornbeam.native import is_native

pytestmark = pytest.mark.skipif(not is_native(), reason="there is no C++ compiler")


def trained(optimizer, shape=(1100, 1001)):
    """Return a value, its slots and, beside them, those of one too small for a kernel, after three steps."""
    rng = np.random.default_rng(0)
    value = rng.standard_normal(shape).astype("float32")
    gradients = [rng.standard_normal(shape).astype("float32") for _ in range(3)]
    large, small = keras.Variable(value), keras.Variable(value[:2])
    for gradient in gradients:
        optimizer.apply([jnp.asarray(gradient), jnp.asarray(gradient[:2])], [large, small])
    return large, small, [v.numpy() for v in optimizer.variables]


@pytest.mark.parametrize("make", [keras.optimizers.Adam, keras.optimizers.AdamW], ids=lambda c: c.__name__)
def test_a_step_is_the_formula(make, monkeypatch):
    large, small, slots = trained(make(0.01))
    np.testing.assert_allclose(large.numpy()[:2], small.numpy(), rtol=1e-6, atol=1e-7)
    monkeypatch.setattr("hornbeam.native._library._registered", lambda: None)
    plain, _, plain_slots = trained(make(0.01))
    np.testing.assert_allclose(large.numpy(), plain.numpy(), rtol=1e-6, atol=1e-7)
    for ours, theirs in zip(slots, plain_slots, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-7)


def test_what_is_overwritten_is_nobody_elses():
    optimizer, value = keras.optimizers.Adam(0.1), keras.Variable(jnp.ones((1100, 1000)))
    before = value.value
    optimizer.apply([jnp.ones((1100, 1000))], [value])
    assert (before == 1).all()
    program = jax.make_jaxpr(lambda g, x: optimizer.stateless_apply([v.value for v in optimizer.variables], [g], [x]))
    assert "hornbeam_adam" in str(program(before, before))
