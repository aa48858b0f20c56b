"""What the rows of single layers share: the shapes of the inputs, and how a call is timed."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

FIGURE_S = 0.03  # how long calls are repeated for one figure
VOCABULARY = {"large": 20_000, "small": 100}  # of Embedding

# Shapes of inputs, channels last: one as in real models, one small. Layers keep the number of channels.
SIZES: dict[str, dict[str, tuple[int, ...]]] = {
    name: dict(zip(("large", "small"), shapes, strict=True))
    for names, *shapes in (
        ("Conv1D", (32, 128, 64), (32, 64, 16)),
        ("Conv2D DepthwiseConv2D SeparableConv2D", (32, 32, 32, 64), (32, 8, 8, 16)),
        ("Conv3D", (8, 16, 16, 16, 32), (16, 6, 6, 6, 8)),
        ("Conv1DTranspose", (32, 64, 64), (32, 32, 16)),
        ("Conv2DTranspose", (32, 16, 16, 64), (32, 4, 4, 16)),
        ("Conv3DTranspose", (8, 8, 8, 8, 32), (16, 3, 3, 3, 8)),
        ("MaxPooling1D AveragePooling1D", (32, 128, 64), (32, 64, 16)),
        ("MaxPooling2D AveragePooling2D", (32, 32, 32, 64), (32, 8, 8, 16)),
        ("MaxPooling3D AveragePooling3D", (8, 16, 16, 16, 32), (16, 6, 6, 6, 8)),
        ("LSTM GRU SimpleRNN LSTM+mask GRU+mask SimpleRNN+mask", (32, 80, 128), (8, 20, 32)),
        ("LayerNormalization MultiHeadAttention", (32, 128, 256), (8, 32, 64)),
        ("BatchNormalization", (32, 32, 32, 64), (32, 8, 8, 16)),
        ("Embedding", (32, 80), (32, 20)),
        ("Dense", (128, 784), (32, 64)),
    )
    for name in names.split()
}


def draw(name: str, size: str) -> np.ndarray:
    """Return the input of a layer."""
    rng, shape = np.random.default_rng(0), SIZES[name][size]
    return rng.integers(0, VOCABULARY[size], shape) if name == "Embedding" else rng.normal(size=shape).astype("float32")


def draw_lengths(name: str, size: str) -> np.ndarray:
    """Return how many steps of each sequence count: all of the first, a quarter or more of the others."""
    batch, steps, *_ = SIZES[name][size]
    lengths = np.random.default_rng(1).integers(steps // 4, steps, batch)
    lengths[0] = steps
    return lengths


def timed(call: Callable[[], Any]) -> Callable[[], float]:
    """Return the measurement of `call`: seconds of the quickest of the calls that fit into a figure."""

    def measure() -> float:
        least, end = float("inf"), perf_counter() + FIGURE_S
        while (start := perf_counter()) < end:
            call()
            least = min(least, perf_counter() - start)
        return least

    return measure
