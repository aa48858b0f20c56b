"""Transformations of optax wherever an optimizer is taken."""

import numpy as np
import pytest

import hornbeam as keras

optax = pytest.importorskip("optax")

X = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
Y = X[:, :1] - X[:, 1:2]


def model(optimizer):
    keras.utils.set_random_seed(1)
    made = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "tanh"), keras.layers.Dense(1)])
    made.compile(optimizer, "mse")
    return made


def fit(made, epochs=3):
    return made.fit(X, Y, batch_size=8, epochs=epochs, shuffle=False, verbose=0).history["loss"]


SAME = {
    "sgd": (lambda: optax.sgd(0.1), lambda: keras.optimizers.SGD(0.1)),
    "momentum": (lambda: optax.sgd(0.1, momentum=0.9), lambda: keras.optimizers.SGD(0.1, momentum=0.9)),
    "adam": (lambda: optax.adam(0.01, eps=1e-7), lambda: keras.optimizers.Adam(0.01)),
    "chain": (
        lambda: optax.chain(optax.clip(0.1), optax.sgd(0.1)),
        lambda: keras.optimizers.SGD(0.1, clipvalue=0.1),
    ),
    "schedule": (
        lambda: optax.sgd(optax.exponential_decay(0.1, 4, 0.5, staircase=True)),
        lambda: keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 4, 0.5, staircase=True)),
    ),
}


@pytest.mark.parametrize(("theirs", "ours"), SAME.values(), ids=SAME)
def test_a_transformation_trains_as_the_optimizer_does(theirs, ours):
    np.testing.assert_allclose(fit(model(theirs())), fit(model(ours())), rtol=1e-4)


def test_the_state_is_saved_and_restored(tmp_path):
    made = model(optax.adam(0.01))
    fit(made, 2)
    made.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras", custom_objects={"OptaxOptimizer": optax.adam(0.01)})
    assert int(again.optimizer.iterations.value) == 8
    for a, b in zip(again.optimizer.variables, made.optimizer.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    assert fit(again, 1) == fit(made, 1)
    with pytest.raises(ValueError, match=r'custom_objects=\{"OptaxOptimizer": transformation\}'):
        keras.saving.load_model(tmp_path / "m.keras")
    plain = keras.saving.load_model(tmp_path / "m.keras", compile=False)
    plain.compile(optax.adam(0.01), "mse")
    plain.load_weights(tmp_path / "m.keras")
    assert int(plain.optimizer.iterations.value) == 8


def test_the_learning_rate_of_injected_hyperparameters():
    made = model(optax.inject_hyperparams(optax.sgd)(learning_rate=0.1))
    seen = []
    halve = keras.callbacks.LearningRateScheduler(lambda epoch, rate: seen.append(rate) or 0.1 * 0.5**epoch)
    made.fit(X, Y, batch_size=8, epochs=3, shuffle=False, verbose=0, callbacks=[halve])
    assert float(made.optimizer.learning_rate.value) == pytest.approx(0.025)
    plain = model(keras.optimizers.SGD(0.1))
    plain.fit(X, Y, batch_size=8, epochs=3, shuffle=False, verbose=0, callbacks=[halve])
    for a, b in zip(made.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_any_other_transformation_has_a_factor():
    made = model(optax.sgd(0.1))
    made.optimizer.learning_rate = 0.0
    before = made.get_weights()
    fit(made, 1)
    np.testing.assert_array_equal(made.get_weights()[0], before[0])


def test_frozen_layers_and_steps_of_ones_own():
    made = model(optax.adam(0.01))
    made.layers[0].trainable = False
    before = made.layers[0].get_weights()[0]
    fit(made, 1)
    np.testing.assert_array_equal(made.layers[0].get_weights()[0], before)
