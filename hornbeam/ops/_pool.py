"""Pooling: the largest or the mean of each window."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from hornbeam._core import config
from hornbeam._core.op import op
from hornbeam.ops._arrays import Tensor, as_array
from hornbeam.ops._conv import Sizes, check_padding, per_axis, window_geometry
from hornbeam.ops._fast import Geometry
from hornbeam.ops._fast_pool import fast_pool, larger


def _windows(
    inputs: jax.Array, pool_size: Sizes, strides: Sizes | None, padding: str, data_format: str | None
) -> tuple[bool, Geometry]:
    """Return whether the channels come last, and where the windows go."""
    rank = inputs.ndim - 2
    pool = per_axis(pool_size, rank, "pool_size")
    step = pool if strides is None else per_axis(strides, rank, "strides")
    last = config.standardize_data_format(data_format) == "channels_last"
    lengths = inputs.shape[1:-1] if last else inputs.shape[2:]
    return last, window_geometry(lengths, pool, step, check_padding(padding))


def _reduce_windows(x: jax.Array, geometry: Geometry, last: bool, combine: Any, start: Any) -> jax.Array:
    """Return `combine` over the windows, as XLA does it."""

    def full(sizes: Sequence[Any], other: Any) -> tuple[Any, ...]:
        return (other, *sizes, other) if last else (other, other, *sizes)

    window, strides, pads = full(geometry.window, 1), full(geometry.strides, 1), full(geometry.pads, (0, 0))
    return jax.lax.reduce_window(x, np.asarray(start, x.dtype), combine, window, strides, pads)


@op
def max_pool(
    inputs: Tensor,
    pool_size: Sizes,
    strides: Sizes | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Return the largest element of each window, per channel; where several are, the gradient goes to the first.

    `inputs` is (batch, *spatial, channels), or (batch, channels, *spatial) for 'channels_first'; `strides` None means
    `pool_size`; `padding` 'same' lets windows reach beyond the inputs.

    >>> from hornbeam import ops
    >>> ops.max_pool(ops.ones((1, 4, 4, 3)), 2).shape
    (1, 2, 2, 3)
    """
    inputs = as_array(inputs)
    last, geometry = _windows(inputs, pool_size, strides, padding, data_format)
    low = False if inputs.dtype == bool else jnp.iinfo(inputs.dtype).min if inputs.dtype.kind in "iu" else -np.inf
    fast = fast_pool(larger, inputs, geometry, 1 if last else 2, low)
    return _reduce_windows(inputs, geometry, last, jax.lax.max, low) if fast is None else fast


@op
def average_pool(
    inputs: Tensor,
    pool_size: Sizes,
    strides: Sizes | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Return the mean of each window, per channel; what lies beyond the inputs does not count.

    Arguments as in `max_pool`.

    >>> from hornbeam import ops
    >>> ops.average_pool(ops.ones((1, 4, 4, 3)), 2).shape
    (1, 2, 2, 3)
    """
    inputs = as_array(inputs)
    last, geometry = _windows(inputs, pool_size, strides, padding, data_format)
    total = fast_pool(jnp.add, inputs, geometry, 1 if last else 2, 0)
    if total is None:
        total = _reduce_windows(inputs, geometry, last, jax.lax.add, 0)
    if not any(map(any, geometry.pads)):
        return total / np.prod(geometry.window).astype(inputs.dtype)
    lengths = inputs.shape[1:-1] if last else inputs.shape[2:]
    if not all(isinstance(n, int) for n in lengths):
        ones = jnp.ones_like(inputs[:1, ..., :1] if last else inputs[:1, :1])
        return total / _reduce_windows(ones, geometry, last, jax.lax.add, 0)
    counts = [_inside(n, geometry, axis) for axis, n in enumerate(lengths)]
    counts = functools.reduce(np.multiply.outer, counts)
    return total / jnp.asarray(counts[..., None] if last else counts, inputs.dtype)


def _inside(length: int, geometry: Geometry, axis: int) -> np.ndarray:
    """Return how many places of each window lie on an axis of `length`."""
    begin = np.arange(geometry.out[axis]) * geometry.strides[axis] - geometry.pads[axis][0]
    return np.minimum(begin + geometry.window[axis], length) - np.maximum(begin, 0)


@op
def adaptive_average_pool(inputs: Tensor, output_size: Sizes, data_format: str | None = None) -> Tensor:
    """Return the mean of each of `output_size` windows, of near equal length, that cover each spatial axis.

    Window i of n over a length L reaches from floor(i * L / n) to ceil((i + 1) * L / n).

    >>> from hornbeam import ops
    >>> ops.adaptive_average_pool(ops.ones((1, 7, 7, 3)), 2).shape
    (1, 2, 2, 3)
    """
    return _adaptive(jnp.mean, inputs, output_size, data_format)


@op
def adaptive_max_pool(inputs: Tensor, output_size: Sizes, data_format: str | None = None) -> Tensor:
    """Return the largest element of each of `output_size` windows, placed as in `adaptive_average_pool`.

    >>> from hornbeam import ops
    >>> ops.adaptive_max_pool(ops.ones((1, 7, 7, 3)), 2).shape
    (1, 2, 2, 3)
    """
    return _adaptive(jnp.max, inputs, output_size, data_format)


def _adaptive(reduce: Callable[..., jax.Array], inputs: Tensor, output_size: Sizes, data_format: str | None) -> Any:
    """Return the windows reduced, one axis after another: a window is a box, so the order does not matter."""
    x = as_array(inputs)
    rank = x.ndim - 2
    first = 1 if config.standardize_data_format(data_format) == "channels_last" else 2
    for axis, count in enumerate(per_axis(output_size, rank, "output_size"), first):
        length = x.shape[axis]
        windows = [(i * length // count, -(-(i + 1) * length // count)) for i in range(count)]
        parts = [reduce(jax.lax.slice_in_dim(x, *window, axis=axis), axis, keepdims=True) for window in windows]
        x = jnp.concatenate(parts, axis)
    return x
