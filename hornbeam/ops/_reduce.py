"""Reductions: one number for all elements, or for those along some axes."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from hornbeam._core.op import op
from hornbeam.native import moments_of_columns, serves
from hornbeam.ops._arrays import Axis, Tensor, as_array, inexact, total_dtype


def axes(axis: Axis) -> int | tuple[int, ...] | None:
    """Return an axis argument as JAX takes it."""
    return tuple(axis) if isinstance(axis, list) else axis


@op
def sum(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the sum, of all elements or along `axis`.

    >>> from hornbeam import ops
    >>> ops.sum([[1, 2], [3, 4]], axis=0).tolist()
    [4, 6]
    """
    x = as_array(x)
    return jnp.sum(x, axis=axes(axis), keepdims=keepdims, dtype=total_dtype(x))


@op
def mean(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the mean; whole numbers give floatx, of all elements or along `axis`.

    >>> from hornbeam import ops
    >>> ops.mean([1, 2, 6]).tolist()
    3.0
    """
    return jnp.mean(inexact(x), axis=axes(axis), keepdims=keepdims)


@op
def var(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the variance (the mean squared distance from the mean), of all elements or along `axis`.

    >>> from hornbeam import ops
    >>> ops.var([1.0, 3.0]).tolist()
    1.0
    """
    return jnp.var(inexact(x), axis=axes(axis), keepdims=keepdims)


@op
def std(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the standard deviation, of all elements or along `axis`.

    >>> from hornbeam import ops
    >>> ops.std([1.0, 3.0]).tolist()
    1.0
    """
    return jnp.std(inexact(x), axis=axes(axis), keepdims=keepdims)


@op
def all(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return whether all elements are true (not zero), of all elements or along `axis`.

    >>> from hornbeam import ops
    >>> ops.all([True, False]).tolist()
    False
    """
    return jnp.all(as_array(x), axis=axes(axis), keepdims=keepdims)


@op
def any(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return whether any element is true (not zero), of all elements or along `axis`.

    >>> from hornbeam import ops
    >>> ops.any([True, False]).tolist()
    True
    """
    return jnp.any(as_array(x), axis=axes(axis), keepdims=keepdims)


@op
def amax(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the largest element, of all elements or along `axis`.

    >>> from hornbeam import ops
    >>> ops.amax([1, 3, 2]).tolist()
    3
    """
    return jnp.max(as_array(x), axis=axes(axis), keepdims=keepdims)


@op
def amin(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the smallest element, of all elements or along `axis`.

    >>> from hornbeam import ops
    >>> ops.amin([1, 3, 2]).tolist()
    1
    """
    return jnp.min(as_array(x), axis=axes(axis), keepdims=keepdims)


@op
def ptp(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the largest element less the smallest, of all elements or along `axis`.

    >>> from hornbeam import ops
    >>> ops.ptp([1, 5, 2]).tolist()
    4
    """
    return jnp.ptp(as_array(x), axis=axes(axis), keepdims=keepdims)


@op
def median(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the middle element, or the mean of the two in the middle, of all elements or along `axis`.

    >>> from hornbeam import ops
    >>> ops.median([3, 1, 2]).tolist()
    2.0
    """
    return jnp.median(inexact(x), axis=axes(axis), keepdims=keepdims)


@op
def max(x: Tensor, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """Return the largest element, of all or along `axis`; at least `initial` where that is given.

    >>> from hornbeam import ops
    >>> ops.max([[1, 3], [2, 0]], axis=1).tolist()
    [3, 2]
    """
    return jnp.max(as_array(x), axis=axes(axis), keepdims=keepdims, initial=initial)


@op
def min(x: Tensor, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """Return the smallest element, of all or along `axis`; at most `initial` where that is given.

    >>> from hornbeam import ops
    >>> ops.min([[1, 3], [2, 0]], axis=1).tolist()
    [1, 0]
    """
    return jnp.min(as_array(x), axis=axes(axis), keepdims=keepdims, initial=initial)


@op
def prod(x: Tensor, axis: Axis = None, keepdims: bool = False, dtype: Any = None) -> Tensor:
    """Return the product, of all elements or along `axis`.

    >>> from hornbeam import ops
    >>> ops.prod([2, 3, 4]).tolist()
    24
    """
    x = as_array(x)
    return jnp.prod(x, axis=axes(axis), keepdims=keepdims, dtype=total_dtype(x, dtype))


@op
def argmax(x: Tensor, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Return where the largest element stands (int32): the first, counted flat or along `axis`.

    >>> from hornbeam import ops
    >>> ops.argmax([[1, 3], [2, 0]], axis=1).tolist()
    [1, 0]
    """
    return jnp.argmax(as_array(x), axis=axis, keepdims=keepdims).astype("int32")


@op
def argmin(x: Tensor, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Return where the smallest element stands (int32): the first, counted flat or along `axis`.

    >>> from hornbeam import ops
    >>> ops.argmin([[1, 3], [2, 0]], axis=1).tolist()
    [0, 1]
    """
    return jnp.argmin(as_array(x), axis=axis, keepdims=keepdims).astype("int32")


@op
def count_nonzero(x: Tensor, axis: Axis = None) -> Tensor:
    """Return how many elements are not 0 (int32), of all or along `axis`.

    >>> from hornbeam import ops
    >>> ops.count_nonzero([0, 1, 2]).tolist()
    2
    """
    return jnp.count_nonzero(as_array(x), axis=axes(axis)).astype("int32")


@op
def logsumexp(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return log(sum(exp(x))) without overflow, of all elements or along `axis`.

    >>> from hornbeam import ops
    >>> float(ops.logsumexp([1000.0, -1000.0]))
    1000.0
    """
    return jax.nn.logsumexp(inexact(x), axis=axes(axis), keepdims=keepdims)


@op
def average(x: Tensor, axis: Axis = None, weights: Tensor = None) -> Tensor:
    """Return the mean, each element counted with its weight; `weights` is like `x`, or one number per step of `axis`.

    >>> from hornbeam import ops
    >>> float(ops.average([1.0, 3.0], weights=[3.0, 1.0]))
    1.5
    """
    return jnp.average(inexact(x), axis=axes(axis), weights=None if weights is None else inexact(weights))


@op
def quantile(x: Tensor, q: Tensor, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """Return the values below which the shares `q` (0 to 1) of the elements lie; `q`'s axes come first.

    `method` says what stands between two elements: 'linear', 'lower', 'higher', 'midpoint' or 'nearest'.

    >>> from hornbeam import ops
    >>> float(ops.quantile([1.0, 2.0, 3.0], 0.5))
    2.0
    """
    return jnp.quantile(inexact(x), inexact(q), axis=axes(axis), method=method, keepdims=keepdims)


@op
def percentile(x: Tensor, q: Tensor, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """Return the values below which `q` percent (0 to 100) of the elements lie, as `quantile` does.

    >>> from hornbeam import ops
    >>> float(ops.percentile([1.0, 2.0, 3.0], 50))
    2.0
    """
    return jnp.percentile(inexact(x), inexact(q), axis=axes(axis), method=method, keepdims=keepdims)


@op
def moments(
    x: Tensor,
    axes: Axis,
    keepdims: bool = False,
    synchronized: bool = False,  # noqa: ARG001  # a compiled program reduces over all its devices anyway
) -> tuple[Tensor, Tensor]:
    """Return the mean and the variance along `axes`; half-precision numbers are summed in float32.

    `synchronized` changes nothing: a compiled program over several devices reduces over all of them.

    >>> from hornbeam import ops
    >>> mean, variance = ops.moments([1.0, 3.0], axes=[0])
    >>> float(mean), float(variance)
    (2.0, 1.0)
    """
    x = as_array(x)
    axis = tuple(axes) if isinstance(axes, list) else axes
    wide = x.astype("float32") if x.dtype in (jnp.float16, jnp.bfloat16) else x
    mean, variance = _moments(wide, axis)
    if not keepdims:
        mean, variance = jnp.squeeze(mean, axis), jnp.squeeze(variance, axis)
    if wide is not x:
        limit = jnp.finfo(x.dtype)
        mean, variance = (jnp.clip(m, limit.min, limit.max).astype(x.dtype) for m in (mean, variance))
    return mean, variance


def _moments(x: jax.Array, axis: Any) -> tuple[jax.Array, jax.Array]:
    """Return mean and variance, their axes kept; both in one pass by a kernel where it is of columns."""
    over = {axis} if isinstance(axis, int) else axis
    others = set(range(x.ndim)) - {a % x.ndim for a in over or ()}
    if over and others == {x.ndim - 1} and serves(x):
        mean, variance = (m.reshape((1,) * (x.ndim - 1) + (-1,)) for m in moments_of_columns(x))
        return mean, variance
    return jnp.mean(x, axis, keepdims=True), jnp.var(x, axis, keepdims=True)
