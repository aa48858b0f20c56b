"""Reductions and running totals that pass over NaN."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from hornbeam._core.op import op
from hornbeam.ops._arrays import Axis, Tensor, as_array, inexact, total_dtype
from hornbeam.ops._reduce import axes


@op
def nansum(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the sum of all elements, or along `axis`, NaN left out.

    >>> from hornbeam import ops
    >>> float(ops.nansum([1.0, float("nan")]))
    1.0
    """
    x = as_array(x)
    return jnp.nansum(x, axis=axes(axis), keepdims=keepdims, dtype=total_dtype(x))


@op
def nanprod(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the product of all elements, or along `axis`, NaN left out.

    >>> from hornbeam import ops
    >>> float(ops.nanprod([1.0, float("nan")]))
    1.0
    """
    x = as_array(x)
    return jnp.nanprod(x, axis=axes(axis), keepdims=keepdims, dtype=total_dtype(x))


@op
def nanmean(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the mean of all elements, or along `axis`, NaN left out.

    >>> from hornbeam import ops
    >>> float(ops.nanmean([1.0, float("nan")]))
    1.0
    """
    return jnp.nanmean(inexact(x), axis=axes(axis), keepdims=keepdims)


@op
def nanvar(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the variance of all elements, or along `axis`, NaN left out.

    >>> from hornbeam import ops
    >>> float(ops.nanvar([1.0, float("nan")]))
    0.0
    """
    return jnp.nanvar(inexact(x), axis=axes(axis), keepdims=keepdims)


@op
def nanstd(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the standard deviation of all elements, or along `axis`, NaN left out.

    >>> from hornbeam import ops
    >>> float(ops.nanstd([1.0, float("nan")]))
    0.0
    """
    return jnp.nanstd(inexact(x), axis=axes(axis), keepdims=keepdims)


@op
def nanmedian(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the median of all elements, or along `axis`, NaN left out.

    >>> from hornbeam import ops
    >>> float(ops.nanmedian([1.0, float("nan")]))
    1.0
    """
    return jnp.nanmedian(inexact(x), axis=axes(axis), keepdims=keepdims)


@op
def nanmax(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the largest element of all elements, or along `axis`, NaN left out.

    >>> from hornbeam import ops
    >>> float(ops.nanmax([1.0, float("nan")]))
    1.0
    """
    return jnp.nanmax(as_array(x), axis=axes(axis), keepdims=keepdims)


@op
def nanmin(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the smallest element of all elements, or along `axis`, NaN left out.

    >>> from hornbeam import ops
    >>> float(ops.nanmin([1.0, float("nan")]))
    1.0
    """
    return jnp.nanmin(as_array(x), axis=axes(axis), keepdims=keepdims)


@op
def nanargmax(x: Tensor, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Return where the largest element that is not NaN stands (int32), flat or along `axis`; -1 where all are NaN.

    >>> from hornbeam import ops
    >>> int(ops.nanargmax([float("nan"), 1.0]))
    1
    """
    return jnp.nanargmax(as_array(x), axis=axis, keepdims=keepdims).astype("int32")


@op
def nanargmin(x: Tensor, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Return where the smallest element that is not NaN stands (int32), flat or along `axis`; -1 where all are NaN.

    >>> from hornbeam import ops
    >>> int(ops.nanargmin([float("nan"), 1.0]))
    1
    """
    return jnp.nanargmin(as_array(x), axis=axis, keepdims=keepdims).astype("int32")


@op
def nanquantile(x: Tensor, q: Tensor, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """Return the values below which the shares `q` (0 to 1) of the elements that are not NaN lie, as `quantile` does.

    >>> from hornbeam import ops
    >>> float(ops.nanquantile([1.0, float("nan"), 3.0], 0.5))
    2.0
    """
    return jnp.nanquantile(inexact(x), inexact(q), axis=axes(axis), method=method, keepdims=keepdims)


@op
def nanpercentile(x: Tensor, q: Tensor, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """Return the values below which `q` percent (0 to 100) of the elements that are not NaN lie, as `percentile` does.

    >>> from hornbeam import ops
    >>> float(ops.nanpercentile([1.0, float("nan"), 3.0], 50))
    2.0
    """
    return jnp.nanpercentile(inexact(x), inexact(q), axis=axes(axis), method=method, keepdims=keepdims)


@op
def nancumsum(x: Tensor, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Return the sum of the elements up to each one, NaN left out, along `axis` or flat.

    >>> from hornbeam import ops
    >>> ops.nancumsum([1.0, float("nan"), 3.0]).tolist()
    [1.0, 1.0, 4.0]
    """
    x = as_array(x)
    return jnp.nancumsum(x, axis=axis, dtype=total_dtype(x, dtype))


@op
def nancumprod(x: Tensor, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Return the product of the elements up to each one, NaN left out, along `axis` or flat.

    >>> from hornbeam import ops
    >>> ops.nancumprod([1.0, float("nan"), 3.0]).tolist()
    [1.0, 1.0, 3.0]
    """
    x = as_array(x)
    return jnp.nancumprod(x, axis=axis, dtype=total_dtype(x, dtype))
