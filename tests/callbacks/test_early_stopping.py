"""What early stopping leaves behind; when it stops is compared with Keras in tests/parity."""

import numpy as np
import pytest

from hornbeam.callbacks import EarlyStopping, LambdaCallback
from tests.callbacks._models import fit, small


@pytest.mark.parametrize("epochs", [3, 9], ids=["the last epoch comes", "stopped"])
@pytest.mark.parametrize("restore", [False, True])
def test_the_best_weights_come_back(epochs, restore):
    after = []
    look = LambdaCallback(on_epoch_end=lambda *_: after.append(model.get_weights()[0]))
    stop = EarlyStopping("loss", mode="max", patience=3, restore_best_weights=restore)
    model = small()
    history = fit(model, look, stop, epochs=epochs)
    assert len(history.epoch) == min(epochs, 4)
    assert stop.stopped_epoch == (3 if epochs == 9 else 0)
    np.testing.assert_array_equal(model.get_weights()[0], after[0 if restore else -1])
