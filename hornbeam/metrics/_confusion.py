"""True and false positives and negatives at one or many thresholds, and the ratios made of them."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from hornbeam._core import config
from hornbeam._core.op import read
from hornbeam.losses._loss import align, divide_no_nan, spread
from hornbeam.metrics._metric import Metric

TP, FP, TN, FN = "true_positives", "false_positives", "true_negatives", "false_negatives"
Parts = tuple[jax.Array, jax.Array, jax.Array]  # targets, scores, weights
NEVER = -1e10  # the score of a class that is not among the top k, and the threshold that all others exceed


def counts(y_true: Any, y_pred: Any, weights: Any, thresholds: Sequence[float]) -> dict[str, jax.Array]:
    """Return the weighted numbers of TP, FP, TN, FN (thresholds, labels) for targets and scores (samples, labels).

    A target is positive where it is not 0, a score where it exceeds the threshold. Scores are sorted into the
    intervals between thresholds, so that the cost does not grow with the number of thresholds.
    """
    order = np.argsort(thresholds)
    exceeded = jnp.searchsorted(jnp.asarray(np.asarray(thresholds)[order], y_pred.dtype), y_pred, side="left")
    positive = (y_true != 0).astype(y_pred.dtype)
    label = jnp.broadcast_to(jnp.arange(y_pred.shape[1]), y_pred.shape)
    empty = jnp.zeros((len(thresholds) + 1, y_pred.shape[1]), y_pred.dtype)
    back = np.argsort(order)
    found = {}
    for above, below, share in ((TP, FN, positive), (FP, TN, 1.0 - positive)):
        bins = empty.at[exceeded, label].add(weights * share)
        found[above] = jnp.cumsum(bins[::-1], axis=0)[::-1][1:][back]
        found[below] = jnp.cumsum(bins, axis=0)[:-1][back]
    return found


def columns(
    y_true: Any, y_pred: Any, sample_weight: Any, top_k: int | None = None, class_id: int | None = None
) -> Parts:
    """Return targets, scores and weights as (samples, labels): the labels are the last axis, the rest are samples."""
    dtype = config.floatx()
    y_true, y_pred = align(*(jnp.asarray(read(y), dtype=dtype) for y in (y_true, y_pred)))
    weights = jnp.ones((), dtype) if sample_weight is None else jnp.asarray(read(sample_weight), dtype=dtype)
    if weights.ndim:
        y_pred, weights = align(y_pred, weights)
        y_true = y_true.reshape(y_pred.shape)
        weights = spread(weights, y_pred)
    weights = jnp.broadcast_to(weights, y_pred.shape)
    if top_k is not None:
        least = jax.lax.top_k(y_pred, top_k)[0][..., -1:]
        y_pred = jnp.where(y_pred >= least, y_pred, NEVER)
    if class_id is not None:
        y_true, y_pred, weights = (x[..., class_id] for x in (y_true, y_pred, weights))
    labels = y_pred.shape[-1] if y_pred.ndim > 1 else 1
    return y_true.reshape(-1, labels), y_pred.reshape(-1, labels), weights.reshape(-1, labels)


def flat(parts: Parts) -> Parts:
    """Return arrays (samples, labels) with each label as a sample of its own, (samples * labels, 1)."""
    y_true, y_pred, weights = (x.reshape(-1, 1) for x in parts)
    return y_true, y_pred, weights


def check_thresholds(thresholds: Any, default: float, owner: str) -> list[float]:
    """Return thresholds given as None, a number or numbers as a list."""
    if thresholds is None:
        return [default]
    values = list(thresholds) if isinstance(thresholds, list | tuple | np.ndarray) else [thresholds]
    wrong = [t for t in values if t is None or not 0 <= t <= 1]
    if wrong:
        message = f"{owner}: thresholds must lie in [0, 1]; got {wrong[0]!r} in {values}."
        raise ValueError(message)
    return values


class _Count(Metric):
    """The weighted number of one kind of outcome at each threshold."""

    kind: str

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(dtype, name)
        self._given = thresholds
        self.thresholds = check_thresholds(thresholds, 0.5, self.name)
        self.accumulator = self.add_weight((len(self.thresholds),), name="accumulator")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take labels and scores of the same shape into account, with `sample_weight` (batch, ...) if given."""
        parts = flat(columns(y_true, y_pred, sample_weight))
        self.accumulator.assign_add(counts(*parts, self.thresholds)[self.kind][:, 0])

    def result(self) -> Any:
        """Return the number, or one per threshold."""
        values = self.accumulator.value
        return values[0] if len(self.thresholds) == 1 else values

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | {"thresholds": self._given}


