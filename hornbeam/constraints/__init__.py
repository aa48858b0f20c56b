"""Projections of weights: `keras.constraints`."""

# Names in paragraphs:
# isort: off
# fmt: off
# ruff: noqa: N813  # classes have lower-case names too, as in Keras

from hornbeam.constraints._constraints import Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from hornbeam.constraints._constraints import MaxNorm as max_norm
from hornbeam.constraints._constraints import MinMaxNorm as min_max_norm
from hornbeam.constraints._constraints import NonNeg as non_neg
from hornbeam.constraints._constraints import UnitNorm as unit_norm
from hornbeam.constraints._get import deserialize, get, serialize

__all__ = [
    "Constraint", "MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm", "deserialize", "get", "max_norm", "min_max_norm",
    "non_neg", "serialize", "unit_norm",
]
