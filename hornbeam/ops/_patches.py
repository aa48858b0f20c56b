"""Pixels moved between space and channels: patches, blocks, folding."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp

from hornbeam._core import config
from hornbeam._core.op import op
from hornbeam.ops._arrays import Tensor, as_array, inexact
from hornbeam.ops._conv import Sizes, check_padding, per_axis


@op
def depth_to_space(x: Tensor, block_size: int, data_format: str | None = "channels_last") -> Tensor:
    """Return (batch, height, width, channels) with blocks of channels laid out as pixels.

    The lengths grow `block_size` times, and the channels shrink by its square.

    >>> from hornbeam import ops
    >>> ops.depth_to_space(ops.ones((1, 2, 2, 8)), 2).shape
    (1, 4, 4, 2)
    """
    x, last = as_array(x), config.standardize_data_format(data_format) == "channels_last"
    _check_block(x, block_size)
    n, b = x.shape[0], block_size
    height, width, channels = x.shape[1:] if last else (*x.shape[2:], x.shape[1])
    if channels % (b * b):
        message = f"depth_to_space: channels must be a multiple of block_size**2={b * b}; got {channels}."
        raise ValueError(message)
    depth = channels // (b * b)
    if last:
        x = jnp.transpose(jnp.reshape(x, (n, height, width, b, b, depth)), (0, 1, 3, 2, 4, 5))
        return jnp.reshape(x, (n, height * b, width * b, depth))
    x = jnp.transpose(jnp.reshape(x, (n, depth, b, b, height, width)), (0, 1, 4, 2, 5, 3))
    return jnp.reshape(x, (n, depth, height * b, width * b))


@op
def space_to_depth(x: Tensor, block_size: int, data_format: str | None = "channels_last") -> Tensor:
    """Return (batch, height, width, channels) with blocks of pixels laid out as channels: what undoes depth_to_space.

    >>> from hornbeam import ops
    >>> ops.space_to_depth(ops.ones((1, 4, 4, 2)), 2).shape
    (1, 2, 2, 8)
    """
    x, last = as_array(x), config.standardize_data_format(data_format) == "channels_last"
    _check_block(x, block_size)
    n, b = x.shape[0], block_size
    height, width, channels = x.shape[1:] if last else (*x.shape[2:], x.shape[1])
    if height % b or width % b:
        message = f"space_to_depth: height and width must be multiples of block_size={b}; got {height} and {width}."
        raise ValueError(message)
    rows, columns = height // b, width // b
    if last:
        x = jnp.transpose(jnp.reshape(x, (n, rows, b, columns, b, channels)), (0, 1, 3, 2, 4, 5))
        return jnp.reshape(x, (n, rows, columns, channels * b * b))
    x = jnp.transpose(jnp.reshape(x, (n, channels, rows, b, columns, b)), (0, 1, 3, 5, 2, 4))
    return jnp.reshape(x, (n, channels * b * b, rows, columns))


def _check_block(x: jax.Array, block_size: int) -> None:
    if x.ndim != 4 or not isinstance(block_size, int) or block_size < 1:
        message = f"x must have 4 axes, and block_size be a positive whole number; got {x.shape} and {block_size!r}."
        raise ValueError(message)


@op
def unfold(x: Tensor, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1) -> Tensor:
    """Return the patches of `x` (batch, channels, height, width) as columns: (batch, channels * window, places).

    >>> from hornbeam import ops
    >>> ops.unfold(ops.ones((1, 3, 4, 4)), 2).shape
    (1, 12, 9)
    """
    x = as_array(x)
    _, pads = _pairs(padding)
    patches = _columns(x, per_axis(kernel_size, 2, "kernel_size"), per_axis(stride, 2, "stride"), pads, dilation)
    return jnp.reshape(patches, (*patches.shape[:2], math.prod(patches.shape[2:])))


def _columns(x: jax.Array, window: Any, strides: Any, padding: Any, dilation: Sizes) -> jax.Array:
    """Return (batch, channels * window, *places) of `x` (batch, channels, *spatial)."""
    if 0 in x.shape[1:]:
        message = f"images must not be empty; got channels and lengths {x.shape[1:]}."
        raise ValueError(message)
    some = x if x.shape[0] != 0 else jnp.zeros((1, *x.shape[1:]), x.dtype)  # JAX's cannot take an empty batch
    dilations = per_axis(dilation, len(window), "dilation_rate")
    patches = jax.lax.conv_general_dilated_patches(some, window, strides, padding, rhs_dilation=dilations)
    return patches[: x.shape[0]]


def _pairs(padding: Sizes) -> tuple[list[int], list[tuple[int, int]]]:
    each = [padding] * 2 if isinstance(padding, int) else list(padding)
    return each, [(p, p) for p in each]


@op
def fold(
    x: Tensor, output_size: Sizes, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1
) -> Tensor:
    """Return (batch, channels, *output_size), the sum of the patches (batch, channels * window, places) put in place.

    Folding what `unfold` gave counts each element as often as it lies in a patch.

    >>> from hornbeam import ops
    >>> ops.fold(ops.ones((1, 12, 9)), (4, 4), 2).shape
    (1, 3, 4, 4)
    """
    x, dtype = inexact(x), as_array(x).dtype
    height, width = per_axis(output_size, 2, "output_size")
    window = per_axis(kernel_size, 2, "kernel_size")
    channels = x.shape[1] // (window[0] * window[1])
    image = jax.ShapeDtypeStruct((x.shape[0], channels, height, width), x.dtype)
    (result,) = jax.linear_transpose(lambda v: unfold(v, kernel_size, dilation, padding, stride), image)(x)
    return result.astype(dtype)


@op
def extract_patches(
    images: Tensor,
    size: Sizes,
    strides: Sizes | None = None,
    dilation_rate: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Return the patches of images (batch, height, width, channels): (batch, rows, columns, window * channels).

    An image alone, without the batch axis, gives its patches without one; `strides` None means `size`. For
    'channels_first' the axes are (batch, channels, height, width) and (batch, window * channels, rows, columns).

    >>> from hornbeam import ops
    >>> ops.image.extract_patches(ops.ones((1, 4, 4, 3)), 2).shape
    (1, 2, 2, 12)
    """
    return _patches(images, size, strides, dilation_rate, padding, data_format, rank=2)


