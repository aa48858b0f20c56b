"""How well numbers are predicted: root of squares, directions, correlations, explained variance."""

from typing import Any

import jax
import jax.numpy as jnp

from hornbeam._core import config
from hornbeam._core.op import op, read
from hornbeam._core.registry import suggest
from hornbeam.losses import cosine_similarity as minus_cosine_similarity
from hornbeam.losses._loss import align, pair
from hornbeam.metrics._mean import Mean, MeanMetricWrapper
from hornbeam.metrics._metric import Metric


@op
def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Return the cosine of the angle between targets and predictions along `axis`.

    >>> cosine_similarity([[0.0, 1.0]], [[0.0, 3.0]]).tolist()
    [1.0]
    """
    return -minus_cosine_similarity(y_true, y_pred, axis=axis)


@op
def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Return Pearson's correlation along `axis`: covariance over the product of the standard deviations, in -1..1.

    >>> import hornbeam as keras
    >>> keras.metrics.pearson_correlation([[0.0, 0.5, 1.0]], [[1.0, 2.0, 3.0]]).round(4).tolist()
    [1.0]
    """
    y_true, y_pred = (_standard(y, axis) for y in pair(y_true, y_pred))
    return jnp.mean(y_true * y_pred, axis=axis)


def _standard(x: jax.Array, axis: int) -> jax.Array:
    """Return `x` moved and scaled to mean 0 and variance 1 along `axis`."""
    centred = x - jnp.mean(x, axis=axis, keepdims=True)
    return centred / jnp.maximum(jnp.std(x, axis=axis, keepdims=True), config.epsilon())


