"""The workloads and measurements of every package with Keras's interface, Hornbeam and Keras: written once."""

import gc
import importlib
import os
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

Measure = Callable[[], float]

EPOCHS = 3  # measured ones, after a first that is not
CALLS = 200  # of predict, for one figure
WARM_UP, MODELS = 100, 200  # models built, fitted, deleted: until the allocator has settled, then while it is watched


def seed_cnn(keras: Any) -> tuple[Any, Any, Any, int]:
    """Return the small CNN of 8x8 digits, 100 batches of data and the batch size."""
    layers = keras.layers
    stack = [
        keras.Input((8, 8, 1)),
        layers.Conv2D(2, (3, 3), padding="same", activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Conv2D(3, (2, 2), padding="same", activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Flatten(),
        layers.Dense(8, activation="relu"),
        layers.Dense(3, activation="softmax"),
    ]
    model = keras.Sequential(stack)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, *_data(3200, (8, 8, 1), 3), 32


def mlp(keras: Any) -> tuple[Any, Any, Any, int]:
    """Return the perceptron of 784 features, 25 batches of data and the batch size."""
    layers = keras.layers
    stack = [
        keras.Input((784,)),
        layers.Dense(512, activation="relu"),
        layers.Dropout(0.2),
        layers.Dense(512, activation="relu"),
        layers.Dropout(0.2),
        layers.Dense(10),
    ]
    model = keras.Sequential(stack)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    return model, *_data(3200, (784,), 10), 128


WORKLOADS = {"seed_cnn": seed_cnn, "mlp": mlp}


def _data(rows: int, shape: tuple[int, ...], classes: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.random((rows, *shape), dtype="float32"), rng.integers(0, classes, rows)


def fit(package: str, workload: str) -> Measure:
    """Prepare `fit`: seconds per training step, the first epoch excluded."""
    keras = importlib.import_module(package)
    model, x, y, batch = WORKLOADS[workload](keras)
    ends: list[float] = []

    class Clock(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            float(logs["loss"])  # the epoch's work is done once its loss can be read
            ends.append(perf_counter())

    def measure() -> float:
        ends.clear()
        model.fit(x, y, batch_size=batch, epochs=1 + EPOCHS, verbose=0, callbacks=[Clock()])
        return (ends[-1] - ends[0]) / EPOCHS / (len(x) // batch)

    return measure


def predict(package: str, workload: str) -> Measure:
    """Prepare `predict` of one sample: seconds per call, from NumPy array to NumPy array."""
    model, x, _, _ = WORKLOADS[workload](importlib.import_module(package))

    def measure() -> float:
        start = perf_counter()
        for _ in range(CALLS):
            model.predict(x[:1], verbose=0)
        return (perf_counter() - start) / CALLS

    return measure


def build(package: str) -> Measure:
    """Prepare the building of eight convolutions of odd sizes, weights included: seconds."""
    keras = importlib.import_module(package)

    def measure() -> float:
        start = perf_counter()
        convolutions = [keras.layers.Conv2D(7 + 4 * i, (3 + i % 3, 3), padding="same") for i in range(8)]
        model = keras.Sequential([keras.Input((37, 37, 3)), *convolutions])
        for weights in model.get_weights():
            np.asarray(weights)
        return perf_counter() - start

    return measure


def first_fit(package: str, workload: str) -> Measure:
    """Prepare a program's first fit, one epoch, compilation included: seconds. Asked once of a process."""
    model, x, y, batch = WORKLOADS[workload](importlib.import_module(package))

    def measure() -> float:
        start = perf_counter()
        float(model.fit(x, y, batch_size=batch, verbose=0).history["loss"][0])
        return perf_counter() - start

    return measure


def growth(package: str) -> Measure:
    """Prepare the building, fitting for one step and deleting of models: MiB that the process grew by over 200."""
    keras = importlib.import_module(package)
    x, y = _data(8, (10,), 3)

    def one_model() -> None:
        hidden, output = keras.layers.Dense(8, activation="relu"), keras.layers.Dense(3, activation="softmax")
        model = keras.Sequential([keras.Input((10,)), hidden, output])
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(x, y, batch_size=len(x), verbose=0)

    def measure() -> float:
        for _ in range(WARM_UP):
            one_model()
        before = _resident()
        for _ in range(MODELS):
            one_model()
        return _resident() - before

    return measure


def _resident() -> float:
    """Return the process's resident memory in MiB."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
