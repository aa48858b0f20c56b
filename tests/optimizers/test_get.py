"""Optimizers by name, class, configuration, and those made of others."""

from types import SimpleNamespace

import jax
import numpy as np
import pytest

from hornbeam import Variable, optimizers, saving

ONES = np.ones(2, "float32")


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("adam", optimizers.Adam),
        ("Adam", optimizers.Adam),
        ("RMSPROP", optimizers.RMSprop),
        (optimizers.SGD, optimizers.SGD),
        (optimizers.SGD(), optimizers.SGD),
        ({"class_name": "sgd", "config": {"momentum": 0.5}}, optimizers.SGD),
        ({"class_name": "Adam", "config": {}}, optimizers.Adam),
        (None, type(None)),
    ],
)
def test_get(identifier, expected):
    assert type(optimizers.get(identifier)) is expected


@pytest.mark.parametrize(
    ("identifier", "message"),
    [
        ("adamm", "Unknown optimizer: 'adamm'. Did you mean 'adam'"),
        (3, "optimizer must be a name, .* got 3"),
        ({"class_name": "Nothing", "config": {}}, "'Nothing'"),
    ],
)
def test_unknown(identifier, message):
    with pytest.raises(ValueError, match=message):
        optimizers.get(identifier)


def test_registered():
    @saving.register_keras_serializable()
    class Slow(optimizers.SGD):
        pass

    config = optimizers.serialize(Slow(0.5))
    assert config["registered_name"] == "Custom>Slow"
    assert type(optimizers.deserialize(config)) is Slow
    assert type(optimizers.get("Slow")) is Slow


class Heavy:
    """What optax calls a GradientTransformation: momentum, with a state that is a nest."""

    def init(self, params):
        return {"m": [0.0 * p for p in params], "count": np.int32(0)}

    def update(self, gradients, state, params=None):
        m = [0.5 * old + g for old, g in zip(state["m"], gradients, strict=True)]
        return [-0.1 * x for x in m], {"m": m, "count": state["count"] + 1}


def test_optax():
    v, w = Variable(ONES, name="v"), Variable(ONES * 2, name="w")
    optimizer = optimizers.get(Heavy())
    optimizer.build([v, w])
    weights, state = [v.value, w.value], [x.value for x in optimizer.variables]
    step = jax.jit(optimizer.stateless_apply)
    for _ in range(2):
        weights, state = step(state, [ONES, ONES], weights)
        optimizer.apply([ONES, ONES])
    np.testing.assert_allclose(weights[0], 0.75)
    np.testing.assert_allclose((v.numpy(), w.numpy()), weights)
    assert [int(x) for x in state if x.dtype == "int32"] == [2, 2]
    optimizer.learning_rate = 0.5
    optimizer.apply([ONES, ONES])
    np.testing.assert_allclose(v.numpy(), 0.6625)
    with pytest.raises(ValueError, match="whose functions no file holds"):
        optimizers.deserialize(optimizers.serialize(optimizer))
    with pytest.raises(ValueError, match="the variables of the first build expected"):
        optimizer.build([v])


def test_optax_without_a_gradient_for_one():
    v, w = Variable(ONES, name="v"), Variable(ONES, name="w")
    plain = SimpleNamespace(init=lambda _: (), update=lambda g, state, _: ([-x for x in g], state))
    optimizer = optimizers.get(plain)
    optimizer.build([v, w])
    optimizer.apply([ONES], [w])
    np.testing.assert_allclose((v.numpy(), w.numpy()), ([1, 1], [0, 0]))


def test_loss_scale():
    inner = optimizers.SGD(0.5)
    optimizer = optimizers.LossScaleOptimizer(inner, initial_scale=8.0)
    v = Variable(ONES)
    optimizer.build([v])
    assert float(optimizer.scale_loss(2.0)) == 16.0
    assert optimizer.scales_loss
    halved = [x.value / 2 if x is optimizer.dynamic_scale else x.value for x in optimizer.variables]
    assert float(optimizer.stateless_scale_loss(halved, 2.0)) == 8.0
    optimizer.learning_rate = 0.25
    optimizer.apply([8 * ONES])
    np.testing.assert_allclose(v.numpy(), 0.75)
    optimizer.apply([np.array([np.inf, 1], "float32")])
    np.testing.assert_allclose(v.numpy(), 0.75)
    assert (float(optimizer.dynamic_scale.value), int(optimizer.iterations.value)) == (4.0, 1)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: optimizers.LossScaleOptimizer("sgd"), TypeError, "inner_optimizer must be an optimizer; got 'sgd'"),
        (
            lambda: optimizers.LossScaleOptimizer(optimizers.SGD(), clipnorm=1.0),
            ValueError,
            "clipnorm must be set at inner",
        ),
        (lambda: optimizers.OptimizerMap("sgd"), TypeError, "default_optimizer must be an optimizer"),
        (lambda: optimizers.OptimizerMap(optimizers.SGD(), [1]), TypeError, "optimizer_map must be a dict"),
        (lambda: optimizers.MultiOptimizer(3), TypeError, "optimizer_map must be an OptimizerMap or a function"),
        (
            lambda: optimizers.MultiOptimizer(lambda _: 3).build([Variable(ONES, name="v")]),
            TypeError,
            "expected for 'v'",
        ),
    ],
)
def test_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_map_of_patterns():
    default, one, two = optimizers.SGD(), optimizers.SGD(), optimizers.Adam()
    which = optimizers.OptimizerMap(default, {"encoder/.*": one})
    which["head"] = two
    found = [which[path] for path in ("encoder/kernel", "my/encoder/kernel", "head", "headless")]
    assert found == [one, default, two, default]
    assert (len(which), list(which)) == (2, ["encoder/.*", "head"])
    with pytest.raises(ValueError, match="'head' is already in the map"):
        which["head"] = one
    which["enc.*"] = two
    with pytest.raises(ValueError, match="one pattern for 'encoder/x' expected"):
        which["encoder/x"]


def test_one_optimizer_per_variable():
    v, w = Variable(ONES, name="v"), Variable(ONES, name="w")
    optimizer = optimizers.MultiOptimizer(lambda x: optimizers.SGD(0.5 if x.name == "v" else 0.25))
    optimizer.apply([ONES, ONES], [v, w])
    np.testing.assert_allclose((v.numpy(), w.numpy()), ([0.5] * 2, [0.75] * 2))
    assert len(optimizer.optimizers) == 2
    with pytest.raises(AttributeError, match="see those of its `optimizers`"):
        _ = optimizer.learning_rate
