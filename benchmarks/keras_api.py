"""Measurements of every package with Keras's interface: Hornbeam, Keras 3 on each of its backends, Keras 2."""

import gc
import importlib
import os
import resource
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks._workloads import EPOCHS, per_call
from benchmarks.keras_models import make

Measure = Callable[[], float]

WARM_UP, MODELS = 100, 200  # models built, fitted, deleted: until the allocator has settled, then while it is watched


def fit(package: str, workload: str) -> Measure:
    """Prepare `fit`: seconds per training step, the first epoch excluded."""
    keras = importlib.import_module(package)
    model, x, y, batch = make(keras, workload)
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
    model, x, _, _ = make(importlib.import_module(package), workload)

    return lambda: per_call(lambda: model.predict(x[:1], verbose=0))


def many(package: str, workload: str, method: str, rows: int) -> Measure:
    """Prepare `evaluate` or `predict` of many rows: seconds."""
    model, x, y, batch = make(importlib.import_module(package), workload, rows)
    call = getattr(model, method)
    given = (x, y) if method == "evaluate" else (x,)

    def measure() -> float:
        start = perf_counter()
        call(*given, batch_size=batch, verbose=0)
        return perf_counter() - start

    return measure


def peak(package: str, workload: str) -> Measure:
    """Prepare a fit of two epochs: MiB that the process took at its peak. Asked once of a process."""
    model, x, y, batch = make(importlib.import_module(package), workload)

    def measure() -> float:
        model.fit(x, y, batch_size=batch, epochs=2, verbose=0)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    return measure


def generator(package: str, workload: str) -> Measure:
    """Prepare a fit over a generator of batches that are there already: seconds per step."""
    model, x, y, batch = make(importlib.import_module(package), workload)
    batches = [(x[at : at + batch], y[at : at + batch]) for at in range(0, len(x), batch)]
    steps = len(batches) * EPOCHS

    def endless() -> Any:
        while True:
            yield from batches

    def measure() -> float:
        start = perf_counter()
        model.fit(endless(), steps_per_epoch=steps, verbose=0)
        return (perf_counter() - start) / steps

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
    model, x, y, batch = make(importlib.import_module(package), workload)

    def measure() -> float:
        start = perf_counter()
        float(model.fit(x, y, batch_size=batch, verbose=0).history["loss"][0])
        return perf_counter() - start

    return measure


def growth(package: str) -> Measure:
    """Prepare the building, fitting for one step and deleting of models: MiB that the process grew by over 200."""
    keras = importlib.import_module(package)
    x, y = np.zeros((8, 10), "float32"), np.zeros(8, "int32")

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
