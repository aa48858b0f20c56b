"""Running totals, differences and what follows an axis."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from hornbeam._core.op import op
from hornbeam.ops._arrays import Tensor, as_array, inexact, total_dtype


@op
def cumsum(x: Tensor, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Return the sum of the elements up to each one, along `axis` or flat.

    >>> from hornbeam import ops
    >>> ops.cumsum([1, 2, 3]).tolist()
    [1, 3, 6]
    """
    x = as_array(x)
    return jnp.cumsum(x, axis=axis, dtype=total_dtype(x, dtype))


@op
def cumprod(x: Tensor, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Return the product of the elements up to each one, along `axis` or flat.

    >>> from hornbeam import ops
    >>> ops.cumprod([1, 2, 3]).tolist()
    [1, 2, 6]
    """
    x = as_array(x)
    return jnp.cumprod(x, axis=axis, dtype=total_dtype(x, dtype))


@op
def diff(a: Tensor, n: int = 1, axis: int = -1) -> Tensor:
    """Return what each element adds to the one before it along `axis`, taken `n` times.

    >>> from hornbeam import ops
    >>> ops.diff([1, 4, 9]).tolist()
    [3, 5]
    """
    return jnp.diff(as_array(a), n=n, axis=axis)


@op
def trapezoid(y: Tensor, x: Tensor = None, dx: float = 1.0, axis: int = -1) -> Tensor:
    """Return the integral of `y` along `axis` by the trapezoidal rule, at the places `x` or `dx` apart.

    >>> from hornbeam import ops
    >>> float(ops.trapezoid([1.0, 2.0, 3.0]))
    4.0
    """
    return jnp.trapezoid(inexact(y), None if x is None else inexact(x), dx, axis)
