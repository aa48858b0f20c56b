"""The settings: limits of training, switches, and what each refuses."""

import jax
import numpy as np
import pytest

import hornbeam as keras
from hornbeam._core import config


@pytest.fixture
def limits():
    yield
    keras.config.set_max_epochs(None)
    keras.config.set_max_steps_per_epoch(None)


@pytest.fixture
def model():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_fit_evaluate_and_predict_obey_the_limits(model, limits):
    keras.config.set_max_epochs(2)
    keras.config.set_max_steps_per_epoch(3)
    x = np.ones((64, 2))
    with pytest.warns(UserWarning, match="limits the"):
        history = model.fit(x, x[:, :1], epochs=5, batch_size=8, verbose=0)
    assert (history.epoch, history.params["steps"], int(model.optimizer.iterations)) == ([0, 1], 3, 6)
    with pytest.warns(UserWarning, match="limits the steps"):
        assert model.predict(x, batch_size=8, verbose=0).shape == (24, 1)
    history = model.fit(x, x[:, :1], epochs=1, batch_size=8, verbose=0, steps_per_epoch=2)  # below them: no warning
    assert history.params["steps"] == 2


@pytest.mark.parametrize("value", [0, -1, "3", 1.5])
def test_limits_are_whole_numbers(value):
    with pytest.raises(ValueError, match="max_epochs must be a whole number"):
        keras.config.set_max_epochs(value)


def test_limits_from_the_environment(monkeypatch, limits):
    monkeypatch.setenv("KERAS_MAX_EPOCHS", "4")
    monkeypatch.setenv("KERAS_MAX_STEPS_PER_EPOCH", "many")
    with pytest.raises(ValueError, match="max_steps_per_epoch"):
        config._from_environment()
    assert keras.config.max_epochs() == 4


def test_one_engine():
    keras.config.set_backend("jax")
    with pytest.raises(ValueError, match="'jax'"):
        keras.config.set_backend("torch")
    assert not keras.config.is_nnx_enabled()


def test_flash_attention():
    assert keras.config.is_flash_attention_enabled() is None
    keras.config.disable_flash_attention()
    assert keras.config.is_flash_attention_enabled() is False
    keras.config.enable_flash_attention()
    assert keras.config.is_flash_attention_enabled() is None


def test_traceback_filtering_is_jaxs():
    before = jax.config.jax_traceback_filtering
    try:
        keras.config.disable_traceback_filtering()
        assert (keras.config.is_traceback_filtering_enabled(), jax.config.jax_traceback_filtering) == (False, "off")
        keras.config.enable_traceback_filtering()
        assert keras.config.is_traceback_filtering_enabled()
    finally:
        jax.config.update("jax_traceback_filtering", before)


def test_nothing_in_a_file_is_run():
    with pytest.warns(UserWarning, match="never run"):
        keras.config.enable_unsafe_deserialization()
