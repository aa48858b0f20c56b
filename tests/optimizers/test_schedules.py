"""Schedules: what they refuse, and those of the user."""

import numpy as np
import pytest

from hornbeam import Variable, optimizers
from hornbeam.optimizers import schedules


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: schedules.ExponentialDecay(0.1, 0, 0.5), "ExponentialDecay: decay_steps must be above 0; got 0"),
        (lambda: schedules.CosineDecay(0.1, -1), "CosineDecay: decay_steps must be above 0; got -1"),
        (lambda: schedules.PiecewiseConstantDecay([1], [0.1]), "got 1 values and 1 boundaries"),
        (
            lambda: schedules.deserialize("CosinDecay"),
            "Unknown learning rate schedule: 'CosinDecay'. Did you mean 'CosineDecay'",
        ),
    ],
)
def test_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_step_may_be_a_variable():
    assert float(schedules.InverseTimeDecay(1.0, 1, 1.0)(Variable(3, dtype="int32"))) == 0.25


class Halving(schedules.LearningRateSchedule):
    def __init__(self, first):
        self.first = first

    def __call__(self, step):
        return self.first * 0.5**step


def test_of_the_user():
    optimizer = optimizers.SGD(Halving(1.0))
    v = Variable(np.zeros(1))
    for _ in range(3):
        optimizer.apply([np.ones(1, "float32")], [v])
    np.testing.assert_allclose(v.numpy(), -1.75)
    config = optimizers.serialize(optimizer)
    twin = optimizers.deserialize(config, custom_objects={"Halving": Halving})
    assert float(twin.learning_rate) == 1.0
