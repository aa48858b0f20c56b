"""Products that sum over axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from hornbeam._core.op import op
from hornbeam.native import is_large_product, product
from hornbeam.ops._arrays import Tensor, as_array, total_dtype


def _product(x1: Any, x2: Any) -> dict[str, Any]:
    """Return the accumulator of a product: int32 where both hold int8, which would overflow."""
    both = x1.dtype == x2.dtype == "int8"
    return {"preferred_element_type": "int32"} if both else {}


@op
def matmul(x1: Tensor, x2: Tensor) -> Tensor:
    """Return the product of matrices (..., m, k) and (..., k, n); a vector counts as a row or a column.

    Two int8 arrays give int32.

    >>> from hornbeam import ops
    >>> ops.matmul([[1, 2]], [[3], [4]]).tolist()
    [[11]]
    """
    x1, x2 = as_array(x1), as_array(x2)
    shape, sides = x1.shape, x2.shape
    if len(shape) > 2 and len(sides) == 2 and shape[-1] == sides[0]:
        # As one product of two matrices: on a CPU the gradient of x2 takes half the time then.
        rows = jnp.reshape(x1, (math.prod(shape[:-1]), shape[-1]))
        result = product(rows, x2) if is_large_product(rows, x2) else jnp.matmul(rows, x2, **_product(x1, x2))
        return jnp.reshape(result, (*shape[:-1], sides[1]))
    if len(shape) == 2 and is_large_product(x1, x2):
        return product(x1, x2)
    return jnp.matmul(x1, x2, **_product(x1, x2))


@op
def dot(x1: Tensor, x2: Tensor) -> Tensor:
    """Return the sum of products over the last axis of `x1` and the last but one of `x2` (the only one of a vector).

    >>> from hornbeam import ops
    >>> ops.dot([1, 2], [3, 4]).tolist()
    11
    """
    return jnp.dot(as_array(x1), as_array(x2))


@op
def tensordot(x1: Tensor, x2: Tensor, axes: int | Sequence[Any] = 2) -> Tensor:
    """Return the sum of products over `axes`: so many last ones of `x1` and first ones of `x2`, or two lists of axes.

    >>> from hornbeam import ops
    >>> ops.tensordot([[1, 2]], [[3], [4]], axes=1).tolist()
    [[11]]
    """
    return jnp.tensordot(as_array(x1), as_array(x2), axes)


@op
def einsum(subscripts: str, *operands: Tensor, **kwargs: Any) -> Tensor:
    """Return the sum of products that `subscripts` describes in Einstein's notation.

    >>> from hornbeam import ops
    >>> ops.einsum("ij,jk->ik", [[1, 2]], [[3], [4]]).tolist()
    [[11]]
    """
    arrays = [as_array(x) for x in operands]
    kwargs = {key: value for key, value in kwargs.items() if key in ("optimize", "precision")}
    if arrays and all(x.dtype == "int8" for x in arrays):
        kwargs["preferred_element_type"] = "int32"
    return jnp.einsum(subscripts, *arrays, **kwargs)


@op
def inner(x1: Tensor, x2: Tensor) -> Tensor:
    """Return the sum of products over the last axis of both.

    >>> from hornbeam import ops
    >>> ops.inner([1, 2], [3, 4]).tolist()
    11
    """
    return jnp.inner(as_array(x1), as_array(x2))


@op
def outer(x1: Tensor, x2: Tensor) -> Tensor:
    """Return the product of each element of `x1` with each of `x2`: a matrix.

    >>> from hornbeam import ops
    >>> ops.outer([1, 2], [3, 4]).tolist()
    [[3, 4], [6, 8]]
    """
    return jnp.outer(as_array(x1), as_array(x2))


@op
def vdot(x1: Tensor, x2: Tensor) -> Tensor:
    """Return the sum of products of all elements, those of `x1` conjugated.

    >>> from hornbeam import ops
    >>> ops.vdot([[1, 2]], [[3, 4]]).tolist()
    11
    """
    return jnp.vdot(as_array(x1), as_array(x2))


@op
def kron(x1: Tensor, x2: Tensor) -> Tensor:
    """Return the Kronecker product: each element of `x1` replaced by itself times `x2`.

    >>> from hornbeam import ops
    >>> ops.kron([1, 2], [1, 10]).tolist()
    [1, 10, 2, 20]
    """
    return jnp.kron(as_array(x1), as_array(x2))


@op
def cross(x1: Tensor, x2: Tensor, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Tensor:
    """Return the cross product of vectors of 2 or 3 numbers; `axis` says where all three stand.

    >>> from hornbeam import ops
    >>> ops.cross([1, 0, 0], [0, 1, 0]).tolist()
    [0, 0, 1]
    """
    return jnp.cross(as_array(x1), as_array(x2), axisa, axisb, axisc, axis)


@op
def trace(x: Tensor, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Return the sum of the diagonal, `offset` places above the main one.

    >>> from hornbeam import ops
    >>> ops.trace([[1, 2], [3, 4]]).tolist()
    5
    """
    x = as_array(x)
    return jnp.trace(x, offset, axis1, axis2, dtype=total_dtype(x))
