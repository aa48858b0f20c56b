"""Each optimizer and each option around it against Keras: weights and state after several steps, and configurations."""

import itertools

import jax
import numpy as np
import pytest

from hornbeam import Variable, optimizers
from tests.parity.oracle import RELATIVE, keras

RULES = [
    ("SGD", {}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.5, "centered": True, "rho": 0.8}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True, "learning_rate": 0.1, "beta_1": 0.7, "beta_2": 0.8}),
    ("AdamW", {"learning_rate": 0.05}),
    ("AdamW", {"amsgrad": True, "weight_decay": 0.3}),
    ("Adamax", {"learning_rate": 0.05}),
    ("Nadam", {"learning_rate": 0.05}),
    ("Adagrad", {"learning_rate": 0.05, "initial_accumulator_value": 0.3}),
    ("Adadelta", {"learning_rate": 0.5}),
    ("Ftrl", {"learning_rate": 0.05}),
    ("Ftrl", {"l1_regularization_strength": 0.1, "l2_regularization_strength": 0.02, "beta": 0.1}),
    ("Ftrl", {"l2_shrinkage_regularization_strength": 0.1, "learning_rate_power": -0.3}),
    ("Lion", {"learning_rate": 0.01, "beta_1": 0.6}),
    ("Lamb", {"learning_rate": 0.05}),
    ("Adafactor", {"learning_rate": 0.05}),
    ("Adafactor", {"learning_rate": 2.0, "clip_threshold": 0.5, "beta_2_decay": -0.5}),
    ("Adafactor", {"relative_step": False, "learning_rate": 1.5}),
    ("ScheduleFreeAdamW", {"learning_rate": 0.05}),
    ("ScheduleFreeAdamW", {"learning_rate": 0.05, "warmup_steps": 3, "weight_decay": 0.1, "beta_1": 0.8}),
    ("Muon", {"learning_rate": 0.05}),
    ("Muon", {"learning_rate": 0.05, "nesterov": False, "rms_rate": None, "ns_steps": 3, "adam_lr_ratio": 0.5}),
    ("Muon", {"exclude_layers": ["w"], "adam_weight_decay": 0.2}),
    ("SGD", {"clipnorm": 0.5}),
    ("SGD", {"clipvalue": 0.1}),
    ("Adam", {"global_clipnorm": 0.3}),
    ("Adam", {"weight_decay": 0.1, "learning_rate": 0.05}),
    ("SGD", {"use_ema": True, "ema_momentum": 0.7}),
    ("SGD", {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 2}),
    ("SGD", {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 2, "gradient_accumulation_steps": 2}),
    ("Adam", {"gradient_accumulation_steps": 2, "learning_rate": 0.05}),
    ("RMSprop", {"gradient_accumulation_steps": 3, "weight_decay": 0.1, "clipnorm": 0.2}),
    ("SGD", {"loss_scale_factor": 4.0, "weight_decay": 0.1}),
]  # fmt: skip
SCHEDULES = [
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5}),
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5, "staircase": True}),
    ("PiecewiseConstantDecay", {"boundaries": [5, 10], "values": [0.1, 0.05, 0.01]}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "power": 2.0}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "cycle": True}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5, "staircase": True}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "alpha": 0.1}),
    ("CosineDecay", {"initial_learning_rate": 0.01, "decay_steps": 10, "warmup_target": 0.2, "warmup_steps": 4}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 5}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 5, "t_mul": 1.0, "m_mul": 0.5}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 5, "t_mul": 1.5, "alpha": 0.1}),
]
SHAPES = [("w", (3, 2)), ("bias", (4,)), ("embedding", (2, 3)), ("conv", (2, 2, 3))]


def close(ours, theirs, **kwargs):
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=RELATIVE, atol=RELATIVE / 10, **kwargs)


def identify(value):
    return value if isinstance(value, str) else "-".join(value) or "plain"


def both(name, arguments):
    return getattr(optimizers, name)(**arguments), getattr(keras.optimizers, name)(**arguments)


def problem():
    """Return weights for us and for Keras, and gradients of five steps."""
    rng = np.random.default_rng(0)
    start = [(name, rng.normal(size=shape).astype("float32")) for name, shape in SHAPES]
    steps = [[rng.normal(size=x.shape).astype("float32") for _, x in start] for _ in range(5)]
    return [Variable(x, name=n) for n, x in start], [keras.Variable(x, name=n) for n, x in start], steps


def check_equal(ours, theirs, own, other):
    for one, two in zip(own, other, strict=True):
        close(one, two, err_msg=one.name)
    assert [v.shape for v in ours.variables] == [tuple(v.shape) for v in theirs.variables]
    for one, two in zip(ours.variables, theirs.variables, strict=True):
        close(one, two, err_msg=one.path)


@pytest.mark.parametrize(("name", "arguments"), RULES, ids=identify)
def test_five_steps(name, arguments):
    ours, theirs = both(name, arguments)
    own, other, steps = problem()
    for gradients in steps:
        ours.apply(gradients, own)
        theirs.apply([keras.ops.convert_to_tensor(g) for g in gradients], other)
        check_equal(ours, theirs, own, other)
    nameless = {"Nadam": 1, "Adafactor": 8}.get(name, 0)  # Variables that Keras gives no name of their slot
    names = [v.path.split("/")[1] for v in ours.variables]
    known = [v.path.split("/")[-1] for v in theirs.variables]
    assert sum(a != b for a, b in zip(names, known, strict=True)) == nameless
    ours.finalize_variable_values(own)
    theirs.finalize_variable_values(other)
    check_equal(ours, theirs, own, other)


