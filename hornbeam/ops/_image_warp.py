"""Images read at other places: turned, shifted, bent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from hornbeam._core.lazy import lazy
from hornbeam._core.op import op
from hornbeam._core.seeds import draw_seed
from hornbeam.ops._arrays import Tensor, as_array, inexact
from hornbeam.ops._image import channel_axis, rounded
from hornbeam.ops._image_filters import bell, filtered

ndimage = lazy("jax.scipy.ndimage")

_ORDERS = {"nearest": 0, "bilinear": 1}
_FILLS = ("constant", "nearest", "wrap", "mirror", "reflect")


def _check_choices(interpolation: str, fill_mode: str) -> int:
    """Return the order of an interpolation."""
    if interpolation not in _ORDERS:
        message = f"interpolation must be 'nearest' or 'bilinear'; got {interpolation!r}."
        raise ValueError(message)
    if fill_mode not in _FILLS:
        message = f"fill_mode must be one of {', '.join(map(repr, _FILLS))}; got {fill_mode!r}."
        raise ValueError(message)
    return _ORDERS[interpolation]


@op
def map_coordinates(
    inputs: Tensor, coordinates: Tensor, order: int, fill_mode: str = "constant", fill_value: float = 0
) -> Tensor:
    """Return `inputs` read at `coordinates` (axes, ...), between its elements by `order` 0 (nearest) or 1 (linear).

    Beyond the borders, `fill_mode` 'constant' gives `fill_value`; 'nearest', 'wrap', 'mirror' and 'reflect' continue.

    >>> from hornbeam import ops
    >>> ops.image.map_coordinates([1.0, 3.0], [[0.5]], order=1).tolist()
    [2.0]
    """
    inputs, coordinates = as_array(inputs), as_array(coordinates)
    if order not in (0, 1):
        message = f"order must be 0 or 1; got {order!r}."
        raise ValueError(message)
    if coordinates.shape[:1] != (inputs.ndim,):
        message = f"coordinates must begin with an axis of {inputs.ndim}, the axes of inputs; got {coordinates.shape}."
        raise ValueError(message)
    _check_choices("nearest", fill_mode)
    return ndimage.map_coordinates(inputs, list(coordinates), order=order, mode=fill_mode, cval=fill_value)


def _warped(
    images: Tensor, data_format: str | None, rows: Any, columns: Any, order: int, mode: str, value: Any
) -> jax.Array:
    """Return images read at `rows` and `columns`, each (height, width) or (batch, height, width)."""
    images = as_array(images)
    axis = channel_axis(images, data_format)
    planes = jnp.moveaxis(images, axis, -3)
    planes = planes.astype(jnp.promote_types(planes.dtype, "float32"))

    def one_plane(plane: jax.Array, row: jax.Array, column: jax.Array) -> jax.Array:
        return ndimage.map_coordinates(plane, [row, column], order=order, mode=mode, cval=value)

    one_image = jax.vmap(one_plane, (0, None, None))
    if images.ndim == 3:
        result = one_image(planes, rows[0], columns[0])
    else:
        shape = (images.shape[0], *rows.shape[-2:])
        result = jax.vmap(one_image)(planes, jnp.broadcast_to(rows, shape), jnp.broadcast_to(columns, shape))
    return rounded(jnp.moveaxis(result, -3, axis), images.dtype)


def _grid(images: Tensor, data_format: str | None) -> tuple[jax.Array, jax.Array]:
    """Return the rows and columns (height, width) of the images' pixels."""
    shape = jnp.moveaxis(as_array(images), channel_axis(as_array(images), data_format), -3).shape
    rows, columns = jnp.meshgrid(*(jnp.arange(n, dtype="float32") for n in shape[-2:]), indexing="ij")
    return rows, columns


def _projected(images: Tensor, matrix: jax.Array, data_format: str | None) -> tuple[jax.Array, jax.Array]:
    """Return where a transform (batch, 8), or (8,), reads each pixel (x, y): [a0 x + a1 y + a2, b0 x + b1 y + b2] / k.

    k is c0 x + c1 y + 1.
    """
    if as_array(images).ndim != 4 - (matrix.ndim == 1) and matrix.ndim != 1:
        message = f"a transform of shape {matrix.shape} needs a batch of images; got shape {as_array(images).shape}."
        raise ValueError(message)
    if matrix.shape[-1] != 8 or matrix.ndim > 2:
        message = f"a transform must have shape (8,) or (batch, 8); got {matrix.shape}."
        raise ValueError(message)
    y, x = _grid(images, data_format)
    a0, a1, a2, b0, b1, b2, c0, c1 = jnp.moveaxis(jnp.atleast_2d(matrix), -1, 0)[:, :, None, None]
    k = c0 * x + c1 * y + 1
    return (b0 * x + b1 * y + b2) / k, (a0 * x + a1 * y + a2) / k


