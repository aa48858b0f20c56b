"""Looks before a training: they find what they should, and leave the model as it was."""

import numpy as np
import pytest

import hornbeam as keras
from hornbeam import layers
from hornbeam.training import _finders

RNG = np.random.default_rng(0)
X = RNG.normal(size=(70, 4)).astype("float32")
Y = (X[:, :1] * 2 - X[:, 1:2]).astype("float32")


def net(**compiled):
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(8, "tanh"), layers.Dropout(0.1), layers.Dense(1)])
    model.compile(**{"optimizer": "sgd", "loss": "mse", "metrics": ["mae"], **compiled})
    return model


LOOKS = {
    "learning rate": lambda model: model.find_learning_rate(X, Y, batch_size=16, steps=30),
    "batch size": lambda model: model.find_batch_size(X, Y),
    "one batch": lambda model: model.overfit_one_batch(X, Y, steps=3),
    "smoke": lambda model: model.fit(X, Y, smoke=True, validation_split=0.2),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_nothing_is_changed(look):
    plain, looked = net(), net()
    plain_history = plain.fit(X, Y, epochs=2, verbose=0).history
    keras.utils.set_random_seed(3)
    looked = net()
    look(looked)
    assert looked.fit(X, Y, epochs=2, verbose=0).history == plain_history
    for a, b in zip(looked.variables, plain.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_the_learning_rate_that_is_found_learns():
    model = net()
    curve = model.find_learning_rate(X, Y, batch_size=16)
    assert len(curve.rates) == len(curve.losses)
    assert curve.rates[0] < curve.suggestion < curve.rates[-1] <= 10.0
    before = model.evaluate(X, Y, verbose=0)[0]
    model.optimizer.learning_rate = curve.suggestion
    model.fit(X, Y, epochs=5, verbose=0)
    assert model.evaluate(X, Y, verbose=0)[0] < before / 2


def test_a_schedule_cannot_be_searched():
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    with pytest.raises(TypeError, match="cannot be set to a number"):
        net(optimizer=keras.optimizers.SGD(rate)).find_learning_rate(X, Y)


def test_the_largest_batch_that_fits():
    model = net()
    assert model.find_batch_size(X, Y) == 64
    model.evaluate(X, Y, verbose=0)
    needs = [_finders._bytes_of_step(model, _finders.Sample(X, Y), size) for size in (8, 16)]
    assert needs[0] < needs[1]
    assert model.find_batch_size(X, Y, memory=needs[0]) == 8
    with pytest.raises(MemoryError, match="one sample fits into memory expected"):
        model.find_batch_size(X, Y, memory=10)


@pytest.mark.parametrize(
    ("optimizer", "learns"), [("adam", True), (keras.optimizers.SGD(0.0), False)], ids=["yes", "no"]
)
def test_one_batch_by_heart(optimizer, learns):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(16, "tanh"), layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.05) if optimizer == "adam" else optimizer, "mse")
    assert model.overfit_one_batch(X, Y, steps=60) is learns


def test_smoke_gives_the_history_of_one_batch():
    history = net().fit(X, Y, smoke=True, epochs=10**9, validation_data=(X, Y)).history
    assert sorted(history) == ["loss", "mae", "val_loss", "val_mae"]
    assert all(len(values) == 1 for values in history.values())


def test_smoke_raises_all_errors_at_once():
    class Odd(layers.Layer):
        def __init__(self, scale):
            super().__init__()  # the argument is not kept: such a layer cannot be saved

        def call(self, x, training=False):
            if not training:
                message = "only trained"
                raise RuntimeError(message)
            return x

    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.parts = [layers.Dense(2), Odd(1.0)]

        def call(self, x, training=None):
            return self.parts[1](self.parts[0](x), training=training)

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return keras.ops.mean(y_pred)

    model = Net()
    model.compile("sgd")
    model(X[:1], training=True)
    with pytest.raises(ExceptionGroup, match="came upon") as caught:
        model.fit(X, Y, smoke=True, validation_data=(X[:, :3], Y[:5]))
    notes = " ".join(note for error in caught.value.exceptions for note in error.__notes__)
    assert "validation data of fit(smoke=True)" in notes
    assert len(caught.value.exceptions) > 1
