"""Linear algebra on matrices (..., m, n)."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from hornbeam._core.lazy import lazy
from hornbeam._core.op import op
from hornbeam.ops._arrays import Axis, Tensor, inexact
from hornbeam.ops._reduce import axes

jsp_linalg = lazy("jax.scipy.linalg")


def _square(x: Tensor, name: str) -> jax.Array:
    """Return square matrices, refused where they are not."""
    x = inexact(x)
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        message = f"{name}: x must hold square matrices, of shape (..., m, m); got shape {x.shape}."
        raise ValueError(message)
    return x


@op
def cholesky(x: Tensor, upper: bool = False) -> Tensor:
    """Return the triangular L with L @ L.T == x (or, with `upper`, its transpose); x is symmetric and positive.

    >>> from hornbeam import ops
    >>> ops.cholesky([[4.0, 0.0], [0.0, 9.0]]).tolist()
    [[2.0, 0.0], [0.0, 3.0]]
    """
    return jnp.linalg.cholesky(_square(x, "cholesky"), upper=upper)


@op
def cholesky_inverse(x: Tensor, upper: bool = False) -> Tensor:
    """Return the inverse of the matrix whose Cholesky factor is `x`, lower or `upper`.

    >>> from hornbeam import ops
    >>> ops.cholesky_inverse([[2.0, 0.0], [0.0, 4.0]]).tolist()
    [[0.25, 0.0], [0.0, 0.0625]]
    """
    x = _square(x, "cholesky_inverse")
    identity = jnp.broadcast_to(jnp.eye(x.shape[-1], dtype=x.dtype), x.shape)
    inverse = jsp_linalg.solve_triangular(x, identity, lower=not upper)
    turned = jnp.swapaxes(inverse, -1, -2)
    return inverse @ turned if upper else turned @ inverse


@op
def det(x: Tensor) -> Tensor:
    """Return the determinant.

    >>> from hornbeam import ops
    >>> float(ops.det([[2.0, 0.0], [0.0, 3.0]]))
    6.0
    """
    return jnp.linalg.det(_square(x, "det"))


@op
def slogdet(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the sign of the determinant and the logarithm of its absolute value.

    >>> from hornbeam import ops
    >>> [float(v) for v in ops.slogdet([[-1.0, 0.0], [0.0, 1.0]])]
    [-1.0, 0.0]
    """
    sign, log = jnp.linalg.slogdet(_square(x, "slogdet"))
    return sign, log


@op
def logdet(x: Tensor) -> Tensor:
    """Return the logarithm of the absolute value of the determinant.

    >>> from hornbeam import ops
    >>> float(ops.logdet([[1.0, 0.0], [0.0, 1.0]]))
    0.0
    """
    return jnp.linalg.slogdet(_square(x, "logdet"))[1]