@op
def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Return 2 * covariance / (variance + variance + (mean - mean)^2) along `axis`: 1 only where y_pred equals y_true.

    Lin, "A Concordance Correlation Coefficient to Evaluate Reproducibility" (1989).

    >>> import hornbeam as keras
    >>> keras.metrics.concordance_correlation([[0.0, 1.0, 2.0]], [[0.0, 1.0, 2.0]]).round(4).tolist()
    [1.0]
    """
    y_true, y_pred = pair(y_true, y_pred)
    true_mean, pred_mean = (jnp.mean(y, axis=axis, keepdims=True) for y in (y_true, y_pred))
    covariance = jnp.mean((y_true - true_mean) * (y_pred - pred_mean), axis=axis)
    spread = jnp.var(y_true, axis=axis) + jnp.var(y_pred, axis=axis)
    return 2.0 * covariance / (spread + jnp.squeeze(jnp.square(true_mean - pred_mean), axis) + config.epsilon())


class RootMeanSquaredError(Mean):
    """The square root of the mean of (y_true - y_pred)^2.

    >>> import hornbeam as keras
    >>> float(keras.metrics.RootMeanSquaredError()([[0.0, 0.0]], [[3.0, 3.0]]))
    3.0
    """

    def __init__(self, name: str = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(name, dtype)

    def update_state(  # pyright: ignore[reportIncompatibleMethodOverride]  # Mean takes values
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        """Take targets and predictions (batch, ...) into account, with `sample_weight` (batch, ...) if given."""
        y_true, y_pred = pair(read(y_true), read(y_pred))
        super().update_state(jnp.square(y_pred - y_true), sample_weight)

    def result(self) -> Any:
        """Return the root of the mean."""
        return jnp.sqrt(super().result())


class CosineSimilarity(MeanMetricWrapper):
    """The mean cosine of the angle between targets and predictions along `axis`: 1 for the same direction.

    >>> import hornbeam as keras
    >>> float(keras.metrics.CosineSimilarity()([[0.0, 1.0]], [[0.0, 3.0]]))
    1.0
    """

    def __init__(self, name: str = "cosine_similarity", dtype: Any = None, axis: int = -1) -> None:
        super().__init__(cosine_similarity, name, dtype, axis=axis)


class PearsonCorrelation(MeanMetricWrapper):
    """The mean of Pearson's correlation of targets and predictions along `axis`.

    >>> import hornbeam as keras
    >>> round(float(keras.metrics.PearsonCorrelation()([[0.0, 0.5, 1.0]], [[1.0, 2.0, 3.0]])), 4)
    1.0
    """

    def __init__(self, name: str = "pearson_correlation", dtype: Any = None, axis: int = -1) -> None:
        super().__init__(pearson_correlation, name, dtype, axis=axis)


class ConcordanceCorrelation(MeanMetricWrapper):
    """The mean of Lin's concordance correlation of targets and predictions along `axis`.

    >>> import hornbeam as keras
    >>> round(float(keras.metrics.ConcordanceCorrelation()([[0.0, 1.0, 2.0]], [[0.0, 1.0, 2.0]])), 4)
    1.0
    """

    def __init__(self, name: str = "concordance_correlation", dtype: Any = None, axis: int = -1) -> None:
        super().__init__(concordance_correlation, name, dtype, axis=axis)


_AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


class R2Score(Metric):
    """The share of the targets' variance that predictions explain, 1 - residual / variance; inputs (batch, outputs).

    Args:
        class_aggregation: 'uniform_average' or 'variance_weighted_average' over the outputs; None: one score each.
        num_regressors: the number of independent variables, for the adjusted score; 0 gives the plain one, and so do
            too few samples.
        name: a name for logs.
        dtype: the data type of state and result.

    >>> import hornbeam as keras
    >>> float(keras.metrics.R2Score()([[1.0], [2.0], [3.0]], [[1.0], [2.0], [4.0]]))
    0.5
    """

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str = "r2_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(dtype, name)
        if class_aggregation not in _AGGREGATIONS:
            hint = suggest(class_aggregation, _AGGREGATIONS[1:])  # type: ignore[arg-type]
            message = f"{name}: class_aggregation must be one of {_AGGREGATIONS}; got {class_aggregation!r}.{hint}"
            raise ValueError(message)
        if num_regressors < 0:
            message = f"{name}: num_regressors must be 0 or more; got {num_regressors!r}."
            raise ValueError(message)
        self.class_aggregation, self.num_regressors = class_aggregation, num_regressors
        self.num_samples = self.add_weight(name="num_samples")
        self.built = False

    def _build(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 2:
            message = f"{self.name}: inputs of shape (batch, outputs) expected; got {shape}."
            raise ValueError(message)
        names = ("squared_sum", "sum", "residual", "count")
        self._sums = {name: self.add_weight(shape[1:], name=name) for name in names}
        self.built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take targets and predictions (batch, outputs) into account, with `sample_weight` (batch, ...) if given."""
        y_true, y_pred = (jnp.asarray(read(y), dtype=self.dtype) for y in (y_true, y_pred))
        y_true, y_pred = align(y_true, y_pred)
        if not self.built:
            self._build(y_pred.shape)
        weights = jnp.ones((), self.dtype) if sample_weight is None else jnp.asarray(read(sample_weight), self.dtype)
        weights = jnp.broadcast_to(weights[:, None] if weights.ndim == 1 else weights, y_true.shape)
        weighted = y_true * weights
        added = {
            "squared_sum": weighted * y_true,
            "sum": weighted,
            "residual": jnp.square(y_true - y_pred) * weights,
            "count": weights,
        }
        for name, values in added.items():
            self._sums[name].assign_add(jnp.sum(values, axis=0))
        self.num_samples.assign_add(y_true.size)  # all elements: what Keras takes for the adjusted score too

    def result(self) -> Any:
        """Return the score, or one per output."""
        if not self.built:
            return jnp.zeros((), config.floatx())
        sums = {name: v.value for name, v in self._sums.items()}
        total = sums["squared_sum"] - sums["sum"] * (sums["sum"] / sums["count"])
        score = 1.0 - sums["residual"] / total  # not a number where targets do not vary and predictions are exact
        score = jnp.where(jnp.isinf(score), 0.0, score)
        if self.class_aggregation == "uniform_average":
            score = jnp.mean(score)
        elif self.class_aggregation == "variance_weighted_average":
            score = jnp.sum(score * total) / jnp.sum(total)
        if self.num_regressors:
            n, p = self.num_samples.value, self.num_regressors
            score = jnp.where(n - p > 1.0, 1.0 - (1.0 - score) * (n - 1.0) / (n - p - 1.0), score)
        return score
