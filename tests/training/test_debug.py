"""What fit(debug_nan=True) says of a loss or a weight that is not finite."""

import numpy as np
import pytest

import hornbeam as keras

RNG = np.random.default_rng(0)
X = np.abs(RNG.normal(size=(40, 3))).astype("float32") + 0.1
Y = X[:, :1]
ZERO, NAN, INF = X.copy(), X.copy(), Y.copy()
ZERO[13, 1], NAN[5, 0], INF[5, 0] = 0, np.nan, np.inf
Dense = keras.layers.Dense


class Apply(keras.layers.Layer):
    def __init__(self, op, **kwargs):
        super().__init__(**kwargs)
        self.op = op

    def call(self, x):
        return self.op(x)


def apply(op, name):
    return Apply(getattr(keras.ops, op), name=name)


def eye():
    return Dense(3, kernel_initializer="identity", name="eye")


CASES = {
    "forward": (
        lambda: [apply("log", "logs"), Dense(1)],
        ZERO,
        Y,
        {},
        (
            r"The loss became infinite in batch 1 of epoch 0.*\n  First: layer 'sequential/logs', forward: `log` "
            r"made 1 of 24 numbers, shape \(8, 3\), infinite from 0..[\d.]+\. \(.*test_debug.py:\d+\)\n"
            r"  Rows of the batch: 5.\n  Samples of the data: 13.\nThe weights are those before"
        ),
    ),
    "backward": (
        lambda: [eye(), apply("sqrt", "roots"), Dense(1)],
        ZERO,
        Y,
        {"rate": 0.0},
        (
            r"The weight 'sequential/eye/kernel' became NaN in batch 1.*\n  First: layer 'sequential/roots', backward: "
            r"`div` .*\n  Then: layer 'sequential/eye', backward: `dot_general`.*\n  Rows of the batch: 5.\n  "
            r"Samples of the data: 13\."
        ),
    ),
    "the inputs": (
        lambda: [Dense(1)],
        NAN,
        Y,
        {},
        r"NaN in batch 0.*\n  First: x itself is not finite: 1 of 24 numbers are NaN",
    ),
    "the targets": (
        lambda: [Dense(1)],
        X,
        INF,
        {},
        r"infinite in batch 0.*\n  First: y itself is not finite: 1 of 8 .* infinite",
    ),
    "the loss": (
        lambda: [Dense(1)],
        X,
        Y,
        {"loss": lambda _, p: keras.ops.log(p - 100)},
        r"First: the loss, forward: `log` made 8 of 8 numbers.*test_debug.py.*\n  Rows of the batch: all.",
    ),
    "a learning rate": (
        lambda: [Dense(4), Dense(1, name="last")],
        X,
        Y * 1e3,
        {"rate": 1e4},
        r"in batch [1-4] of epoch 0.*\n  First: (layer 'sequential/|the loss)",
    ),
    "inside a cell": (
        lambda: [keras.layers.Reshape((3, 1)), keras.layers.LSTM(4, activation=lambda x: keras.ops.log(-x)), Dense(1)],
        X,
        Y,
        {},
        r"First: layer 'sequential/lstm', forward",
    ),
}


def model(layers, loss="mse", rate=0.01):
    keras.utils.set_random_seed(1)
    made = keras.Sequential([keras.Input((3,)), *layers])
    made.compile(keras.optimizers.SGD(rate), loss)
    return made


@pytest.mark.parametrize(("layers", "x", "y", "compiled", "message"), CASES.values(), ids=CASES)
def test_what_is_named(layers, x, y, compiled, message):
    keras.config.set_value_checks(False)
    made = model(layers(), **compiled)
    with pytest.raises(FloatingPointError, match=message):
        made.fit(x, y, batch_size=8, shuffle=False, verbose=0, debug_nan=True)
    assert all(np.isfinite(w).all() for w in made.get_weights())


def test_one_batch_at_a_time():
    keras.config.set_value_checks(False)
    watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda *_: None)
    made = model([apply("log", "logs"), Dense(1)])
    with pytest.raises(FloatingPointError, match=r"batch 1 of epoch 0.*\n.*\n.*\n  Samples of the data: 13\."):
        made.fit(ZERO, Y, batch_size=8, shuffle=False, verbose=0, debug_nan=True, callbacks=[watch])
    with pytest.raises(FloatingPointError, match=r"batch 1 of epoch 0.*\n.*\n  Rows of the batch: 5\.\nThe weights"):
        made.fit(((ZERO[i : i + 8], Y[i : i + 8]) for i in range(0, 40, 8)), verbose=0, debug_nan=True)


def test_samples_are_counted_in_the_data_also_when_shuffled():
    keras.config.set_value_checks(False)
    with pytest.raises(FloatingPointError, match=r"Samples of the data: 13\."):
        model([apply("log", "logs"), Dense(1)]).fit(ZERO, Y, batch_size=8, verbose=0, debug_nan=True)


def test_an_infinity_that_leads_nowhere_is_not_named():
    def masked(x):
        kept = keras.ops.where(x > 0.5, x, -np.inf)
        return keras.ops.softmax(keras.ops.concatenate([kept, x], axis=-1)) / (x[:, :1] - x[:, :1])

    with pytest.raises(FloatingPointError, match="First: layer 'sequential/masked', forward: `div`"):
        model([Apply(masked, name="masked"), Dense(1)]).fit(X, Y, verbose=0, debug_nan=True)


def test_nothing_changes_while_all_is_well():
    losses = [model([Dense(1)]).fit(X, Y, epochs=3, verbose=0, debug_nan=on).history for on in (False, True)]
    assert losses[0] == losses[1]


def test_the_last_finite_checkpoint_is_kept(tmp_path):
    keras.config.set_value_checks(False)
    resume = keras.callbacks.BackupAndRestore(tmp_path, save_freq=1, delete_checkpoint=False)
    made = model([apply("log", "logs"), Dense(1)])
    with pytest.raises(FloatingPointError):
        made.fit(ZERO, Y, batch_size=8, shuffle=False, verbose=0, debug_nan=True, resume=resume)
    found = resume.read()
    assert (found["epoch"], found["batch"]) == (0, 1)
    for (_, kept), now in zip(found["variables"], made.variables, strict=False):
        np.testing.assert_array_equal(kept, now.numpy())
