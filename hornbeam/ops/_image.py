"""Images (batch, height, width, channels), or one without a batch: colours, sizes and filters.

`data_format` 'channels_first' means (batch, channels, height, width); None means the default of the settings.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from hornbeam._core import config
from hornbeam._core.op import op
from hornbeam.ops._arrays import Tensor, as_array

_METHODS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")


def channel_axis(images: jax.Array, data_format: str | None) -> int:
    """Return where the channels stand, after checking that these are images."""
    if images.ndim not in (3, 4):
        message = f"images must have 3 axes (one image) or 4 (a batch); got shape {images.shape}."
        raise ValueError(message)
    return -1 if config.standardize_data_format(data_format) == "channels_last" else -3


def spatial_axes(images: jax.Array, data_format: str | None) -> tuple[int, int]:
    """Return where height and width stand."""
    first = 0 if channel_axis(images, data_format) == -1 else 1
    first += images.ndim - 3
    return first, first + 1


def rounded(x: jax.Array, dtype: Any) -> jax.Array:
    """Return a computed image in the dtype that it had: whole numbers are rounded and kept in range."""
    if dtype.kind not in "iu":
        return x.astype(dtype)
    limits = jnp.iinfo(dtype)
    return jnp.clip(jnp.round(x), limits.min, limits.max).astype(dtype)


@op
def rgb_to_grayscale(images: Tensor, data_format: str | None = None) -> Tensor:
    """Return 0.2989 R + 0.587 G + 0.114 B as the one channel; images of one channel stay.

    >>> from hornbeam import ops
    >>> ops.image.rgb_to_grayscale(ops.ones((2, 2, 3))).shape
    (2, 2, 1)
    """
    images = as_array(images)
    axis = channel_axis(images, data_format)
    if images.shape[axis] == 1:
        return images
    if images.shape[axis] != 3:
        message = f"images must have 3 channels (or 1) at axis {axis}; got shape {images.shape}."
        raise ValueError(message)
    wide = images.astype(jnp.promote_types(images.dtype, "float32"))
    gray = jnp.tensordot(wide, jnp.asarray([0.2989, 0.587, 0.114], wide.dtype), axes=(axis, 0))
    return jnp.expand_dims(gray, axis).astype(images.dtype)


def _three_channels(images: Tensor, data_format: str | None, name: str) -> tuple[jax.Array, int]:
    images = as_array(images)
    axis = channel_axis(images, data_format)
    if images.shape[axis] != 3 or images.dtype.kind in "biu":
        message = f"{name}: images must hold floats in 3 channels at axis {axis}; got {images.dtype} {images.shape}."
        raise ValueError(message)
    return images, axis


@op
def rgb_to_hsv(images: Tensor, data_format: str | None = None) -> Tensor:
    """Return red, green and blue (0 to 1) as hue, saturation and value (0 to 1).

    >>> from hornbeam import ops
    >>> ops.image.rgb_to_hsv(ops.array([[[0.0, 1.0, 0.0]]])).round(4).tolist()
    [[[0.33329999446868896, 1.0, 1.0]]]
    """
    images, axis = _three_channels(images, data_format, "rgb_to_hsv")
    images = jnp.where(jnp.abs(images) < jnp.finfo(images.dtype).eps, 0, images)
    red, green, blue = jnp.moveaxis(images, axis, 0)
    value = jnp.max(images, axis)
    spread = value - jnp.min(images, axis)
    safe = jnp.where(spread > 0, spread, 1)
    saturation = jnp.where(value > 0, spread / jnp.where(value > 0, value, 1), 0)
    hue = jnp.where(value == green, (blue - red) / (6 * safe) + 1 / 3, (red - green) / (6 * safe) + 2 / 3)
    hue = jnp.where(value == red, (green - blue) / (6 * safe), hue)
    hue = jnp.where(spread > 0, hue, 0)
    return jnp.stack([hue + (hue < 0), saturation, value], axis)


@op
def hsv_to_rgb(images: Tensor, data_format: str | None = None) -> Tensor:
    """Return hue, saturation and value (0 to 1) as red, green and blue (0 to 1).

    >>> from hornbeam import ops
    >>> ops.image.hsv_to_rgb(ops.array([[[0.0, 1.0, 1.0]]])).tolist()
    [[[1.0, 0.0, 0.0]]]
    """
    images, axis = _three_channels(images, data_format, "hsv_to_rgb")
    hue, saturation, value = jnp.moveaxis(images, axis, 0)
    sixth = jnp.mod(hue, 1) * 6
    parts = (jnp.abs(sixth - 3) - 1, 2 - jnp.abs(sixth - 2), 2 - jnp.abs(sixth - 4))
    return jnp.stack([value * (1 - saturation + saturation * jnp.clip(p, 0, 1)) for p in parts], axis)


@op
def resize(
    images: Tensor,
    size: tuple[int, int],
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Tensor:
    """Return the images at `size` (height, width).

    `interpolation` is 'nearest', 'bilinear', 'bicubic', 'lanczos3' or 'lanczos5'; `antialias` smooths before shrinking.
    To keep the aspect ratio, the images are first cropped around their centre, or filled up with `fill_value`.

    >>> from hornbeam import ops
    >>> ops.image.resize(ops.ones((1, 4, 4, 3)), (2, 2)).shape
    (1, 2, 2, 3)
    """
    if interpolation not in _METHODS:
        message = f"interpolation must be one of {', '.join(map(repr, _METHODS))}; got {interpolation!r}."
        raise ValueError(message)
    if fill_mode != "constant":
        message = f"fill_mode must be 'constant'; got {fill_mode!r}."
        raise ValueError(message)
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        message = "crop_to_aspect_ratio and pad_to_aspect_ratio exclude each other; got both."
        raise ValueError(message)
    images = as_array(images)
    axes = spatial_axes(images, data_format)
    target = tuple(int(n) for n in size)
    if len(target) != 2:
        message = f"size must be (height, width); got {size!r}."
        raise ValueError(message)
    if crop_to_aspect_ratio:
        images = _cropped_to_ratio(images, axes, target)
    elif pad_to_aspect_ratio:
        images = _padded_to_ratio(images, axes, target, fill_value)
    shape = list(images.shape)
    for axis, length in zip(axes, target, strict=True):
        shape[axis] = length
    wide = images if images.dtype.kind not in "biu" else images.astype("float32")
    return rounded(jax.image.resize(wide, shape, interpolation, antialias=antialias), images.dtype)


def _cropped_to_ratio(images: jax.Array, axes: tuple[int, int], target: tuple[int, ...]) -> jax.Array:
    """Return the largest part around the centre that has the ratio of `target`."""
    height, width = (images.shape[axis] for axis in axes)
    lengths = min(height, int(width * target[0] / target[1])), min(width, int(height * target[1] / target[0]))
    for axis, length, old in zip(axes, lengths, (height, width), strict=True):
        start = int((old - length) / 2)
        images = jax.lax.slice_in_dim(images, start, start + length, axis=axis)
    return images


def _padded_to_ratio(images: jax.Array, axes: tuple[int, int], target: tuple[int, ...], fill: float) -> jax.Array:
    """Return the images around the centre of the smallest frame that has the ratio of `target`."""
    height, width = (images.shape[axis] for axis in axes)
    lengths = max(height, int(width * target[0] / target[1])), max(width, int(height * target[1] / target[0]))
    pads = [(0, 0)] * images.ndim
    for axis, length, old in zip(axes, lengths, (height, width), strict=True):
        margin = int((length - old) / 2)
        pads[axis] = (margin, margin)
    return jnp.pad(images, pads, constant_values=jnp.asarray(fill, images.dtype))


@op
def pad_images(
    images: Tensor,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """Return the images with rows and columns of zeros around them.

    Of the padding on two sides and the target length, two are given; the third follows.

    >>> from hornbeam import ops
    >>> ops.image.pad_images(ops.ones((2, 2, 3)), 1, 1, target_height=5, target_width=4).shape
    (5, 4, 3)
    """
    images = as_array(images)
    axes = spatial_axes(images, data_format)
    sides = ((top_padding, bottom_padding, target_height), (left_padding, right_padding, target_width))
    pads = [(0, 0)] * images.ndim
    for axis, names, given in zip(axes, (_ROWS, _COLUMNS), sides, strict=True):
        before, after, target = given
        _check_two([f"{name}_padding" if name in _SIDES else f"target_{name}" for name in names], given)
        extra = None if target is None else target - images.shape[axis]
        pads[axis] = _both_sides(before, after, extra)
        if min(pads[axis]) < 0:
            message = f"pad_images cannot shrink axis {axis}: the padding would be {pads[axis]}."
            raise ValueError(message)
    return jnp.pad(images, pads)


@op
def crop_images(
    images: Tensor,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """Return the images without rows and columns at their sides.

    Of the cropping on two sides and the target length, two are given; the third follows.

    >>> from hornbeam import ops
    >>> ops.image.crop_images(ops.ones((5, 5, 3)), 1, 1, target_height=2, target_width=3).shape
    (2, 3, 3)
    """
    images = as_array(images)
    axes = spatial_axes(images, data_format)
    sides = ((top_cropping, bottom_cropping, target_height), (left_cropping, right_cropping, target_width))
    for axis, names, given in zip(axes, (_ROWS, _COLUMNS), sides, strict=True):
        before, after, target = given
        _check_two([f"{name}_cropping" if name in _SIDES else f"target_{name}" for name in names], given)
        length = images.shape[axis]
        before, after = _both_sides(before, after, None if target is None else length - target)
        if before < 0 or after < 0 or before + after > length:
            message = f"crop_images cannot take {before} and {after} from a length of {length} at axis {axis}."
            raise ValueError(message)
        images = jax.lax.slice_in_dim(images, before, length - after, axis=axis)
    return images


_ROWS, _COLUMNS = ("top", "bottom", "height"), ("left", "right", "width")
_SIDES = ("top", "bottom", "left", "right")


def _check_two(names: list[str], given: tuple[int | None, ...]) -> None:
    if sum(value is not None for value in given) != 2:
        pairs = ", ".join(f"{name}={value}" for name, value in zip(names, given, strict=True))
        message = f"exactly two of {', '.join(names)} must be given; got {pairs}."
        raise ValueError(message)


def _both_sides(before: int | None, after: int | None, total: int | None) -> tuple[int, int]:
    """Return what goes on both sides, of which one may follow from the total."""
    if before is None:
        return total - after, after  # type: ignore[operator, return-value]
    return before, (total - before if after is None else after)  # type: ignore[operator]
