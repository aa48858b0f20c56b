"""Diagonals, triangles, and matrices made from vectors."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from hornbeam._core import dtypes
from hornbeam._core.op import op
from hornbeam.ops._arrays import Tensor, as_array, inexact, inexact_pair


@op
def diag(x: Tensor, k: int = 0) -> Tensor:
    """Return the k-th diagonal of a matrix, or a matrix with the vector `x` on it.

    >>> from hornbeam import ops
    >>> ops.diag([1, 2]).tolist()
    [[1, 0], [0, 2]]
    """
    return jnp.diag(as_array(x), k)


@op
def diagflat(x: Tensor, k: int = 0) -> Tensor:
    """Return a matrix with the elements of `x`, flat, on its k-th diagonal.

    >>> from hornbeam import ops
    >>> ops.diagflat([[1, 2]]).tolist()
    [[1, 0], [0, 2]]
    """
    return jnp.diagflat(as_array(x), k)


@op
def diagonal(x: Tensor, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Return the diagonal of two axes, `offset` places above the main one, on a new last axis.

    >>> from hornbeam import ops
    >>> ops.diagonal([[1, 2], [3, 4]]).tolist()
    [1, 4]
    """
    return jnp.diagonal(as_array(x), offset, axis1, axis2)


@op
def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:  # noqa: N803  # Keras's names
    """Return an N by M matrix (M None: N) with ones on and below its k-th diagonal.

    >>> from hornbeam import ops
    >>> ops.tri(2).tolist()
    [[1.0, 0.0], [1.0, 1.0]]
    """
    return jnp.tri(N, M, k, dtype=dtypes.canonical(dtype))


@op
def tril(x: Tensor, k: int = 0) -> Tensor:
    """Return matrices (..., m, n) with zeros above the k-th diagonal.

    >>> from hornbeam import ops
    >>> ops.tril([[1, 2], [3, 4]]).tolist()
    [[1, 0], [3, 4]]
    """
    return jnp.tril(as_array(x), k)


@op
def triu(x: Tensor, k: int = 0) -> Tensor:
    """Return matrices (..., m, n) with zeros below the k-th diagonal.

    >>> from hornbeam import ops
    >>> ops.triu([[1, 2], [3, 4]]).tolist()
    [[1, 2], [0, 4]]
    """
    return jnp.triu(as_array(x), k)


@op
def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:  # noqa: N803  # Keras's names
    """Return the powers N-1, ..., 1, 0 of a vector as columns (N None: as many as it has elements).

    >>> from hornbeam import ops
    >>> ops.vander([2, 3], 3).tolist()
    [[4, 2, 1], [9, 3, 1]]
    """
    return jnp.vander(as_array(x), N, increasing)


@op
def meshgrid(*x: Tensor, indexing: str = "xy") -> list[Tensor]:
    """Return the coordinates of a grid, one array each; 'ij' keeps the order of the axes, 'xy' exchanges the first two.

    >>> from hornbeam import ops
    >>> [grid.tolist() for grid in ops.meshgrid([1, 2], [3, 4])]
    [[[1, 2], [1, 2]], [[3, 3], [4, 4]]]
    """
    return jnp.meshgrid(*(as_array(v) for v in x), indexing=indexing)


@op
def corrcoef(x: Tensor) -> Tensor:
    """Return Pearson's correlation between the rows of `x` (variables, observations).

    >>> from hornbeam import ops
    >>> ops.corrcoef([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]]).round(3).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    return jnp.corrcoef(inexact(x))


@op
def cdist(x: Tensor, y: Tensor) -> Tensor:
    """Return the Euclidean distance of each row of `x` (..., m, d) from each row of `y` (..., n, d): (..., m, n).

    >>> from hornbeam import ops
    >>> ops.cdist([[0.0, 0.0]], [[3.0, 4.0]]).tolist()
    [[5.0]]
    """
    x, y = inexact_pair(as_array(x), as_array(y))
    return jnp.sqrt(jnp.sum(jnp.square(x[..., :, None, :] - y[..., None, :, :]), axis=-1))
