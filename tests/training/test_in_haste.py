"""The tests compile in haste (conftest.py); a training compiled as users' are gives the same numbers."""

import json
import os
import subprocess
import sys

import numpy as np

import hornbeam as keras
from hornbeam import layers

PROGRAM = "from tests.training import test_in_haste as t; print(t.run())"
ROWS = 24


def model():
    """Return a model with a part of each kind: convolutions, pools, normalizations, loops and attention."""
    image, ids = keras.Input((8, 8, 2)), keras.Input((5,), dtype="int32")
    seen = layers.MaxPooling2D()(layers.BatchNormalization()(layers.Conv2D(4, 3, activation="relu")(image)))
    seen = layers.Flatten()(layers.DepthwiseConv2D(2, padding="same")(seen))
    words = layers.Embedding(9, 6, mask_zero=True)(ids)
    words = layers.LayerNormalization()(words + layers.MultiHeadAttention(2, 3)(words, words))
    read = [layers.LSTM(4)(words), layers.GlobalAveragePooling1D()(words)]
    hidden = layers.Dropout(0.2)(layers.Dense(8, "gelu")(layers.Concatenate()([seen, *read])))
    return keras.Model([image, ids], layers.Dense(3, "softmax")(hidden))


def run():
    """Train, and return the history and predictions."""
    keras.utils.set_random_seed(5)
    rng = np.random.default_rng(0)
    x, y = [rng.normal(size=(ROWS, 8, 8, 2)), rng.integers(0, 9, (ROWS, 5))], rng.integers(0, 3, ROWS)
    trained = model()
    trained.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = trained.fit(x, y, batch_size=8, epochs=2, verbose=0).history
    return json.dumps([history, trained.predict(x, verbose=0).tolist()])


def test_as_users_compile():
    usual = {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=usual, capture_output=True, text=True, check=True)  # noqa: S603 - our own
    (history, predicted), (expected, those) = json.loads(run()), json.loads(done.stdout)
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-4, err_msg=name)
    np.testing.assert_allclose(predicted, those, rtol=1e-4, atol=1e-5)
