"""PyDataset: order, hooks, and workers that end, raise and leave nothing behind."""

import subprocess
import sys
import threading
from multiprocessing import active_children
from pathlib import Path

import numpy as np
import pytest

import hornbeam as keras
from hornbeam import layers
from tests.data.plain import Growing, Plain, X

SHARED = Path("/dev/shm")  # noqa: S108 - where Linux keeps shared memory


class Pairs(Plain, keras.utils.PyDataset):
    """Five batches of two rows, as a PyDataset."""


class Endless(Pairs):
    num_batches = None

    def __getitem__(self, index):
        return super().__getitem__(index % 3)


def net():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1, use_bias=False)])
    model.compile("sgd", "mse")
    return model


WORKERS = [
    pytest.param({}, id="none"),
    pytest.param({"workers": 3}, id="threads"),
    pytest.param({"workers": 2, "use_multiprocessing": True}, id="processes"),
]


def leftovers():
    ours = [t.name for t in threading.enumerate() if t.name.startswith("hornbeam-data")]
    return ours + active_children() + sorted(p.name for p in SHARED.glob("hb*"))


@pytest.mark.parametrize("workers", WORKERS)
def test_workers_change_nothing_and_leave_nothing(workers):
    model, plain = net(), net()
    plain.set_weights(model.get_weights())
    make = Plain if "use_multiprocessing" in workers else Pairs
    given = model.fit(make(**workers), epochs=2, shuffle=False, verbose=0).history["loss"]
    expected = plain.fit(X, X[:, :1], batch_size=2, epochs=2, shuffle=False, verbose=0).history["loss"]
    np.testing.assert_allclose(given, expected, rtol=1e-5)
    assert leftovers() == []


def test_evaluate_and_predict_with_workers():
    model, data = net(), Pairs(workers=2)
    np.testing.assert_allclose(model.predict(data, verbose=0), model.predict(X, verbose=0), rtol=1e-5)
    np.testing.assert_allclose(model.evaluate(data, verbose=0), model.evaluate(X, X[:, :1], verbose=0), 1e-5)
    assert leftovers() == []


@pytest.mark.parametrize("workers", WORKERS)
def test_an_error_arrives_with_its_place_and_nothing_is_left(workers):
    model = net()
    with pytest.raises(OSError, match=r"no such file: 3.png") as caught:
        model.fit(Plain("raise", **workers), epochs=2, shuffle=False, verbose=0)
    notes = "\n".join(caught.value.__notes__)
    assert "batch 3" in notes
    shown = str(caught.value.__cause__ or "".join(map(str, caught.traceback)))
    assert "__getitem__" in shown
    assert np.isfinite(model.get_weights()[0]).all()
    assert leftovers() == []


def test_a_process_that_dies_is_no_hang():
    with pytest.raises(Exception, match="terminated abruptly") as caught:
        net().fit(Plain("exit", workers=1, use_multiprocessing=True), shuffle=False, verbose=0)
    assert any("__main__" in note for note in caught.value.__notes__)
    assert leftovers() == []


@pytest.mark.parametrize("workers", WORKERS[1:])
def test_interrupted_while_others_work(workers):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    slow = {"fault": "hang"} if "use_multiprocessing" in workers else {}
    with pytest.raises(KeyboardInterrupt):
        net().fit(Plain(**workers, **slow), shuffle=False, verbose=0, callbacks=[Stop()])
    assert leftovers() == []


def test_processes_see_what_the_dataset_became():
    history = net().fit(Growing(workers=1, use_multiprocessing=True), epochs=3, verbose=0).history["loss"]
    np.testing.assert_allclose(history, [1, 4, 9])  # after the look at a first batch, as in Keras, one epoch has ended


def test_hooks_and_order_in_an_epoch():
    data = Pairs()
    net().fit(data, epochs=2, shuffle=False, verbose=0)
    assert data.log == ["begin", 0, "end", *(2 * ["begin", 0, 1, 2, 3, 4, "end"])]
    data.log.clear()
    keras.utils.set_random_seed(0)
    net().fit(data, epochs=1, verbose=0)
    assert data.log[4:-1] == [0, 2, 1, 3, 4]


def test_epochs_of_given_steps_go_on_where_the_last_stopped():
    data = Pairs()
    with pytest.warns(UserWarning, match="gave 1 batches; 2 were asked for"):
        net().fit(data, epochs=4, steps_per_epoch=2, shuffle=False, verbose=0)
    assert [i for i in data.log[3:] if isinstance(i, int)] == [0, 1, 2, 3, 4, 0, 1]


@pytest.mark.parametrize("workers", WORKERS[:2])
def test_without_an_end(workers):
    history = net().fit(Endless(**workers), steps_per_epoch=4, epochs=3, verbose=0).history["loss"]
    assert len(history) == 3


def test_iterating_by_hand_and_what_is_missing():
    assert [len(batch) for batch in Pairs(workers=5)] == [2] * 5
    with pytest.raises(NotImplementedError, match="must define __len__, or num_batches"):
        _ = keras.utils.PyDataset().num_batches
    with pytest.raises(NotImplementedError, match="must define __getitem__"):
        keras.utils.Sequence()[0]


def test_what_cannot_be_pickled_says_so():
    data = Pairs(workers=1, use_multiprocessing=True)
    data.reader = lambda: None
    with pytest.raises(Exception, match="pickle") as caught:
        net().fit(data, verbose=0)
    assert any("needs a Pairs that can be pickled" in note for note in caught.value.__notes__)


UNGUARDED = """
import sys; sys.path.insert(0, {here!r})
import numpy as np, hornbeam as keras
class Own(keras.utils.PyDataset):
    def __len__(self): return 2
    def __getitem__(self, i): return np.ones((2, 2), "float32"), np.ones((2, 1), "float32")
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile(loss="mse")
model.fit(Own(workers=1, use_multiprocessing=True), verbose=0)
"""


def test_a_program_without_a_guard_is_told(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(UNGUARDED.format(here=str(Path(keras.__file__).parents[1])))
    ran = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=120, check=False)  # noqa: S603 - our own
    assert ran.returncode == 1
    assert "if __name__ == '__main__'" in ran.stderr
