"""Mean and variance of each column in one pass, and a scaling of columns whose gradient is one pass, too."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax.interpreters import ad

from hornbeam.native._operation import operation


def moments_of_columns(x: jax.Array) -> tuple[Any, Any]:
    """Return mean and variance `(columns,)` of `x` (..., columns), float32, over all axes but the last."""
    mean, variance = MOMENTS.bind(x)
    return mean, variance


def scaled(x: jax.Array, factor: jax.Array) -> Any:
    """Return `x` (..., columns) times `factor` (columns,), both float32."""
    return SCALED.bind(x, factor)


def _moments(x: Any) -> Any:
    axes = tuple(range(x.ndim - 1))
    return jnp.stack([jnp.mean(x, axes), jnp.var(x, axes)])


def _products(a: Any, b: Any) -> Any:
    return jnp.sum(a * b, tuple(range(a.ndim - 1)))


def _change(change: Any, result: Any, x: Any) -> Any:
    count, axes = math.prod(x.shape[:-1]), tuple(range(x.ndim - 1))
    spread = PRODUCTS.bind(change, x - result[0])
    return jnp.stack([jnp.sum(change, axes) / count, spread * (2 / count)])


MOMENTS = operation("moments", _moments)
PRODUCTS = operation("column_products", _products)
SCALED = operation("scaled", lambda x, factor: x * factor)  # without a kernel: XLA joins it with what is around it

ad.defjvp2(MOMENTS, _change)
ad.defbilinear(
    SCALED,
    lambda g, _, factor: SCALED.bind(g, factor),
    lambda g, x, _: PRODUCTS.bind(g, x),
)
ad.defbilinear(
    PRODUCTS,
    lambda g, _, b: SCALED.bind(b, g),
    lambda g, a, _: SCALED.bind(a, g),
)