@op
def extract_patches_3d(
    volumes: Tensor,
    size: Sizes,
    strides: Sizes | None = None,
    dilation_rate: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Return the patches of volumes (batch, depth, height, width, channels), as `extract_patches` does of images.

    >>> from hornbeam import ops
    >>> ops.image.extract_patches_3d(ops.ones((1, 4, 4, 4, 3)), 2).shape
    (1, 2, 2, 2, 24)
    """
    return _patches(volumes, size, strides, dilation_rate, padding, data_format, rank=3)


def _patches(
    x: Tensor, size: Sizes, strides: Sizes | None, dilation: Sizes, padding: str, data_format: str | None, *, rank: int
) -> jax.Array:
    x = as_array(x)
    if x.ndim not in (rank + 1, rank + 2):
        message = f"images must have {rank + 1} axes, or {rank + 2} with a batch; got shape {x.shape}."
        raise ValueError(message)
    window = per_axis(size, rank, "size")
    steps = window if strides is None else per_axis(strides, rank, "strides")
    last = config.standardize_data_format(data_format) == "channels_last"
    batched = x if x.ndim == rank + 2 else x[None]
    channels_first: Any = jnp.moveaxis(batched, -1, 1) if last else batched
    patches = _columns(channels_first, window, steps, check_padding(padding).upper(), dilation)
    apart = jnp.reshape(patches, (patches.shape[0], channels_first.shape[1], math.prod(window), *patches.shape[2:]))
    patches = jnp.reshape(jnp.swapaxes(apart, 1, 2), patches.shape)
    if last:
        patches = jnp.moveaxis(patches, 1, -1)
    return patches if x.ndim == rank + 2 else patches[0]