class TruePositives(_Count):
    """The number of positive labels whose score exceeds a threshold (0.5, or each of `thresholds`).

    >>> import hornbeam as keras
    >>> float(keras.metrics.TruePositives()([0, 1, 1, 1], [0.2, 0.9, 0.1, 0.8]))
    2.0
    """

    kind = TP


class FalsePositives(_Count):
    """The number of negative labels whose score exceeds a threshold (0.5, or each of `thresholds`).

    >>> import hornbeam as keras
    >>> float(keras.metrics.FalsePositives()([0, 1, 0, 0], [0.2, 0.9, 0.6, 0.8]))
    2.0
    """

    kind = FP


class TrueNegatives(_Count):
    """The number of negative labels whose score does not exceed a threshold (0.5, or each of `thresholds`).

    >>> import hornbeam as keras
    >>> float(keras.metrics.TrueNegatives()([0, 1, 0, 0], [0.2, 0.9, 0.6, 0.8]))
    1.0
    """

    kind = TN


class FalseNegatives(_Count):
    """The number of positive labels whose score does not exceed a threshold (0.5, or each of `thresholds`).

    >>> import hornbeam as keras
    >>> float(keras.metrics.FalseNegatives()([0, 1, 1, 1], [0.2, 0.9, 0.1, 0.8]))
    1.0
    """

    kind = FN


class _Ratio(Metric):
    """True positives over true positives and one kind of error, at each threshold."""

    error: str

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(dtype, name)
        self._given, self.top_k, self.class_id = thresholds, top_k, class_id
        self.thresholds = check_thresholds(thresholds, 0.5 if top_k is None else NEVER, self.name)
        shape = (len(self.thresholds),)
        self._counts = {kind: self.add_weight(shape, name=kind) for kind in (TP, self.error)}

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take labels and scores of the same shape into account, with `sample_weight` (batch, ...) if given."""
        parts = flat(columns(y_true, y_pred, sample_weight, self.top_k, self.class_id))
        found = counts(*parts, self.thresholds)
        for kind, variable in self._counts.items():
            variable.assign_add(found[kind][:, 0])

    def result(self) -> Any:
        """Return the ratio, or one per threshold."""
        right, wrong = (v.value for v in self._counts.values())
        values = divide_no_nan(right, right + wrong)
        return values[0] if len(self.thresholds) == 1 else values

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | {"thresholds": self._given}


class Precision(_Ratio):
    """The share of right ones among the predicted positives: true over true and false positives.

    Args:
        thresholds: the number that a positive score exceeds, or several, each with a result of its own; 0.5 by default.
        top_k: count only the `top_k` highest scores of a sample as predicted.
        class_id: look only at this class, of labels and scores (batch, ..., classes).
        name: a name for logs.
        dtype: kept for its place in files: counts and results have the default float type, as in Keras.

    >>> import hornbeam as keras
    >>> round(float(keras.metrics.Precision()([0, 1, 1, 1], [0.6, 0.9, 0.1, 0.8])), 4)
    0.6667
    """

    error = FP


class Recall(_Ratio):
    """The share of the positives that are found: true positives over true positives and false negatives.

    Args:
        thresholds: the number that a positive score exceeds, or several, each with a result of its own; 0.5 by default.
        top_k: count only the `top_k` highest scores of a sample as predicted.
        class_id: look only at this class, of labels and scores (batch, ..., classes).
        name: a name for logs.
        dtype: kept for its place in files: counts and results have the default float type, as in Keras.

    >>> import hornbeam as keras
    >>> round(float(keras.metrics.Recall()([0, 1, 1, 1], [0.6, 0.9, 0.1, 0.8])), 4)
    0.6667
    """

    error = FN
