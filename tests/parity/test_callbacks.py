"""Callbacks run when Keras's do, and decide as Keras's do."""

import inspect
import math

import numpy as np
import pytest

import hornbeam
from hornbeam.callbacks._monitor import DIRECTIONS
from tests.parity.oracle import keras

X, Y = np.ones((5, 2), "float32"), np.ones((5, 1), "float32")
NAN = math.nan
SERIES = [1.0, 0.9, 0.95, 0.8, 0.85, 0.84, 0.83, 0.7, 0.70005, 0.70004, 0.7, 0.6, NAN, 0.65]


def compiled(k):
    """Return a model that has been trained: Keras's callbacks know its metrics only then."""
    model = k.Sequential([k.Input((2,)), k.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    model.fit(X, Y, verbose=0)
    return model


@pytest.fixture(scope="module")
def trained():
    return [(k, compiled(k)) for k in (hornbeam, keras)]


@pytest.fixture
def models(trained):
    """Return both models as they were before the other tests of this file."""
    for _, model in trained:
        model.set_weights([np.ones((2, 1)), np.zeros(1)])
        model.optimizer.learning_rate = 0.01
    return trained


def lines(capsys, folder=""):
    """Return what was printed; Keras begins with an empty line where its progress bar may stand."""
    return [line.replace(folder, "") for line in capsys.readouterr().out.splitlines() if line]


def recorder(k):
    """Return a callback that records every hook with the epoch or batch and the names in the logs."""
    hooks = [name for name in dir(k.callbacks.Callback) if name.startswith("on_")]

    class Recorder(k.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.calls = []

        def set_params(self, params):
            self.calls.append(("set_params", params))
            super().set_params(params)

        def set_model(self, model):
            self.calls.append(("set_model",))
            super().set_model(model)

    def recording(name):
        def hook(self, *args, **kwargs):
            values = [*args, *kwargs.values()]
            self.calls.append((name, *(sorted(v) if isinstance(v, dict) else v for v in values)))
            getattr(k.callbacks.Callback, name)(self, *args, **kwargs)

        return hook

    for name in hooks:
        setattr(Recorder, name, recording(name))
    return Recorder()


def batches():
    while True:
        yield X[:2], Y[:2]


RUNS = {
    "fit": lambda m, c: m.fit(X, Y, 2, 2, verbose=0, validation_data=(X, Y), callbacks=c),
    "fit, validated every second time": lambda m, c: m.fit(
        X, Y, 2, 3, verbose=0, validation_split=0.4, validation_freq=2, initial_epoch=1, callbacks=c
    ),
    "fit without epochs": lambda m, c: m.fit(X, Y, epochs=0, verbose=0, callbacks=c),
    "fit of some steps": lambda m, c: m.fit(
        batches(),
        steps_per_epoch=2,
        epochs=2,
        verbose=0,
        shuffle=False,
        validation_data=batches(),
        validation_steps=1,
        callbacks=c,
    ),
    "fit of some steps of arrays": lambda m, c: m.fit(X, Y, 2, 1, verbose=0, steps_per_epoch=2, callbacks=c),
    "fit, validated after some epochs": lambda m, c: m.fit(
        X, Y, 2, 3, verbose=0, validation_data=(X, Y), validation_freq=[1, 3], validation_steps=1, callbacks=c
    ),
    "fit that begins after its end": lambda m, c: m.fit(X, Y, 2, 2, verbose=0, initial_epoch=3, callbacks=c),
    "on a batch": lambda m, c: (
        m.fit(X, Y, epochs=0, verbose=0, callbacks=c),
        m.train_on_batch(X, Y),
        m.test_on_batch(X, Y),
    ),
    "evaluate some steps": lambda m, c: m.evaluate(batches(), steps=2, verbose=0, callbacks=c, return_dict=True),
    "predict some steps": lambda m, c: m.predict(batches(), steps=2, verbose=0, callbacks=c),
    "evaluate": lambda m, c: m.evaluate(X, Y, 2, verbose=0, callbacks=c),
    "predict": lambda m, c: m.predict(X, 2, verbose=0, callbacks=c),
}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_the_order_of_hooks(models, run):
    seen = []
    for k, model in models:
        callback = recorder(k)
        run(model, [callback])
        seen.append(callback.calls)
    assert seen[0] == seen[1]


def test_functions_as_hooks_and_what_is_added(models):
    seen = []
    for k, model in models:
        log, names = (
            [],
            ("epoch_begin", "epoch_end", "train_begin", "train_end", "train_batch_begin", "train_batch_end"),
        )

        def hook(name, log=log):
            def own(*args, **kwargs):
                log.append((name, *(x for x in (*args, *kwargs.values()) if isinstance(x, int))))

            return own

        history = k.callbacks.History()
        functions = k.callbacks.LambdaCallback(**{f"on_{name}": hook(name) for name in names})
        returned = model.fit(X, Y, 2, 2, verbose=0, callbacks=[history, functions])
        several = k.callbacks.CallbackList(
            [functions], add_history=True, add_progbar=True, model=model, epochs=2, steps=3, verbose=0
        )
        kinds = [type(callback).__name__ for callback in several.callbacks]
        seen.append((log, returned is history, history.epoch, sorted(history.history), kinds, several.params))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("hook", ["on_train_batch_end", "on_epoch_end", "on_test_begin"])
def test_what_follows_when_a_hook_stops_training(models, hook):
    def stop(self, *args, **kwargs):
        self.model.stop_training = True

    seen = []
    for k, model in models:
        callback, stopping = recorder(k), type("Stopping", (k.callbacks.Callback,), {hook: stop})()
        model.fit(X, Y, 2, 3, verbose=0, validation_data=(X, Y), callbacks=[callback, stopping])
        seen.append(callback.calls)
    assert seen[0] == seen[1]


def drive(callback, model, series, look, monitor="loss"):
    """Run epochs whose monitored values are `series`, and return what `look(callback, logs)` sees after each."""
    model.stop_training, model.optimizer.learning_rate = False, 1.0
    callback.set_model(model)
    callback.set_params({"epochs": len(series), "steps": 1, "verbose": 0})
    callback.on_train_begin({})
    seen = []
    for epoch, value in enumerate(series):
        callback.on_epoch_begin(epoch, {})
        logs = {monitor: value}
        callback.on_epoch_end(epoch, logs)
        seen.append((look(callback, logs), model.stop_training))
        if model.stop_training:
            break
    callback.on_train_end({})
    return seen


EARLY = [
    {},
    {"patience": 1},
    {"patience": 3},
    {"patience": 3, "restore_best_weights": True},
    {"min_delta": 0.2},
    {"patience": 1, "min_delta": -0.06},
    {"patience": 2, "min_delta": 0.06, "mode": "max"},
    {"patience": 2, "baseline": 0.85},
    {"patience": 0, "baseline": 0.95},
    {"patience": 4, "baseline": 0.8},
    {"patience": 2, "start_from_epoch": 3},
    {"patience": 2, "mode": "max"},
    {"patience": 5, "mode": "min"},
]


@pytest.mark.parametrize("options", EARLY, ids=map(str, EARLY))
@pytest.mark.parametrize("series", [SERIES, SERIES[::-1]], ids=["falling", "rising"])
def test_early_stopping(models, options, series, capsys):
    def look(callback, _logs):
        return callback.wait, callback.best, callback.best_epoch, callback.stopped_epoch

    seen = []
    for k, model in models:
        callback = k.callbacks.EarlyStopping("loss", verbose=1, **options)
        twice = [drive(callback, model, series, look) for _ in range(2)]  # the second run starts anew
        seen.append((twice, lines(capsys)))
    assert seen[0] == seen[1]


PLATEAU = [
    {"patience": 2},
    {"patience": 1, "cooldown": 2, "factor": 0.5},
    {"patience": 1, "min_lr": 0.03},
    {"patience": 0},
    {"patience": 2, "mode": "max"},
    {"patience": 1, "min_delta": 0.0},
    {"patience": 1, "min_delta": 0.1},
]


@pytest.mark.parametrize("options", PLATEAU, ids=map(str, PLATEAU))
def test_reducing_on_a_plateau(models, options, capsys):
    def look(callback, logs):
        return callback.wait, callback.cooldown_counter, callback.best, callback.in_cooldown(), logs["learning_rate"]

    seen = []
    for k, model in models:
        callback = k.callbacks.ReduceLROnPlateau("loss", verbose=1, **options)
        twice = [drive(callback, model, SERIES, look) for _ in range(2)]
        seen.append((str(twice), lines(capsys)))
    assert seen[0] == seen[1]


CHECKPOINTS = [
    ("m{epoch:02d}-{loss:.2f}.keras", {}),
    ("m{epoch}.weights.h5", {"save_weights_only": True}),
    ("m{epoch}.keras", {"save_best_only": True}),
    ("m{epoch}.keras", {"save_best_only": True, "mode": "max"}),
    ("m{epoch}.keras", {"save_best_only": True, "initial_value_threshold": 0.86}),
    ("to/{epoch}/m.keras", {"save_best_only": True}),
]


@pytest.mark.parametrize(("name", "options"), CHECKPOINTS, ids=[f"{n} {o}" for n, o in CHECKPOINTS])
def test_checkpoints_of_epochs(models, name, options, tmp_path, capsys):
    seen = []
    for k, model in models:
        folder = tmp_path / k.__name__
        folder.mkdir()
        callback = k.callbacks.ModelCheckpoint(folder / name, "loss", verbose=1, **options)

        def look(callback, _logs, folder=folder):
            return callback.best, sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))

        twice = [drive(callback, model, SERIES[:5], look) for _ in range(2)]  # the best one is not forgotten
        seen.append((twice, lines(capsys, str(folder))))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("every", [1, 2, 3, 5])
@pytest.mark.parametrize("per_call", [1, 2])
def test_checkpoints_of_batches(every, per_call, tmp_path):
    x, y = np.ones((8, 2), "float32"), np.ones((8, 1), "float32")
    for k in (hornbeam, keras):
        model = k.Sequential([k.Input((2,)), k.layers.Dense(1)])
        model.compile("sgd", "mse", steps_per_execution=per_call)
        (tmp_path / k.__name__).mkdir()
        callback = k.callbacks.ModelCheckpoint(tmp_path / k.__name__ / "{epoch}-{batch}.keras", save_freq=every)
        model.fit(x, y, 2, 3, verbose=0, callbacks=[callback])
    ours, theirs = (sorted(p.name for p in (tmp_path / k.__name__).iterdir()) for k in (hornbeam, keras))
    assert ours == theirs


SCHEDULES = {
    "of the epoch": lambda epoch: 0.1 / (epoch + 1),
    "of epoch and rate": lambda epoch, rate: rate * 0.5**epoch,
    "of epoch, with a default": lambda epoch, factor=0.5: epoch + factor,
    "a NumPy number": lambda epoch: np.float32(0.1 + epoch),
}


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_scheduled_rates(models, schedule, capsys):
    seen = []
    for k, model in models:
        model.optimizer.learning_rate = 1.0
        callback = k.callbacks.LearningRateScheduler(schedule, verbose=1)
        history = model.fit(X, Y, epochs=3, verbose=0, callbacks=[callback]).history["learning_rate"]
        seen.append((history, lines(capsys)))
    assert seen[0] == seen[1]


TABLES = [
    [{"loss": 1.0, "b": np.float32(0.1), "val_loss": 2.0}] * 2,
    [{"loss": 1.0, "mae": 1e-7}, {"loss": 0.5, "mae": NAN, "val_loss": 3.0}],
    [{"loss": 1.0, "val_loss": 2.0}, {"loss": 1.0}],
    [{"loss": 1.0}, {"loss": 1.0, "learning_rate": 2.0}],
    [{"m": np.array([1.0, 2.0]), "l": [1.0, 2.0], "s": "a;b", "t": np.array(3.0)}],
    [{}],
    [],
]


@pytest.mark.parametrize("rows", TABLES, ids=range(len(TABLES)))
@pytest.mark.parametrize("options", [{}, {"append": True}, {"separator": ";"}], ids=["plain", "append", "separator"])
def test_tables(models, rows, options, tmp_path):
    files = []
    for k, model in models:
        path = tmp_path / f"{k.__name__}.csv"
        for _ in range(2):
            callback = k.callbacks.CSVLogger(path, **options)
            callback.set_model(model)
            callback.on_train_begin({})
            for epoch, row in enumerate(rows):
                callback.on_epoch_end(epoch, dict(row))
            callback.on_train_end({})
        files.append(path.read_bytes())
    assert files[0] == files[1]


@pytest.mark.parametrize("bad", [NAN, math.inf])
def test_stopping_at_nan(bad, capsys):
    x, y = np.ones((8, 2), "float32"), np.ones((8, 1), "float32")
    y[5] = bad
    hornbeam.config.set_value_checks(False)
    seen = []
    for k in (hornbeam, keras):
        model = k.Sequential([k.Input((2,)), k.layers.Dense(1)])
        model.compile("sgd", "mse")
        log = recorder(k)
        model.fit(x, y, 2, 3, verbose=0, shuffle=False, callbacks=[k.callbacks.TerminateOnNaN(), log])
        seen.append((log.calls, lines(capsys)))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("swap_on_epoch", [False, True])
def test_averages_in_place(swap_on_epoch):
    seen = []
    for k in (hornbeam, keras):
        model = k.Sequential([k.Input((2,)), k.layers.Dense(1, kernel_initializer="ones")])
        model.compile(k.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9), "mse")
        callback = k.callbacks.SwapEMAWeights(swap_on_epoch)
        weights = []

        class Look(k.callbacks.Callback):
            def note(self, *args, seen=weights, **kwargs):
                seen.append(float(np.asarray(self.model.weights[0])[0, 0]))

            on_epoch_begin = on_epoch_end = on_train_batch_end = on_test_begin = on_test_end = on_train_end = note

        model.fit(X * 2, Y, 2, 2, verbose=0, validation_data=(X, Y), callbacks=[callback, Look()])
        seen.append(weights)
    np.testing.assert_allclose(*seen, rtol=1e-5, atol=1e-6)


ARGUMENTS = {"num_classes": 2, "target_class_ids": [0], "fn": abs}  # of metrics that need some; others are shares


@pytest.mark.parametrize("name", [n for n, _ in inspect.getmembers(hornbeam.metrics, inspect.isclass) if n != "Metric"])
def test_directions_of_metrics(name):
    theirs = getattr(keras.metrics, name)
    taken = inspect.signature(theirs).parameters.values()
    made = theirs(**{p.name: ARGUMENTS.get(p.name, 0.5) for p in taken if p.default is p.empty and p.name != "kwargs"})
    expected = {"up": True, "down": False}.get(getattr(made, "_direction", None))
    assert DIRECTIONS.get(getattr(hornbeam.metrics, name)) is expected
