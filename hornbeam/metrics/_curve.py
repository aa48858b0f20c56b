"""Metrics of a whole curve of thresholds: areas, and the best of one rate where another is good enough."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from hornbeam._core import config
from hornbeam._core.op import read
from hornbeam._core.registry import suggest
from hornbeam._core.state import Variable
from hornbeam.losses._loss import divide_no_nan
from hornbeam.metrics._confusion import FN, FP, TN, TP, Parts, columns, counts, flat
from hornbeam.metrics._metric import Metric

KINDS = (TP, FP, TN, FN)
CURVES = ("ROC", "PR", "PRGAIN")
SUMMATIONS = ("interpolation", "minoring", "majoring")


def _one_of(owner: str, argument: str, value: Any, allowed: Sequence[str], folded: str) -> str:
    if folded not in allowed:
        expected = f"{argument} must be one of {', '.join(map(repr, allowed))}"
        message = f"{owner}: {expected}; got {value!r}.{suggest(value, allowed)}"
        raise ValueError(message)
    return folded


def _between(count: int) -> list[float]:
    """Return the `count` - 2 thresholds that cut 0..1 into equal parts."""
    return [(i + 1) / (count - 1) for i in range(count - 2)]


class _Curve(Metric):
    """A metric that keeps the numbers of all four outcomes at each threshold."""

    thresholds: list[float]

    def _make_counts(self, labels: tuple[int, ...]) -> dict[str, Variable]:
        return {kind: self.add_weight((len(self.thresholds), *labels), name=kind) for kind in KINDS}

    def _add(self, variables: dict[str, Variable], parts: Parts) -> None:
        for kind, found in counts(*parts, self.thresholds).items():
            variables[kind].assign_add(found.reshape(variables[kind].shape))


class AUC(_Curve):
    """The area under a curve of rates over thresholds, for labels 0 and 1 and scores in 0..1.

    Args:
        num_thresholds: how many thresholds the curve is made of.
        curve: 'ROC' (true over false positive rate), 'PR' (precision over recall), or 'PRGAIN' (their gains).
        summation_method: 'interpolation' (trapezoids; for 'PR' Davis and Goadrich, 2006), or 'minoring' and
            'majoring', the smaller and the larger of two neighbours.
        name: a name for logs.
        dtype: kept for its place in files: counts and results have the default float type, as in Keras.
        thresholds: thresholds in 0..1 to use besides 0 and 1, in place of `num_thresholds` equal steps.
        multi_label: take the area of each label of (batch, labels), then the mean.
        num_labels: the number of labels, where it is not to be read off the first batch.
        label_weights: weights of the labels in the mean; without `multi_label`, of the labels' samples.
        from_logits: take the sigmoid of the scores first.

    >>> import hornbeam as keras
    >>> float(keras.metrics.AUC(num_thresholds=3)([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9]))
    0.75
    """

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(dtype, name)
        self.curve = _one_of(self.name, "curve", curve, CURVES, str(curve).upper())
        self.summation_method = _one_of(
            self.name, "summation_method", summation_method, SUMMATIONS, str(summation_method).lower()
        )
        self._given = None if thresholds is None else sorted(float(t) for t in thresholds)
        self.thresholds = self._all_thresholds(num_thresholds)
        self.num_thresholds = len(self.thresholds)
        self.multi_label, self.num_labels, self.from_logits = multi_label, num_labels, from_logits
        if label_weights is not None and np.any(np.asarray(label_weights) < 0):
            message = f"{self.name}: label_weights must not be negative; got {label_weights!r}."
            raise ValueError(message)
        self.label_weights = label_weights
        self._counts: dict[str, Variable] = {}
        if not multi_label or num_labels is not None:
            self._counts = self._make_counts((num_labels,) if multi_label and num_labels is not None else ())

    def _all_thresholds(self, num_thresholds: int) -> list[float]:
        if self._given is None:
            if num_thresholds <= 1:
                message = f"{self.name}: num_thresholds must be a whole number above 1; got {num_thresholds!r}."
                raise ValueError(message)
            inner = _between(num_thresholds)
        else:
            inner = self._given
            if any(not 0 <= t <= 1 for t in inner):
                message = f"{self.name}: thresholds must lie in [0, 1]; got {inner}."
                raise ValueError(message)
        return [0.0 - config.epsilon(), *inner, 1.0 + config.epsilon()]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take labels and scores of the same shape into account, with `sample_weight` (batch, ...) if given."""
        if self.from_logits:
            y_pred = jax.nn.sigmoid(jnp.asarray(read(y_pred), dtype=config.floatx()))
        y_true, y_pred, weights = columns(y_true, y_pred, sample_weight)
        if not self._counts:
            self._counts = self._make_counts((y_pred.shape[1],))
        if self.label_weights is not None and not self.multi_label:
            weights = weights * jnp.asarray(self.label_weights, weights.dtype)
        parts = (y_true, y_pred, weights)
        self._add(self._counts, parts if self.multi_label else flat(parts))

    def result(self) -> Any:
        """Return the area."""
        if not self._counts:
            return jnp.zeros((), config.floatx())
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self.interpolate_pr_auc()
        n = {kind: v.value for kind, v in self._counts.items()}
        x, y = _AXES[self.curve](n)
        heights = {
            "interpolation": (y[:-1] + y[1:]) / 2.0,
            "minoring": jnp.minimum(y[:-1], y[1:]),
            "majoring": jnp.maximum(y[:-1], y[1:]),
        }[self.summation_method]
        return self._average((x[:-1] - x[1:]) * heights)

    def interpolate_pr_auc(self) -> Any:
        """Return the area under precision over recall, true positives taken as linear in the predicted positives.

        Davis and Goadrich, "The Relationship Between Precision-Recall and ROC Curves" (2006).
        """
        n = {kind: v.value for kind, v in self._counts.items()}
        tp, positives, actual = n[TP], n[TP] + n[FP], n[TP] + n[FN]
        gained = tp[:-1] - tp[1:]
        slope = divide_no_nan(gained, jnp.maximum(positives[:-1] - positives[1:], 0.0))
        intercept = tp[1:] - slope * positives[1:]
        growth = divide_no_nan(positives[:-1], positives[1:])
        growth = jnp.where(growth > 0, growth, 1.0)
        return self._average(divide_no_nan(slope * (gained + intercept * jnp.log(growth)), actual[1:]))

    def _average(self, areas: jax.Array) -> jax.Array:
        """Return the sum of the pieces (thresholds - 1, ...), averaged over the labels if there are several."""
        areas = jnp.sum(areas, axis=0)
        if not self.multi_label:
            return areas
        if self.label_weights is None:
            return jnp.mean(areas)
        weights = jnp.asarray(self.label_weights, areas.dtype)
        return divide_no_nan(jnp.sum(areas * weights), jnp.sum(weights))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments; `thresholds` only where they were given."""
        arguments = super().get_config() | {"thresholds": self._given}
        if self._given is None:
            del arguments["thresholds"]
        return arguments


Counts = dict[str, jax.Array]


def _roc(n: Counts) -> tuple[jax.Array, jax.Array]:
    return divide_no_nan(n[FP], n[FP] + n[TN]), divide_no_nan(n[TP], n[TP] + n[FN])


def _precision_recall(n: Counts) -> tuple[jax.Array, jax.Array]:
    return divide_no_nan(n[TP], n[TP] + n[FN]), divide_no_nan(n[TP], n[TP] + n[FP])


def _gain(n: Counts) -> tuple[jax.Array, jax.Array]:
    """Return recall gain and precision gain: Flach and Kull, "Precision-Recall-Gain Curves" (2015)."""
    odds = divide_no_nan(n[TP] + n[FN], n[TN] + n[FP])
    recall = 1.0 - odds * n[FN] / jnp.maximum(n[TP], config.epsilon())
    return jnp.clip(recall, 0.0, 1.0), 1.0 - odds * divide_no_nan(n[FP], n[TP])


_AXES: dict[str, Callable[[Counts], tuple[jax.Array, jax.Array]]] = {
    "ROC": _roc,
    "PR": _precision_recall,
    "PRGAIN": _gain,
}


class _BestAt(_Curve):
    """The largest of one rate among the thresholds at which another rate reaches a value."""

    rates: tuple[Callable[[Counts], jax.Array], Callable[[Counts], jax.Array]]  # the one to reach, the one to return
    argument: str

    def __init__(self, value: float, num_thresholds: int, class_id: int | None, name: str | None, dtype: Any) -> None:
        super().__init__(dtype, name)
        if not 0 <= value <= 1:
            message = f"{self.name}: {self.argument} must lie in [0, 1]; got {value!r}."
            raise ValueError(message)
        if num_thresholds <= 0:
            message = f"{self.name}: num_thresholds must be a whole number above 0; got {num_thresholds!r}."
            raise ValueError(message)
        setattr(self, self.argument, value)
        self.num_thresholds, self.class_id = num_thresholds, class_id
        self.thresholds = [0.5] if num_thresholds == 1 else [0.0, *_between(num_thresholds), 1.0]
        self._counts = self._make_counts(())

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take labels and scores of the same shape into account, with `sample_weight` (batch, ...) if given."""
        parts = columns(y_true, y_pred, sample_weight, class_id=self.class_id)
        self._add(self._counts, flat(parts))

    def result(self) -> Any:
        """Return the best rate; 0 where no threshold is good enough."""
        n = {kind: v.value for kind, v in self._counts.items()}
        reached, wanted = (rate(n) for rate in self.rates)
        feasible = reached >= getattr(self, self.argument)
        return jnp.max(jnp.where(feasible, wanted, 0.0))


