"""Elementwise functions of one array."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from hornbeam._core.op import op
from hornbeam.ops._arrays import Tensor, as_array, inexact


@op
def abs(x: Tensor) -> Tensor:
    """Return the absolute value.

    >>> from hornbeam import ops
    >>> ops.abs([-1, 2]).tolist()
    [1, 2]
    """
    return jnp.abs(as_array(x))


@op
def absolute(x: Tensor) -> Tensor:
    """Return the absolute value.

    >>> from hornbeam import ops
    >>> ops.absolute([-1, 2]).tolist()
    [1, 2]
    """
    return jnp.abs(as_array(x))


@op
def fabs(x: Tensor) -> Tensor:
    """Return the absolute value, as a number with a fraction.

    >>> from hornbeam import ops
    >>> ops.fabs([-1, 2]).tolist()
    [1.0, 2.0]
    """
    return jnp.abs(inexact(x))


@op
def negative(x: Tensor) -> Tensor:
    """Return -x.

    >>> from hornbeam import ops
    >>> ops.negative([-1, 2]).tolist()
    [1, -2]
    """
    return jnp.negative(as_array(x))


@op
def sign(x: Tensor) -> Tensor:
    """Return -1, 0 or 1, as x is below, at or above 0.

    >>> from hornbeam import ops
    >>> ops.sign([-3, 0, 2]).tolist()
    [-1, 0, 1]
    """
    return jnp.sign(as_array(x))


@op
def signbit(x: Tensor) -> Tensor:
    """Return whether the sign bit is set, as in -0.0.

    >>> from hornbeam import ops
    >>> ops.signbit([-1.0, 1.0]).tolist()
    [True, False]
    """
    return jnp.signbit(as_array(x))


@op
def square(x: Tensor) -> Tensor:
    """Return x * x.

    >>> from hornbeam import ops
    >>> ops.square([-2, 3]).tolist()
    [4, 9]
    """
    return jnp.square(as_array(x))


@op
def reciprocal(x: Tensor) -> Tensor:
    """Return 1 / x.

    >>> from hornbeam import ops
    >>> ops.reciprocal([2.0, 4.0]).tolist()
    [0.5, 0.25]
    """
    return jnp.reciprocal(inexact(x))


@op
def sqrt(x: Tensor) -> Tensor:
    """Return the square root.

    >>> from hornbeam import ops
    >>> ops.sqrt([4.0, 9.0]).tolist()
    [2.0, 3.0]
    """
    return jnp.sqrt(inexact(x))


@op
def rsqrt(x: Tensor) -> Tensor:
    """Return 1 / sqrt(x).

    >>> from hornbeam import ops
    >>> ops.rsqrt([4.0, 16.0]).tolist()
    [0.5, 0.25]
    """
    return jax.lax.rsqrt(inexact(x))


@op
def cbrt(x: Tensor) -> Tensor:
    """Return the cube root.

    >>> from hornbeam import ops
    >>> round(float(ops.cbrt(27.0)), 4)
    3.0
    """
    return jnp.cbrt(inexact(x))


@op
def exp(x: Tensor) -> Tensor:
    """Return e to the power of x.

    >>> from hornbeam import ops
    >>> ops.exp(0).tolist()
    1.0
    """
    return jnp.exp(inexact(x))


@op
def exp2(x: Tensor) -> Tensor:
    """Return 2 to the power of x.

    >>> from hornbeam import ops
    >>> ops.exp2([1.0, 3.0]).tolist()
    [2.0, 8.0]
    """
    return jnp.exp2(inexact(x))


@op
def expm1(x: Tensor) -> Tensor:
    """Return exp(x) - 1, exact near 0.

    >>> from hornbeam import ops
    >>> ops.expm1(0.0).tolist()
    0.0
    """
    return jnp.expm1(inexact(x))


@op
def log(x: Tensor) -> Tensor:
    """Return the natural logarithm.

    >>> from hornbeam import ops
    >>> ops.log(1.0).tolist()
    0.0
    """
    return jnp.log(inexact(x))


@op
def log10(x: Tensor) -> Tensor:
    """Return the logarithm to base 10.

    >>> from hornbeam import ops
    >>> round(float(ops.log10(1000.0)), 4)
    3.0
    """
    return jnp.log10(inexact(x))


@op
def log1p(x: Tensor) -> Tensor:
    """Return log(1 + x), exact near 0.

    >>> from hornbeam import ops
    >>> ops.log1p(0.0).tolist()
    0.0
    """
    return jnp.log1p(inexact(x))


@op
def log2(x: Tensor) -> Tensor:
    """Return the logarithm to base 2.

    >>> from hornbeam import ops
    >>> ops.log2(8.0).tolist()
    3.0
    """
    return jnp.log2(inexact(x))


@op
def sin(x: Tensor) -> Tensor:
    """Return the sine of an angle in radians.

    >>> from hornbeam import ops
    >>> ops.sin(0.0).tolist()
    0.0
    """
    return jnp.sin(inexact(x))


@op
def cos(x: Tensor) -> Tensor:
    """Return the cosine of an angle in radians.

    >>> from hornbeam import ops
    >>> ops.cos(0.0).tolist()
    1.0
    """
    return jnp.cos(inexact(x))


@op
def tan(x: Tensor) -> Tensor:
    """Return the tangent of an angle in radians.

    >>> from hornbeam import ops
    >>> ops.tan(0.0).tolist()
    0.0
    """
    return jnp.tan(inexact(x))


@op
def arcsin(x: Tensor) -> Tensor:
    """Return the angle in radians whose sine is x.

    >>> from hornbeam import ops
    >>> ops.arcsin(0.0).tolist()
    0.0
    """
    return jnp.arcsin(inexact(x))


@op
def arccos(x: Tensor) -> Tensor:
    """Return the angle in radians whose cosine is x.

    >>> from hornbeam import ops
    >>> ops.arccos(1.0).tolist()
    0.0
    """
    return jnp.arccos(inexact(x))


@op
def arctan(x: Tensor) -> Tensor:
    """Return the angle in radians whose tangent is x.

    >>> from hornbeam import ops
    >>> ops.arctan(0.0).tolist()
    0.0
    """
    return jnp.arctan(inexact(x))


@op
def sinh(x: Tensor) -> Tensor:
    """Return the hyperbolic sine.

    >>> from hornbeam import ops
    >>> ops.sinh(0.0).tolist()
    0.0
    """
    return jnp.sinh(inexact(x))


@op
def cosh(x: Tensor) -> Tensor:
    """Return the hyperbolic cosine.

    >>> from hornbeam import ops
    >>> ops.cosh(0.0).tolist()
    1.0
    """
    return jnp.cosh(inexact(x))


@op
def tanh(x: Tensor) -> Tensor:
    """Return the hyperbolic tangent.

    >>> from hornbeam import ops
    >>> ops.tanh(0.0).tolist()
    0.0
    """
    return jnp.tanh(inexact(x))


@op
def arcsinh(x: Tensor) -> Tensor:
    """Return the number whose hyperbolic sine is x.

    >>> from hornbeam import ops
    >>> ops.arcsinh(0.0).tolist()
    0.0
    """
    return jnp.arcsinh(inexact(x))


@op
def arccosh(x: Tensor) -> Tensor:
    """Return the number whose hyperbolic cosine is x.

    >>> from hornbeam import ops
    >>> ops.arccosh(1.0).tolist()
    0.0
    """
    return jnp.arccosh(inexact(x))


@op
def arctanh(x: Tensor) -> Tensor:
    """Return the number whose hyperbolic tangent is x.

    >>> from hornbeam import ops
    >>> ops.arctanh(0.0).tolist()
    0.0
    """
    return jnp.arctanh(inexact(x))


@op
def sinc(x: Tensor) -> Tensor:
    """Return sin(pi x) / (pi x), and 1 at 0.

    >>> from hornbeam import ops
    >>> ops.sinc(0.0).tolist()
    1.0
    """
    return jnp.sinc(inexact(x))


@op
def i0(x: Tensor) -> Tensor:
    """Return the modified Bessel function of the first kind and order 0.

    >>> from hornbeam import ops
    >>> ops.i0(0.0).tolist()
    1.0
    """
    return jnp.i0(inexact(x))


@op
def deg2rad(x: Tensor) -> Tensor:
    """Return degrees as radians.

    >>> from hornbeam import ops
    >>> round(float(ops.deg2rad(180.0)), 4)
    3.1416
    """
    return jnp.deg2rad(inexact(x))


@op
def rad2deg(x: Tensor) -> Tensor:
    """Return radians as degrees.

    >>> from hornbeam import ops
    >>> ops.rad2deg(0.0).tolist()
    0.0
    """
    return jnp.rad2deg(inexact(x))


@op
def erf(x: Tensor) -> Tensor:
    """Return the error function.

    >>> from hornbeam import ops
    >>> ops.erf(0.0).tolist()
    0.0
    """
    return jax.lax.erf(inexact(x))


@op
def erfc(x: Tensor) -> Tensor:
    """Return 1 - erf(x), exact for large x.

    >>> from hornbeam import ops
    >>> ops.erfc(0.0).tolist()
    1.0
    """
    return jax.lax.erfc(inexact(x))


@op
def erfinv(x: Tensor) -> Tensor:
    """Return the number whose error function is x.

    >>> from hornbeam import ops
    >>> ops.erfinv(0.0).tolist()
    0.0
    """
    return jax.lax.erf_inv(inexact(x))


@op
def ceil(x: Tensor) -> Tensor:
    """Return the smallest whole number not below x.

    >>> from hornbeam import ops
    >>> ops.ceil([1.2, -1.2]).tolist()
    [2.0, -1.0]
    """
    return jnp.ceil(inexact(x))


@op
def floor(x: Tensor) -> Tensor:
    """Return the largest whole number not above x.

    >>> from hornbeam import ops
    >>> ops.floor([1.2, -1.2]).tolist()
    [1.0, -2.0]
    """
    return jnp.floor(inexact(x))


@op
def trunc(x: Tensor) -> Tensor:
    """Return x without its fraction.

    >>> from hornbeam import ops
    >>> ops.trunc([1.7, -1.7]).tolist()
    [1.0, -1.0]
    """
    return jnp.trunc(as_array(x))


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
def bitwise_not(x: Tensor) -> Tensor:
    """Return x with every bit turned.

    >>> from hornbeam import ops
    >>> ops.bitwise_not([0, 1]).tolist()
    [-1, -2]
    """
    return jnp.invert(as_array(x))


@op
def real(x: Tensor) -> Tensor:
    """Return the real part.

    >>> from hornbeam import ops
    >>> ops.real([1.0, 2.0]).tolist()
    [1.0, 2.0]
    """
    return jnp.real(as_array(x))


@op
def imag(x: Tensor) -> Tensor:
    """Return the imaginary part.

    >>> from hornbeam import ops
    >>> ops.imag([1.0, 2.0]).tolist()
    [0.0, 0.0]
    """
    return jnp.imag(as_array(x))


@op
def conj(x: Tensor) -> Tensor:
    """Return the complex conjugate.

    >>> from hornbeam import ops
    >>> ops.conj([1.0, 2.0]).tolist()
    [1.0, 2.0]
    """
    return jnp.conj(as_array(x))


@op
def conjugate(x: Tensor) -> Tensor:
    """Return the complex conjugate.

    >>> from hornbeam import ops
    >>> ops.conjugate([1.0, 2.0]).tolist()
    [1.0, 2.0]
    """
    return jnp.conj(as_array(x))


@op
def angle(x: Tensor) -> Tensor:
    """Return the angle of complex numbers in radians.

    >>> from hornbeam import ops
    >>> ops.angle([1.0, 2.0]).tolist()
    [0.0, 0.0]
    """
    return jnp.angle(inexact(x))


@op
def copy(x: Tensor) -> Tensor:
    """Return a copy of x.

    >>> from hornbeam import ops
    >>> ops.copy([1, 2]).tolist()
    [1, 2]
    """
    return jnp.copy(as_array(x))


@op
def round(x: Tensor, decimals: int = 0) -> Tensor:
    """Return x rounded to `decimals` places, halves to the even neighbour.

    >>> from hornbeam import ops
    >>> ops.round([1.5, 2.5]).tolist()
    [2.0, 2.0]
    """
    return jnp.round(as_array(x), decimals)


@op
def clip(x: Tensor, x_min: Tensor, x_max: Tensor) -> Tensor:
    """Return x with values below `x_min` and above `x_max` set to these.

    >>> from hornbeam import ops
    >>> ops.clip([1, 5, 9], 2, 6).tolist()
    [2, 5, 6]
    """
    return jnp.clip(as_array(x), x_min, x_max)


@op
def nan_to_num(
    x: Tensor, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """Return x with NaN and infinities replaced; without `posinf` and `neginf`, by the largest finite numbers.

    >>> from hornbeam import ops
    >>> ops.nan_to_num([1.0, float("nan")]).tolist()
    [1.0, 0.0]
    """
    return jnp.nan_to_num(as_array(x), nan=nan, posinf=posinf, neginf=neginf)


@op
def view_as_complex(x: Tensor) -> Tensor:
    """Return the pairs (real, imaginary) on the last axis as complex numbers.

    >>> from hornbeam import ops
    >>> ops.view_as_complex([[1.0, 2.0]]).tolist()
    [(1+2j)]
    """
    x = as_array(x)
    if x.shape[-1] != 2:
        message = f"x must have a last axis of length 2 (real, imaginary); got shape {x.shape}."
        raise ValueError(message)
    return jax.lax.complex(x[..., 0], x[..., 1])


@op
def view_as_real(x: Tensor) -> Tensor:
    """Return complex numbers as pairs (real, imaginary) on a new last axis.

    >>> from hornbeam import ops
    >>> ops.view_as_real([1 + 2j]).tolist()
    [[1.0, 2.0]]
    """
    x = as_array(x)
    return jnp.stack([jnp.real(x), jnp.imag(x)], axis=-1)