@op
def affine_transform(
    images: Tensor,
    transform: Tensor,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Tensor:
    """Return the images with pixel (x, y) read at ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k).

    `transform` is [a0, a1, a2, b0, b1, b2, c0, c1], or one such row per image, and k is c0 x + c1 y + 1. Beyond the
    borders `fill_mode` works as in `map_coordinates`.

    >>> from hornbeam import ops
    >>> shift = [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    >>> ops.image.affine_transform(ops.array([[[1.0], [2.0]]]), shift).tolist()
    [[[2.0], [0.0]]]
    """
    order = _check_choices(interpolation, fill_mode)
    rows, columns = _projected(images, inexact(transform), data_format)
    return _warped(images, data_format, rows, columns, order, fill_mode, fill_value)


@op
def perspective_transform(
    images: Tensor,
    start_points: Tensor,
    end_points: Tensor,
    interpolation: str = "bilinear",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Tensor:
    """Return the images pulled so that the four `start_points` (4, 2), or (batch, 4, 2), come to `end_points`.

    A point is (x, y); what comes from beyond the borders is `fill_value`.

    >>> from hornbeam import ops
    >>> corners = [[0.0, 0.0], [3.0, 0.0], [0.0, 3.0], [3.0, 3.0]]
    >>> ops.image.perspective_transform(ops.ones((4, 4, 3)), corners, corners).shape
    (4, 4, 3)
    """
    order = _check_choices(interpolation, "constant")
    start, end = inexact(start_points), inexact(end_points)
    if start.shape != end.shape or start.shape[-2:] != (4, 2) or start.ndim > 3:
        message = f"start_points and end_points must be (4, 2) or (batch, 4, 2); got {start.shape} and {end.shape}."
        raise ValueError(message)
    rows, columns = _projected(images, _perspective(start, end), data_format)
    return _warped(images, data_format, rows, columns, order, "constant", fill_value)


def _perspective(start: jax.Array, end: jax.Array) -> jax.Array:
    """Return the transform (..., 8) that reads each end point at its start point: eight linear equations."""
    x, y = end[..., 0], end[..., 1]
    u, v = start[..., 0], start[..., 1]
    zero, one = jnp.zeros_like(x), jnp.ones_like(x)
    for_u = jnp.stack([x, y, one, zero, zero, zero, -u * x, -u * y], -1)
    for_v = jnp.stack([zero, zero, zero, x, y, one, -v * x, -v * y], -1)
    known = jnp.concatenate([u, v], -1)
    return jnp.linalg.solve(jnp.concatenate([for_u, for_v], -2), known[..., None])[..., 0]


@op
def elastic_transform(
    images: Tensor,
    alpha: float = 20.0,
    sigma: float = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
    seed: Any = None,
    data_format: str | None = None,
) -> Tensor:
    """Return the images with each pixel read at a random distance, which is smooth over `sigma` pixels.

    The distance, the same along both axes, is normal noise of standard deviation `sigma`, blurred and multiplied by
    `alpha` (Simard et al., 2003).

    >>> from hornbeam import ops
    >>> ops.image.elastic_transform(ops.ones((1, 4, 4, 3)), seed=1).shape
    (1, 4, 4, 3)
    """
    order = _check_choices(interpolation, fill_mode)
    rows, columns = _grid(images, data_format)
    batch = (as_array(images).shape[0],) if as_array(images).ndim == 4 else (1,)
    weights = bell(int(6 * sigma) | 1, sigma, "float32")
    kernel = jnp.outer(weights, weights)
    noise = sigma * jax.random.normal(draw_seed(seed), (*batch, *rows.shape))
    shift = alpha * filtered(noise, kernel, "SAME")
    return _warped(images, data_format, rows + shift, columns + shift, order, fill_mode, fill_value)


@op
def scale_and_translate(
    images: Tensor,
    output_shape: Sequence[int],
    scale: Tensor,
    translation: Tensor,
    spatial_dims: Sequence[int],
    method: str,
    antialias: bool = True,
) -> Tensor:
    """Return an array of `output_shape`, in which `images` stands scaled and then moved along `spatial_dims`.

    `method` is 'linear', 'cubic', 'lanczos3' or 'lanczos5'; beyond the images is 0; `antialias` smooths before
    shrinking.

    >>> from hornbeam import ops
    >>> ops.image.scale_and_translate(ops.ones((4, 4)), (2, 2), [0.5, 0.5], [0.0, 0.0], (0, 1), "linear").shape
    (2, 2)
    """
    scale, translation = inexact(scale), inexact(translation)
    return jax.image.scale_and_translate(
        inexact(images), tuple(output_shape), tuple(spatial_dims), scale, translation, method, antialias
    )
