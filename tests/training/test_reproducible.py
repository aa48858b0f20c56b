"""One switch makes two runs of a program end with the same bits."""

import hashlib
import json
import subprocess
import sys

import numpy as np

import hornbeam as keras

PROGRAM = "from tests.training import test_reproducible as t; print(t.run())"


def run():
    """Train all that draws at random, and return a hash of all weights and the history."""
    keras.utils.set_random_seed(11)
    keras.config.enable_op_determinism()
    layers = keras.layers
    x, y = np.random.normal(size=(48, 8, 8, 2)), np.random.randint(0, 3, 48)  # noqa: NPY002 - as a user's program does
    model = keras.Sequential(
        [
            keras.Input((8, 8, 2)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.GaussianNoise(0.1),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, batch_size=16, epochs=3, validation_split=0.25, verbose=0).history
    model.fit(((x[i : i + 9], y[i : i + 9]) for i in range(0, 45, 9)), verbose=0)
    digest = hashlib.sha256(b"".join(w.tobytes() for w in model.get_weights()))
    return json.dumps([digest.hexdigest(), history])


def test_two_runs_in_one_process_and_one_in_another():
    first = run()
    assert run() == first
    other = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)  # noqa: S603 - our own
    assert other.stdout.strip() == first
