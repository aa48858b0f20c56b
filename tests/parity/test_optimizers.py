"""Every rule and option takes the same steps as Keras's."""

import numpy as np
import pytest

import hornbeam
from tests.parity.oracle import keras

RULES = [
    ("SGD", {}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.5, "centered": True}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True, "learning_rate": 0.1}),
    ("AdamW", {"learning_rate": 0.05}),
    ("Adamax", {"learning_rate": 0.05}),
    ("Nadam", {"learning_rate": 0.05}),
    ("Adagrad", {"learning_rate": 0.05}),
    ("Adadelta", {"learning_rate": 0.5}),
    ("Ftrl", {"learning_rate": 0.05}),
    ("Ftrl", {"learning_rate": 0.05, "l1_regularization_strength": 0.01, "l2_regularization_strength": 0.02, "beta": 0.1}),
    ("Ftrl", {"l2_shrinkage_regularization_strength": 0.1, "learning_rate_power": -0.3}),
    ("Lion", {"learning_rate": 0.01}),
    ("Lamb", {"learning_rate": 0.05}),
    ("SGD", {"clipnorm": 0.5}),
    ("SGD", {"clipvalue": 0.1}),
    ("Adam", {"global_clipnorm": 0.3}),
    ("Adam", {"weight_decay": 0.1, "learning_rate": 0.05}),
    ("SGD", {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 2}),
    ("Adam", {"gradient_accumulation_steps": 2, "learning_rate": 0.05}),
    ("SGD", {"loss_scale_factor": 4.0}),
]


@pytest.mark.parametrize(("name", "options"), RULES, ids=[f"{n}-{'-'.join(o) or 'plain'}" for n, o in RULES])
def test_five_steps(name, options):
    rng = np.random.default_rng(0)
    start = [rng.normal(size=(3, 2)).astype("float32"), rng.normal(size=4).astype("float32")]
    steps = [[rng.normal(size=s.shape).astype("float32") for s in start] for _ in range(5)]
    ours, theirs = getattr(hornbeam.optimizers, name)(**options), getattr(keras.optimizers, name)(**options)
    own, other = [hornbeam.Variable(s) for s in start], [keras.Variable(s) for s in start]
    for gradients in steps:
        ours.apply(gradients, own)
        theirs.apply([keras.ops.convert_to_tensor(g) for g in gradients], other)
        for a, b in zip(own, other, strict=True):
            np.testing.assert_allclose(a.numpy(), np.asarray(b), rtol=1e-5, atol=1e-6)
    assert [v.shape for v in ours.variables] == [tuple(v.shape) for v in theirs.variables]
    for a, b in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_allclose(a.numpy(), np.asarray(b), rtol=1e-5, atol=1e-6, err_msg=a.name)


@pytest.mark.parametrize(("name", "options"), RULES, ids=[f"{n}-{'-'.join(o) or 'plain'}" for n, o in RULES])
def test_configurations_go_both_ways(name, options):
    ours, theirs = getattr(hornbeam.optimizers, name)(**options), getattr(keras.optimizers, name)(**options)
    theirs.name = ours.name
    assert ours.get_config() == theirs.get_config()
    loaded = hornbeam.optimizers.deserialize(keras.optimizers.serialize(theirs))
    assert loaded.get_config() == theirs.get_config()
    if name != "Lamb":  # Keras's deserialize gives the string "Lamb" for its own configuration of it
        assert keras.optimizers.deserialize(hornbeam.optimizers.serialize(ours)).get_config() == theirs.get_config()


SCHEDULES = [
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5}),
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5, "staircase": True}),
    ("PiecewiseConstantDecay", {"boundaries": [5, 10], "values": [0.1, 0.05, 0.01]}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "power": 2.0}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "cycle": True}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5, "staircase": True}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "alpha": 0.1}),
    ("CosineDecay", {"initial_learning_rate": 0.0, "decay_steps": 10, "warmup_target": 0.2, "warmup_steps": 4}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 5}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 5, "t_mul": 1.0, "m_mul": 0.5}),
]


@pytest.mark.parametrize(("name", "options"), SCHEDULES, ids=[f"{n}-{i}" for i, (n, _) in enumerate(SCHEDULES)])
def test_schedules(name, options):
    ours = getattr(hornbeam.optimizers.schedules, name)(**options)
    theirs = getattr(keras.optimizers.schedules, name)(**options)
    for step in (0, 1, 4, 5, 6, 11, 20):
        np.testing.assert_allclose(ours(step), theirs(step), rtol=1e-5, atol=1e-7)
    assert ours.get_config() == theirs.get_config()
    rule = hornbeam.optimizers.SGD(ours)
    again = hornbeam.optimizers.deserialize(hornbeam.optimizers.serialize(rule))
    np.testing.assert_allclose(again.learning_rate, ours(0), rtol=1e-6)
