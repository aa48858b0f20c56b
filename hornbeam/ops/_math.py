"""Elementwise roots, exponentials, logarithms, angles and special functions; whole numbers give floatx."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from hornbeam._core.op import op
from hornbeam.ops._arrays import Tensor, inexact


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
    >>> round(float(ops.i0(0.0)), 4)
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
