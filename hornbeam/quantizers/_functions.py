"""Real numbers to whole numbers of few bits and back, and the fake forms that stay real numbers."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from hornbeam._core.op import op

Axis = int | tuple[int, ...] | None


@op
def abs_max_quantize(
    inputs: Any,
    axis: Axis,
    value_range: tuple[int, int] = (-127, 127),
    dtype: str = "int8",
    epsilon: float = 1e-7,
    to_numpy: bool = False,
) -> tuple[Any, Any]:
    """Return whole numbers and the scale that made them: `round(inputs * scale)`, scale = range / (max |inputs|).

    Args:
        inputs: an array of real numbers.
        axis: the axes over which the largest element is taken; None for all.
        value_range: the smallest and the largest whole number.
        dtype: the type of the whole numbers.
        epsilon: added to the largest element, so that zeros divide nothing by zero.
        to_numpy: compute on the host, which spares memory of the device.

    Returns:
        The whole numbers, of the shape of `inputs`, and the scale, with length 1 along `axis`. The inputs are nearly
        `numbers / scale`.

    >>> import hornbeam as keras
    >>> numbers, scale = keras.quantizers.abs_max_quantize(keras.ops.array([[1.0, -2.0, 0.5]]), axis=-1)
    >>> numbers.tolist(), round(float(scale[0, 0]), 2)
    ([[64, -127, 32]], 63.5)
    """
    xp = np if to_numpy else jnp
    x = xp.asarray(inputs)
    axis = tuple(axis) if isinstance(axis, list) else axis
    low, high = value_range
    scale = (high / (xp.max(xp.abs(x), axis=axis, keepdims=True) + epsilon)).astype(x.dtype)
    codes = xp.clip(xp.round(x * scale), low, high).astype(dtype)
    return jnp.asarray(codes), jnp.asarray(scale)


@op
def abs_max_quantize_grouped_with_zero_point(
    inputs: Any,
    block_size: int,
    value_range: tuple[int, int] = (-8, 7),
    dtype: str = "int8",
    epsilon: float = 1e-7,  # noqa: ARG001 - Keras's argument: a group without a range gets one of 2 instead
    to_numpy: bool = False,
) -> tuple[Any, Any, Any]:
    """Return whole numbers by groups of `block_size` rows, each group and column with its own scale and zero.

    A group is stretched so that its smallest and largest element meet the ends of `value_range`; the zero itself is
    limited to -8..7, so that groups far from 0 are kept badly.

    Args:
        inputs: `(rows, columns)`.
        block_size: the rows of a group; the last group may have fewer.
        value_range: the smallest and the largest whole number.
        dtype: the type of the whole numbers.
        epsilon: not needed.
        to_numpy: compute on the host.

    Returns:
        The whole numbers `(rows, columns)`, the scale and the zero, both `(groups, columns)`; the inputs are nearly
        `(numbers - zero) * scale`.

    >>> import hornbeam as keras
    >>> kernel = keras.ops.array([[-8.0], [7.0], [0.0], [15.0]])
    >>> numbers, scale, zero = keras.quantizers.abs_max_quantize_grouped_with_zero_point(kernel, 2)
    >>> numbers.ravel().tolist(), scale.ravel().tolist(), zero.ravel().tolist()
    ([-8, 7, -8, 7], [1.0, 1.0], [0, -8])
    """
    xp = np if to_numpy else jnp
    x = xp.asarray(inputs)
    rows, columns = x.shape
    low, high = value_range
    groups = -(-rows // block_size)
    blocks = xp.pad(x, ((0, groups * block_size - rows), (0, 0))).reshape(groups, block_size, columns)
    least, most = blocks.min(axis=1), blocks.max(axis=1)
    flat = most == least
    least, most = xp.where(flat, least - 1, least), xp.where(flat, most + 1, most)
    scale = (most - least) / (high - low)
    zero = xp.clip(xp.round(-least / scale) - 8, -8, 7)
    codes = xp.clip(xp.round(blocks / scale[:, None]) + zero[:, None], low, high)
    codes = codes.reshape(-1, columns)[:rows].astype(dtype)
    return jnp.asarray(codes), jnp.asarray(scale.astype(x.dtype)), jnp.asarray(zero.astype("int8"))


@op
def quantize_and_dequantize(inputs: Any, scale: Any, quantized_dtype: Any, compute_dtype: Any) -> Any:
    """Return `inputs` as they come back from a narrow float type: divided by `scale`, cast, cast back, multiplied.

    Numbers beyond the range of `quantized_dtype` become its largest.

    >>> import hornbeam as keras
    >>> x = keras.ops.array([0.3, 1000.0])
    >>> keras.quantizers.quantize_and_dequantize(x, 1.0, "float8_e4m3fn", "float32").tolist()
    [0.3125, 448.0]
    """
    largest = jnp.asarray(jnp.finfo(quantized_dtype).max, compute_dtype)
    x = jnp.clip(inputs / jnp.asarray(scale, compute_dtype), -largest, largest)
    return x.astype(quantized_dtype).astype(compute_dtype) * jnp.asarray(scale, compute_dtype)


@op
def compute_float8_scale(amax: Any, scale: Any, dtype_max: float, margin: int = 0) -> Any:
    """Return the scale for numbers up to `amax`: `amax / dtype_max * 2**margin`; the old one where that has no sense.

    >>> import hornbeam as keras
    >>> float(keras.quantizers.compute_float8_scale(896.0, 1.0, 448.0))
    2.0
    """
    inverse = dtype_max / amax / 2**margin
    inverse = jnp.where(amax > 0.0, inverse, 1 / jnp.asarray(scale))
    return 1 / jnp.where(jnp.isfinite(amax), inverse, 1 / jnp.asarray(scale))


@op
def compute_float8_amax_history(x: Any, amax_history: Any) -> Any:
    """Return the history of the largest elements `(length,)`, that of `x` in the place of the oldest and in front.

    >>> import hornbeam as keras
    >>> keras.quantizers.compute_float8_amax_history(keras.ops.array([1.0, -5.0]), keras.ops.array([1.0, 2.0])).tolist()
    [5.0, 1.0]
    """
    latest = jnp.max(jnp.abs(x)).astype(amax_history.dtype)
    return jnp.roll(amax_history, -1).at[0].set(latest)


def _nibbles(arr: Any, dtype: str, doing: str) -> Any:
    """Return `arr` as an array, of the type that `dtype` promises."""
    if dtype not in ("int8", "uint8"):
        message = f"{doing}: dtype must be 'int8' or 'uint8'; got {dtype!r}."
        raise ValueError(message)
    arr = jnp.asarray(arr)
    if arr.dtype != dtype:
        message = f"{doing}: an array of dtype {dtype} is expected; got {arr.dtype}."
        raise TypeError(message)
    return arr


def pack_int4(arr: Any, axis: int = 0, dtype: str = "int8") -> tuple[Any, tuple[int, ...], int]:
    """Return numbers of four bits two to a byte, the shape of that, and the length of `axis` before.

    Of two neighbours along `axis`, the first is in the low half of the byte. Numbers are -8..7, or 0..15 in 'uint8'.

    >>> import hornbeam as keras
    >>> packed, shape, length = keras.quantizers.pack_int4(keras.ops.array([-3, 7, 2], dtype="int8"))
    >>> packed.tolist(), shape, length
    ([125, 2], (2,), 3)
    """
    arr = _nibbles(arr, dtype, "pack_int4")
    length = arr.shape[axis]
    pairs = jnp.moveaxis(arr, axis, 0)
    pairs = jnp.pad(pairs, ((0, length % 2), *[(0, 0)] * (arr.ndim - 1)))
    low, high = pairs[::2] & 0xF, pairs[1::2] & 0xF
    packed = jnp.moveaxis(low | (high << 4), 0, axis).astype(dtype)
    return packed, packed.shape, length


def unpack_int4(packed: Any, orig_len: int, axis: int = 0, dtype: str = "int8") -> Any:
    """Return the numbers that `pack_int4` put two to a byte, `orig_len` of them along `axis`.

    >>> import hornbeam as keras
    >>> keras.quantizers.unpack_int4(keras.ops.array([125, 2], dtype="int8"), 3).tolist()
    [-3, 7, 2]
    """
    packed = jnp.moveaxis(_nibbles(packed, dtype, "unpack_int4"), axis, 0)
    low = packed & 0xF if dtype == "uint8" else (packed << 4) >> 4  # a shift to the right keeps the sign
    both = jnp.stack([low, packed >> 4], axis=1).reshape(-1, *packed.shape[1:])
    return jnp.moveaxis(both[:orig_len], 0, axis)


@op
def fake_quant_with_min_max_vars(
    inputs: Any,
    min_vals: Any,
    max_vals: Any,
    num_bits: int = 8,
    narrow_range: bool = False,
    axis: int | None = None,
) -> Any:
    """Return `inputs` rounded to the 2^num_bits numbers that whole numbers from `min_vals` to `max_vals` stand for.

    The range is moved a little, so that 0 is one of these numbers. The gradient passes through where the inputs are
    inside; outside it goes to the limit, so that limits can be learned.

    Args:
        inputs: an array of real numbers.
        min_vals: the lower limit, a number, or one for each index of `axis`.
        max_vals: the upper limit, as well.
        num_bits: the bits of a whole number.
        narrow_range: whether the smallest whole number is 1 and not 0.
        axis: the axis along which limits differ, or None.

    >>> import hornbeam as keras
    >>> x = keras.ops.array([-2.0, 0.3, 9.0])
    >>> keras.quantizers.fake_quant_with_min_max_vars(x, 0.0, 3.0, num_bits=2).tolist()
    [0.0, 0.0, 3.0]
    """
    x = jnp.asarray(inputs)
    shape = [1] * x.ndim

    def limit(given: Any) -> Any:
        given = jnp.asarray(given, "float32")
        if axis is None or given.ndim == 0:
            return given
        return given.reshape([*shape[: axis % x.ndim], -1, *shape[axis % x.ndim + 1 :]])

    bounds = int(narrow_range), 2**num_bits - 1
    rounded: Any = _fake_quant(bounds, x.astype("float32"), limit(min_vals), limit(max_vals))
    return rounded.astype(x.dtype)


def _nudged(bounds: tuple[int, int], low: Any, high: Any) -> tuple[Any, Any, Any]:
    """Return step and limits, moved so that 0 is a whole number of steps from them."""
    least, most = bounds
    step = (high - low) / (most - least)
    zero = jnp.round(jnp.clip(least - low / step, least, most))
    return step, (least - zero) * step, (most - zero) * step


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _fake_quant(bounds: tuple[int, int], x: Any, low: Any, high: Any) -> Any:
    step, low, high = _nudged(bounds, low, high)
    return jnp.floor((jnp.clip(x, low, high) - low) / step + 0.5) * step + low


def _forward(bounds: tuple[int, int], x: Any, low: Any, high: Any) -> tuple[Any, Any]:
    return _fake_quant(bounds, x, low, high), (x, low, high)


def _backward(bounds: tuple[int, int], saved: tuple[Any, Any, Any], gradient: Any) -> tuple[Any, Any, Any]:
    x, low, high = saved
    _, least, most = _nudged(bounds, low, high)

    def to_limit(outside: Any, limit: Any) -> Any:
        shared = [i for i, n in enumerate((1,) * (x.ndim - limit.ndim) + limit.shape) if n == 1 or limit.ndim == 0]
        return jnp.sum(jnp.where(outside, gradient, 0), axis=tuple(shared)).reshape(limit.shape)

    inside = jnp.where((x >= least) & (x <= most), gradient, 0)
    return inside, to_limit(x < least, low), to_limit(x > most, high)


_fake_quant.defvjp(_forward, _backward)
