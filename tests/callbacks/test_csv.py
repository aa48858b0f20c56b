"""Tables of epochs; their bytes are compared with Keras's in tests/parity."""

import shutil

import pytest

from hornbeam.callbacks import CSVLogger, LambdaCallback
from tests.callbacks._models import X, Y, fit, small


def test_the_table_is_complete_after_every_epoch(tmp_path):
    path, seen = tmp_path / "log.csv", []
    look = LambdaCallback(on_epoch_end=lambda *_: seen.append(path.read_text().splitlines()))
    fit(small(), CSVLogger(path), look, epochs=2)
    assert [len(lines) for lines in seen] == [2, 3]


def test_lines_are_added_in_the_columns_of_the_file(tmp_path):
    path, model = tmp_path / "log.csv", small("mae", rate=0.0)
    fit(model, CSVLogger(path, ";"), validation_data=(X, Y))
    fit(model, CSVLogger(path, ";", append=True), epochs=2, initial_epoch=1)
    assert path.read_text().splitlines() == ["epoch;loss;mae;val_loss;val_mae", "0;4.0;2.0;4.0;2.0", "1;4.0;2.0;NA;NA"]


def test_a_folder_that_is_not_there_is_refused_before_training(tmp_path):
    model = small()
    with pytest.raises(FileNotFoundError, match="nowhere"):
        fit(model, CSVLogger(tmp_path / "nowhere" / "log.csv"))
    assert int(model.optimizer.iterations.numpy()) == 0


def test_a_table_that_is_removed_is_begun_anew(tmp_path):
    path = tmp_path / "logs" / "log.csv"
    path.parent.mkdir()
    clear = LambdaCallback(on_epoch_begin=lambda epoch, _logs: shutil.rmtree(path.parent) if epoch == 1 else None)
    fit(small(rate=0.0), CSVLogger(path), clear, epochs=3)
    assert path.read_text().splitlines() == ["epoch,loss,val_loss", "1,4.0,NA", "2,4.0,NA"]
