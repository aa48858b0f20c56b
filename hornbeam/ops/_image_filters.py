"""Filters of images, and how alike two are."""

from __future__ import annotations

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from hornbeam._core.op import op
from hornbeam.ops._arrays import Tensor, as_array, inexact
from hornbeam.ops._image import channel_axis, rounded

_SOBEL = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])  # the slope along the width


def filtered(planes: jax.Array, kernel: jax.Array, padding: str) -> jax.Array:
    """Return planes (..., height, width) correlated with `kernel` (rows, columns)."""
    flat = jnp.reshape(planes, (math.prod(planes.shape[:-2]), 1, *planes.shape[-2:]))
    result = jax.lax.conv_general_dilated(flat, kernel.astype(flat.dtype)[None, None], (1, 1), padding)
    return jnp.reshape(result, (*planes.shape[:-2], *result.shape[-2:]))


def bell(size: int, sigma: float, dtype: str) -> jax.Array:
    """Return `size` weights of a normal distribution around the middle, which sum to 1."""
    weights = jnp.exp(-0.5 * jnp.square((jnp.arange(size, dtype=dtype) - (size - 1) / 2) / sigma))
    return weights / jnp.sum(weights)


@op
def gaussian_blur(
    images: Tensor,
    kernel_size: Sequence[int] = (3, 3),
    sigma: Sequence[float] = (1.0, 1.0),
    data_format: str | None = None,
) -> Tensor:
    """Return the images blurred by a normal distribution; beyond their borders they count as 0.

    `kernel_size` and `sigma` are (width, height) of the window and of the distribution, in pixels.

    >>> from hornbeam import ops
    >>> ops.image.gaussian_blur(ops.ones((1, 4, 4, 3))).shape
    (1, 4, 4, 3)
    """
    images = as_array(images)
    axis = channel_axis(images, data_format)
    planes = jnp.moveaxis(inexact(images), axis, -3)
    across, down = (bell(n, s, planes.dtype.name) for n, s in zip(kernel_size, sigma, strict=True))
    blurred = filtered(planes, jnp.outer(down, across), "SAME")
    return rounded(jnp.moveaxis(blurred, -3, axis), images.dtype)


@op
def sobel_edges(images: Tensor, data_format: str | None = None) -> Tensor:
    """Return the slopes of the images along height and width (dy, dx), on a new last axis.

    >>> from hornbeam import ops
    >>> ops.image.sobel_edges(ops.ones((1, 4, 4, 3))).shape
    (1, 4, 4, 3, 2)
    """
    images = as_array(images)
    axis = channel_axis(images, data_format)
    planes = jnp.moveaxis(inexact(images), axis, -3)
    slopes = [filtered(planes, jnp.asarray(kernel), "SAME") for kernel in (_SOBEL.T, _SOBEL)]
    return jnp.stack([jnp.moveaxis(slope, -3, axis) for slope in slopes], axis=-1).astype(images.dtype)


@op
def ssim(
    image1: Tensor,
    image2: Tensor,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: str | None = None,
) -> Tensor:
    """Return the structural similarity of each pair of images, 1 for equal ones (Wang et al., 2004).

    `max_val` is the range of the values; the window is a normal distribution of `filter_size` pixels.

    >>> from hornbeam import ops
    >>> ops.image.ssim(ops.ones((1, 16, 16, 3)), ops.ones((1, 16, 16, 3))).tolist()
    [1.0]
    """
    image1, image2 = inexact(image1), inexact(image2)
    axis = channel_axis(image1, data_format)
    if image1.shape != image2.shape:
        message = f"image1 and image2 must have one shape; got {image1.shape} and {image2.shape}."
        raise ValueError(message)
    weights = bell(filter_size, filter_sigma, image1.dtype)
    kernel = jnp.outer(weights, weights)
    x, y = (jnp.moveaxis(image, axis, -3) for image in (image1, image2))
    if min(x.shape[-2:]) < filter_size:
        message = f"images must be at least filter_size={filter_size} high and wide; got shape {image1.shape}."
        raise ValueError(message)
    mean_x, mean_y, xx, yy, xy = (filtered(v, kernel, "VALID") for v in (x, y, x * x, y * y, x * y))
    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    covariance = xy - mean_x * mean_y
    variances = xx - mean_x**2 + yy - mean_y**2
    similarity = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    similarity = similarity / ((mean_x**2 + mean_y**2 + c1) * (variances + c2))
    return jnp.mean(similarity, axis=(-3, -2, -1))
