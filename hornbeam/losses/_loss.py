"""The base of all losses: values per sample, weighted, masked and reduced to one number."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from hornbeam._core import config, dtypes
from hornbeam._core.graph import attach_mask, mask_of
from hornbeam._core.names import auto_name, snake_case
from hornbeam._core.op import op
from hornbeam._core.registry import suggest
from hornbeam._core.serialize import Configurable
from hornbeam._core.state import HERE, here

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none")


def to_float(x: Any, dtype: Any = None) -> jax.Array:
    """Return `x` as an array of `dtype`, or of its own dtype where that has a fraction, else of the default one."""
    x = jnp.asarray(x, dtype=dtype)
    return x if jnp.issubdtype(x.dtype, jnp.inexact) else x.astype(config.floatx())


def align(x: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return two arrays with one rank where an axis of length 1 at the end of one of them is all that differs."""
    if y.ndim == x.ndim + 1:
        y, x = align(y, x)
    elif x.ndim == y.ndim + 1 and x.shape[-1] == 1:
        if y.ndim == 1:
            y = y[:, None]
        else:
            x = jnp.squeeze(x, -1)
    return x, y


def pair(y_true: Any, y_pred: Any) -> tuple[jax.Array, jax.Array]:
    """Return targets and predictions as arrays of the predictions' float type, aligned."""
    y_pred = to_float(y_pred)
    return align(jnp.asarray(y_true, dtype=y_pred.dtype), y_pred)


def spread(weights: jax.Array, values: jax.Array) -> jax.Array:
    """Return `weights` (batch, ...) with axes of length 1 at the end, so that they meet the first axes of `values`."""
    if 0 < weights.ndim < values.ndim and weights.shape == values.shape[: weights.ndim]:
        return weights.reshape(weights.shape + (1,) * (values.ndim - weights.ndim))
    return weights


def masked_weights(weights: Any, mask: Any, dtype: str, *, keep_mean: bool) -> jax.Array:
    """Return sample weights times a mask; with `keep_mean` the mask is scaled to a mean of 1."""
    mask = jnp.asarray(mask, dtype=dtype)
    if keep_mean:
        mask = mask * (mask.size / (jnp.sum(mask) + config.epsilon()))
    if weights is None:
        return mask
    mask, weights = align(mask, weights)
    return spread(weights, mask) * spread(mask, weights)


def reduce_weighted(values: Any, weights: Any, mask: Any, reduction: str | None, dtype: str) -> jax.Array:
    """Return `values` times sample weights and mask, reduced to one number unless `reduction` is None or 'none'."""
    values = jnp.asarray(values, dtype=dtype)
    if weights is not None:
        weights = jnp.asarray(weights, dtype=dtype)
    if mask is not None:
        weights = masked_weights(weights, mask, dtype, keep_mean=reduction in ("mean", "sum_over_batch_size"))
    if weights is not None:
        values, weights = align(values, weights)
        weights = spread(weights, values)
        values = values * weights
    if reduction in (None, "none") or values.shape in ((), (0,)):
        return values
    if reduction == "sum":
        return jnp.sum(values)
    if reduction == "mean_with_sample_weight" and weights is not None:
        return divide_no_nan(jnp.sum(values), jnp.sum(weights))
    return jnp.mean(values)


@jax.jit  # the averages of an epoch are fetched without a trace: one call in place of four
def divide_no_nan(x: jax.Array, y: jax.Array) -> jax.Array:
    """Return x / y, and 0 where y is 0."""
    zero = y == 0
    return jnp.where(zero, 0, x / jnp.where(zero, 1, y))


