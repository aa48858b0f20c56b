"""Initializers that draw: the same seed gives the same weights as Keras 3 on JAX.

They draw in NumPy (see `hornbeam.random`), so making a weight compiles nothing. An initializer keeps one seed: a number
gives the same values at each call, a SeedGenerator gives new ones.
"""

import math
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

import jax.numpy as jnp
import numpy as np

from hornbeam._core import dtypes
from hornbeam._core.lazy import lazy
from hornbeam._core.seeds import SeedGenerator, draw_seed, make_default_seed
from hornbeam._core.serialize import deserialize
from hornbeam.initializers._base import Initializer
from hornbeam.random import _concrete

linalg = lazy("scipy.linalg")

_TRUNCATED_STDDEV = 0.87962566103423978  # of a standard normal cut at -2 and 2
_MODES = ("fan_in", "fan_out", "fan_avg")
_DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")


class _Random(Initializer):
    """An initializer with a seed; without one it takes one from Python's `random`, once."""

    def __init__(self, seed: Any = None) -> None:
        if isinstance(seed, Mapping):
            seed = deserialize(seed)
        if not isinstance(seed, Integral | SeedGenerator | None):
            message = f"{type(self).__name__}: seed must be a whole number or a SeedGenerator; got {seed!r}."
            raise ValueError(message)  # noqa: TRY004  # as Keras does
        self.seed = seed
        self._source = make_default_seed() if seed is None else seed

    def _key(self) -> Any:
        return np.asarray(draw_seed(self._source))


class RandomNormal(_Random):
    """Draws from a normal distribution.

    >>> import hornbeam as keras
    >>> keras.initializers.RandomNormal(stddev=1.0, seed=0)((2, 3)).shape
    (2, 3)
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None) -> None:
        super().__init__(seed)
        self.mean, self.stddev = mean, stddev

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        """Return an array of `shape` and a float `dtype`."""
        return _concrete.normal(self._key(), shape, self.mean, self.stddev, dtype)


class TruncatedNormal(RandomNormal):
    """Draws from a normal distribution, within two standard deviations of the mean.

    >>> import hornbeam as keras
    >>> bool(abs(keras.initializers.TruncatedNormal(stddev=1.0, seed=0)((1000,))).max() < 2)
    True
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        """Return an array of `shape` and a float `dtype`."""
        return _concrete.truncated_normal(self._key(), shape, self.mean, self.stddev, dtype)


class RandomUniform(_Random):
    """Draws from a uniform distribution in [minval, maxval).

    >>> import hornbeam as keras
    >>> bool(abs(keras.initializers.RandomUniform(seed=0)((1000,))).max() <= 0.05)
    True
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Any = None) -> None:
        super().__init__(seed)
        self.minval, self.maxval = minval, maxval

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        """Return an array of `shape` and a float `dtype`."""
        return _concrete.uniform(self._key(), shape, self.minval, self.maxval, dtype)


class VarianceScaling(_Random):
    """Draws with a variance of `scale / n`, so that signals keep their size through layers.

    n is the number of inputs of a unit (`mode` 'fan_in'), of outputs ('fan_out'), or their mean ('fan_avg'). For a
    kernel (..., inputs, outputs) the axes before the last two count as a receptive field; `input_axes` and
    `output_axes`, given together, name the axes instead. `distribution` is 'truncated_normal', 'untruncated_normal' or
    'uniform'.

    >>> import hornbeam as keras
    >>> float(abs(keras.initializers.VarianceScaling(distribution="uniform", seed=0)((3, 1000))).max().round(2))
    1.0
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(seed)
        kind = type(self).__name__
        if not scale > 0:
            message = f"{kind}: scale must be above 0; got {scale!r}."
            raise ValueError(message)
        if mode not in _MODES:
            message = f"{kind}: mode must be one of {', '.join(map(repr, _MODES))}; got {mode!r}."
            raise ValueError(message)
        if distribution not in _DISTRIBUTIONS:
            message = (
                f"{kind}: distribution must be one of {', '.join(map(repr, _DISTRIBUTIONS))}; got {distribution!r}."
            )
            raise ValueError(message)
        self.scale, self.mode, self.distribution = scale, mode, distribution
        self.input_axes, self.output_axes = input_axes, output_axes

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        """Return an array of `shape` and a float `dtype`."""
        inputs, outputs = compute_fans(shape, self.input_axes, self.output_axes)
        n = {"fan_in": inputs, "fan_out": outputs, "fan_avg": (inputs + outputs) / 2}[self.mode]
        variance = self.scale / max(1.0, n)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return _concrete.uniform(self._key(), shape, -limit, limit, dtype)
        if self.distribution == "untruncated_normal":
            return _concrete.normal(self._key(), shape, 0.0, math.sqrt(variance), dtype)
        return _concrete.truncated_normal(self._key(), shape, 0.0, math.sqrt(variance) / _TRUNCATED_STDDEV, dtype)


