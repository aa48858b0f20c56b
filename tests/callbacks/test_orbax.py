"""Checkpoints in Orbax's format."""

import numpy as np
import pytest

import hornbeam as keras
from tests.callbacks._models import X, Y, fit, small

ocp = pytest.importorskip("orbax.checkpoint")
pytestmark = pytest.mark.filterwarnings("ignore")  # Orbax warns of its own workings


def test_what_orbax_reads(tmp_path):
    model = small("mae")
    callback = keras.callbacks.OrbaxCheckpoint(tmp_path, max_to_keep=2)
    fit(model, callback, epochs=3)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["1", "2"]
    tree = ocp.PyTreeCheckpointer().restore(tmp_path / "2" / "pytree")
    np.testing.assert_array_equal(tree["trainable_variables"]["sequential"]["dense"]["kernel"], model.get_weights()[0])
    assert int(tree["optimizer_variables"]["sgd"]["iteration"]) == 3


def test_best_only_and_weights_only(tmp_path):
    callback = keras.callbacks.OrbaxCheckpoint(
        tmp_path, "loss", save_best_only=True, mode="max", save_weights_only=True
    )
    fit(small(), callback, epochs=3)
    assert [p.name for p in tmp_path.iterdir()] == ["0"]
    assert not (tmp_path / "0" / "model_config").exists()
    assert callback.is_primary_host()
    assert not callback.is_multihost_enabled()


def test_by_batches(tmp_path):
    callback = keras.callbacks.OrbaxCheckpoint(tmp_path, save_freq=2, max_to_keep=None, save_on_background=False)
    small().fit(X, Y, batch_size=2, epochs=2, verbose=0, callbacks=[callback])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["2", "4", "6"]
