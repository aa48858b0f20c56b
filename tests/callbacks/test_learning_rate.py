"""Rates: what is refused; when a plateau is seen is compared with Keras in tests/parity."""

import pytest

import hornbeam as keras
from hornbeam.callbacks import LearningRateScheduler, ReduceLROnPlateau
from tests.callbacks._models import fit, small


@pytest.mark.parametrize("given", [None, "fast", float("nan"), -0.1, True])
def test_a_schedule_that_gives_no_rate(given):
    with pytest.raises(
        ValueError, match="LearningRateScheduler: learning_rate must be a number of at least 0"
    ) as caught:
        fit(small(), LearningRateScheduler(lambda _: given))
    assert caught.value.__notes__ == ["The schedule returned it for epoch 0."]


def test_an_error_inside_a_schedule_is_its_own():
    def schedule(epoch, rate):
        return epoch + rate["inside"]

    with pytest.raises(TypeError, match="not subscriptable"):
        fit(small(), LearningRateScheduler(schedule))


@pytest.mark.parametrize("given", [1, 0, keras.ops.array(0.5)], ids=["whole", "zero", "array"])
def test_any_number_is_a_rate(given):
    model = small()
    assert fit(model, LearningRateScheduler(lambda _: given)).history["learning_rate"] == [float(given)]
    assert float(model.optimizer.learning_rate.numpy()) == float(given)


def test_an_object_of_schedules_counts_epochs():
    decay = keras.optimizers.schedules.ExponentialDecay(0.5, decay_steps=1, decay_rate=0.5)
    assert fit(small(), LearningRateScheduler(decay), epochs=3).history["learning_rate"] == [0.5, 0.25, 0.125]


@pytest.mark.parametrize(
    "callback",
    [LearningRateScheduler(lambda _: 0.1), ReduceLROnPlateau("loss", patience=0)],
    ids=["scheduler", "plateau"],
)
def test_a_schedule_in_the_optimizer_cannot_be_set(callback):
    model = small(rate=keras.optimizers.schedules.ExponentialDecay(1e9, 1, 0.5))  # the loss grows
    with pytest.raises(TypeError, match="cannot be set to a number"):
        fit(model, callback, epochs=3)


@pytest.mark.parametrize("factor", [1, 1.5])
def test_a_factor_that_does_not_reduce(factor):
    with pytest.raises(ValueError, match="expects a factor below 1; got"):
        ReduceLROnPlateau(factor=factor)
