"""Random tensors and where their seeds come from: `keras.random`."""

# Names in paragraphs:
# isort: off
# fmt: off

from hornbeam._core.seeds import SeedGenerator
from hornbeam.random._random import (
    beta, binomial, categorical, dropout, gamma, normal, randint, shuffle, truncated_normal, uniform,
)

__all__ = [
    "SeedGenerator", "beta", "binomial", "categorical", "dropout", "gamma", "normal", "randint", "shuffle",
    "truncated_normal", "uniform",
]
