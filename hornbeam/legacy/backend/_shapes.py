"""Functions of `keras.backend` that move numbers without computing: shapes, axes, joining, indexing."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from hornbeam import ops
from hornbeam._core import config, dtypes
from hornbeam._core.op import op
from hornbeam._core.state import Variable
from hornbeam.backend import is_keras_tensor

flatten = ops.ravel
is_tensor = ops.is_tensor
ndim = ops.ndim
ones_like = ops.ones_like
permute_dimensions = ops.transpose
repeat_elements = ops.repeat
reshape = ops.reshape
shape = ops.shape
squeeze = ops.squeeze
stack = ops.stack
tile = ops.tile
transpose = ops.transpose
zeros_like = ops.zeros_like
is_placeholder = is_keras_tensor


def int_shape(x: Any) -> tuple[int | None, ...] | None:
    """Return the shape of `x`, None where a length is unknown."""
    return tuple(x.shape) if hasattr(x, "shape") else None


def count_params(x: Any) -> int:
    """Return how many numbers `x` has."""
    return math.prod(x.shape)


def dtype(x: Any) -> str:
    """Return the name of the data type of `x`."""
    return dtypes.canonical(x.dtype)


def is_sparse(tensor: Any) -> bool:
    """Return whether `tensor` is sparse."""
    return bool(getattr(tensor, "sparse", False))


def concatenate(tensors: Sequence[Any], axis: int = -1) -> Any:
    """Return `tensors` joined along `axis`, the last by default.

    >>> from hornbeam.legacy import backend as K
    >>> K.concatenate([K.ones((2, 3)), K.zeros((2, 1))]).shape
    (2, 4)
    """
    return ops.concatenate(tensors, axis=axis)


def expand_dims(x: Any, axis: int = -1) -> Any:
    """Return `x` with a new axis of length 1."""
    return ops.expand_dims(x, axis)


@op
def batch_flatten(x: Any) -> Any:
    """Return `x` (batch, ...) as a matrix (batch, features)."""
    return jnp.reshape(x, (x.shape[0], math.prod(x.shape[1:])))


@op
def repeat(x: Any, n: int) -> Any:
    """Return the matrix `x` (batch, features) repeated: (batch, n, features)."""
    return jnp.repeat(x[:, None], n, axis=1)


def reverse(x: Any, axes: int | Sequence[int]) -> Any:
    """Return `x` with the order along `axes` turned round."""
    return ops.flip(x, axes if isinstance(axes, int) else tuple(axes))


def gather(reference: Any, indices: Any) -> Any:
    """Return the rows of `reference` that `indices` name."""
    return ops.take(reference, indices, axis=0)


def one_hot(indices: Any, num_classes: int) -> Any:
    """Return whole numbers as vectors with a 1 in one place: shape (..., num_classes)."""
    return ops.one_hot(indices, num_classes)


@op
def slice(x: Any, start: Sequence[int], size: Sequence[int]) -> Any:
    """Return the part of `x` that begins at `start` and has `size`, one entry per axis; -1 means the rest."""
    ends = [None if n == -1 else s + n for s, n in zip(start, size, strict=True)]
    return x[tuple(builtins.slice(s, e) for s, e in zip(start, ends, strict=True))]


@op
def temporal_padding(x: Any, padding: tuple[int, int] = (1, 1)) -> Any:
    """Return `x` (batch, time, features) with zeros before and after the steps."""
    return jnp.pad(x, ((0, 0), padding, (0, 0)))


def spatial_2d_padding(x: Any, padding: Any = ((1, 1), (1, 1)), data_format: str | None = None) -> Any:
    """Return images `x` with zeros around rows and columns."""
    return _pad(x, padding, config.standardize_data_format(data_format))


def spatial_3d_padding(x: Any, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None) -> Any:
    """Return volumes `x` with zeros around their three axes."""
    return _pad(x, padding, config.standardize_data_format(data_format))


@op
def _pad(x: Any, padding: Any, data_format: str) -> Any:
    space = tuple(tuple(p) for p in padding)
    none = (0, 0)
    return jnp.pad(x, (none, *space, none) if data_format == "channels_last" else (none, none, *space))


def resize_images(
    x: Any, height_factor: int, width_factor: int, data_format: str | None = None, interpolation: str = "nearest"
) -> Any:
    """Return images `x` with each pixel repeated; other interpolations are not covered."""
    if interpolation != "nearest":
        message = f"resize_images covers interpolation='nearest'; got {interpolation!r}."
        raise ValueError(message)
    first = 1 if config.standardize_data_format(data_format) == "channels_last" else 2
    return ops.repeat(ops.repeat(x, height_factor, axis=first), width_factor, axis=first + 1)


def arange(start: int, stop: int | None = None, step: int = 1, dtype: str = "int32") -> Any:
    """Return the numbers from `start` to `stop`, the last excluded; one argument counts from 0."""
    low, high = (0, start) if stop is None else (start, stop)
    return jnp.arange(low, high, step, dtypes.canonical(dtype))


def constant(value: Any, dtype: str | None = None, shape: Sequence[int] | None = None, name: str | None = None) -> Any:  # noqa: ARG001  # a label for graphs
    """Return an array of `value`, of the default float type unless `dtype` is given."""
    array = jnp.asarray(value, dtypes.canonical(dtype))
    return array if shape is None else jnp.broadcast_to(array, shape)


def zeros(shape: Sequence[int], dtype: str | None = None, name: str | None = None) -> Variable:
    """Return a Variable of zeros."""
    return Variable(jnp.zeros(shape, dtypes.canonical(dtype)), name=name)


def ones(shape: Sequence[int], dtype: str | None = None, name: str | None = None) -> Variable:
    """Return a Variable of ones."""
    return Variable(jnp.ones(shape, dtypes.canonical(dtype)), name=name)


def eye(size: int, dtype: str | None = None, name: str | None = None) -> Variable:
    """Return a Variable of an identity matrix."""
    return Variable(jnp.eye(size, dtype=dtypes.canonical(dtype)), name=name)
