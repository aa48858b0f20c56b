"""Functions of `keras.backend` that draw random numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hornbeam import random
from hornbeam._core import config
from hornbeam._core.seeds import SeedGenerator
from hornbeam._core.state import HERE, Variable


def source(seed: int | None) -> Any:
    """Return where a draw takes its key from: `seed`, or inside a layer's call a generator of that layer's own.

    A generator's state is part of the model, so each step of a compiled training loop draws anew.
    """
    if seed is not None or not HERE.calls:
        return seed
    layer = HERE.calls[-1]
    if "_draws" not in layer.__dict__:
        layer._draws = SeedGenerator()
    return layer._draws


def dropout(x: Any, level: float, noise_shape: Any = None, seed: int | None = None) -> Any:
    """Return `x` with a share of `level` set to 0 and the rest scaled up to keep the sum's expectation."""
    return random.dropout(x, level, noise_shape, source(seed))


def random_normal(
    shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0, dtype: str | None = None, seed: int | None = None
) -> Any:
    """Return numbers from a normal distribution."""
    return random.normal(shape, mean, stddev, dtype, source(seed))


def truncated_normal(
    shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0, dtype: str | None = None, seed: int | None = None
) -> Any:
    """Return numbers from a normal distribution, drawn anew beyond two standard deviations."""
    return random.truncated_normal(shape, mean, stddev, dtype, source(seed))


def random_uniform(
    shape: Sequence[int], minval: float = 0.0, maxval: float = 1.0, dtype: str | None = None, seed: int | None = None
) -> Any:
    """Return numbers drawn evenly between two bounds."""
    return random.uniform(shape, minval, maxval, dtype, source(seed))


def random_binomial(shape: Sequence[int], p: float = 0.0, dtype: str | None = None, seed: int | None = None) -> Any:
    """Return ones with probability `p`, zeros otherwise."""
    return (random.uniform(shape, seed=source(seed)) <= p).astype(dtype or config.floatx())


def random_normal_variable(
    shape: Sequence[int],
    mean: float,
    scale: float,
    dtype: str | None = None,
    name: str | None = None,
    seed: int | None = None,
) -> Variable:
    """Return a Variable that begins as numbers from a normal distribution."""
    return Variable(random.normal(shape, mean, scale, dtype, seed), name=name)


def random_uniform_variable(
    shape: Sequence[int],
    low: float,
    high: float,
    dtype: str | None = None,
    name: str | None = None,
    seed: int | None = None,
) -> Variable:
    """Return a Variable that begins as numbers drawn evenly between two bounds."""
    return Variable(random.uniform(shape, low, high, dtype, seed), name=name)
