"""Averages in place of weights; where training has them is compared with Keras in tests/parity."""

import numpy as np
import pytest

import hornbeam as keras
from hornbeam.callbacks import LambdaCallback, ModelCheckpoint, SwapEMAWeights
from tests.callbacks._models import X, Y, fit, small


def test_a_checkpoint_after_it_has_the_averages(tmp_path):
    model, path = small(use_ema=True, ema_momentum=0.5), tmp_path / "{epoch}.keras"
    averages = []
    note = LambdaCallback(on_epoch_end=lambda *_: averages.append(model.optimizer.variables[2].numpy()))
    fit(model, note, SwapEMAWeights(swap_on_epoch=True), ModelCheckpoint(path), epochs=3)
    for epoch, average in enumerate(averages, 1):
        saved = keras.saving.load_model(str(path).format(epoch=epoch))
        np.testing.assert_array_equal(saved.get_weights()[0], average)
    np.testing.assert_array_equal(model.get_weights()[0], averages[-1])  # that is what training ends with


def test_evaluate_and_predict_use_the_averages_and_leave_the_weights():
    model, swap = small(use_ema=True, ema_momentum=0.5), SwapEMAWeights()
    fit(model, epochs=3)
    averaged = model.evaluate(X, Y, verbose=0), model.predict(X, verbose=0)
    model.set_weights([np.full((2, 1), 5.0)])
    assert model.evaluate(X, Y, verbose=0, callbacks=[swap]) == averaged[0]
    np.testing.assert_array_equal(model.predict(X, verbose=0, callbacks=[swap]), averaged[1])
    assert model.get_weights()[0].tolist() == [[5.0], [5.0]]


def test_averages_are_needed():
    with pytest.raises(ValueError, match="expects an optimizer with use_ema=True"):
        fit(small(), SwapEMAWeights(), validation_data=(X, Y))
    swap = SwapEMAWeights()
    assert small(use_ema=True).evaluate(X, Y, verbose=0, callbacks=[swap]) == 4.0  # none yet: nothing to swap
