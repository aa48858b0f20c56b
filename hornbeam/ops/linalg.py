"""Linear algebra."""

# Names in paragraphs:
# isort: off
# fmt: off

from hornbeam.ops._control import jvp
from hornbeam.ops._linalg import (
    cholesky, cholesky_inverse, det, eig, eigh, inv, lstsq, lu_factor, matrix_rank, norm, pinv, qr, solve,
    solve_triangular, svd,
)

__all__ = [
    "cholesky", "cholesky_inverse", "det", "eig", "eigh", "inv", "jvp", "lstsq", "lu_factor", "matrix_rank", "norm",
    "pinv", "qr", "solve", "solve_triangular", "svd",
]
