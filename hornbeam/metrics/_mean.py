"""Sums and means over samples: the metrics that most others are."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

from hornbeam._core import registry
from hornbeam._core.graph import mask_of
from hornbeam._core.op import read
from hornbeam.losses._loss import align, divide_no_nan, masked_weights
from hornbeam.metrics._metric import Metric

Reduce = Callable[..., jax.Array]


def per_sample(values: Any, weights: Any, reduce: Reduce, dtype: str) -> tuple[jax.Array, jax.Array | None]:
    """Return weighted values (batch,) and weights (batch,): all axes but the first are reduced by `reduce`.

    A mask of `values` counts only where there are weights, as in Keras.
    """
    mask = mask_of(values)
    values = jnp.asarray(read(values), dtype=dtype)
    if weights is None:
        return reduce(values, axis=tuple(range(1, values.ndim))), None
    weights = jnp.asarray(read(weights), dtype=dtype)
    if mask is not None:
        weights = masked_weights(weights, mask, dtype, keep_mean=False)
    values, weights = align(values, weights)
    values = reduce(values, axis=tuple(range(weights.ndim, values.ndim)))
    weights = jnp.broadcast_to(weights, values.shape)
    rest = tuple(range(1, weights.ndim))
    return reduce(values * weights, axis=rest), reduce(weights, axis=rest)


class Sum(Metric):
    """The weighted sum of all values seen.

    >>> import hornbeam as keras
    >>> metric = keras.metrics.Sum()
    >>> metric.update_state([1.0, 3.0])
    >>> float(metric.result())
    4.0
    """

    def __init__(self, name: str = "sum", dtype: Any = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_weight(dtype=self.dtype, name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add `values` (batch, ...), times `sample_weight` (batch, ...) if given."""
        values, _ = per_sample(values, sample_weight, jnp.sum, self.dtype)
        self.total.assign_add(jnp.sum(values))

    def result(self) -> Any:
        """Return the sum."""
        return self.total.value


class Mean(Metric):
    """The weighted mean of all values seen.

    >>> import hornbeam as keras
    >>> metric = keras.metrics.Mean()
    >>> metric.update_state([1.0, 3.0])
    >>> float(metric.result())
    2.0
    """

    def __init__(self, name: str = "mean", dtype: Any = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_weight(dtype=self.dtype, name="total")
        self.count = self.add_weight(dtype=self.dtype, name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Take `values` (batch, ...) into account, with `sample_weight` (batch, ...) if given."""
        values, weights = per_sample(values, sample_weight, jnp.mean, self.dtype)
        self.total.assign_add(jnp.sum(values))
        self.count.assign_add(values.size if weights is None else jnp.sum(weights))

    def result(self) -> Any:
        """Return the mean; 0 before the first value."""
        return divide_no_nan(self.total.value, self.count.value)


class MeanMetricWrapper(Mean):
    """The mean of a function of (y_true, y_pred, **kwargs) over all samples seen.

    >>> import hornbeam as keras
    >>> metric = keras.metrics.MeanMetricWrapper(keras.losses.mean_squared_error, name="mse")
    >>> float(metric([[0.0, 1.0]], [[1.0, 3.0]]))
    2.5
    """

    def __init__(self, fn: Any, name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        super().__init__(name, dtype)  # type: ignore[arg-type]  # None asks for a name made of the class's
        self.fn = registry.lookup("function", fn, _functions()) if isinstance(fn, str) else fn
        self._arguments = tuple(kwargs)
        for argument, value in kwargs.items():
            setattr(self, argument, value)

    def update_state(  # pyright: ignore[reportIncompatibleMethodOverride]  # Mean takes values
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        """Take targets and predictions (batch, ...) into account, with `sample_weight` (batch, ...) if given."""
        mask = mask_of(y_pred)
        values = self.fn(read(y_true), read(y_pred), **self._kwargs())
        if mask is not None:
            sample_weight = masked_weights(_weights(sample_weight, self.dtype), mask, self.dtype, keep_mean=False)
        super().update_state(values, sample_weight)

    def _kwargs(self) -> dict[str, Any]:
        return {argument: getattr(self, argument) for argument in self._arguments}

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | self._kwargs()


def _weights(weights: Any, dtype: str) -> Any:
    return None if weights is None else jnp.asarray(read(weights), dtype=dtype)


def _functions() -> Mapping[str, Any]:
    """Return the functions that a file may name."""
    names = registry.public_names("keras.metrics")
    return {name: registry.public_object("keras.metrics", name) for name in names}
