"""Fourier transforms, windows and sequences cut into overlapping pieces.

Complex arrays are pairs (real, imaginary), as Keras has them.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from hornbeam._core import config
from hornbeam._core.op import op
from hornbeam.ops._arrays import Tensor, as_array, inexact

Pair = tuple[Tensor, Tensor]
_HALF = {"hann": 0.5, "hamming": 0.54}  # the mean of a raised cosine window


def _complex(x: Pair) -> jax.Array:
    """Return a pair (real, imaginary) as complex numbers."""
    if not isinstance(x, list | tuple) or len(x) != 2:
        message = f"x must be a pair (real, imaginary) of arrays; got {type(x).__name__}."
        raise ValueError(message)
    real, imaginary = (inexact(part) for part in x)
    if real.shape != imaginary.shape:
        message = f"the real and imaginary parts of x must have one shape; got {real.shape} and {imaginary.shape}."
        raise ValueError(message)
    return jax.lax.complex(real, imaginary)


def _parts(x: jax.Array) -> Pair:
    return jnp.real(x), jnp.imag(x)


@op
def fft(x: Pair) -> Pair:
    """Return the discrete Fourier transform along the last axis.

    >>> from hornbeam import ops
    >>> real, imaginary = ops.fft(([1.0, 1.0], [0.0, 0.0]))
    >>> real.tolist()
    [2.0, 0.0]
    """
    return _parts(jnp.fft.fft(_complex(x)))


@op
def fft2(x: Pair) -> Pair:
    """Return the discrete Fourier transform along the last two axes.

    >>> from hornbeam import ops
    >>> real, imaginary = ops.fft2(([[1.0, 1.0]], [[0.0, 0.0]]))
    >>> real.tolist()
    [[2.0, 0.0]]
    """
    return _parts(jnp.fft.fft2(_complex(x)))


@op
def ifft2(x: Pair) -> Pair:
    """Return the inverse of `fft2`.

    >>> from hornbeam import ops
    >>> real, imaginary = ops.ifft2(([[2.0, 0.0]], [[0.0, 0.0]]))
    >>> real.tolist()
    [[1.0, 1.0]]
    """
    return _parts(jnp.fft.ifft2(_complex(x)))


@op
def rfft(x: Tensor, fft_length: int | None = None) -> Pair:
    """Return the Fourier transform (..., fft_length // 2 + 1) of real numbers along the last axis.

    The axis is cut or filled with zeros to `fft_length`.

    >>> from hornbeam import ops
    >>> real, imaginary = ops.rfft([1.0, 1.0])
    >>> real.tolist()
    [2.0, 0.0]
    """
    x = inexact(x)
    if 0 in x.shape[-1:]:
        message = f"rfft: x must have a last axis that is not empty; got shape {x.shape}."
        raise ValueError(message)
    return _parts(jnp.fft.rfft(x, n=fft_length))


@op
def irfft(x: Pair, fft_length: int | None = None) -> Tensor:
    """Return the `fft_length` real numbers (None: twice the length less 2) that `rfft` was taken of.

    >>> from hornbeam import ops
    >>> ops.irfft(([2.0, 0.0], [0.0, 0.0])).tolist()
    [1.0, 1.0]
    """
    return jnp.fft.irfft(_complex(x), n=fft_length)


@op
def extract_sequences(x: Tensor, sequence_length: int, sequence_stride: int) -> Tensor:
    """Return the pieces (..., pieces, sequence_length) of the last axis that begin every `sequence_stride` elements.

    >>> from hornbeam import ops
    >>> ops.extract_sequences([1, 2, 3, 4], 2, 1).tolist()
    [[1, 2], [2, 3], [3, 4]]
    """
    return _pieces(as_array(x), sequence_length, sequence_stride)


def _pieces(x: jax.Array, length: int, stride: int) -> jax.Array:
    count = 1 + (x.shape[-1] - length) // stride
    return x[..., stride * jnp.arange(count)[:, None] + jnp.arange(length)]


def _window(window: Any, length: int, fft_length: int, dtype: Any) -> jax.Array:
    """Return a window's weights with zeros on both sides up to `fft_length`; None weighs all of it by 1."""
    if window is None:
        return jnp.ones(fft_length, dtype)
    if isinstance(window, str):
        if window not in _HALF:
            message = f"window must be {' or '.join(map(repr, _HALF))}, None or an array; got {window!r}."
            raise ValueError(message)
        mean = _HALF[window]
        weights = jnp.asarray(mean - (1 - mean) * np.cos(2 * np.pi * np.arange(length) / length), dtype)
    else:
        weights = as_array(window).astype(dtype)
    if weights.shape != (length,):
        message = f"window must have sequence_length={length} weights; got shape {weights.shape}."
        raise ValueError(message)
    before = (fft_length - length) // 2
    return jnp.pad(weights, (before, fft_length - length - before))


def _check_lengths(sequence_length: int, fft_length: int) -> None:
    if fft_length < sequence_length:
        message = f"fft_length must be at least sequence_length={sequence_length}; got {fft_length}."
        raise ValueError(message)


@op
def stft(
    x: Tensor,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    window: Any = "hann",
    center: bool = True,
) -> Pair:
    """Return the Fourier transforms (..., pieces, fft_length // 2 + 1) of overlapping pieces of the last axis.

    A piece of `sequence_length` elements begins every `sequence_stride`; it is weighed by `window` ('hann', 'hamming',
    None, or its weights). `center` puts the pieces around the elements, with the ends reflected.

    >>> from hornbeam import ops
    >>> real, imaginary = ops.stft(ops.ones((8,)), 4, 2, 4)
    >>> real.shape
    (5, 3)
    """
    x = inexact(x)
    _check_lengths(sequence_length, fft_length)
    weights = _window(window, sequence_length, fft_length, x.dtype)
    if center:
        x = jnp.pad(x, [(0, 0)] * (x.ndim - 1) + [(fft_length // 2, fft_length // 2)], mode="reflect")
    return _parts(jnp.fft.rfft(_pieces(x, fft_length, sequence_stride) * weights))


@op
def istft(
    x: Pair,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: Any = "hann",
    center: bool = True,
) -> Tensor:
    """Return the numbers that `stft` was taken of, `length` of them where that is given.

    >>> from hornbeam import ops
    >>> ops.istft(ops.stft([1.0, 2.0, 3.0, 4.0], 2, 1, 2), 2, 1, 2).round(4).tolist()
    [1.0, 2.0, 3.0, 4.0]
    """
    _check_lengths(sequence_length, fft_length)
    pieces = jnp.fft.irfft(_complex(x), n=fft_length)
    weights = _window(window, sequence_length, fft_length, pieces.dtype)
    total = _overlap_add(pieces * weights, sequence_stride)
    norm = _overlap_add(jnp.broadcast_to(weights * weights, pieces.shape[-2:]), sequence_stride)
    total = jnp.where(norm > jnp.finfo(norm.dtype).tiny, total / norm, total)
    start = fft_length // 2 if center else 0
    end = start + length if length is not None else total.shape[-1] - start
    return total[..., start:end]


def _overlap_add(pieces: jax.Array, stride: int) -> jax.Array:
    """Return the sum of pieces (..., n, length) laid `stride` elements apart."""
    count, length = pieces.shape[-2:]
    places = stride * jnp.arange(count)[:, None] + jnp.arange(length)
    total = jnp.zeros((*pieces.shape[:-2], (count - 1) * stride + length), pieces.dtype)
    return total.at[..., places].add(pieces)


@op
def correlate(x1: Tensor, x2: Tensor, mode: str = "valid") -> Tensor:
    """Return the cross-correlation of two vectors: 'valid' where they fully overlap, 'same', or 'full'.

    >>> from hornbeam import ops
    >>> ops.correlate([1.0, 2.0, 3.0], [1.0, 1.0]).tolist()
    [3.0, 5.0]
    """
    return jnp.correlate(inexact(x1), inexact(x2), mode=mode)


@op
def bartlett(x: Tensor) -> Tensor:
    """Return the `x` weights of Bartlett's window, a triangle.

    >>> from hornbeam import ops
    >>> ops.bartlett(3).round(2).tolist()
    [0.0, 1.0, 0.0]
    """
    return jnp.bartlett(int(x)).astype(config.floatx())


@op
def blackman(x: Tensor) -> Tensor:
    """Return the `x` weights of Blackman's window, three cosines.

    >>> from hornbeam import ops
    >>> ops.blackman(3).round(2).tolist()
    [-0.0, 1.0, -0.0]
    """
    return jnp.blackman(int(x)).astype(config.floatx())


@op
def hamming(x: Tensor) -> Tensor:
    """Return the `x` weights of Hamming's window, a raised cosine above 0.08.

    >>> from hornbeam import ops
    >>> ops.hamming(3).round(2).tolist()
    [0.07999999821186066, 1.0, 0.07999999821186066]
    """
    return jnp.hamming(int(x)).astype(config.floatx())


@op
def hanning(x: Tensor) -> Tensor:
    """Return the `x` weights of Hann's window, a raised cosine.

    >>> from hornbeam import ops
    >>> ops.hanning(3).round(2).tolist()
    [0.0, 1.0, 0.0]
    """
    return jnp.hanning(int(x)).astype(config.floatx())


@op
def kaiser(x: Tensor, beta: Tensor) -> Tensor:
    """Return the `x` weights of Kaiser's window; a larger `beta` makes it narrower.

    >>> from hornbeam import ops
    >>> ops.kaiser(3, 0.0).tolist()
    [1.0, 1.0, 1.0]
    """
    return jnp.kaiser(int(x), as_array(beta)).astype(config.floatx())
