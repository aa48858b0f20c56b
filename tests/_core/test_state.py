"""Variables and scopes: what is read and written where."""

import gc

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hornbeam._core.state import HERE, Scope, Variable, get_mask, here, holding, pure, set_mask


def test_pure_returns_new_values_and_changes_nothing():
    v = Variable(np.ones(2), name="v")

    def add(x):
        v.assign_add(x)
        return v.value * 2

    result, (new,) = jax.jit(pure(add, [v]))([v.value], 3.0)
    np.testing.assert_array_equal(result, [8, 8])
    np.testing.assert_array_equal(new, [4, 4])
    np.testing.assert_array_equal(v.numpy(), [1, 1])


def test_reading_a_variable_outside_the_scope_gives_its_concrete_value():
    owned, other = Variable(1.0), Variable(5.0)
    assert pure(lambda: owned.value + other.value, [owned])([2.0])[0] == 7.0


def test_assigning_what_the_scope_does_not_hold_names_the_variable():
    stray = Variable(0.0, name="stray")
    with pytest.raises(RuntimeError, match=r"'stray'.*no layer of this model owns it"):
        pure(lambda: stray.assign(1.0), [])([])


def test_assigning_in_a_deeper_trace_is_refused():
    v = Variable(0.0, name="count")

    def loop():
        return jax.lax.scan(lambda c, _: (c, v.assign(v.value + 1.0)), 0.0, None, length=3)

    with pytest.raises(RuntimeError, match=r"'count'.*raw JAX transformation.*hornbeam.ops.scan"):
        jax.jit(pure(loop, [v]))([v.value])


def test_assigning_a_traced_value_without_a_scope_is_refused():
    v = Variable(0.0, name="leak")
    with pytest.raises(RuntimeError, match=r"'leak'.*would leak"):
        jax.jit(v.assign)(1.0)


def test_assign_checks_the_shape_and_converts_the_dtype():
    v = Variable(np.zeros(3), dtype="float32", name="v")
    v.assign(np.arange(3))
    assert v.value.dtype == jnp.float32
    with pytest.raises(ValueError, match=r"'v' has shape \(3,\); got a value of shape \(4,\)"):
        v.assign(np.zeros(4))


def test_a_variable_made_inside_a_trace_is_concrete():
    made = []

    def build(x):
        made.append(Variable(np.ones, shape=(2,)))
        return x

    jax.jit(build)(1.0)
    assert isinstance(made[0]._value, jax.Array)
    assert not isinstance(made[0]._value, jax.core.Tracer)


def test_an_open_ended_scope_drops_what_is_written():
    v = Variable(1.0)
    with holding(Scope(open_ended=True)):
        v.assign(2.0)
        assert v.value == 2.0
    assert v.value == 1.0


def test_flags_and_scope_are_restored_after_an_error():
    with pytest.raises(ZeroDivisionError), here(training=True), holding(Scope()):
        raise ZeroDivisionError
    assert HERE.training is None
    assert HERE.scope is None


def test_a_mask_goes_with_its_array():
    x = jnp.ones((2, 3))
    before = len(HERE.masks)
    set_mask(x, jnp.ones((2, 3), bool))
    assert get_mask(x) is not None
    assert get_mask(jnp.ones((2, 3))) is None
    del x
    gc.collect()
    assert len(HERE.masks) == before


def test_a_variable_does_not_share_memory_with_the_users_array():
    given = np.zeros(64, "float32")
    v = Variable(given)
    given[:] = 1
    assert not v.numpy().any()
    v.assign(given)
    given[:] = 5
    assert (v.numpy() == 1).all()
    v.numpy()[:] = 9
    assert (v.numpy() == 1).all()
