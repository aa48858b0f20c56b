"""Convolutions over one to three spatial axes, in either order of the axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.core import max_dim

from hornbeam._core import config
from hornbeam._core.op import op
from hornbeam.ops._arrays import Tensor, as_array
from hornbeam.ops._fast import Geometry, fast_convolution, fast_relu_convolution, hint, transposed_by_phases

Sizes = int | Sequence[int]


def per_axis(value: Sizes, rank: int, name: str) -> tuple[int, ...]:
    """Return a number, or one per spatial axis, as a tuple of `rank` numbers."""
    sizes = (value,) * rank if isinstance(value, int) else tuple(value)
    if len(sizes) != rank or any(not isinstance(s, int) or s <= 0 for s in sizes):
        message = f"{name} must be a positive whole number or {rank} of them; got {value!r}."
        raise ValueError(message)
    return sizes


def _dimensions(rank: int, data_format: str | None) -> tuple[bool, tuple[str, str, str]]:
    """Return whether the channels come last, and the axes of inputs, kernel and outputs as lax names them."""
    spatial = "DHW"[-rank:]
    last = config.standardize_data_format(data_format) == "channels_last"
    order = f"N{spatial}C" if last else f"NC{spatial}"
    return last, (order, f"{spatial}IO", order)


def check_padding(padding: str) -> str:
    """Return `padding` in small letters, refused unless it is one of two."""
    lowered = padding.lower() if isinstance(padding, str) else padding
    if lowered not in ("valid", "same"):
        message = f"padding must be 'valid' or 'same'; got {padding!r}."
        raise ValueError(message)
    return lowered


def window_geometry(
    lengths: Sequence[int],
    window: Sequence[int],
    strides: tuple[int, ...],
    padding: str,
    dilation: tuple[int, ...] | None = None,
) -> Geometry:
    """Return where a window goes along axes of `lengths`; an odd 'same' padding adds the one more at the end."""
    dilation = dilation or (1,) * len(window)
    reaches = [(size - 1) * d + 1 for size, d in zip(window, dilation, strict=True)]
    pads, out = [], []
    for length, reach, stride in zip(lengths, reaches, strides, strict=True):
        total = 0
        if padding == "same":
            total = max_dim((-(-length // stride) - 1) * stride + reach - length, 0)
        pads.append((total // 2, total - total // 2))
        out.append(max_dim((length + total - reach) // stride + 1, 0))
    return Geometry(tuple(window), strides, dilation, tuple(pads), tuple(out))


def _check_channels(channels: int, kernel: jax.Array) -> int:
    """Return the number of groups: how many times the kernel's input channels go into the inputs'."""
    each = kernel.shape[-2]
    if channels % each:
        message = f"inputs' channels must be a multiple of the kernel's input channels, {each}; got {channels}."
        raise ValueError(message)
    return channels // each


def _check_output(shape: Sequence[int], inputs: jax.Array, kernel: jax.Array) -> None:
    if 0 in shape[1:]:
        message = (
            f"a kernel of {kernel.shape[:-2]} must fit the inputs, of shape {inputs.shape}: the result is empty. "
            "A smaller kernel_size or strides, or padding='same', would help."
        )
        raise ValueError(message)


@op
def conv(
    inputs: Tensor,
    kernel: Tensor,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Tensor:
    """Return the convolution (cross-correlation) of `inputs` with `kernel`, over one to three spatial axes.

    `inputs` is (batch, *spatial, channels), or (batch, channels, *spatial) for 'channels_first'; `kernel` is
    (*window, channels / groups, filters). `padding` 'valid' keeps to the inputs, 'same' adds zeros so that a stride
    of 1 keeps the lengths.

    >>> from hornbeam import ops
    >>> ops.conv(ops.ones((1, 5, 5, 3)), ops.ones((3, 3, 3, 8))).shape
    (1, 3, 3, 8)
    """
    inputs, kernel, groups, dimensions, geometry = _placed(inputs, kernel, strides, padding, data_format, dilation_rate)
    last = dimensions[0].endswith("C")
    result = fast_convolution(inputs if last else jnp.moveaxis(inputs, 1, -1), kernel, geometry)
    if result is not None:
        return result if last else jnp.moveaxis(result, -1, 1)
    result = jax.lax.conv_general_dilated(
        inputs,
        kernel,
        geometry.strides,
        geometry.pads,
        rhs_dilation=geometry.dilation,
        dimension_numbers=dimensions,
        feature_group_count=groups,
    )
    _check_output(result.shape, inputs, kernel)
    return result


def _placed(
    inputs: Tensor, kernel: Tensor, strides: Sizes, padding: str, data_format: str | None, dilation_rate: Sizes
) -> tuple[jax.Array, jax.Array, int, tuple[str, str, str], Geometry]:
    """Return inputs and kernel as arrays of one type, the groups, the axes as lax names them, and the geometry."""
    inputs, kernel = as_array(inputs), as_array(kernel)
    rank = inputs.ndim - 2
    last, dimensions = _dimensions(rank, data_format)
    strides = per_axis(strides, rank, "strides")
    dilation = per_axis(dilation_rate, rank, "dilation_rate")
    groups = _check_channels(inputs.shape[-1 if last else 1], kernel)
    lengths = inputs.shape[1:-1] if last else inputs.shape[2:]
    geometry = window_geometry(lengths, kernel.shape[:-2], strides, check_padding(padding), dilation)
    return inputs, kernel.astype(inputs.dtype), groups, dimensions, geometry


def relu_conv(inputs: Tensor, kernel: Tensor, bias: Tensor, *where: Any) -> jax.Array | None:
    """Return relu(conv + bias) where that takes one pass over the result, else None; `where` as in `conv`."""
    inputs, kernel, _, dimensions, geometry = _placed(inputs, kernel, *where)
    if not dimensions[0].endswith("C"):
        return None
    return fast_relu_convolution(inputs, kernel, as_array(bias), geometry)


@op
def depthwise_conv(
    inputs: Tensor,
    kernel: Tensor,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Tensor:
    """Return each channel convolved with filters of its own.

    `inputs` is as in `conv`, over one or two spatial axes; `kernel` is (*window, channels, multiplier), and the result
    has channels * multiplier channels.

    >>> from hornbeam import ops
    >>> ops.depthwise_conv(ops.ones((1, 5, 5, 3)), ops.ones((3, 3, 3, 2))).shape
    (1, 3, 3, 6)
    """
    inputs, kernel = as_array(inputs), as_array(kernel)
    channels, multiplier = kernel.shape[-2:]
    flat = jnp.reshape(kernel, (*kernel.shape[:-2], 1, channels * multiplier))
    return conv.__wrapped__(inputs, flat, strides, padding, data_format, dilation_rate)  # type: ignore[attr-defined]


@op
def separable_conv(
    inputs: Tensor,
    depthwise_kernel: Tensor,
    pointwise_kernel: Tensor,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Tensor:
    """Return `depthwise_conv`, its channels then mixed by a convolution of window 1.

    `pointwise_kernel` is (1, ..., channels * multiplier, filters).

    >>> from hornbeam import ops
    >>> ops.separable_conv(ops.ones((1, 5, 5, 3)), ops.ones((3, 3, 3, 2)), ops.ones((1, 1, 6, 4))).shape
    (1, 3, 3, 4)
    """
    deep = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(deep, pointwise_kernel, data_format=data_format)


@op
def conv_transpose(
    inputs: Tensor,
    kernel: Tensor,
    strides: Sizes = 1,
    padding: str = "valid",
    output_padding: Sizes | None = None,
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Tensor:
    """Return the transposed convolution, which spreads each element of `inputs` over a window of the result.

    `inputs` is as in `conv`; `kernel` is (*window, filters, channels). A length n becomes (n - 1) * stride + window for
    'valid' and n * stride for 'same'; `output_padding` says how much longer than the least it is.

    >>> from hornbeam import ops
    >>> ops.conv_transpose(ops.ones((1, 5, 5, 3)), ops.ones((3, 3, 8, 3)), strides=2, padding="same").shape
    (1, 10, 10, 8)
    """
    inputs, kernel = as_array(inputs), as_array(kernel)
    rank = inputs.ndim - 2
    last, dimensions = _dimensions(rank, data_format)
    strides = per_axis(strides, rank, "strides")
    dilation = per_axis(dilation_rate, rank, "dilation_rate")
    extra = (output_padding,) * rank if output_padding is None or isinstance(output_padding, int) else output_padding
    windows = [(k - 1) * d + 1 for k, d in zip(kernel.shape, dilation, strict=False)]
    padding = check_padding(padding)
    pads = [_transpose_padding(*each, padding) for each in zip(windows, strides, extra, strict=True)]
    flipped = jnp.swapaxes(jnp.flip(kernel, range(rank)), -1, -2)
    lengths = inputs.shape[1:-1] if last else inputs.shape[2:]
    sizes = zip(lengths, strides, pads, windows, strict=True)
    out = tuple((n - 1) * s + 1 + sum(pad) - w + 1 for n, s, pad, w in sizes)
    geometry = Geometry(kernel.shape[:-2], strides, dilation, tuple(pads), out)
    result = transposed_by_phases(inputs if last else jnp.moveaxis(inputs, 1, -1), flipped, geometry)
    if result is not None:
        return result if last else jnp.moveaxis(result, -1, 1)
    hint()
    return jax.lax.conv_general_dilated(
        inputs, flipped, (1,) * rank, pads, lhs_dilation=strides, rhs_dilation=dilation, dimension_numbers=dimensions
    )


def _transpose_padding(window: int, stride: int, extra: int | None, padding: str) -> tuple[int, int]:
    """Return the zeros before and after the spread inputs; window - 1 on both sides keeps every product."""
    if padding == "valid":
        return window - 1, window - 1 + (max(stride - window, 0) if extra is None else extra)
    total = stride + window - 2 if extra is None else 2 * (window - 1 - window // 2) + extra
    before = min((total + 1) // 2, window - 1)
    return before, total - before
