"""Elementwise signs, rounding, limits and parts of complex numbers."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from hornbeam._core.op import op
from hornbeam.ops._arrays import Tensor, as_array, beside, inexact


@op
def abs(x: Tensor) -> Tensor:
    """Return the absolute value.

    >>> from hornbeam import ops
    >>> ops.abs([-1, 2]).tolist()
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
def round(x: Tensor, decimals: int = 0) -> Tensor:
    """Return x rounded to `decimals` places, halves to the even neighbour.

    >>> from hornbeam import ops
    >>> ops.round([1.5, 2.5]).tolist()
    [2.0, 2.0]
    """
    x = as_array(x)
    if decimals < 0 and x.dtype.kind in "iu":  # jnp.round refuses
        return jnp.round(x.astype("float32"), decimals).astype(x.dtype)
    return jnp.round(x, decimals)


@op
def clip(x: Tensor, x_min: Tensor, x_max: Tensor) -> Tensor:
    """Return x with values below `x_min` and above `x_max` set to these.

    >>> from hornbeam import ops
    >>> ops.clip([1, 5, 9], 2, 6).tolist()
    [2, 5, 6]
    """
    x = as_array(x)
    return jnp.clip(x, *(b if b is None else beside(b, x) for b in (x_min, x_max)))


@op
def nan_to_num(x: Tensor, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
    """Return x with NaN and infinities replaced; without `posinf` and `neginf`, by the largest finite numbers.

    >>> from hornbeam import ops
    >>> ops.nan_to_num([1.0, float("nan")]).tolist()
    [1.0, 0.0]
    """
    return jnp.nan_to_num(as_array(x), nan=nan, posinf=posinf, neginf=neginf)


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
def angle(x: Tensor) -> Tensor:
    """Return the angle of complex numbers in radians.

    >>> from hornbeam import ops
    >>> ops.angle([1.0, 2.0]).tolist()
    [0.0, 0.0]
    """
    return jnp.angle(inexact(x))


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


@op
def copy(x: Tensor) -> Tensor:
    """Return a copy of x.

    >>> from hornbeam import ops
    >>> ops.copy([1, 2]).tolist()
    [1, 2]
    """
    return jnp.copy(as_array(x))


absolute = abs
conjugate = conj
