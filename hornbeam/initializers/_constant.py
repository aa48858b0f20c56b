"""Initializers that draw nothing: constants, the identity, and the kernels of a Fourier transform."""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from hornbeam._core import dtypes
from hornbeam._core.lazy import lazy
from hornbeam.initializers._base import Initializer

signal = lazy("scipy.signal")


def _type(dtype: Any) -> np.dtype:
    return jnp.dtype(dtypes.canonical(dtype))


class Zeros(Initializer):
    """Gives zeros.

    >>> import hornbeam as keras
    >>> keras.initializers.Zeros()((2, 2)).tolist()
    [[0.0, 0.0], [0.0, 0.0]]
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> np.ndarray:
        """Return zeros of `shape` and `dtype`."""
        return np.zeros(shape, _type(dtype))


class Ones(Initializer):
    """Gives ones.

    >>> import hornbeam as keras
    >>> keras.initializers.Ones()((2,), dtype="int32").tolist()
    [1, 1]
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> np.ndarray:
        """Return ones of `shape` and `dtype`."""
        return np.ones(shape, _type(dtype))


class Constant(Initializer):
    """Gives `value` everywhere: a number, or an array that broadcasts to the shape asked for.

    >>> import hornbeam as keras
    >>> keras.initializers.Constant(0.5)((3,)).tolist()
    [0.5, 0.5, 0.5]
    """

    exact = False  # an array given in place of an initializer must have the very shape of the weight

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> np.ndarray:
        """Return `value` as `shape` and `dtype`; ValueError when it does not fit."""
        value = np.asarray(self.value)
        if self.exact and value.shape != tuple(shape):
            message = f"A weight of shape {tuple(shape)} needs an array of that shape; the one given has {value.shape}."
            raise ValueError(message)
        return np.array(np.broadcast_to(value, shape)).astype(_type(dtype))


class Identity(Initializer):
    """Gives the identity matrix times `gain`; for shapes (rows, columns) only, else ValueError.

    >>> import hornbeam as keras
    >>> keras.initializers.Identity(gain=2.0)((2, 3)).tolist()
    [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]]
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> np.ndarray:
        """Return the matrix."""
        if len(shape) != 2:
            message = f"Identity needs a shape (rows, columns); got {tuple(shape)}."
            raise ValueError(message)
        rows, columns = shape
        return (self.gain * np.eye(rows, columns)).astype(_type(dtype))


class STFT(Initializer):
    """Gives the kernel of a short-time Fourier transform by convolution: (frame length, 1, FFT length // 2 + 1).

    Column f is the windowed cosine (`side` 'real') or sine ('imag') of -2 pi t f / FFT length. `window` is a name
    known to `scipy.signal.get_window`, an array (frame length,) or None; `scaling` divides by the window's length
    ('density') or by the sum of its absolute values ('spectrum'); `periodic` asks for a periodic window.

    >>> import hornbeam as keras
    >>> keras.initializers.STFT(window=None, scaling=None)((4, 1, 3))[:, 0, 0].tolist()
    [1.0, 1.0, 1.0, 1.0]
    """

    def __init__(
        self, side: str = "real", window: Any = "hann", scaling: str | None = "density", periodic: bool = False
    ) -> None:
        if side not in ("real", "imag"):
            message = f"STFT: side must be 'real' or 'imag'; got {side!r}."
            raise ValueError(message)
        if scaling not in ("density", "spectrum", None):
            message = f"STFT: scaling must be 'density', 'spectrum' or None; got {scaling!r}."
            raise ValueError(message)
        if isinstance(window, str):
            signal.get_window(window, 1)  # an unknown name is an error now rather than when the weight is made
        self.side, self.window, self.scaling, self.periodic = side, window, scaling, periodic

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> np.ndarray:
        """Return the kernel, computed in float32 where `dtype` is not float64."""
        length, _, bins = shape
        kind = np.float64 if dtypes.canonical(dtype) == "float64" else np.float32
        time = np.arange(length, dtype=kind)[:, None, None]
        frequency = np.arange(bins, dtype=kind) / kind(2 * (bins - 1))
        angle = kind(-2) * time * frequency * kind(np.pi)
        kernel = np.cos(angle) if self.side == "real" else np.sin(angle)
        if self.window is not None:
            kernel *= self._scaled_window(length, kind)[:, None, None]
        return np.broadcast_to(kernel, shape).astype(_type(dtype))

    def _scaled_window(self, length: int, kind: type) -> np.ndarray:
        window = signal.get_window(self.window, length, self.periodic) if isinstance(self.window, str) else self.window
        window = np.asarray(window, kind)
        if window.shape != (length,):
            message = f"STFT: window must have the shape of a frame, ({length},); got {window.shape}."
            raise ValueError(message)
        if self.scaling == "density":
            return window / np.sqrt(np.sum(np.square(window)))
        return window / np.sum(np.abs(window)) if self.scaling == "spectrum" else window
