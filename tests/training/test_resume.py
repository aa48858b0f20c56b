"""Going on from checkpoints: what is kept, what is refused, what damage costs."""

# ruff: noqa: NPY002 - users' programs draw from NumPy's global generator

import os
import shutil
import signal
import warnings
from datetime import timedelta

import numpy as np
import pytest

import hornbeam as keras
from hornbeam.saving._state import read_state, write_state

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 4)).astype("float32")
Y = X[:, :1] * 2
Backup = keras.callbacks.BackupAndRestore


def model(units=3, **options):
    keras.utils.set_random_seed(5)
    layers = keras.layers
    made = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(units, "tanh"),
            layers.BatchNormalization(),
            layers.Dropout(0.2),
            layers.Dense(1),
        ]
    )
    made.compile(keras.optimizers.Adam(0.01, **options), "mse", metrics=["mae"])
    return made


class Boom(keras.callbacks.Callback):
    """Breaks training off when `hook` is called for the n-th time."""

    def __init__(self, hook, times):
        super().__init__()
        self.left = times
        setattr(self, hook, self.count)

    def count(self, *args, **kwargs):
        self.left -= 1
        if not self.left:
            message = "broken off"
            raise RuntimeError(message)


class Keep(keras.callbacks.Callback):
    saved = ("seen",)

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append((epoch, logs["val_loss"]))


def callbacks(folder):
    c = keras.callbacks
    return [
        c.ReduceLROnPlateau("val_loss", patience=1, factor=0.5),
        c.EarlyStopping("val_loss", patience=3, restore_best_weights=True),
        c.LearningRateScheduler(lambda _, rate: rate * 0.9),
        c.SwapEMAWeights(swap_on_epoch=True),
        c.CSVLogger(folder / "log.csv"),
        c.ModelCheckpoint(folder / "m.weights.h5", save_best_only=True, save_weights_only=True),
        Keep(),
    ]


def run(folder, *more, save_freq=2, epochs=5, **options):
    """Train with every callback that has a state; return all that should be equal."""
    folder.mkdir(exist_ok=True)
    listed = callbacks(folder)
    made = model(use_ema=True)
    backup = Backup(folder / "backup", save_freq)
    backup.delete_checkpoint = False
    data = {"batch_size": 8, "validation_split": 0.2, "epochs": epochs, "verbose": 0}
    history = made.fit(X, Y, **data | options, resume=backup, callbacks=[*listed, *more])
    state = [v.numpy().tobytes() for v in [*made.variables, *made.optimizer.variables]]
    own = [c.get_state() for c in listed]
    return history.history, history.epoch, state, str(own), (folder / "log.csv").read_text()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return run(tmp_path_factory.mktemp("undisturbed"))


BREAKS = [
    ("on_epoch_begin", 1, 2),
    ("on_epoch_begin", 3, 3),
    ("on_epoch_end", 2, "epoch"),
    ("on_test_begin", 1, timedelta(0)),
    ("on_test_end", 4, 3),
    ("on_train_end", 1, "epoch"),
]


@pytest.mark.parametrize(("hook", "times", "save_freq"), BREAKS, ids=str)
def test_training_goes_on_with_all_callbacks(hook, times, save_freq, undisturbed, tmp_path):
    with pytest.raises(RuntimeError, match="broken off"):
        run(tmp_path, Boom(hook, times), save_freq=save_freq)
    assert run(tmp_path, save_freq=save_freq) == undisturbed


class Shuffled:
    """Batches by number, in an order that changes after each epoch."""

    def __init__(self):
        self.order = np.random.permutation(10)

    def __len__(self):
        return 10

    def __getitem__(self, i):
        rows = self.order[i] * 5 + np.arange(5)
        return X[rows], Y[rows]

    def on_epoch_end(self):
        np.random.shuffle(self.order)


class Drawn:
    """Batches at random; each start gives others."""

    def __iter__(self):
        for _ in range(10):
            rows = np.random.permutation(50)[:5]
            yield X[rows], Y[rows]


def endless():
    while True:
        order = np.random.permutation(50)
        for i in range(0, 50, 5):
            yield X[order[i : i + 5]], Y[order[i : i + 5]]


STREAMS = [(Shuffled, None), (Shuffled, 5), (Drawn, None), (endless, 7), (None, 5)]


