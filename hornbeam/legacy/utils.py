"""Helpers of `keras.utils.np_utils`: one-hot labels of a type, and classes from probabilities."""

from typing import Any

import numpy as np

from hornbeam import utils

__all__ = ["categorical_probas_to_classes", "probas_to_classes", "to_categorical"]


def to_categorical(y: Any, num_classes: int | None = None, dtype: str = "float32") -> np.ndarray:
    """Return whole numbers as rows with a 1 in one place: shape (samples, num_classes).

    >>> to_categorical([0, 2]).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    return np.asarray(utils.to_categorical(y, num_classes), dtype=dtype)


def categorical_probas_to_classes(p: Any) -> np.ndarray:
    """Return the most probable class of each row of probabilities (samples, classes)."""
    return np.argmax(p, axis=1)


def probas_to_classes(y_pred: Any) -> np.ndarray:
    """Return the class of each sample: the most probable of several, or whether a single probability is above 0.5.

    >>> probas_to_classes(np.array([[0.2], [0.7]])).tolist()
    [0, 1]
    """
    if y_pred.ndim > 1 and y_pred.shape[1] > 1:
        return categorical_probas_to_classes(y_pred)
    return np.array([1 if p > 0.5 else 0 for p in np.ravel(y_pred)])
