"""Elementwise comparison, logic and bits."""

from __future__ import annotations

import jax.numpy as jnp

from hornbeam._core.op import op
from hornbeam.ops._arrays import Tensor, as_array, pair


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
def bitwise_right_shift(x: Tensor, y: Tensor) -> Tensor:
    """Return x with the bits moved y places down; the sign stays.

    >>> from hornbeam import ops
    >>> ops.bitwise_right_shift([4, 12], 2).tolist()
    [1, 3]
    """
    return jnp.right_shift(*pair(x, y))


@op
def logical_not(x: Tensor) -> Tensor:
    """Return whether x is false (zero).

    >>> from hornbeam import ops
    >>> ops.logical_not([True, False]).tolist()
    [False, True]
    """
    return jnp.logical_not(as_array(x))


@op
def bitwise_invert(x: Tensor) -> Tensor:
    """Return x with every bit turned.

    >>> from hornbeam import ops
    >>> ops.bitwise_invert([0, 1]).tolist()
    [-1, -2]
    """
    return jnp.invert(as_array(x))


@op
def isfinite(x: Tensor) -> Tensor:
    """Return whether x is neither infinite nor NaN.

    >>> from hornbeam import ops
    >>> ops.isfinite([1.0, float('inf')]).tolist()
    [True, False]
    """
    return jnp.isfinite(as_array(x))


@op
def isinf(x: Tensor) -> Tensor:
    """Return whether x is infinite.

    >>> from hornbeam import ops
    >>> ops.isinf([1.0, float('-inf')]).tolist()
    [False, True]
    """
    return jnp.isinf(as_array(x))


@op
def isnan(x: Tensor) -> Tensor:
    """Return whether x is NaN.

    >>> from hornbeam import ops
    >>> ops.isnan([1.0, float('nan')]).tolist()
    [False, True]
    """
    return jnp.isnan(as_array(x))


@op
def isneginf(x: Tensor) -> Tensor:
    """Return whether x is minus infinity.

    >>> from hornbeam import ops
    >>> ops.isneginf([1.0, float('-inf')]).tolist()
    [False, True]
    """
    return jnp.isneginf(as_array(x))


@op
def isposinf(x: Tensor) -> Tensor:
    """Return whether x is plus infinity.

    >>> from hornbeam import ops
    >>> ops.isposinf([1.0, float('inf')]).tolist()
    [False, True]
    """
    return jnp.isposinf(as_array(x))


@op
def isreal(x: Tensor) -> Tensor:
    """Return whether the imaginary part is 0.

    >>> from hornbeam import ops
    >>> ops.isreal([1.0, 2.0]).tolist()
    [True, True]
    """
    return jnp.isreal(as_array(x))


@op
def signbit(x: Tensor) -> Tensor:
    """Return whether the sign bit is set, as in -0.0.

    >>> from hornbeam import ops
    >>> ops.signbit([-1.0, 1.0]).tolist()
    [True, False]
    """
    return jnp.signbit(as_array(x))


bitwise_not = bitwise_invert
left_shift = bitwise_left_shift
right_shift = bitwise_right_shift