@op
def eig(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the eigenvalues (..., m) and eigenvectors (..., m, m), as columns, both complex; on the CPU alone.

    >>> from hornbeam import ops
    >>> ops.eig([[2.0, 0.0], [0.0, 3.0]])[0].tolist()
    [(2+0j), (3+0j)]
    """
    values, vectors = jnp.linalg.eig(_square(x, "eig"))
    return values, vectors


@op
def eigh(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the eigenvalues (..., m), rising, and eigenvectors (..., m, m), as columns, of symmetric matrices.

    >>> from hornbeam import ops
    >>> ops.eigh([[3.0, 0.0], [0.0, 2.0]])[0].tolist()
    [2.0, 3.0]
    """
    values, vectors = jnp.linalg.eigh(_square(x, "eigh"))
    return values, vectors


@op
def inv(x: Tensor) -> Tensor:
    """Return the inverse.

    >>> from hornbeam import ops
    >>> ops.inv([[2.0, 0.0], [0.0, 4.0]]).tolist()
    [[0.5, 0.0], [0.0, 0.25]]
    """
    return jnp.linalg.inv(_square(x, "inv"))


@op
def pinv(x: Tensor, rcond: float | None = None) -> Tensor:
    """Return the pseudo-inverse (..., n, m); singular values below `rcond` times the largest count as 0.

    >>> from hornbeam import ops
    >>> ops.pinv([[2.0], [0.0]]).round(4).tolist()
    [[0.5, 0.0]]
    """
    return jnp.linalg.pinv(inexact(x), rtol=rcond)


@op
def matrix_rank(x: Tensor, tol: Tensor = None) -> Tensor:
    """Return how many singular values are above `tol` (None: a small share of the largest).

    >>> from hornbeam import ops
    >>> int(ops.matrix_rank([[1.0, 2.0], [2.0, 4.0]]))
    1
    """
    return jnp.linalg.matrix_rank(inexact(x), tol).astype("int32")


@op
def lstsq(a: Tensor, b: Tensor, rcond: float | None = None) -> Tensor:
    """Return the x that makes the squared length of a @ x - b least; `a` is (m, n), `b` (m,) or (m, k).

    >>> from hornbeam import ops
    >>> ops.lstsq([[1.0], [1.0]], [1.0, 3.0]).round(4).tolist()
    [2.0]
    """
    return jnp.linalg.lstsq(inexact(a), inexact(b), rcond)[0]


@op
def lu_factor(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the triangular factors in one matrix, and the row that each row was exchanged with (int32).

    >>> from hornbeam import ops
    >>> ops.lu_factor([[2.0, 0.0], [0.0, 3.0]])[1].tolist()
    [0, 1]
    """
    factors, pivots = jsp_linalg.lu_factor(inexact(x))
    return factors, pivots


@op
def qr(x: Tensor, mode: str = "reduced") -> tuple[Tensor, Tensor]:
    """Return Q with orthonormal columns and a triangular R with Q @ R == x; 'complete' makes Q square.

    >>> from hornbeam import ops
    >>> [v.shape for v in ops.qr(ops.ones((3, 2)))]
    [(3, 2), (2, 2)]
    """
    if mode not in ("reduced", "complete"):
        message = f"mode must be 'reduced' or 'complete'; got {mode!r}."
        raise ValueError(message)
    q, r = jnp.linalg.qr(inexact(x), mode=mode)
    return q, r


@op
def solve(a: Tensor, b: Tensor) -> Tensor:
    """Return the x with a @ x == b; `a` is (..., m, m), `b` (..., m) or (..., m, k).

    >>> from hornbeam import ops
    >>> ops.solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 4.0]).tolist()
    [1.0, 1.0]
    """
    a, b = _square(a, "solve"), inexact(b)
    return jnp.linalg.solve(a, b[..., None])[..., 0] if b.ndim == a.ndim - 1 else jnp.linalg.solve(a, b)


@op
def solve_triangular(a: Tensor, b: Tensor, lower: bool = False) -> Tensor:
    """Return the x with a @ x == b, reading only the triangle of `a` above the diagonal, or the `lower` one.

    >>> from hornbeam import ops
    >>> ops.solve_triangular([[2.0, 0.0], [0.0, 4.0]], [2.0, 4.0]).tolist()
    [1.0, 1.0]
    """
    a, b = _square(a, "solve_triangular"), inexact(b)
    vector = b.ndim == a.ndim - 1
    x = jsp_linalg.solve_triangular(a, b[..., None] if vector else b, lower=lower)
    return x[..., 0] if vector else x


@op
def svd(x: Tensor, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """Return U, the singular values in falling order, and the transposed V; or the singular values alone.

    >>> from hornbeam import ops
    >>> ops.svd([[2.0, 0.0], [0.0, 3.0]], compute_uv=False).round(4).tolist()
    [3.0, 2.0]
    """
    parts = jnp.linalg.svd(inexact(x), full_matrices=full_matrices, compute_uv=compute_uv)
    return tuple(parts) if compute_uv else parts


@op
def norm(x: Tensor, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the norm of vectors (one axis) or of matrices (two axes), of the order `ord`.

    None is the square root of the sum of squares; for vectors also a number, inf and -inf; for matrices 'fro',
    'nuc', 1, -1, 2, -2, inf and -inf.

    >>> from hornbeam import ops
    >>> float(ops.norm([3.0, 4.0]))
    5.0
    """
    return jnp.linalg.norm(inexact(x), ord, axes(axis), keepdims)
