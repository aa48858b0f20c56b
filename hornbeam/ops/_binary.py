"""Elementwise functions of two arrays: arithmetic, comparison, logic and bits."""

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
def true_divide(x1: Tensor, x2: Tensor) -> Tensor:
    """Return x1 / x2, as `divide` does.

    >>> from hornbeam import ops
    >>> ops.true_divide([1, 2], 2).tolist()
    [0.5, 1.0]
    """
    return jnp.true_divide(*inexact_pair(x1, x2))


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
    return jnp.arctan2(*inexact_pair(x1, x2))


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
    return jnp.logaddexp(*inexact_pair(x1, x2))


@op
def logaddexp2(x1: Tensor, x2: Tensor) -> Tensor:
    """Return log2(2^x1 + 2^x2) without overflow.

    >>> from hornbeam import ops
    >>> float(ops.logaddexp2(3.0, 3.0))
    4.0
    """
    return jnp.logaddexp2(*inexact_pair(x1, x2))


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


@op
def equal(x1: Tensor, x2: Tensor) -> Tensor:
    """Return whether x1 == x2, element by element.

    >>> from hornbeam import ops
    >>> ops.equal([1, 2], 2).tolist()
    [False, True]
    """
    return jnp.equal(*pair(x1, x2))


@op
def not_equal(x1: Tensor, x2: Tensor) -> Tensor:
    """Return whether x1 != x2, element by element.

    >>> from hornbeam import ops
    >>> ops.not_equal([1, 2], 2).tolist()
    [True, False]
    """
    return jnp.not_equal(*pair(x1, x2))


@op
def greater(x1: Tensor, x2: Tensor) -> Tensor:
    """Return whether x1 > x2, element by element.

    >>> from hornbeam import ops
    >>> ops.greater([1, 3], 2).tolist()
    [False, True]
    """
    return jnp.greater(*pair(x1, x2))


@op
def greater_equal(x1: Tensor, x2: Tensor) -> Tensor:
    """Return whether x1 >= x2, element by element.

    >>> from hornbeam import ops
    >>> ops.greater_equal([1, 2], 2).tolist()
    [False, True]
    """
    return jnp.greater_equal(*pair(x1, x2))


@op
def less(x1: Tensor, x2: Tensor) -> Tensor:
    """Return whether x1 < x2, element by element.

    >>> from hornbeam import ops
    >>> ops.less([1, 2], 2).tolist()
    [True, False]
    """
    return jnp.less(*pair(x1, x2))


@op
def less_equal(x1: Tensor, x2: Tensor) -> Tensor:
    """Return whether x1 <= x2, element by element.

    >>> from hornbeam import ops
    >>> ops.less_equal([1, 3], 2).tolist()
    [True, False]
    """
    return jnp.less_equal(*pair(x1, x2))


@op
def logical_and(x1: Tensor, x2: Tensor) -> Tensor:
    """Return whether both are true (not zero).

    >>> from hornbeam import ops
    >>> ops.logical_and([True, True], [True, False]).tolist()
    [True, False]
    """
    return jnp.logical_and(*pair(x1, x2))


@op
def logical_or(x1: Tensor, x2: Tensor) -> Tensor:
    """Return whether one or both are true (not zero).

    >>> from hornbeam import ops
    >>> ops.logical_or([True, False], False).tolist()
    [True, False]
    """
    return jnp.logical_or(*pair(x1, x2))


@op
def logical_xor(x1: Tensor, x2: Tensor) -> Tensor:
    """Return whether exactly one is true (not zero).

    >>> from hornbeam import ops
    >>> ops.logical_xor([True, False], True).tolist()
    [False, True]
    """
    return jnp.logical_xor(*pair(x1, x2))


@op
def bitwise_and(x: Tensor, y: Tensor) -> Tensor:
    """Return the bits set in both.

    >>> from hornbeam import ops
    >>> ops.bitwise_and([6, 3], 2).tolist()
    [2, 2]
    """
    return jnp.bitwise_and(*pair(x, y))


@op
def bitwise_or(x: Tensor, y: Tensor) -> Tensor:
    """Return the bits set in either.

    >>> from hornbeam import ops
    >>> ops.bitwise_or([4, 3], 2).tolist()
    [6, 3]
    """
    return jnp.bitwise_or(*pair(x, y))


@op
def bitwise_xor(x: Tensor, y: Tensor) -> Tensor:
    """Return the bits set in exactly one.

    >>> from hornbeam import ops
    >>> ops.bitwise_xor([6, 3], 2).tolist()
    [4, 1]
    """
    return jnp.bitwise_xor(*pair(x, y))


@op
def bitwise_left_shift(x: Tensor, y: Tensor) -> Tensor:
    """Return x with the bits moved y places up.

    >>> from hornbeam import ops
    >>> ops.bitwise_left_shift([1, 3], 2).tolist()
    [4, 12]
    """
    return jnp.left_shift(*pair(x, y))


@op
def left_shift(x: Tensor, y: Tensor) -> Tensor:
    """Return x with the bits moved y places up.

    >>> from hornbeam import ops
    >>> ops.left_shift([1, 3], 2).tolist()
    [4, 12]
    """
    return jnp.left_shift(*pair(x, y))


@op
def bitwise_right_shift(x: Tensor, y: Tensor) -> Tensor:
    """Return x with the bits moved y places down; the sign stays.

    >>> from hornbeam import ops
    >>> ops.bitwise_right_shift([4, 12], 2).tolist()
    [1, 3]
    """
    return jnp.right_shift(*pair(x, y))


@op
def right_shift(x: Tensor, y: Tensor) -> Tensor:
    """Return x with the bits moved y places down; the sign stays.

    >>> from hornbeam import ops
    >>> ops.right_shift([4, 12], 2).tolist()
    [1, 3]
    """
    return jnp.right_shift(*pair(x, y))


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
def isclose(x1: Tensor, x2: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Return whether abs(x1 - x2) <= atol + rtol * abs(x2), element by element.

    >>> from hornbeam import ops
    >>> ops.isclose([1.0, 2.0], [1.0, 2.1]).tolist()
    [True, False]
    """
    return jnp.isclose(*pair(x1, x2), rtol, atol, equal_nan)


@op
def allclose(x1: Tensor, x2: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Return whether `isclose` holds for all elements.

    >>> from hornbeam import ops
    >>> bool(ops.allclose([1.0, 2.0], [1.0, 2.1]))
    False
    """
    return jnp.allclose(*pair(x1, x2), rtol, atol, equal_nan)