@pytest.mark.parametrize(("source", "steps"), STREAMS, ids=[f"{getattr(s, '__name__', s)} {n}" for s, n in STREAMS])
def test_data_goes_on(source, steps, tmp_path):
    def train(folder, *more):
        made = model()
        data = {"x": X, "y": Y, "batch_size": 5} if source is None else {"x": source()}
        options = {"epochs": 4, "verbose": 0, "steps_per_epoch": steps}
        made.fit(**data, **options, resume=Backup(folder, 3), callbacks=[*more])
        return made.history.history, [v.numpy().tolist() for v in made.variables]

    expected = train(tmp_path / "a")
    for times in (1, 3):
        with pytest.raises(RuntimeError, match="broken off"):
            train(tmp_path / "b", Boom("on_epoch_end", times))
    assert train(tmp_path / "b") == expected


def fit(folder, made=None, epochs=2, **options):
    made = made or model()
    return made.fit(X, Y, batch_size=10, verbose=0, epochs=epochs, **{"resume": folder} | options)


def test_a_finished_training_is_not_repeated(tmp_path, capsys):
    first = model()
    history = fit(tmp_path, first).history
    again = model()
    assert fit(tmp_path, again).history == history
    np.testing.assert_array_equal(first.get_weights()[0], again.get_weights()[0])
    assert fit(tmp_path, epochs=4).epoch == [0, 1, 2, 3]
    assert fit(tmp_path, epochs=3).epoch == [0, 1, 2, 3]
    again.fit(X, Y, batch_size=10, epochs=4, resume=tmp_path)
    assert capsys.readouterr().out == "Training was finished already.\n"


def test_a_training_that_was_stopped_stays_stopped(tmp_path):
    def stopped(epochs):
        return fit(tmp_path, epochs=epochs, callbacks=[keras.callbacks.EarlyStopping("loss", mode="max")]).epoch

    assert stopped(9) == stopped(20) == [0, 1]


def test_the_place_of_the_checkpoint_beats_initial_epoch(tmp_path):
    assert fit(tmp_path, epochs=3, initial_epoch=1).epoch == [1, 2]
    assert fit(tmp_path, epochs=4, initial_epoch=2).epoch == [1, 2, 3]


def test_keras_callback_gives_the_history_of_one_call(tmp_path):
    (tmp_path / "mine.txt").write_text("a user's file")
    with pytest.raises(RuntimeError, match="broken off"):
        fit(None, epochs=9, callbacks=[Backup(tmp_path), Boom("on_epoch_begin", 5)])
    assert fit(None, epochs=9, callbacks=[Backup(tmp_path)]).epoch == [4, 5, 6, 7, 8]
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


REFUSED = {
    "another width": (
        lambda: model(4),
        {},
        "is of another model: it has sequential/dense/kernel .4, 3. float32 where model",
    ),
    "another batch size": (model, {"batch_size": 5}, "within an epoch, .* batch_size=10, now 5; steps=5, now 10"),
}


