"""Functions of `keras.backend` for neural networks: convolutions, pooling, normalization, losses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from hornbeam import ops
from hornbeam._core import config
from hornbeam._core.op import op

Sizes = int | Sequence[int]

binary_crossentropy = ops.binary_crossentropy
categorical_crossentropy = ops.categorical_crossentropy
sparse_categorical_crossentropy = ops.sparse_categorical_crossentropy


def conv1d(
    x: Any, kernel: Any, strides: Sizes = 1, padding: str = "valid", data_format: Any = None, dilation_rate: Sizes = 1
) -> Any:
    """Return the convolution of sequences `x`; padding 'causal' looks at earlier steps alone."""
    return ops.conv(x, kernel, strides, padding, data_format, dilation_rate)


def conv2d(
    x: Any,
    kernel: Any,
    strides: Sizes = (1, 1),
    padding: str = "valid",
    data_format: Any = None,
    dilation_rate: Sizes = (1, 1),
) -> Any:
    """Return the convolution of images `x` with `kernel` (rows, columns, channels, filters)."""
    return ops.conv(x, kernel, strides, padding, data_format, dilation_rate)


def conv3d(
    x: Any,
    kernel: Any,
    strides: Sizes = (1, 1, 1),
    padding: str = "valid",
    data_format: Any = None,
    dilation_rate: Sizes = (1, 1, 1),
) -> Any:
    """Return the convolution of volumes `x`."""
    return ops.conv(x, kernel, strides, padding, data_format, dilation_rate)


def depthwise_conv2d(
    x: Any,
    depthwise_kernel: Any,
    strides: Sizes = (1, 1),
    padding: str = "valid",
    data_format: Any = None,
    dilation_rate: Sizes = (1, 1),
) -> Any:
    """Return the convolution of each channel of images `x` with kernels of its own."""
    return ops.depthwise_conv(x, depthwise_kernel, strides, padding, data_format, dilation_rate)


def separable_conv2d(
    x: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Sizes = (1, 1),
    padding: str = "valid",
    data_format: Any = None,
    dilation_rate: Sizes = (1, 1),
) -> Any:
    """Return a convolution of each channel, then one over the channels."""
    return ops.separable_conv(x, depthwise_kernel, pointwise_kernel, strides, padding, data_format, dilation_rate)


def pool2d(
    x: Any,
    pool_size: Sizes,
    strides: Sizes = (1, 1),
    padding: str = "valid",
    data_format: Any = None,
    pool_mode: str = "max",
) -> Any:
    """Return the largest value ('max') or the mean ('avg') of each window of images `x`."""
    pool = {"max": ops.max_pool, "avg": ops.average_pool}[pool_mode]
    return pool(x, pool_size, strides, padding, data_format)


def pool3d(
    x: Any,
    pool_size: Sizes,
    strides: Sizes = (1, 1, 1),
    padding: str = "valid",
    data_format: Any = None,
    pool_mode: str = "max",
) -> Any:
    """Return the largest value ('max') or the mean ('avg') of each window of volumes `x`."""
    return pool2d(x, pool_size, strides, padding, data_format, pool_mode)


def bias_add(x: Any, bias: Any, data_format: str | None = None) -> Any:
    """Return `x` plus `bias`, one number per channel or one per place."""
    return _bias_add(x, bias, config.standardize_data_format(data_format))


@op
def _bias_add(x: Any, bias: Any, data_format: str) -> Any:
    if data_format == "channels_first" and x.ndim > 2:
        bias = bias.reshape((bias.shape[-1], *(bias.shape[:-1] if bias.ndim > 1 else (1,) * (x.ndim - 2))))
    return x + bias


@op
def batch_normalization(
    x: Any, mean: Any, var: Any, beta: Any, gamma: Any, axis: int = -1, epsilon: float = 1e-3
) -> Any:
    """Return (x - mean) / sqrt(var + epsilon) * gamma + beta, with one number per step of `axis`, or of any shape."""
    shape = [-1 if i == axis % x.ndim else 1 for i in range(x.ndim)]
    mean, var, beta, gamma = (
        v if v is None or jnp.ndim(v) != 1 else v.reshape(shape) for v in (mean, var, beta, gamma)
    )
    return (x - mean) / jnp.sqrt(var + epsilon) * (1 if gamma is None else gamma) + (0 if beta is None else beta)


@op
def normalize_batch_in_training(
    x: Any, gamma: Any, beta: Any, reduction_axes: Sequence[int], epsilon: float = 1e-3
) -> tuple[Any, Any, Any]:
    """Return `x` normalized over `reduction_axes`, with the mean and variance that were used."""
    axes = tuple(reduction_axes)
    mean, var = jnp.mean(x, axes, keepdims=True), jnp.var(x, axes, keepdims=True)
    normal = (x - mean) / jnp.sqrt(var + epsilon)
    fit = mean.shape
    result = normal * (1 if gamma is None else gamma.reshape(fit)) + (0 if beta is None else beta.reshape(fit))
    return result, mean.squeeze(axes), var.squeeze(axes)


@op
def in_top_k(predictions: Any, targets: Any, k: int) -> Any:
    """Return for each sample whether its target is among the `k` classes with the highest predictions."""
    chosen = jnp.take_along_axis(predictions, targets.astype("int32")[:, None], axis=-1)
    return (predictions > chosen).sum(axis=-1) < k
