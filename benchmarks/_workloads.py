"""The workloads: what all packages are to compute, how much data they get, and the arithmetic that a step takes."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np


@dataclass(frozen=True)
class Workload:
    """A model to train with Adam, cross-entropy and accuracy.

    `products` is the number of multiplications, each with an addition, of one sample's way forward. With the gradients
    of weights and of inputs a step takes three times as many; a first layer has no gradient of its inputs to give.
    """

    shape: tuple[int, ...]
    classes: int
    batch: int
    steps: int  # of an epoch; three epochs make a figure
    products: int
    first: int  # of these, the first layer's
    vocabulary: int = 0  # the inputs are whole numbers below it

    @property
    def flop(self) -> float:
        """Floating-point operations of a training step, but for what is done element by element."""
        return 2.0 * self.batch * (3 * self.products - self.first)


_BLOCKS = 32 * 32 * 9 * 16 * 16 * 6 + 16 * 16 * 9 * 32 * (16 + 5 * 32) + 8 * 8 * 9 * 64 * (32 + 5 * 64)
_SHORTCUTS = 16 * 16 * 16 * 32 + 8 * 8 * 32 * 64
_ENCODER = 4 * 128 * (4 * 256 * 256 + 2 * 256 * 1024 + 2 * 128 * 256)

WORKLOADS = {
    "seed_cnn": Workload((8, 8, 1), 3, 32, 100, 64 * 9 * 2 + 16 * 8 * 3 + 12 * 8 + 8 * 3, 64 * 9 * 2),
    "mlp": Workload((784,), 10, 128, 25, 784 * 512 + 512 * 512 + 512 * 10, 784 * 512),
    "mnist_cnn": Workload(
        (28, 28, 1), 10, 128, 8, 26 * 26 * 9 * 32 + 24 * 24 * 9 * 32 * 64 + 9216 * 128 + 1280, 26 * 26 * 9 * 32
    ),
    "imdb_lstm": Workload((80,), 2, 32, 16, 80 * 2 * 128 * 512 + 256, 0, vocabulary=20_000),
    "resnet20": Workload((32, 32, 3), 10, 128, 4, 32 * 32 * 27 * 16 + _BLOCKS + _SHORTCUTS + 640, 32 * 32 * 27 * 16),
    "encoder": Workload((128, 256), 10, 32, 4, _ENCODER + 2560, 0),
}
EPOCHS = 3  # measured ones, after a first that is not
CALLS, CALLS_S = 200, 1.0  # of predict, for one figure: as many as fit into the seconds


def per_call(call: Callable[[], object]) -> float:
    """Return the seconds that one of many calls takes."""
    start, calls = perf_counter(), 0
    while calls < CALLS and perf_counter() - start < CALLS_S:
        call()
        calls += 1
    return (perf_counter() - start) / calls


def draw(name: str, rows: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs `(rows, ...)`, channels last, and labels `(rows,)`: as many as an epoch has, or `rows`."""
    workload, rng = WORKLOADS[name], np.random.default_rng(0)
    rows = workload.batch * workload.steps if rows is None else rows
    labels = rng.integers(0, workload.classes, rows).astype("int32")
    if workload.vocabulary:
        return rng.integers(0, workload.vocabulary, (rows, *workload.shape)).astype("int32"), labels
    return rng.random((rows, *workload.shape), dtype="float32"), labels
