"""How often predictions are right."""

from typing import Any

import jax
import jax.numpy as jnp

from hornbeam._core import config
from hornbeam._core.op import op
from hornbeam.losses._loss import align, pair, to_float
from hornbeam.metrics._mean import MeanMetricWrapper


@op
def accuracy(y_true: Any, y_pred: Any) -> Any:
    """Return 1 where targets and predictions of the same shape are equal, else 0.

    >>> accuracy([[1, 2]], [[1, 3]]).tolist()
    [[1.0, 0.0]]
    """
    y_pred = jnp.asarray(y_pred)
    y_true, y_pred = align(jnp.asarray(y_true, dtype=y_pred.dtype), y_pred)
    return (y_true == y_pred).astype(config.floatx())


@op
def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """Return 1 where a label 0 or 1 equals y_pred > threshold, else 0.

    >>> import hornbeam as keras
    >>> keras.metrics.binary_accuracy([[0, 1]], [[0.2, 0.3]]).tolist()
    [[1.0, 0.0]]
    """
    y_true, y_pred = pair(y_true, y_pred)
    return (y_true == (y_pred > threshold)).astype(config.floatx())


@op
def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """Return 1 where one-hot labels (batch, ..., classes) and scores of the same shape have one largest class, else 0.

    >>> import hornbeam as keras
    >>> keras.metrics.categorical_accuracy([[0, 1], [1, 0]], [[0.2, 0.8], [0.3, 0.7]]).tolist()
    [1.0, 0.0]
    """
    labels = jnp.argmax(jnp.asarray(y_true), axis=-1)
    return (labels == jnp.argmax(jnp.asarray(y_pred), axis=-1)).astype(config.floatx())


@op
def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """Return 1 where a class number, (batch, ...) or (batch, ..., 1), is the largest score's of (batch, ..., classes).

    >>> import hornbeam as keras
    >>> keras.metrics.sparse_categorical_accuracy([1, 0], [[0.2, 0.8], [0.3, 0.7]]).tolist()
    [1.0, 0.0]
    """
    y_pred = jnp.asarray(y_pred)
    labels = _labels(y_true, y_pred)
    return (labels == jnp.argmax(y_pred, axis=-1).astype(labels.dtype)).astype(config.floatx())


def _labels(y_true: Any, y_pred: jax.Array) -> jax.Array:
    """Return class numbers with one axis less than the scores."""
    labels = jnp.asarray(y_true)
    if labels.ndim == y_pred.ndim and labels.shape[-1] == 1:
        labels = jnp.squeeze(labels, -1)
    return labels


@op
def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """Return 1 where the class of a one-hot label (batch, classes) is among the k largest scores, else 0.

    >>> import hornbeam as keras
    >>> keras.metrics.top_k_categorical_accuracy([[0, 0, 1]], [[0.1, 0.6, 0.3]], k=2).tolist()
    [1.0]
    """
    return _in_top_k(jnp.argmax(jnp.asarray(y_true), axis=-1), to_float(y_pred), k)


@op
def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False) -> Any:
    """Return 1 where a class number (batch,) is among the k largest scores (batch, classes), else 0.

    With `from_sorted_ids`, y_pred holds class numbers (batch, n), the best first.

    >>> import hornbeam as keras
    >>> keras.metrics.sparse_top_k_categorical_accuracy([2], [[0.1, 0.6, 0.3]], k=2).tolist()
    [1.0]
    """
    y_pred = jnp.asarray(y_pred)
    labels = _labels(y_true, y_pred)
    if not from_sorted_ids:
        return _in_top_k(labels, y_pred, k)
    return jnp.any(labels[..., None] == y_pred[..., :k].astype(labels.dtype), axis=-1).astype(config.floatx())


def _in_top_k(labels: jax.Array, scores: jax.Array, k: int) -> jax.Array:
    """Return 1 where fewer than k classes score higher than the label's, whose score must be finite, else 0."""
    labels = labels.astype("int32")
    own = jnp.take_along_axis(scores, labels[..., None], axis=-1, mode="clip")
    within = (labels >= 0) & (labels < scores.shape[-1]) & jnp.isfinite(own[..., 0])
    return (within & (jnp.sum(scores > own, axis=-1) < k)).astype(config.floatx())


class Accuracy(MeanMetricWrapper):
    """How often predictions equal targets, element by element.

    >>> import hornbeam as keras
    >>> float(keras.metrics.Accuracy()([[1], [2]], [[1], [3]]))
    0.5
    """

    def __init__(self, name: str = "accuracy", dtype: Any = None) -> None:
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(MeanMetricWrapper):
    """How often labels 0 and 1 equal y_pred > threshold.

    >>> import hornbeam as keras
    >>> float(keras.metrics.BinaryAccuracy()([[0], [1]], [[0.2], [0.3]]))
    0.5
    """

    def __init__(self, name: str = "binary_accuracy", dtype: Any = None, threshold: float = 0.5) -> None:
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)


class CategoricalAccuracy(MeanMetricWrapper):
    """How often the class of a one-hot label (batch, ..., classes) has the highest score.

    >>> import hornbeam as keras
    >>> float(keras.metrics.CategoricalAccuracy()([[0, 1], [1, 0]], [[0.2, 0.8], [0.3, 0.7]]))
    0.5
    """

    def __init__(self, name: str = "categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(categorical_accuracy, name, dtype)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """How often the class number (batch, ...) given as label has the highest score of (batch, ..., classes).

    >>> import hornbeam as keras
    >>> float(keras.metrics.SparseCategoricalAccuracy()([1, 0], [[0.2, 0.8], [0.3, 0.7]]))
    0.5
    """

    def __init__(self, name: str = "sparse_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(sparse_categorical_accuracy, name, dtype)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the class of a one-hot label (batch, classes) is among the `k` highest scores.

    >>> import hornbeam as keras
    >>> float(keras.metrics.TopKCategoricalAccuracy(k=2)([[0, 0, 1]], [[0.1, 0.6, 0.3]]))
    1.0
    """

    def __init__(self, k: int = 5, name: str = "top_k_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the class number (batch,) given as label is among the `k` highest scores (batch, classes).

    With `from_sorted_ids`, predictions are class numbers (batch, n), the best first.

    >>> import hornbeam as keras
    >>> float(keras.metrics.SparseTopKCategoricalAccuracy(k=2)([2], [[0.1, 0.6, 0.3]]))
    1.0
    """

    def __init__(
        self,
        k: int = 5,
        name: str = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(sparse_top_k_categorical_accuracy, name, dtype, k=k, from_sorted_ids=from_sorted_ids)