def _sensitivity(n: Counts) -> jax.Array:
    return divide_no_nan(n[TP], n[TP] + n[FN])


def _specificity(n: Counts) -> jax.Array:
    return divide_no_nan(n[TN], n[TN] + n[FP])


def _precision(n: Counts) -> jax.Array:
    return divide_no_nan(n[TP], n[TP] + n[FP])


class SensitivityAtSpecificity(_BestAt):
    """The best true positive rate among the thresholds whose true negative rate is at least `specificity`.

    >>> import hornbeam as keras
    >>> float(keras.metrics.SensitivityAtSpecificity(0.5)([0, 0, 0, 1, 1], [0.0, 0.3, 0.8, 0.3, 0.8]))
    0.5
    """

    rates, argument = (_specificity, _sensitivity), "specificity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)


class SpecificityAtSensitivity(_BestAt):
    """The best true negative rate among the thresholds whose true positive rate is at least `sensitivity`.

    >>> import hornbeam as keras
    >>> round(float(keras.metrics.SpecificityAtSensitivity(0.5)([0, 0, 0, 1, 1], [0.0, 0.3, 0.8, 0.3, 0.8])), 4)
    0.6667
    """

    rates, argument = (_sensitivity, _specificity), "sensitivity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)


class PrecisionAtRecall(_BestAt):
    """The best precision among the thresholds whose recall is at least `recall`.

    >>> import hornbeam as keras
    >>> float(keras.metrics.PrecisionAtRecall(0.5)([0, 0, 0, 1, 1], [0.0, 0.3, 0.8, 0.3, 0.8]))
    0.5
    """

    rates, argument = (_sensitivity, _precision), "recall"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)


class RecallAtPrecision(_BestAt):
    """The best recall among the thresholds whose precision is at least `precision`.

    >>> import hornbeam as keras
    >>> float(keras.metrics.RecallAtPrecision(0.8)([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9]))
    0.5
    """

    rates, argument = (_precision, _sensitivity), "precision"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)