class Loss(Configurable):
    """How far predictions are from targets, as one number to be made small.

    Subclasses define `call(y_true, y_pred)`, which returns a value per sample, `(batch,)` or `(batch, time, ...)`; and
    store each constructor argument under its own name, so that the loss can be saved.

    Args:
        name: a name for logs; by default the class name in snake case.
        reduction: 'sum_over_batch_size' or 'mean' (the sum divided by the number of values), 'sum',
            'mean_with_sample_weight' (the sum divided by the sum of the sample weights), 'none' or None (no reduction).
        dtype: the data type that targets and predictions are converted to; by default the default float type.

    Calling a loss with `sample_weight` (batch,) or (batch, time) multiplies the values. A mask of `y_pred` does so too.

    >>> import hornbeam as keras
    >>> class Distance(keras.losses.Loss):
    ...     def call(self, y_true, y_pred):
    ...         return keras.ops.max(keras.ops.abs(y_true - y_pred), axis=-1)
    >>> float(Distance()([[0.0, 1.0]], [[0.5, 1.0]]))
    0.5
    """

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: Any = None
    ) -> None:
        self.name = name or auto_name(snake_case(type(self).__name__))
        if reduction is not None and reduction not in REDUCTIONS:
            expected = f"reduction must be None or one of {', '.join(map(repr, REDUCTIONS))}"
            message = f"{self.name}: {expected}; got {reduction!r}.{suggest(reduction, REDUCTIONS)}"
            raise ValueError(message)
        self.reduction = reduction
        self.dtype = compute_dtype(dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return a value per sample, from arrays (batch, ...)."""
        message = f"{type(self).__name__} must define call(y_true, y_pred)."
        raise NotImplementedError(message)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the reduced loss; `y_true` and `y_pred` may be nests of arrays if `call` takes them."""
        return loss(self, y_true, y_pred, sample_weight, mask_of(y_pred))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments; the data type only where it is not the default one."""
        arguments = {"name": self.name, "reduction": self.reduction, "dtype": self.dtype} | super().get_config()
        if arguments["dtype"] == config.floatx():
            del arguments["dtype"]
        return arguments

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


def compute_dtype(dtype: Any) -> str:
    """Return the name of the type to compute in, given a name, a dtype policy or its name, or None."""
    name = getattr(dtype, "compute_dtype", dtype)
    return dtypes.canonical(name.removeprefix("mixed_") if isinstance(name, str) else name)


@op
def loss(which: Loss, y_true: Any, y_pred: Any, sample_weight: Any, mask: Any) -> Any:
    """Return what `which` gives for arrays."""
    with here(masks={}):  # inside, the only masks are those that the loss itself makes
        values = which.call(_arrays(y_true, which.dtype), _arrays(y_pred, which.dtype))
        own_mask = mask_of(values)
    if own_mask is not None:
        mask = own_mask if mask is None else jnp.logical_and(*align(jnp.asarray(mask), own_mask))
    if HERE.rows is not None:
        mask = _counting(HERE.rows, values, sample_weight, mask)
    return reduce_weighted(values, sample_weight, mask, which.reduction, which.dtype)


def _counting(rows: jax.Array, values: jax.Array, sample_weight: Any, mask: Any) -> jax.Array:
    """Return a mask for the rows that count, where a batch was filled up, and within them for what `mask` leaves in."""
    if mask is not None:
        return jnp.asarray(mask, bool) & spread(rows, jnp.asarray(mask))
    return rows if sample_weight is not None else jnp.broadcast_to(spread(rows, values), values.shape)


def _arrays(nest: Any, dtype: str) -> Any:
    """Return a nest of arrays with each of `dtype`; a list of numbers is an array, not a nest."""
    return jax.tree.map(lambda x: jnp.asarray(x, dtype=dtype), nest, is_leaf=_is_numbers)


def _is_numbers(x: Any) -> bool:
    return isinstance(x, list | tuple) and not any(hasattr(leaf, "shape") for leaf in jax.tree.leaves(x))


class LossFunctionWrapper(Loss):
    """A loss made of a function of (y_true, y_pred, **kwargs) that returns a value per sample.

    Targets and predictions whose ranks differ by an axis of length 1 at the end are aligned first.

    >>> import hornbeam as keras
    >>> loss = keras.losses.Huber(delta=2.0)
    >>> loss.fn.__name__, loss.delta
    ('huber', 2.0)
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.fn = fn
        self._arguments = tuple(kwargs)
        for argument, value in kwargs.items():
            setattr(self, argument, value)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the function's value per sample."""
        leaves, structure = jax.tree.flatten(y_pred)
        if structure == jax.tree.structure(y_true):
            pairs = [align(t, p) for t, p in zip(jax.tree.leaves(y_true), leaves, strict=True)]
            y_true, y_pred = (jax.tree.unflatten(structure, side) for side in zip(*pairs, strict=True))
        return self.fn(y_true, y_pred, **self._kwargs())

    def _kwargs(self) -> dict[str, Any]:
        return {argument: getattr(self, argument) for argument in self._arguments}

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | self._kwargs()


def with_mask(values: Any, mask: Any) -> Any:
    """Return `values`, a new array, after remembering that only those where `mask` holds count in a reduction."""
    attach_mask(values, mask)
    return values
