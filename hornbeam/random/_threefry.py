"""JAX's random numbers in NumPy: the bits of its Threefry generator, and its float32 distributions to the last bit.

A new shape costs `jax.random` 0.1 s and more of compilation; the few lines here cost nothing but the draw, and give a
concrete array even while JAX traces. Bits follow Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011),
with JAX's partitionable counters: element i is hashed from the number i. Of the distributions the compiled code
multiplies and adds with one rounding; `_fma` does so in float64, where the product of two float32 is exact.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np

f32, f64, u32 = np.float32, np.float64, np.uint32
Array = np.ndarray

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_BLOCK = 1 << 16  # elements at a time, so that intermediates stay in the cache


def uniform(key: Array, shape: Sequence[int], minval: float, maxval: float) -> Array:
    """Return float32 of `shape`, uniform in [minval, maxval)."""
    return _in_blocks(lambda bits: _to_range(bits, f32(minval), f32(maxval)), key, shape)


def normal(key: Array, shape: Sequence[int]) -> Array:
    """Return float32 of `shape`, normal with mean 0 and standard deviation 1."""
    low = np.nextafter(f32(-1), f32(0))
    return _in_blocks(lambda bits: _SQRT2 * _erfinv(_to_range(bits, low, f32(1))), key, shape)


def truncated_normal(key: Array, shape: Sequence[int]) -> Array:
    """Return float32 of `shape`, normal with mean 0 and standard deviation 1 between -2 and 2."""
    bound = np.nextafter(f32(2), f32(0))

    def draw(bits: Array) -> Array:
        return np.clip(_SQRT2 * _erfinv(_to_range(bits, -_ERF_SQRT2, _ERF_SQRT2)), -bound, bound)

    return _in_blocks(draw, key, shape)


def _in_blocks(draw: Callable[[Array], Array], key: Array, shape: Sequence[int]) -> Array:
    out = np.empty(math.prod(shape), f32)
    for start in range(0, out.size, _BLOCK):
        part = out[start : start + _BLOCK]
        part[:] = draw(_bits(key, start, part.size))
    return out.reshape(shape)


def _bits(key: Array, start: int, size: int) -> Array:
    """Return the random uint32 of elements `start` to `start + size`, all below 2**32."""
    first, second = int(key[0]), int(key[1])
    schedule = (first, second, first ^ second ^ 0x1BD11BDA)
    a = np.full(size, first, u32)
    b = np.arange(start, start + size, dtype=u32) + u32(second)
    spare = np.empty_like(b)
    for i in range(5):
        for rotation in ROTATIONS[i % 2]:
            a += b
            np.left_shift(b, u32(rotation), out=spare)
            b >>= u32(32 - rotation)
            b |= spare
            b ^= a
        a += u32(schedule[(i + 1) % 3])
        b += u32((schedule[(i + 2) % 3] + i + 1) % 2**32)
    a ^= b
    return a


def _to_range(bits: Array, low: np.float32, high: np.float32) -> Array:
    """Return `bits` as float32 in [low, high): 23 of them become the fraction of a number between 1 and 2."""
    bits >>= u32(9)
    bits |= f32(1).view(u32)
    unit = bits.view(f32)
    unit -= f32(1)
    return np.maximum(_fma(unit, f64(high - low), f64(low)), low)


def _fma(a: Array, b: Array | np.float64, c: Array | np.float64) -> Array:
    """Return a * b + c of float32 values, rounded once."""
    total = np.multiply(a, b, dtype=f64)
    total += c
    return total.astype(f32)


def _polynomial(x: Array, coefficients: Array) -> Array:
    """Return the polynomial at `x`, highest power first, by Horner's rule with one rounding a step."""
    x = x.astype(f64)
    value = np.multiply(x, coefficients[0])
    value += coefficients[1]
    result = value.astype(f32)
    for coefficient in coefficients[2:]:
        np.multiply(x, result, out=value)
        value += coefficient
        result[:] = value
    return result


def _erfinv(x: Array) -> Array:
    """Return the inverse error function: two polynomials of w = -log(1 - x^2) (Giles 2010, single precision)."""
    square = x * -x
    log = _log1p_near_0(square)
    far = np.flatnonzero(square <= -_NEAR_0)
    log[far] = _log_1_plus(square[far])
    result = _polynomial(f32(-2.5) - log, _CENTRE)
    tail = np.flatnonzero(log <= -5)
    result[tail] = _polynomial(np.sqrt(-log[tail]) - f32(3), _TAIL)
    result *= x
    return result


def _log1p_near_0(x: Array) -> Array:
    """Return log(1 + x) for |x| < 0.414 by a rational function (Cephes)."""
    square = x * x
    ratio = _polynomial(x, _NUMERATOR)
    ratio /= _polynomial(x, _DENOMINATOR)
    return x + _fma(square, f64(-0.5), x * square * ratio)


def _log_1_plus(x: Array) -> Array:
    """Return log(1 + x) for other x: the exponent's part and a polynomial of the fraction (Cephes)."""
    bits = (x + f32(1)).view(np.int32)
    exponent = ((bits >> 23) - 126).astype(f32)
    fraction = (bits & 0x007FFFFF | 0x3F000000).view(f32)  # in [0.5, 1)
    low = fraction < _SQRT_HALF
    exponent -= low
    x = (fraction - f32(1)) + np.where(low, fraction, f32(0))
    square = x * x
    cube = square * x
    high, middle, rest = (_polynomial(x, part) for part in _LOG)
    tail = _fma(_fma(cube, high, middle), cube, rest)
    return _fma(exponent, _LOG2_HIGH, _fma(square, f64(-0.5), x) + _fma(cube, tail, exponent * _LOG2_LOW))


def _of(*values: float) -> Array:
    """Return coefficients rounded to float32, kept as float64 for `_fma`."""
    return np.array(values, f32).astype(f64)


_SQRT2, _SQRT_HALF = f32(math.sqrt(2)), f32(math.sqrt(0.5))
_ERF_SQRT2 = f32(math.erf(math.sqrt(2)))
_NEAR_0 = f32(math.sqrt(2) - 1)
_LOG2_HIGH, _LOG2_LOW = f64(f32(0.693359375)), f32(-2.12194440e-4)
_LOG = (
    _of(7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1),
    _of(-1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1),
    _of(2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1),
)
_NUMERATOR = _of(
    4.5270000862445199635215e-5, 4.9854102823193375972212e-1, 6.5787325942061044846969e0, 2.9911919328553073277375e1,
    6.0949667980987787057556e1, 5.7112963590585538103336e1, 2.0039553499201281259648e1,
)  # fmt: skip
_DENOMINATOR = _of(
    1.0, 1.5062909083469192043167e1, 8.3047565967967209469434e1, 2.2176239823732856465394e2,
    3.0909872225312059774938e2, 2.1642788614495947685003e2, 6.0118660497603843919306e1,
)  # fmt: skip
_CENTRE = _of(
    2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503, -0.00417768164,
    0.246640727, 1.50140941,
)  # fmt: skip
_TAIL = _of(
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
    1.00167406, 2.83297682,
)  # fmt: skip
