"""F-scores per class, and intersection over union of regions."""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from hornbeam._core import config
from hornbeam._core.op import read
from hornbeam._core.registry import suggest
from hornbeam.losses._loss import align, divide_no_nan
from hornbeam.metrics._metric import Metric

_AVERAGES = (None, "micro", "macro", "weighted")
_COUNTS = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")


class FBetaScore(Metric):
    """(1 + beta^2) * precision * recall / (beta^2 * precision + recall), per class of (batch, classes).

    Args:
        average: None for one score per class; 'micro' for that of all outcomes together, 'macro' for the mean over
            the classes, 'weighted' for the mean weighted by the number of positives.
        beta: how much more recall counts than precision.
        threshold: the number that a positive score exceeds; None takes the class with the largest score.
        name: a name for logs.
        dtype: the data type of state and result.

    >>> import hornbeam as keras
    >>> metric = keras.metrics.FBetaScore(beta=2.0, threshold=0.5)
    >>> metric([[1, 1], [1, 0]], [[0.2, 0.6], [0.8, 0.2]]).round(4).tolist()
    [0.5555999875068665, 1.0]
    """

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str = "fbeta_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(dtype, name)
        if average not in _AVERAGES:
            hint = suggest(average, _AVERAGES[1:])  # type: ignore[arg-type]
            message = f"{name}: average must be one of {_AVERAGES}; got {average!r}.{hint}"
            raise ValueError(message)
        if not isinstance(beta, float) or beta <= 0:
            message = f"{name}: beta must be a number with a fraction above 0, such as 1.0; got {beta!r}."
            raise ValueError(message)
        if threshold is not None and not (isinstance(threshold, float) and 0 < threshold <= 1):
            message = f"{name}: threshold must be None or lie in (0, 1], such as 0.5; got {threshold!r}."
            raise ValueError(message)
        self.average, self.beta, self.threshold = average, beta, threshold
        self._counts: dict[str, Any] = {}

    def _build(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 2:
            message = f"{self.name}: inputs of shape (batch, classes) expected; got {shape}."
            raise ValueError(message)
        labels = () if self.average == "micro" else shape[1:]
        self._counts = {name: self.add_weight(labels, dtype=self.dtype, name=name) for name in _COUNTS}

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take labels and scores (batch, classes) into account, with `sample_weight` (batch,) if given."""
        y_true, y_pred = (jnp.asarray(read(y), dtype=self.dtype) for y in (y_true, y_pred))
        if not self._counts:
            self._build(y_pred.shape)
        if self.threshold is None:
            found = (y_pred >= jnp.max(y_pred, axis=-1, keepdims=True)) & (jnp.abs(y_pred) > 1e-9)
        else:
            found = y_pred > self.threshold
        weights = jnp.ones((), self.dtype) if sample_weight is None else jnp.asarray(read(sample_weight), self.dtype)
        weights = weights[:, None] if weights.ndim == 1 else weights
        found = found.astype(self.dtype)
        outcomes = (found * y_true, found * (1.0 - y_true), (1.0 - found) * y_true, y_true)
        axis = None if self.average == "micro" else 0
        for variable, outcome in zip(self._counts.values(), outcomes, strict=True):
            variable.assign_add(jnp.sum(outcome * weights, axis=axis))

    def result(self) -> Any:
        """Return the score, or one per class."""
        if not self._counts:
            return jnp.zeros((), self.dtype)
        tp, fp, fn, actual = (v.value for v in self._counts.values())
        precision, recall = divide_no_nan(tp, tp + fp), divide_no_nan(tp, tp + fn)
        squared = self.beta**2
        score = (1.0 + squared) * precision * recall / (squared * precision + recall + config.epsilon())
        if self.average == "weighted":
            return jnp.sum(score * actual / (jnp.sum(actual) + config.epsilon()))
        return score if self.average is None else jnp.mean(score)


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall, per class of (batch, classes); arguments as those of FBetaScore.

    >>> import hornbeam as keras
    >>> metric = keras.metrics.F1Score(threshold=0.5)
    >>> metric([[1, 1], [1, 0]], [[0.2, 0.6], [0.8, 0.2]]).round(4).tolist()
    [0.666700005531311, 1.0]
    """

    def __init__(
        self, average: str | None = None, threshold: float | None = None, name: str = "f1_score", dtype: Any = None
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)


class _Confusion(Metric):
    """The confusion matrix (true class, predicted class) and the intersection over union read off it."""

    def __init__(
        self, num_classes: int, target_class_ids: Sequence[int], ignore_class: int | None, name: str | None, dtype: Any
    ) -> None:
        super().__init__("int32" if dtype is None else dtype, name)
        self.num_classes, self.target_class_ids, self.ignore_class = num_classes, list(target_class_ids), ignore_class
        if any(not 0 <= i < num_classes for i in self.target_class_ids):
            expected = f"target_class_ids must lie in 0..{num_classes - 1}"
            message = f"{self.name}: {expected}; got {self.target_class_ids}."
            raise ValueError(message)
        self.total_confusion_matrix = self.add_weight(
            (num_classes, num_classes), dtype=self.dtype, name="total_confusion_matrix"
        )

    def _add(self, y_true: Any, y_pred: Any, sample_weight: Any) -> None:
        """Take class numbers of the same shape into account."""
        true, pred = (y.astype("int32").reshape(-1) for y in align(y_true, y_pred))
        weights = jnp.asarray(1 if sample_weight is None else read(sample_weight), dtype=self.dtype)
        weights = (weights if weights.size == true.size else jnp.broadcast_to(weights, y_pred.shape)).reshape(-1)
        if self.ignore_class is not None:
            valid = true != self.ignore_class
            true, pred, weights = jnp.where(valid, true, 0), jnp.where(valid, pred, 0), jnp.where(valid, weights, 0)
        matrix = self.total_confusion_matrix
        matrix.assign(matrix.value.at[true, pred].add(weights, mode="drop", wrap_negative_indices=False))

    def result(self) -> Any:
        """Return the mean, over the target classes that occur, of their intersection over union."""
        matrix = self.total_confusion_matrix.value
        matrix = matrix.astype(config.floatx() if jnp.issubdtype(matrix.dtype, jnp.integer) else matrix.dtype)
        ids = jnp.asarray(self.target_class_ids)
        both = jnp.diag(matrix)[ids]
        union = jnp.sum(matrix, axis=0)[ids] + jnp.sum(matrix, axis=1)[ids] - both
        return divide_no_nan(jnp.sum(divide_no_nan(both, union)), jnp.sum(union > 0).astype(matrix.dtype))


class IoU(_Confusion):
    """The mean intersection over union of `target_class_ids`, for class numbers or scores per class.

    Args:
        num_classes: the number of classes.
        target_class_ids: the classes whose mean is taken.
        name: a name for logs.
        dtype: the data type of the confusion matrix, 'int32' by default; give a float type for fractional weights.
        ignore_class: leave out samples with this label.
        sparse_y_true: whether targets are class numbers, not (batch, ..., classes).
        sparse_y_pred: whether predictions are class numbers, not (batch, ..., classes).
        axis: the axis of the classes.

    >>> import hornbeam as keras
    >>> round(float(keras.metrics.IoU(num_classes=2, target_class_ids=[0])([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, target_class_ids, ignore_class, name, dtype)
        self.sparse_y_true, self.sparse_y_pred, self.axis = sparse_y_true, sparse_y_pred, axis

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take targets and predictions into account, with `sample_weight` of the class numbers' shape if given."""
        y_true, y_pred = jnp.asarray(read(y_true)), jnp.asarray(read(y_pred))
        y_true = y_true if self.sparse_y_true else jnp.argmax(y_true, axis=self.axis)
        y_pred = y_pred if self.sparse_y_pred else jnp.argmax(y_pred, axis=self.axis)
        self._add(y_true, y_pred, sample_weight)


class BinaryIoU(_Confusion):
    """The mean intersection over union of classes 0 and 1, for labels 0 and 1 and scores.

    Args:
        target_class_ids: the classes whose mean is taken.
        threshold: the score from which on class 1 is predicted.
        name: a name for logs.
        dtype: the data type of the confusion matrix, 'int32' by default; give a float type for fractional weights.

    >>> import hornbeam as keras
    >>> round(float(keras.metrics.BinaryIoU(threshold=0.3)([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7])), 4)
    0.3333
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(2, target_class_ids, None, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take labels and scores of the same shape into account, with `sample_weight` of that shape if given."""
        y_true, y_pred = jnp.asarray(read(y_true)), jnp.asarray(read(y_pred))
        self._add(y_true, (y_pred >= self.threshold).astype("int32"), sample_weight)


class MeanIoU(IoU):
    """The mean intersection over union of all classes; arguments as those of IoU.

    >>> import hornbeam as keras
    >>> round(float(keras.metrics.MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, range(num_classes), name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)


class OneHotIoU(IoU):
    """The mean intersection over union of `target_class_ids`, for one-hot targets; arguments as those of IoU.

    >>> import hornbeam as keras
    >>> metric = keras.metrics.OneHotIoU(num_classes=2, target_class_ids=[0, 1])
    >>> float(metric([[1, 0], [0, 1]], [[0.8, 0.2], [0.3, 0.7]]))
    1.0
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)


class OneHotMeanIoU(MeanIoU):
    """The mean intersection over union of all classes, for one-hot targets; arguments as those of IoU.

    >>> import hornbeam as keras
    >>> float(keras.metrics.OneHotMeanIoU(num_classes=2)([[1, 0], [0, 1]], [[0.8, 0.2], [0.3, 0.7]]))
    1.0
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)