@pytest.mark.parametrize(("made", "options", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(made, options, message, tmp_path):
    with pytest.raises(RuntimeError, match="broken off"):
        fit(Backup(tmp_path, 2), callbacks=[Boom("on_epoch_end", 2)])
    before = made()
    weights = before.get_weights()
    with pytest.raises(ValueError, match=message):
        before.fit(X, Y, **{"batch_size": 10} | options, verbose=0, resume=tmp_path)
    assert all(np.array_equal(a, b) for a, b in zip(weights, before.get_weights(), strict=True))


def test_two_places_are_refused(tmp_path):
    with pytest.raises(ValueError, match="one place for its checkpoints"):
        fit(tmp_path, callbacks=[Backup(tmp_path)])


@pytest.mark.parametrize("freq", [0, -1, True, "batch", 1.5])
def test_odd_frequencies_are_refused(freq):
    with pytest.raises(ValueError, match="BackupAndRestore expects save_freq"):
        Backup("x", freq)


def damaged(data, how, at):
    if how == "cut":
        return data[:at]
    if how == "zeros":
        return data[:at] + bytes(64) + data[at + 64 :]
    return data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1 :]


def test_any_damage_falls_back_to_the_checkpoint_before(tmp_path):
    made = model()
    backup = Backup(tmp_path, 2, delete_checkpoint=False)
    fit(backup, made)
    good, state = backup.path.read_bytes(), str(read_state(backup.path))
    before = read_state(backup.previous)["epoch"], read_state(backup.previous)["batch"]
    for how, step in (("cut", len(good) // 40), ("zeros", len(good) // 40), ("bit", len(good) // 150)):
        for at in range(0, len(good), step):
            backup.path.write_bytes(damaged(good, how, at))
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                found = backup.read()
            if said:
                assert "is damaged" in str(said[0].message)
                assert (found["epoch"], found["batch"]) == before
            else:  # a byte that says nothing, such as a date
                assert str(found) == state
    backup.path.write_bytes(good[:99])
    with pytest.warns(
        RuntimeWarning, match="checkpoint.zip' is damaged: File is not a zip file. Training goes on from"
    ):
        fit(backup, made, epochs=2)
    assert (read_state(backup.path)["epoch"], before) == (2, (1, 5))
    assert read_state(backup.previous)["epoch"] == 1  # a damaged file takes no good one's place


def test_both_damaged(tmp_path):
    backup = Backup(tmp_path, delete_checkpoint=False)
    fit(backup)
    for path in (backup.path, backup.previous):
        path.write_bytes(b"")
    with pytest.raises(ValueError, match=r"checkpoint.zip' is damaged.* Remove the file to start the training anew."):
        fit(backup)


def test_a_full_disk_costs_the_checkpoint_alone(tmp_path, monkeypatch):
    backup = Backup(tmp_path, delete_checkpoint=False)
    fit(backup)
    files = {p.name: p.read_bytes() for p in tmp_path.iterdir()}

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.warns(RuntimeWarning, match=r"No checkpoint was written .* No space left on device: .*\.zip'\.$"):
        assert fit(backup, epochs=4).epoch == [0, 1, 2, 3]
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == files


def test_checkpoints_that_are_removed_are_written_again(tmp_path):
    folder = tmp_path / "run"
    clear = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, _: epoch and shutil.rmtree(folder))
    log = keras.callbacks.CSVLogger(folder / "log.csv")
    folder.mkdir()
    fit(folder, callbacks=[log, clear])
    assert sorted(p.name for p in folder.iterdir()) == ["checkpoint.zip", "log.csv"]
    assert read_state(folder / "checkpoint.zip")["epoch"] == 2


def test_weights_that_are_not_finite_are_not_saved(tmp_path):
    backup = Backup(tmp_path, delete_checkpoint=False)
    made = model()

    def spoil(epoch, _logs):
        if epoch == 1:
            made.layers[0].kernel.assign(np.full((4, 3), np.nan))

    with pytest.warns(RuntimeWarning, match="the one before is kept: sequential/dense/kernel is not finite"):
        fit(backup, made, callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=spoil)])
    assert read_state(backup.path)["epoch"] == 1


@pytest.mark.parametrize("hook", ["on_train_batch_end", "on_test_batch_end", "on_epoch_end", "on_test_begin"])
def test_sigterm_at_any_place(hook, tmp_path):
    def train(folder, *more):
        made = model()
        fit(None, made, resume=Backup(folder, False), validation_split=0.2, callbacks=[*more])
        return made.history.history, [v.numpy().tolist() for v in made.variables]

    look = keras.callbacks.LambdaCallback(**{hook: lambda *_: None})
    expected = train(tmp_path / "a", look)
    handler = signal.getsignal(signal.SIGTERM)
    end = keras.callbacks.LambdaCallback(**{hook: lambda *_: os.kill(os.getpid(), signal.SIGTERM)})
    with pytest.raises(SystemExit) as left:
        train(tmp_path / "b", end)
    assert left.value.code == 143
    assert signal.getsignal(signal.SIGTERM) is handler
    assert train(tmp_path / "b", look) == expected


NESTS = [
    {"a": [1, 2.5, None, "x", True], ("t", 1): (np.float32(0.1), float("nan"))},
    {"array": np.arange(6, dtype="int8").reshape(2, 3), 3: np.zeros((0, 2)), "s": np.asfortranarray(np.eye(3)[:, :2])},
    [keras.ops.cast([1.5, 2.5], "bfloat16"), {}, [], ()],
]


@pytest.mark.parametrize("nest", NESTS, ids=range(len(NESTS)))
def test_states_come_back_as_they_were(nest, tmp_path):
    write_state(tmp_path / "s", nest)
    assert repr(read_state(tmp_path / "s")) == repr(nest).replace(
        "Array([1.5, 2.5], dtype=bfloat16)", "array([1.5, 2.5], dtype=bfloat16)"
    )


def test_what_cannot_be_saved_is_named(tmp_path):
    with pytest.raises(TypeError, match=r"state\['a'\] is of type object"):
        write_state(tmp_path / "s", {"a": object()})
    assert not list(tmp_path.iterdir())
