"""Elementwise functions, reductions and products of `keras.backend`."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from hornbeam import ops
from hornbeam._core import config, dtypes
from hornbeam._core.op import op
from hornbeam.legacy._numerics import classic_hard_sigmoid

abs = ops.abs
all = ops.all
any = ops.any
argmax = ops.argmax
argmin = ops.argmin
cos = ops.cos
dot = ops.dot
elu = ops.elu
equal = ops.equal
exp = ops.exp
greater = ops.greater
greater_equal = ops.greater_equal
hard_sigmoid = classic_hard_sigmoid
less = ops.less
less_equal = ops.less_equal
log = ops.log
logsumexp = ops.logsumexp
max = ops.max
maximum = ops.maximum
mean = ops.mean
min = ops.min
minimum = ops.minimum
not_equal = ops.not_equal
pow = ops.power
prod = ops.prod
round = ops.round
sigmoid = ops.sigmoid
sign = ops.sign
sin = ops.sin
softmax = ops.softmax
softplus = ops.softplus
softsign = ops.softsign
square = ops.square
std = ops.std
stop_gradient = ops.stop_gradient
sum = ops.sum
tanh = ops.tanh
var = ops.var

Axis = int | Sequence[int] | None


@op
def sqrt(x: Any) -> Any:
    """Return the square root of `x`, that of 0 where `x` is negative, elementwise."""
    return jnp.sqrt(jnp.maximum(x, 0))


@op
def clip(x: Any, min_value: float | None, max_value: float | None) -> Any:
    """Return `x` kept between two values, elementwise; a bound of None is none, and the upper is at least the lower."""
    low = -jnp.inf if min_value is None else min_value
    high = jnp.inf if max_value is None else max_value
    return jnp.clip(x, low, builtins.max(low, high))


@op
def relu(x: Any, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """Return `x` where it is at least `threshold`, at most `max_value`, and alpha * (x - threshold) below, elementwise.

    >>> from hornbeam.legacy import backend as K
    >>> K.relu(K.constant([-2.0, 3.0]), alpha=0.5).tolist()
    [-1.0, 3.0]
    """
    high = jnp.inf if max_value is None else max_value
    return jnp.where(x >= threshold, jnp.minimum(x, high), alpha * (x - threshold))


@op
def l2_normalize(x: Any, axis: Axis = None) -> Any:
    """Return `x` divided by its Euclidean norm along `axis`, all axes by default.

    >>> from hornbeam.legacy import backend as K
    >>> K.l2_normalize(K.constant([[0.0, -4.0]]), axis=1).tolist()
    [[0.0, -1.0]]
    """
    total = jnp.sum(jnp.square(x), axis=axis, keepdims=True)
    return x / jnp.sqrt(jnp.maximum(total, 1e-12))


@op
def cumsum(x: Any, axis: int = 0) -> Any:
    """Return the running sums along `axis`."""
    return jnp.cumsum(x, axis=axis)


@op
def cumprod(x: Any, axis: int = 0) -> Any:
    """Return the running products along `axis`."""
    return jnp.cumprod(x, axis=axis)


@op
def batch_dot(x: Any, y: Any, axes: int | Sequence[int] | None = None) -> Any:
    """Return the product of `x` and `y` sample by sample, over one axis of each: the last, and the last but one.

    Shapes (batch, a, n) and (batch, n, b) give (batch, a, b); two matrices over axis 1 give (batch, 1).

    >>> from hornbeam.legacy import backend as K
    >>> K.batch_dot(K.ones((32, 20)), K.ones((32, 30, 20)), axes=(1, 2)).shape
    (32, 30)
    """
    if axes is None:
        axes = (x.ndim - 1, builtins.max(y.ndim - 2, 1))
    first, second = (axes, axes) if isinstance(axes, int) else axes
    letters = "abcdefgh"
    left = list(letters[1 : x.ndim])
    right = list(letters.upper()[1 : y.ndim])
    left[first % x.ndim - 1] = right[second % y.ndim - 1] = "z"
    kept = "".join(c for c in left + right if c != "z")
    result = jnp.einsum(f"a{''.join(left)},a{''.join(right)}->a{kept}", x, y)
    return result if result.ndim > 1 else result[:, None]


@op
def cast(x: Any, dtype: str) -> Any:
    """Return `x` as `dtype`."""
    return jnp.asarray(x).astype(dtypes.canonical(dtype))


def cast_to_floatx(x: Any) -> Any:
    """Return `x` as the default float type."""
    return cast(x, config.floatx())
