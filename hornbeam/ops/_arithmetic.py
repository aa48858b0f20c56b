"""Elementwise arithmetic of two arrays."""

from __future__ import annotations

import jax.numpy as jnp

from hornbeam._core.op import op
from hornbeam.ops._arrays import Tensor, as_array, inexact, inexact_pair, pair


@op
def add(x1: Tensor, x2: Tensor) -> Tensor:
    """Return x1 + x2, element by element.

    >>> from hornbeam import ops
    >>> ops.add([1, 2], 3).tolist()
    [4, 5]
    """
    return jnp.add(*pair(x1, x2))


@op
def subtract(x1: Tensor, x2: Tensor) -> Tensor:
    """Return x1 - x2, element by element.

    >>> from hornbeam import ops
    >>> ops.subtract([1, 2], 3).tolist()
    [-2, -1]
    """
    return jnp.subtract(*pair(x1, x2))


@op
def multiply(x1: Tensor, x2: Tensor) -> Tensor:
    """Return x1 * x2, element by element.

    >>> from hornbeam import ops
    >>> ops.multiply([1, 2], 3).tolist()
    [3, 6]
    """
    return jnp.multiply(*pair(x1, x2))


@op
def divide(x1: Tensor, x2: Tensor) -> Tensor:
    """Return x1 / x2, element by element; whole numbers give floatx.

    >>> from hornbeam import ops
    >>> ops.divide([1, 2], 2).tolist()
    [0.5, 1.0]
    """
    return jnp.true_divide(*inexact_pair(x1, x2))


@op
def divide_no_nan(x1: Tensor, x2: Tensor) -> Tensor:
    """Return x1 / x2, and 0 where x2 is 0.

    >>> from hornbeam import ops
    >>> ops.divide_no_nan([1.0, 2.0], [0.0, 2.0]).tolist()
    [0.0, 1.0]
    """
    x1, x2 = inexact_pair(x1, x2)
    zero = jnp.equal(x2, 0)
    return jnp.where(zero, 0, jnp.true_divide(x1, jnp.where(zero, 1, x2)))


@op
def floor_divide(x1: Tensor, x2: Tensor) -> Tensor:
    """Return x1 / x2 rounded down.

    >>> from hornbeam import ops
    >>> ops.floor_divide([5, -5], 2).tolist()
    [2, -3]
    """
    return jnp.floor_divide(*pair(x1, x2))


@op
def mod(x1: Tensor, x2: Tensor) -> Tensor:
    """Return the remainder of `floor_divide`, with the sign of x2.

    >>> from hornbeam import ops
    >>> ops.mod([5, -5], 3).tolist()
    [2, 1]
    """
    return jnp.mod(*pair(x1, x2))


@op
def fmod(x1: Tensor, x2: Tensor) -> Tensor:
    """Return the remainder of the division rounded towards zero, with the sign of x1.

    >>> from hornbeam import ops
    >>> ops.fmod([5, -5], 3).tolist()
    [2, -2]
    """
    return jnp.fmod(*pair(x1, x2))


@op
def power(x1: Tensor, x2: Tensor) -> Tensor:
    """Return x1 to the power of x2.

    >>> from hornbeam import ops
    >>> ops.power([2, 3], 2).tolist()
    [4, 9]
    """
    return jnp.power(*pair(x1, x2))


@op
def maximum(x1: Tensor, x2: Tensor) -> Tensor:
    """Return the larger of x1 and x2; NaN where either is.

    >>> from hornbeam import ops
    >>> ops.maximum([1, 5], 3).tolist()
    [3, 5]
    """
    return jnp.maximum(*pair(x1, x2))


@op
def minimum(x1: Tensor, x2: Tensor) -> Tensor:
    """Return the smaller of x1 and x2; NaN where either is.

    >>> from hornbeam import ops
    >>> ops.minimum([1, 5], 3).tolist()
    [1, 3]
    """
    return jnp.minimum(*pair(x1, x2))


