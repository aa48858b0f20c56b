"""Products of large matrices whose gradients are products by kernels, and those that end in a bias and a relu."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.interpreters import ad

from hornbeam.native._library import is_native
from hornbeam.native._operation import operation

LEAST_PRODUCTS = 1 << 22  # multiplications for which a kernel is called
LEAST_ROWS, LEAST_COLUMNS = 256, 16  # what fills the tiles of a kernel
FEW_ROWS, TALL = 32, 8  # XLA takes long to turn x for the gradient of a matrix with so many rows to a column
MOST = 1 << 20  # numbers of a matrix: the sums of larger ones, but tall ones, leave the cache


def is_large_product(x: Any, matrix: Any, *, in_one_pass: bool = False) -> bool:
    """Return whether `x` (..., depth) and `matrix` (depth, columns) are for `product`, or for `product_relu`."""
    shape, sides = x.shape, matrix.shape
    if len(sides) != 2 or len(shape) < 2 or {*map(type, shape + sides)} != {int}:
        return False
    rows, (depth, columns) = math.prod(shape[:-1]), sides
    if rows * depth * columns < LEAST_PRODUCTS or columns < LEAST_COLUMNS or shape[-1] != depth:  # most end here
        return False
    is_tall = not in_one_pass and rows >= FEW_ROWS and depth >= TALL * columns
    pays = is_tall or (rows >= LEAST_ROWS and depth * columns <= MOST)
    return pays and x.dtype == matrix.dtype == jnp.float32 and is_native()


def product(x: jax.Array, matrix: jax.Array) -> Any:
    """Return `x` (rows, depth) times `matrix` (depth, columns), both float32."""
    return PRODUCT.bind(x, matrix)


def product_relu(x: jax.Array, matrix: jax.Array, bias: jax.Array) -> Any:
    """Return relu(`x` (..., depth) times `matrix` (depth, columns) + `bias` (columns,)), all float32, in one pass."""
    rows = RELU.bind(x.reshape(-1, x.shape[-1]), matrix, bias)
    return rows.reshape(*x.shape[:-1], -1)


# XLA joins the first two with what is around them; only the third has a kernel of its own.
PRODUCT = operation("product", lambda x, matrix: x @ matrix)
OF_TURNED = operation("product_of_turned", lambda g, matrix: g @ matrix.T)
TURNED = operation("turned_product", lambda x, g: x.T @ g)
RELU = operation("product_relu", lambda x, matrix, bias: jax.nn.relu(x @ matrix + bias))

ad.defbilinear(PRODUCT, lambda g, _, matrix: OF_TURNED.bind(g, matrix), lambda g, x, _: TURNED.bind(x, g))
ad.defbilinear(OF_TURNED, lambda d, _, matrix: PRODUCT.bind(d, matrix), lambda d, g, _: TURNED.bind(d, g))
ad.defbilinear(TURNED, lambda d, _, g: OF_TURNED.bind(g, d), lambda d, x, _: PRODUCT.bind(x, d))


def _relu_jvp(primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Return the result and its change; whether a result is 0 tells what passes."""
    x, matrix, _ = primals
    result = RELU.bind(*primals)
    changes = (
        lambda dx: PRODUCT.bind(dx, matrix),
        lambda d_matrix: PRODUCT.bind(x, d_matrix),
        lambda d_bias: jnp.broadcast_to(d_bias, result.shape),
    )
    given = [change(d) for change, d in zip(changes, tangents, strict=True) if not isinstance(d, ad.Zero)]
    return result, jnp.where(result > 0, functools.reduce(jnp.add, given), 0)


ad.primitive_jvps[RELU] = _relu_jvp
