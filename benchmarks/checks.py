"""What the checks of values cost: a whole fit of one epoch with them and without."""

from time import perf_counter
from typing import Any

import numpy as np

import hornbeam
from benchmarks.keras_api import Measure
from benchmarks.keras_models import make

SENTENCES, WORDS, LONG = 3200, 2000, 32


def embedding(keras: Any) -> tuple[Any, Any, Any, int]:
    """Return a classifier of sentences by the mean of their words, 100 batches of data and the batch size."""
    layers = keras.layers
    stack = [layers.Embedding(WORDS, 32), layers.GlobalAveragePooling1D(), layers.Dense(4, activation="softmax")]
    model = keras.Sequential([keras.Input((LONG,), dtype="int32"), *stack])
    model.compile("adam", "sparse_categorical_crossentropy")
    rng = np.random.default_rng(0)
    return model, rng.integers(0, WORDS, (SENTENCES, LONG)), rng.integers(0, 4, SENTENCES), 32


def fit(workload: str, checks: str, source: str = "arrays") -> Measure:
    """Prepare a fit of one epoch with the `checks` "on" or "off": seconds, what comes before the first step included.

    `source` is "arrays", or "batches" for a generator of the same batches. Every program is compiled before.
    """
    model, x, y, batch = embedding(hornbeam) if workload == "embedding" else make(hornbeam, workload)
    parts = [(x[i : i + batch], y[i : i + batch]) for i in range(0, len(x), batch)]

    def run() -> None:
        before = hornbeam.config.value_checks()
        hornbeam.config.set_value_checks(checks == "on")
        try:
            given: Any = {"x": x, "y": y, "batch_size": batch} if source == "arrays" else {"x": iter(parts)}
            float(model.fit(**given, verbose=0).history["loss"][0])
        finally:
            hornbeam.config.set_value_checks(before)

    def measure() -> float:
        start = perf_counter()
        run()
        return perf_counter() - start

    for _ in range(3):
        run()
    return measure
