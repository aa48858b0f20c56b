"""Penalties on weights and activities: `keras.regularizers`."""

# Names in paragraphs:
# isort: off
# fmt: off
# ruff: noqa: N811, N813  # classes have lower-case names too, as in Keras

from hornbeam.regularizers._get import deserialize, get, serialize
from hornbeam.regularizers._regularizers import L1, L1L2, L2, OrthogonalRegularizer, Regularizer
from hornbeam.regularizers._regularizers import L1 as l1
from hornbeam.regularizers._regularizers import L1L2 as l1_l2
from hornbeam.regularizers._regularizers import L2 as l2
from hornbeam.regularizers._regularizers import OrthogonalRegularizer as orthogonal_regularizer

__all__ = [
    "L1", "L1L2", "L2", "OrthogonalRegularizer", "Regularizer", "deserialize", "get", "l1", "l1_l2", "l2",
    "orthogonal_regularizer", "serialize",
]
