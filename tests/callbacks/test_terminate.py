"""Stopping at a loss that is not finite."""

import numpy as np
import pytest

import hornbeam as keras
from hornbeam.callbacks import TerminateOnNaN
from tests.callbacks._models import small

ROWS, BAD = 200, 150


def data():
    x = np.ones((ROWS, 2), "float32")
    y = np.zeros((ROWS, 1), "float32")
    y[BAD] = np.inf
    return x, y


def stream():
    for x, y in zip(*data(), strict=True):
        yield x[None], y[None]


@pytest.fixture(autouse=True)
def _unchecked():
    keras.config.set_value_checks(False)


@pytest.mark.parametrize("source", [data, lambda: (stream(),)], ids=["arrays", "stream"])
def test_training_stops_with_the_bad_batch(source, capsys):
    model = small()
    history = model.fit(*source(), batch_size=1, epochs=3, verbose=0, shuffle=False, callbacks=[TerminateOnNaN()])
    assert history.epoch == [0]
    assert not np.isfinite(history.history["loss"][0])
    assert int(model.optimizer.iterations.numpy()) == BAD + 1
    assert capsys.readouterr().out == f"Batch {BAD}: Invalid loss, terminating training\n"


def test_an_error_instead():
    model = small()
    with pytest.raises(RuntimeError, match=f"A finite loss is expected; batch {BAD}, counted from 0, gave inf"):
        model.fit(*data(), batch_size=1, verbose=0, shuffle=False, callbacks=[TerminateOnNaN(raise_error=True)])
    assert int(model.optimizer.iterations.numpy()) == BAD + 1


@pytest.mark.parametrize("logs", [None, {}, {"loss": None}, {"loss": 1.0}, {"val_loss": float("nan")}], ids=str)
def test_training_goes_on_without_a_bad_loss(logs):
    callback, model = TerminateOnNaN(), small()
    callback.set_model(model)
    callback.on_train_batch_end(0, logs)
    assert not model.stop_training