def compute_fans(
    shape: Sequence[int], input_axes: Sequence[int] | None = None, output_axes: Sequence[int] | None = None
) -> tuple[int, int]:
    """Return how many inputs and outputs a unit with a weight of `shape` has."""
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[a] for a in input_axes), math.prod(shape[a] for a in output_axes)
    if len(shape) < 2:
        return math.prod(shape), math.prod(shape)
    field = math.prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field


class _Preset(VarianceScaling):
    """VarianceScaling with its scale, mode and distribution fixed."""

    preset: tuple[float, str, str]

    def __init__(
        self, seed: Any = None, input_axes: Sequence[int] | None = None, output_axes: Sequence[int] | None = None
    ) -> None:
        super().__init__(*self.preset, seed, input_axes, output_axes)


class GlorotUniform(_Preset):
    """Draws uniformly within sqrt(6 / (inputs + outputs)) (Glorot and Bengio 2010); what most layers start with.

    >>> import hornbeam as keras
    >>> bool(abs(keras.initializers.GlorotUniform(seed=0)((2, 4))).max() <= 1)
    True
    """

    preset = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Preset):
    """Draws normally, truncated, with a variance of 2 / (inputs + outputs) (Glorot and Bengio 2010).

    >>> import hornbeam as keras
    >>> keras.initializers.GlorotNormal(seed=0)((2, 4)).shape
    (2, 4)
    """

    preset = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_Preset):
    """Draws uniformly within sqrt(6 / inputs), for layers followed by relu (He et al. 2015).

    >>> import hornbeam as keras
    >>> bool(abs(keras.initializers.HeUniform(seed=0)((6, 4))).max() <= 1)
    True
    """

    preset = (2.0, "fan_in", "uniform")


class HeNormal(_Preset):
    """Draws normally, truncated, with a variance of 2 / inputs, for layers followed by relu (He et al. 2015).

    >>> import hornbeam as keras
    >>> keras.initializers.HeNormal(seed=0)((2, 4)).shape
    (2, 4)
    """

    preset = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_Preset):
    """Draws uniformly within sqrt(3 / inputs) (LeCun et al. 1998).

    >>> import hornbeam as keras
    >>> bool(abs(keras.initializers.LecunUniform(seed=0)((3, 4))).max() <= 1)
    True
    """

    preset = (1.0, "fan_in", "uniform")


class LecunNormal(_Preset):
    """Draws normally, truncated, with a variance of 1 / inputs, for layers followed by selu (Klambauer et al. 2017).

    >>> import hornbeam as keras
    >>> keras.initializers.LecunNormal(seed=0)((2, 4)).shape
    (2, 4)
    """

    preset = (1.0, "fan_in", "truncated_normal")


class Orthogonal(_Random):
    """Gives an orthogonal matrix times `gain`: of a normal draw, the Q of its QR decomposition (Saxe et al. 2014).

    A shape (..., columns) is seen as a matrix (rows, columns); where it has fewer rows than columns the rows are
    orthogonal, else the columns. A shape of fewer than two axes raises ValueError.

    >>> import hornbeam as keras
    >>> q = keras.initializers.Orthogonal(seed=0)((3, 3))
    >>> bool(abs(q @ q.T - keras.initializers.Identity()((3, 3))).max() < 1e-6)
    True
    """

    def __init__(self, gain: float = 1.0, seed: Any = None) -> None:
        super().__init__(seed)
        self.gain = gain

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> np.ndarray:
        """Return an array of `shape` and a float `dtype`."""
        if len(shape) < 2:
            message = f"Orthogonal needs a shape of at least two axes; got {tuple(shape)}."
            raise ValueError(message)
        sides = math.prod(shape[:-1]), shape[-1]
        matrix = np.asarray(_concrete.normal(self._key(), (max(sides), min(sides)), 0.0, 1.0, "float32"))
        q, r = linalg.qr(matrix, mode="economic") if matrix.size else (matrix, np.zeros((0, 0)))
        q = q * np.sign(np.diag(r))  # makes it uniform among the orthogonal matrices
        q = q.T if sides[0] < sides[1] else q
        return (self.gain * q.reshape(shape)).astype(jnp.dtype(dtypes.canonical(dtype)))
