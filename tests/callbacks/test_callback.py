"""The base class, the list of callbacks, the history, callbacks of functions."""

import numpy as np
import pytest

import hornbeam as keras
from hornbeam.callbacks import Callback, CallbackList, History, LambdaCallback
from tests.callbacks._models import X, Y, fit, small


class EveryBatch(Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


class OldName(Callback):
    def on_batch_begin(self, batch, logs=None):
        pass


class CheckpointOfBatches(keras.callbacks.ModelCheckpoint):
    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)


WANTED = [
    (Callback(), "train", False),
    (History(), "train", False),
    (EveryBatch(), "train", True),
    (EveryBatch(), "test", False),
    (OldName(), "train", True),
    (OldName(), "predict", False),
    (LambdaCallback(on_epoch_end=print), "train", False),
    (LambdaCallback(on_train_batch_begin=print), "train", True),
    (LambdaCallback(on_test_batch_end=print), "test", True),
    (LambdaCallback(on_predict_batch_end=print), "predict", True),
    (keras.callbacks.EarlyStopping(), "train", False),
    (keras.callbacks.ReduceLROnPlateau(), "train", False),
    (keras.callbacks.LearningRateScheduler(abs), "train", False),
    (keras.callbacks.CSVLogger("log.csv"), "train", False),
    (keras.callbacks.SwapEMAWeights(), "test", False),
    (keras.callbacks.TerminateOnNaN(), "train", False),
    (keras.callbacks.ModelCheckpoint("m.keras"), "train", False),
    (keras.callbacks.ModelCheckpoint("m.keras", save_freq=2), "train", True),
    (CheckpointOfBatches("m.keras"), "train", True),
]


@pytest.mark.parametrize(
    ("callback", "kind", "wanted"), WANTED, ids=[f"{type(c).__name__}-{k}-{w}" for c, k, w in WANTED]
)
def test_who_wants_batches(callback, kind, wanted):
    assert CallbackList([Callback(), callback]).wants_batches(kind) is wanted


@pytest.mark.parametrize("name", [n for n in dir(Callback) if n.startswith("on_")])
def test_the_list_calls_all_with_the_same_logs(name):
    seen = []
    both = [LambdaCallback(**{name: lambda *given, i=i: seen.append((i, given))}) for i in range(2)]
    place = [3] if "epoch" in name or "batch" in name else []
    getattr(CallbackList(both), name)(*place)
    assert seen == [(0, (*place, {})), (1, (*place, {}))]
    assert seen[0][1][-1] is seen[1][1][-1]
    given = {"loss": 1.0}
    getattr(CallbackList(both), name)(*place, logs=given)
    assert seen[-1][1][-1] is given


def test_what_one_callback_adds_to_the_logs_the_next_one_and_the_history_see():
    seen = []
    add = LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(twice=2 * epoch))
    look = LambdaCallback(on_epoch_end=lambda _, logs: seen.append(logs["twice"]))
    assert fit(small(), add, look, epochs=2).history["twice"] == seen == [0, 2]


def test_a_constructor_need_not_call_its_base():
    class Own(Callback):
        def __init__(self, found):
            self.found = found

        def on_epoch_begin(self, epoch, logs):  # Keras always gives logs
            self.found.append((epoch, self.model.name, self.params["epochs"], logs))

    found, model = [], small()
    fit(model, Own(found))
    assert found == [(0, model.name, 1, {})]


@pytest.mark.parametrize("form", [lambda c: c, lambda c: [c], lambda c: (c,)], ids=["one", "list", "tuple"])
def test_callbacks_come_alone_or_together(form):
    found = []
    small().fit(X, Y, verbose=0, callbacks=form(LambdaCallback(on_epoch_end=lambda *a: found.append(a))))
    assert len(found) == 1


@pytest.mark.parametrize("wrong", [print, None, [History()], "EarlyStopping"], ids=lambda w: type(w).__name__)
def test_what_is_no_callback_is_refused(wrong):
    with pytest.raises(TypeError, match="callbacks expects Callback objects; got"):
        fit(small(), wrong)


def test_history_counts_epochs_and_keeps_what_was():
    model = small("mae")
    history = fit(model, epochs=3, initial_epoch=1)
    assert history is model.history
    assert history.epoch == [1, 2]
    assert history.params == {"verbose": 0, "epochs": 3, "steps": 1}
    assert sorted(history.history) == ["loss", "mae"]
    assert all(type(value) is float for values in history.history.values() for value in values)
    own = History()
    assert fit(model, own) is own
    fit(model, own, epochs=2)
    assert own.epoch == [0, 1]
    assert len(own.history["loss"]) == 3


def test_a_batch_hook_gets_the_averages_so_far():
    seen = []
    y = np.arange(6, dtype="float32")[:, None]
    look = LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append((batch, logs["loss"])))
    model = small(rate=0.0)
    model.fit(X, y, 2, verbose=0, shuffle=False, callbacks=[look])
    squares = (2 - y[:, 0]) ** 2
    assert seen == [(i, pytest.approx(squares[: 2 * i + 2].mean())) for i in range(3)]