@pytest.mark.parametrize(("name", "arguments"), RULES, ids=identify)
def test_compiled_steps_are_the_same(name, arguments):
    optimizer, twin = (getattr(optimizers, name)(**arguments) for _ in range(2))
    own, _, steps = problem()
    again = [Variable(v.numpy(), name=v.name) for v in own]
    optimizer.build(own)
    step = jax.jit(optimizer.stateless_apply)
    weights, state = [v.value for v in own], [v.value for v in optimizer.variables]
    before = [v.numpy() for v in own]
    for gradients in steps:
        weights, state = step(state, gradients, weights)
        twin.apply(gradients, again)
    for value, variable in itertools.chain(zip(weights, again, strict=True), zip(state, twin.variables, strict=True)):
        close(value, variable, err_msg=variable.path)
    for value, variable in zip(before, own, strict=True):
        np.testing.assert_array_equal(value, variable.numpy())


@pytest.mark.parametrize(("name", "arguments"), RULES, ids=identify)
def test_config(name, arguments):
    ours, theirs = both(name, arguments | {"name": "o"})
    config, known = optimizers.serialize(ours), keras.optimizers.serialize(theirs)
    assert config == known
    assert optimizers.serialize(optimizers.deserialize(known)) == config
    if name != "Lamb":  # which Keras itself cannot read back
        assert keras.optimizers.serialize(keras.optimizers.deserialize(config)) == known


@pytest.mark.parametrize(("name", "arguments"), SCHEDULES, ids=identify)
def test_schedule(name, arguments):
    ours = getattr(optimizers.schedules, name)(**arguments)
    theirs = getattr(keras.optimizers.schedules, name)(**arguments)
    for step in range(30):
        np.testing.assert_allclose(ours(step), theirs(step), rtol=RELATIVE, atol=1e-7)
    config, known = optimizers.schedules.serialize(ours), keras.optimizers.schedules.serialize(theirs)
    assert config == known
    assert optimizers.schedules.serialize(optimizers.schedules.deserialize(known)) == known
    one, two = optimizers.SGD(ours, name="o"), keras.optimizers.SGD(theirs, name="o")
    own, other, steps = problem()
    for gradients in steps:
        one.apply(gradients, own)
        two.apply([keras.ops.convert_to_tensor(g) for g in gradients], other)
    check_equal(one, two, own, other)
    assert optimizers.serialize(one) == keras.optimizers.serialize(two)
    assert optimizers.serialize(optimizers.deserialize(keras.optimizers.serialize(two))) == optimizers.serialize(one)


def test_loss_scale():
    ours = optimizers.LossScaleOptimizer(optimizers.SGD(0.1, name="s"), 4.0, 2, name="o")
    theirs = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1, name="s"), 4.0, 2, name="o")
    own, other = [Variable([1.0, 1.0])], [keras.Variable([1.0, 1.0])]
    ours.build(own)
    theirs.build(other)
    assert [v.path for v in ours.variables] == [v.path for v in theirs.variables]
    one = ([v.value for v in own], [v.value for v in ours.variables])
    two = ([v.value for v in other], [v.value for v in theirs.variables])
    step = jax.jit(ours.stateless_apply)
    for x in (4, 4, 4, np.inf, 4, np.nan, 4, 4, 4):
        gradients = [np.array([x, 4], "float32")]
        one, two = step(one[1], gradients, one[0]), theirs.stateless_apply(two[1], gradients, two[0])
        ours.apply(gradients, own)
        for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(two), strict=True):
            close(a, b)
        for a, b in zip([*own, *ours.variables], jax.tree.leaves(one), strict=True):
            close(a, b)
    assert optimizers.serialize(ours) == keras.optimizers.serialize(theirs)
    assert optimizers.serialize(optimizers.deserialize(keras.optimizers.serialize(theirs))) == optimizers.serialize(
        ours
    )


def test_multi():
    def make(package):
        which = package.OptimizerMap(package.SGD(0.1, name="s"), {"w|conv": package.Adam(0.2, name="a")})
        return package.MultiOptimizer(which, loss_scale_factor=2.0, name="m")

    ours, theirs = make(optimizers), make(keras.optimizers)
    own, other, steps = problem()
    for gradients in steps:
        ours.apply(gradients, own)
        theirs.apply([keras.ops.convert_to_tensor(g) for g in gradients], other)
    check_equal(ours, theirs, own, other)
    assert optimizers.serialize(ours) == keras.optimizers.serialize(theirs)
    assert optimizers.serialize(optimizers.deserialize(keras.optimizers.serialize(theirs))) == optimizers.serialize(
        ours
    )


def test_names():
    known = keras.src.optimizers.ALL_OBJECTS_DICT
    assert {name: found.__name__ for name, found in known.items()} == {
        name: optimizers._get._LOWER[name].__name__ for name in known
    }
