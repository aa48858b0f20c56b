"""Checkpoints: what is refused, and which file stays."""

import numpy as np
import pytest

import hornbeam as keras
from hornbeam.callbacks import LambdaCallback, ModelCheckpoint
from tests.callbacks._models import X, fit, small


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filepath": "model"}, "expects a name that ends in '.keras'; got 'model'"),
        ({"filepath": "model.h5"}, "ends in '.keras'; got 'model.h5'"),
        ({"filepath": "model.keras", "save_weights_only": True}, "ends in '.weights.h5'; got 'model.keras'"),
        ({"filepath": "model.keras", "save_freq": "batch"}, "save_freq='epoch' or a number of batches above 0; got 'b"),
        ({"filepath": "model.keras", "save_freq": 0}, "above 0; got 0"),
        ({"filepath": "model.keras", "save_freq": 2.5}, "above 0; got 2.5"),
        ({"filepath": "model.keras", "save_freq": None}, "above 0; got None"),
    ],
)
def test_wrong_arguments_are_refused_when_it_is_made(arguments, message):
    with pytest.raises(ValueError, match=message):
        ModelCheckpoint(**arguments)


def test_a_field_that_is_not_in_the_logs(tmp_path):
    with pytest.raises(KeyError, match=r"'los' is not among them\. Did you mean 'loss'"):
        fit(small(), ModelCheckpoint(tmp_path / "{los:.2f}.keras"))


def test_a_folder_in_the_way(tmp_path):
    (tmp_path / "m.keras").mkdir()
    with pytest.raises(IsADirectoryError, match=r"m\.keras"):
        fit(small(), ModelCheckpoint(tmp_path / "m.keras"))


@pytest.mark.parametrize("weights_only", [False, True])
def test_what_is_saved_can_be_loaded(weights_only, tmp_path):
    path, model = tmp_path / ("m.weights.h5" if weights_only else "m.keras"), small()
    fit(model, ModelCheckpoint(path, save_weights_only=weights_only), epochs=2)
    if weights_only:
        twin = small()
        twin.load_weights(path)
    else:
        twin = keras.saving.load_model(path)
        assert int(twin.optimizer.iterations.numpy()) == 2
    np.testing.assert_array_equal(twin.predict(X, verbose=0), model.predict(X, verbose=0))


@pytest.mark.parametrize("save_freq", ["epoch", 1])
def test_the_last_finite_file_stays(save_freq, tmp_path):
    path, kept = tmp_path / "m.keras", []
    model = small()
    fit(model, ModelCheckpoint(path, save_freq=save_freq))
    before = path.read_bytes()
    model.set_weights([np.full((2, 1), np.nan)])
    note = LambdaCallback(on_epoch_end=lambda *_: kept.append(path.read_bytes()))
    with pytest.warns(UserWarning, match="the weight '.*kernel' is not finite"):
        fit(model, ModelCheckpoint(path, save_freq=save_freq), note)
    assert kept == [before]


def test_a_subclass_may_look_at_batches_too(tmp_path):
    class Looking(ModelCheckpoint):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)
            seen.append(batch)

    for save_freq, files in (("epoch", ["1.keras"]), (2, ["1.keras", "2.keras"])):
        seen, folder = [], tmp_path / str(save_freq)
        fit(small(), Looking(folder / "{epoch}.keras", save_freq=save_freq), batch_size=2, epochs=len(files))
        assert sorted(p.name for p in folder.iterdir()) == files
        assert seen == [0, 1, 2] * len(files)
