"""Values in the place of Variables, names of paths, and devices."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import hornbeam as keras


def test_reading_and_assigning_leave_the_variables_alone():
    given, other, untouched = keras.Variable([1.0, 2.0]), keras.Variable([0.0]), keras.Variable(0.0)
    with keras.StatelessScope(state_mapping=[(given, np.zeros(2))]) as scope:
        assert given.value.tolist() == [0.0, 0.0]
        given.assign_add([1.0, 1.0])
        other.assign([3.0])
        assert (given * 2).tolist() == [2.0, 2.0]
    assert (given.numpy().tolist(), other.numpy().tolist()) == ([1.0, 2.0], [0.0])
    assert scope.get_current_value(given).tolist() == [1.0, 1.0]
    assert scope.get_current_value(other).tolist() == [3.0]
    assert scope.get_current_value(untouched) is None


def test_under_jit_and_grad():
    v = keras.Variable([1.0, 2.0])

    def loss(value):
        with keras.StatelessScope(state_mapping=[(v, value)]) as scope:
            v.assign(v * v)
        return scope.get_current_value(v).sum()

    assert jax.jit(jax.grad(loss))(jnp.array([3.0, 4.0])).tolist() == [6.0, 8.0]
    assert v.numpy().tolist() == [1.0, 2.0]


def test_scopes_inside_scopes_see_the_outer_values():
    v = keras.Variable(1.0)
    with keras.StatelessScope(state_mapping=[(v, 2.0)]), keras.StatelessScope() as inner:
        v.assign_add(1.0)
    assert float(inner.get_current_value(v)) == 3.0
    assert float(v) == 1.0


def test_a_training_loop_by_hand():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), keras.layers.BatchNormalization()])
    variables = model.trainable_variables

    def loss(values, x):
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))) as scope:
            out = model(x, training=True).sum()
        return out, [scope.get_current_value(v) for v in model.non_trainable_variables]

    before = [v.numpy() for v in model.variables]
    (_, state), gradients = jax.jit(jax.value_and_grad(loss, has_aux=True))(
        [v.value for v in variables], jnp.ones((4, 2))
    )
    assert [g.shape for g in gradients] == [v.shape for v in variables]
    assert not np.array_equal(state[0], model.non_trainable_variables[0].numpy())
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_losses_are_collected():
    layer = keras.layers.Dense(2, activity_regularizer="l2")
    layer.build((None, 2))
    with keras.StatelessScope(collect_losses=True) as scope:
        layer(np.ones((1, 2)))
    assert len(scope.losses) == 1


@pytest.mark.parametrize(
    ("mapping", "message"), [([("v", 1.0)], "must begin with a Variable"), ("wrong shape", "has shape")]
)
def test_wrong_mappings(mapping, message):
    if mapping == "wrong shape":
        mapping = [(keras.Variable([1.0, 2.0]), np.ones(3))]
    with pytest.raises(ValueError, match=message):
        keras.StatelessScope(state_mapping=mapping)


def test_name_scope():
    with keras.name_scope("a"), keras.name_scope("b"):
        v, layer = keras.Variable(1.0, name="v"), keras.layers.Dense(2, name="d")
        layer(np.ones((1, 2)))
    assert (v.path, layer.kernel.path) == ("a/b/v", "a/b/d/kernel")
    assert keras.Variable(1.0, name="w").path == "w"
    with pytest.raises(ValueError, match="must not contain '/'"), keras.name_scope("a/b"):
        pass


@pytest.mark.parametrize("name", ["cpu", "cpu:0", jax.devices("cpu")[0]], ids=["kind", "number", "device"])
def test_device(name):
    with keras.device(name):
        assert keras.ops.ones(2).device == jax.devices("cpu")[0]


@pytest.mark.parametrize(
    ("name", "error"), [(3, ValueError), ("cpu:x", ValueError), ("cpu:999", ValueError), ("tpu:0", RuntimeError)]
)
def test_no_such_device(name, error):
    with pytest.raises(error, match=r"device|tpu"):
        keras.device(name)


def test_shape_inferences_scope_drops_what_is_assigned():
    v = keras.Variable(1.0)
    with keras.SymbolicScope():
        v.assign(2.0)
    assert (float(v), int(v)) == (1.0, 1)


@pytest.mark.parametrize("value", [[2**40], np.array([2**40])], ids=["list", "NumPy"])
def test_variables_refuse_whole_numbers_that_do_not_fit(value):
    with pytest.raises(OverflowError, match="int32"):
        keras.Variable(value)
    assert keras.Variable([2**24 + 1]).numpy().tolist() == [2**24 + 1]
