"""Pooling: the largest or the mean of each window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from hornbeam._core import config
from hornbeam._core.op import op
from hornbeam.ops._arrays import Tensor, as_array
from hornbeam.ops._conv import Sizes, check_padding, per_axis
from hornbeam.ops._fast import block_max, is_blocks


def _windows(
    inputs: jax.Array, pool_size: Sizes, strides: Sizes | None, padding: str, data_format: str | None
) -> tuple[tuple[int, ...], tuple[int, ...], str]:
    """Return the window and the strides with 1 for batch and channels, and the padding as lax names it."""
    rank = inputs.ndim - 2
    pool = per_axis(pool_size, rank, "pool_size")
    step = pool if strides is None else per_axis(strides, rank, "strides")
    last = config.standardize_data_format(data_format) == "channels_last"
    full = [(1, *sizes, 1) if last else (1, 1, *sizes) for sizes in (pool, step)]
    padding = check_padding(padding)
    return full[0], full[1], padding.upper()


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
    window, step, padding = _windows(inputs, pool_size, strides, padding, data_format)
    if is_blocks(inputs, window, step, padding):
        return block_max(inputs, window)
    low = -np.inf if inputs.dtype.kind not in "biu" else jnp.iinfo(inputs.dtype).min
    return jax.lax.reduce_window(inputs, np.asarray(low, inputs.dtype), jax.lax.max, window, step, padding)


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
    window, step, padding = _windows(inputs, pool_size, strides, padding, data_format)
    zero = np.asarray(0, inputs.dtype)
    total = jax.lax.reduce_window(inputs, zero, jax.lax.add, window, step, padding)
    if padding == "VALID":
        return total / np.prod(window).astype(inputs.dtype)
    shape = [1 if size == 1 else length for size, length in zip(window, inputs.shape, strict=True)]
    return total / jax.lax.reduce_window(jnp.ones(shape, inputs.dtype), zero, jax.lax.add, window, step, padding)


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
