"""Training follows Keras's loss curve: same seed, same data, same order."""

import numpy as np
import pytest

import hornbeam
from tests.parity.oracle import keras

RNG = np.random.default_rng(0)
IMAGES = RNG.normal(size=(70, 8, 8, 1)).astype("float32")
ROWS = RNG.normal(size=(70, 6)).astype("float32")
STEPS = RNG.normal(size=(70, 5, 2)).astype("float32")
STEPS[::3, 3:] = 0
LABELS = RNG.integers(0, 3, 70)
ONE_HOT = np.eye(3, dtype="float32")[LABELS]
NUMBERS = RNG.normal(size=(70, 1)).astype("float32")
WEIGHTS = RNG.uniform(0.1, 2, size=70).astype("float32")


def cnn(k):
    return k.Sequential(
        [
            k.Input((8, 8, 1)),
            k.layers.Conv2D(2, 3, padding="same", activation="relu"),
            k.layers.MaxPooling2D(),
            k.layers.Conv2D(3, 2, padding="same", activation="relu"),
            k.layers.MaxPooling2D(),
            k.layers.Flatten(),
            k.layers.Dense(8, activation="relu"),
            k.layers.Dense(3, activation="softmax"),
        ]
    )


def mlp(k):
    return k.Sequential([k.Input((6,)), k.layers.Dense(8, "tanh"), k.layers.Dense(3, "softmax")])


def regularized(k):
    return k.Sequential(
        [
            k.Input((6,)),
            k.layers.Dense(8, "tanh", kernel_regularizer="l2", kernel_constraint=k.constraints.MaxNorm(0.8)),
            k.layers.Dense(1, activity_regularizer=k.regularizers.L1(0.01)),
        ]
    )


def normalized(k):
    return k.Sequential([k.Input((6,)), k.layers.Dense(8), k.layers.BatchNormalization(), k.layers.Dense(1)])


def masked(k):
    return k.Sequential([k.Input((5, 2)), k.layers.Masking(), k.layers.LSTM(4), k.layers.Dense(1)])


def per_step(k):
    return k.Sequential(
        [k.Input((5, 2)), k.layers.Masking(), k.layers.LSTM(4, return_sequences=True), k.layers.Dense(1)]
    )


def two_outputs(k):
    x = k.Input((6,), name="x")
    shared = k.layers.Dense(5, "relu", name="shared")(x)
    return k.Model(x, [k.layers.Dense(3, "softmax", name="kind")(shared), k.layers.Dense(1, name="size")(shared)])


SPARSE = "sparse_categorical_crossentropy"
CASES = [
    ("cnn", cnn, IMAGES, LABELS, {"optimizer": "adam", "loss": SPARSE, "metrics": ["accuracy"]}, {}),
    ("mlp sgd", mlp, ROWS, ONE_HOT, {"optimizer": "sgd", "loss": "categorical_crossentropy", "metrics": ["acc"]}, {}),
    ("mlp rmsprop", mlp, ROWS, LABELS, {"optimizer": "rmsprop", "loss": SPARSE, "metrics": ["accuracy"]}, {}),
    ("validation", mlp, ROWS, LABELS, {"loss": SPARSE, "metrics": ["accuracy"]}, {"validation_split": 0.2}),
    ("weights", mlp, ROWS, LABELS, {"loss": SPARSE, "weighted_metrics": ["accuracy"]}, {"sample_weight": WEIGHTS}),
    (
        "classes",
        mlp,
        ROWS,
        LABELS,
        {"loss": SPARSE, "metrics": ["accuracy"]},
        {"class_weight": {0: 1.0, 1: 3.0, 2: 0.5}},
    ),
    ("penalties", regularized, ROWS, NUMBERS, {"optimizer": "adam", "loss": "mse", "metrics": ["mae"]}, {}),
    ("batch norm", normalized, ROWS, NUMBERS, {"optimizer": "adam", "loss": "mae"}, {"validation_split": 0.2}),
    ("masked lstm", masked, STEPS, NUMBERS, {"optimizer": "adam", "loss": "mse"}, {}),
    # No metric here: in training on JAX, Keras loses the mask before its metrics, and counts the padding.
    ("masked steps", per_step, STEPS, STEPS[..., :1] + 1, {"optimizer": "adam", "loss": "mse"}, {}),
    (
        "two outputs",
        two_outputs,
        ROWS,
        [LABELS, NUMBERS],
        {"loss": [SPARSE, "mse"], "loss_weights": [1.0, 0.5], "metrics": [["accuracy"], ["mae"]]},
        {},
    ),
    (
        "outputs by name",
        two_outputs,
        ROWS,
        {"kind": LABELS, "size": NUMBERS},
        {"loss": {"kind": SPARSE, "size": "mse"}, "metrics": {"kind": ["accuracy"]}},
        {"validation_split": 0.2},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[c[0] for c in CASES])
def test_three_epochs(case):
    _, build, x, y, compiled, fitted = case
    found = []
    for k in (hornbeam, keras):
        k.utils.set_random_seed(7)
        model = build(k)
        model.compile(**compiled)
        history = model.fit(x, y, batch_size=16, epochs=3, shuffle=False, verbose=0, **fitted).history
        scores = model.evaluate(x, y, verbose=0, return_dict=True)
        found.append(
            (history, scores, model.evaluate(x, y, verbose=0), model.predict(x, verbose=0), model.get_weights())
        )
    ours, theirs = found
    assert sorted(ours[0]) == sorted(theirs[0])
    for name, values in theirs[0].items():
        np.testing.assert_allclose(ours[0][name], values, rtol=1e-5, atol=1e-6, err_msg=name)
    assert sorted(ours[1]) == sorted(theirs[1])
    np.testing.assert_allclose(ours[2], theirs[2], rtol=2e-5)
    ours_out, theirs_out = (out if isinstance(out, list) else [out] for out in (ours[3], theirs[3]))
    for a, b in zip(ours_out, theirs_out, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    for a, b in zip(ours[4], theirs[4], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_one_batch_at_a_time():
    found = []
    for k in (hornbeam, keras):
        k.utils.set_random_seed(7)
        model = mlp(k)
        model.compile("adam", SPARSE, metrics=["accuracy"])
        values = [model.train_on_batch(ROWS[i : i + 16], LABELS[i : i + 16]) for i in (0, 16, 32)]
        found.append((values, model.test_on_batch(ROWS, LABELS), model.predict_on_batch(ROWS[:3])))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_shuffled_training_sees_the_samples_in_the_same_order():
    found = []
    for k in (hornbeam, keras):
        k.utils.set_random_seed(7)
        model = mlp(k)
        model.compile("sgd", SPARSE)
        found.append(model.fit(ROWS, LABELS, batch_size=16, epochs=3, verbose=0).history["loss"])
    np.testing.assert_allclose(*found, rtol=1e-5)


def test_a_loss_scale_that_grows():
    found = []
    for k in (hornbeam, keras):
        k.utils.set_random_seed(7)
        model = mlp(k)
        model.compile(k.optimizers.LossScaleOptimizer(k.optimizers.SGD(0.1), dynamic_growth_steps=2), SPARSE)
        found.append(model.fit(ROWS, LABELS, batch_size=16, epochs=3, shuffle=False, verbose=0).history["loss"])
    np.testing.assert_allclose(*found, rtol=1e-5)
