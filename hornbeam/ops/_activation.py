"""Activations. Those of several steps are compiled, so that one eager call is one dispatch."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp

from hornbeam._core.op import op
from hornbeam.ops._arrays import Axis, Tensor, as_array, inexact, pair
from hornbeam.ops._reduce import axes

_relu = jax.jit(jax.nn.relu)
_relu6 = jax.jit(jax.nn.relu6)
_hard_sigmoid = jax.jit(jax.nn.hard_sigmoid)
_hard_silu = jax.jit(jax.nn.hard_silu)
_gelu = jax.jit(jax.nn.gelu, static_argnames="approximate")
_glu = jax.jit(jax.nn.glu, static_argnames="axis")
_softmax = jax.jit(jax.nn.softmax, static_argnames="axis")
_log_softmax = jax.jit(jax.nn.log_softmax, static_argnames="axis")


@op
def relu(x: Tensor) -> Tensor:
    """Return max(x, 0); the slope at 0 is 0.

    >>> from hornbeam import ops
    >>> ops.relu([-1.0, 2.0]).tolist()
    [0.0, 2.0]
    """
    return _relu(as_array(x))


@op
def relu6(x: Tensor) -> Tensor:
    """Return min(max(x, 0), 6).

    >>> from hornbeam import ops
    >>> ops.relu6([-1.0, 9.0]).tolist()
    [0.0, 6.0]
    """
    return _relu6(inexact(x))


@op
def leaky_relu(x: Tensor, negative_slope: float = 0.2) -> Tensor:
    """Return x, times `negative_slope` where x < 0.

    >>> from hornbeam import ops
    >>> ops.leaky_relu([-1.0, 2.0], negative_slope=0.5).tolist()
    [-0.5, 2.0]
    """
    return jax.nn.leaky_relu(inexact(x), negative_slope)


@op
def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """Return x, and alpha * (exp(x) - 1) where x < 0 (Clevert et al., 2015).

    >>> from hornbeam import ops
    >>> ops.elu([0.0, 2.0]).tolist()
    [0.0, 2.0]
    """
    return jax.nn.elu(inexact(x), alpha)


@op
def selu(x: Tensor) -> Tensor:
    """Return 1.0507 * elu(x, 1.6733), which keeps mean 0 and variance 1 (Klambauer et al., 2017).

    >>> from hornbeam import ops
    >>> float(ops.selu(0.0))
    0.0
    """
    return jax.nn.selu(inexact(x))


@op
def celu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """Return max(x, 0) + alpha * (exp(min(x, 0) / alpha) - 1) (Barron, 2017).

    >>> from hornbeam import ops
    >>> ops.celu([0.0, 2.0]).tolist()
    [0.0, 2.0]
    """
    return jax.nn.celu(inexact(x), alpha)


@op
def gelu(x: Tensor, approximate: bool = True) -> Tensor:
    """Return x times the normal distribution's share below x, by a tanh unless `approximate` is False.

    Hendrycks and Gimpel, 2016.

    >>> from hornbeam import ops
    >>> float(ops.gelu(0.0))
    0.0
    """
    return _gelu(inexact(x), approximate=bool(approximate))


@op
def silu(x: Tensor) -> Tensor:
    """Return x * sigmoid(x).

    >>> from hornbeam import ops
    >>> float(ops.silu(0.0))
    0.0
    """
    return jax.nn.silu(inexact(x))


@op
def sigmoid(x: Tensor) -> Tensor:
    """Return 1 / (1 + exp(-x)).

    >>> from hornbeam import ops
    >>> float(ops.sigmoid(0.0))
    0.5
    """
    return jax.nn.sigmoid(inexact(x))


@op
def log_sigmoid(x: Tensor) -> Tensor:
    """Return log(sigmoid(x)), exact for large -x.

    >>> from hornbeam import ops
    >>> float(ops.log_sigmoid(-1000.0))
    -1000.0
    """
    return jax.nn.log_sigmoid(inexact(x))


@op
def hard_sigmoid(x: Tensor) -> Tensor:
    """Return relu6(x + 3) / 6.

    >>> from hornbeam import ops
    >>> ops.hard_sigmoid([-3.0, 0.0, 3.0]).tolist()
    [0.0, 0.5, 1.0]
    """
    return _hard_sigmoid(inexact(x))


@op
def hard_silu(x: Tensor) -> Tensor:
    """Return x * hard_sigmoid(x).

    >>> from hornbeam import ops
    >>> ops.hard_silu([0.0, 3.0]).tolist()
    [0.0, 3.0]
    """
    return _hard_silu(inexact(x))


@op
def hard_tanh(x: Tensor) -> Tensor:
    """Return x cut to -1..1.

    >>> from hornbeam import ops
    >>> ops.hard_tanh([-2.0, 0.5]).tolist()
    [-1.0, 0.5]
    """
    return jax.nn.hard_tanh(as_array(x))


@op
def softplus(x: Tensor) -> Tensor:
    """Return log(1 + exp(x)) without overflow.

    >>> from hornbeam import ops
    >>> float(ops.softplus(1000.0))
    1000.0
    """
    return jax.nn.softplus(inexact(x))


@op
def softsign(x: Tensor) -> Tensor:
    """Return x / (1 + abs(x)).

    >>> from hornbeam import ops
    >>> ops.softsign([-1.0, 3.0]).tolist()
    [-0.5, 0.75]
    """
    return jax.nn.soft_sign(inexact(x))


@op
def squareplus(x: Tensor, b: float = 4) -> Tensor:
    """Return (x + sqrt(x^2 + b)) / 2.

    >>> from hornbeam import ops
    >>> float(ops.squareplus(0.0))
    1.0
    """
    return jax.nn.squareplus(inexact(x), b)


@op
def sparse_plus(x: Tensor) -> Tensor:
    """Return 0 where x <= -1, (x + 1)^2 / 4 up to 1, and x beyond.

    >>> from hornbeam import ops
    >>> ops.sparse_plus([-2.0, 1.0, 3.0]).tolist()
    [0.0, 1.0, 3.0]
    """
    return jax.nn.sparse_plus(inexact(x))


@op
def sparse_sigmoid(x: Tensor) -> Tensor:
    """Return (x + 1) / 2 cut to 0..1.

    >>> from hornbeam import ops
    >>> ops.sparse_sigmoid([-2.0, 0.0, 3.0]).tolist()
    [0.0, 0.5, 1.0]
    """
    return jax.nn.sparse_sigmoid(inexact(x))


@op
def tanh_shrink(x: Tensor) -> Tensor:
    """Return x - tanh(x).

    >>> from hornbeam import ops
    >>> float(ops.tanh_shrink(0.0))
    0.0
    """
    return _tanh_shrink(inexact(x))


@jax.jit
def _tanh_shrink(x: jax.Array) -> jax.Array:
    return x - jnp.tanh(x)


@op
def soft_shrink(x: Tensor, threshold: float = 0.5) -> Tensor:
    """Return x moved towards 0 by `threshold`, and 0 within it.

    >>> from hornbeam import ops
    >>> ops.soft_shrink([-2.0, 0.3, 2.0]).tolist()
    [-1.5, 0.0, 1.5]
    """
    return _soft_shrink(inexact(x), threshold)


@jax.jit
def _soft_shrink(x: jax.Array, threshold: float) -> jax.Array:
    return jnp.where(x > threshold, x - threshold, jnp.where(x < -threshold, x + threshold, 0.0))


@op
def hard_shrink(x: Tensor, threshold: float = 0.5) -> Tensor:
    """Return x, and 0 where abs(x) <= `threshold`.

    >>> from hornbeam import ops
    >>> ops.hard_shrink([-2.0, 0.3, 2.0]).tolist()
    [-2.0, 0.0, 2.0]
    """
    return _hard_shrink(inexact(x), threshold)


@jax.jit
def _hard_shrink(x: jax.Array, threshold: float) -> jax.Array:
    return jnp.where(jnp.abs(x) > threshold, x, 0.0)


@op
def threshold(x: Tensor, threshold: Tensor, default_value: Tensor) -> Tensor:
    """Return x where it is above `threshold`, and `default_value` elsewhere.

    >>> from hornbeam import ops
    >>> ops.threshold([-1.0, 2.0], 0.0, 9.0).tolist()
    [9.0, 2.0]
    """
    x = inexact(x)
    return jnp.where(x > threshold, *pair(x, default_value))


@op
def softmax(x: Tensor, axis: Axis = -1) -> Tensor:
    """Return exp(x) divided by its sum along `axis` (None: over all), so that it sums to 1.

    >>> from hornbeam import ops
    >>> ops.softmax([1.0, 1.0]).tolist()
    [0.5, 0.5]
    """
    return _softmax(inexact(x), axis=axes(axis))


@op
def log_softmax(x: Tensor, axis: Axis = -1) -> Tensor:
    """Return log(softmax(x)) without overflow.

    >>> from hornbeam import ops
    >>> ops.log_softmax([1000.0, -1000.0]).tolist()
    [0.0, -2000.0]
    """
    return _log_softmax(inexact(x), axis=axes(axis))


@op
def glu(x: Tensor, axis: int = -1) -> Tensor:
    """Return the first half of x along `axis` times the sigmoid of the second (Dauphin et al., 2016).

    >>> from hornbeam import ops
    >>> ops.glu([4.0, 0.0]).tolist()
    [2.0]
    """
    return _glu(inexact(x), axis=axis)


@op
def sparsemax(x: Tensor, axis: int = -1) -> Tensor:
    """Return max(x - level, 0) along `axis`: a softmax with zeros (Martins and Astudillo, 2016).

    The level is Keras's, so that its models give the same numbers: where several elements stay above it, it is higher
    than the paper's, and the result sums to less than 1.

    >>> from hornbeam import ops
    >>> ops.sparsemax([0.0, 5.0]).tolist()
    [0.0, 1.0]
    """
    return _sparsemax(inexact(x), axis=axis)


@partial(jax.jit, static_argnames="axis")
def _sparsemax(x: jax.Array, axis: int) -> jax.Array:
    lines = jnp.moveaxis(x, axis, -1)
    falling = -jnp.sort(-lines, axis=-1)
    total = jnp.cumsum(falling, axis=-1)
    rank = jnp.arange(1, lines.shape[-1] + 1, dtype=x.dtype)
    support = falling - (total - 1) / rank > 0
    count = jnp.sum(support, axis=-1, keepdims=True).astype(x.dtype)
    level = (jnp.sum(jnp.where(support, total, 0), axis=-1, keepdims=True) - 1) / count
    return jnp.moveaxis(jnp.maximum(lines - level, 0), -1, axis)


swish = silu
hard_swish = hard_silu