@op
def fmax(x1: Tensor, x2: Tensor) -> Tensor:
    """Return the larger of x1 and x2; where one is NaN, the other.

    >>> from hornbeam import ops
    >>> ops.fmax([1.0, 5.0], 3.0).tolist()
    [3.0, 5.0]
    """
    return jnp.fmax(*pair(x1, x2))


@op
def fmin(x1: Tensor, x2: Tensor) -> Tensor:
    """Return the smaller of x1 and x2; where one is NaN, the other.

    >>> from hornbeam import ops
    >>> ops.fmin([1.0, 5.0], 3.0).tolist()
    [1.0, 3.0]
    """
    return jnp.fmin(*pair(x1, x2))


@op
def arctan2(x1: Tensor, x2: Tensor) -> Tensor:
    """Return the angle of the point (x2, x1) in radians, from -pi to pi.

    >>> from hornbeam import ops
    >>> ops.arctan2(0.0, 1.0).tolist()
    0.0
    """
    return jnp.arctan2(*inexact_pair(as_array(x1), as_array(x2)))


@op
def hypot(x1: Tensor, x2: Tensor) -> Tensor:
    """Return sqrt(x1^2 + x2^2).

    >>> from hornbeam import ops
    >>> ops.hypot(3.0, 4.0).tolist()
    5.0
    """
    return jnp.hypot(*inexact_pair(x1, x2))


@op
def heaviside(x1: Tensor, x2: Tensor) -> Tensor:
    """Return 0 where x1 < 0, x2 where x1 == 0, 1 where x1 > 0.

    >>> from hornbeam import ops
    >>> ops.heaviside([-1.0, 0.0, 2.0], 0.5).tolist()
    [0.0, 0.5, 1.0]
    """
    return jnp.heaviside(*inexact_pair(x1, x2))


@op
def logaddexp(x1: Tensor, x2: Tensor) -> Tensor:
    """Return log(exp(x1) + exp(x2)) without overflow.

    >>> from hornbeam import ops
    >>> float(ops.logaddexp(1000.0, -1000.0))
    1000.0
    """
    return jnp.logaddexp(*inexact_pair(as_array(x1), as_array(x2)))


@op
def logaddexp2(x1: Tensor, x2: Tensor) -> Tensor:
    """Return log2(2^x1 + 2^x2) without overflow.

    >>> from hornbeam import ops
    >>> float(ops.logaddexp2(3.0, 3.0))
    4.0
    """
    return jnp.logaddexp2(*inexact_pair(as_array(x1), as_array(x2)))


@op
def nextafter(x1: Tensor, x2: Tensor) -> Tensor:
    """Return the next number that the dtype can hold, from x1 towards x2.

    >>> from hornbeam import ops
    >>> bool(ops.nextafter(1.0, 2.0) > 1.0)
    True
    """
    return jnp.nextafter(*inexact_pair(x1, x2))


@op
def gcd(x1: Tensor, x2: Tensor) -> Tensor:
    """Return the greatest common divisor.

    >>> from hornbeam import ops
    >>> ops.gcd([12, 9], 6).tolist()
    [6, 3]
    """
    return jnp.gcd(*pair(x1, x2))


@op
def lcm(x1: Tensor, x2: Tensor) -> Tensor:
    """Return the least common multiple.

    >>> from hornbeam import ops
    >>> ops.lcm([4, 9], 6).tolist()
    [12, 18]
    """
    return jnp.lcm(*pair(x1, x2))


@op
def ldexp(x1: Tensor, x2: Tensor) -> Tensor:
    """Return x1 * 2^x2.

    >>> from hornbeam import ops
    >>> ops.ldexp([1.0, 2.0], [1, 2]).tolist()
    [2.0, 8.0]
    """
    return jnp.ldexp(inexact(x1), as_array(x2))


true_divide = divide
