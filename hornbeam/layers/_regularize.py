"""Layers that act against overfitting: noise while training, and penalties on what passes through."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

import jax.numpy as jnp

from hornbeam import random, regularizers
from hornbeam._core.seeds import SeedGenerator
from hornbeam.layers._checks import data_format as order_of
from hornbeam.layers._checks import refusal, whole, within
from hornbeam.layers._input_spec import InputSpec
from hornbeam.layers._layer import Layer


class _Noise(Layer):
    """A layer that acts while training only, and only where its strength is not 0."""

    seed_generator: SeedGenerator | None = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def _draw_from(self, seed: int | None, strength: float) -> None:
        """Store `seed`, and make a generator of it where the layer is to act."""
        self.seed = seed
        if strength > 0:
            self.seed_generator = SeedGenerator(seed)

    def call(self, inputs: Any, training: bool | None = False) -> Any:
        """Return the inputs, with noise while training."""
        return self._noisy(inputs) if training and self.seed_generator is not None else inputs

    @abstractmethod
    def _noisy(self, inputs: Any) -> Any: ...


class Dropout(_Noise):
    """Sets each element to 0 with probability `rate` while training, and divides the others by `1 - rate`.

    The mean stays, as does the shape. Outside of training nothing changes. Srivastava et al. 2014.

    Args:
        rate: the part of the elements to drop, from 0 to 1.
        noise_shape: the shape of what is drawn, broadcast to the inputs: for inputs `(batch, time, features)`,
            `(batch, 1, features)` drops the same features at every step. None stands for the input's length.
        seed: a whole number, for the same draws in each run.

    >>> import hornbeam as keras
    >>> layer = keras.layers.Dropout(0.5, seed=1)
    >>> layer(keras.ops.ones((1, 4)), training=True).tolist()
    [[2.0, 0.0, 0.0, 2.0]]
    >>> layer(keras.ops.ones((1, 4))).tolist()
    [[1.0, 1.0, 1.0, 1.0]]
    """

    def __init__(
        self, rate: float, noise_shape: Sequence[int | None] | None = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.rate = within(self, "rate", rate, 0, 1)
        self.noise_shape = _noise_shape(self, noise_shape)
        self._draw_from(seed, rate)

    def _noisy(self, inputs: Any) -> Any:
        return random.dropout(inputs, self.rate, self._drawn_shape(inputs), self.seed_generator)

    def _drawn_shape(self, inputs: Any) -> Sequence[int | None] | None:
        return self.noise_shape


def _noise_shape(layer: Layer, shape: Any) -> tuple[int | None, ...] | None:
    """Return the argument checked: lengths that are positive or None."""
    if shape is None:
        return None
    if isinstance(shape, str) or not isinstance(shape, Iterable):
        raise refusal(layer, "noise_shape to be a tuple such as (None, 1, None)", f"noise_shape={shape!r}")
    return tuple(d if d is None else whole(layer, "each length of noise_shape", d) for d in shape)


def _below_1(layer: Layer, rate: float) -> float:
    if rate == 1:
        raise refusal(layer, "rate to be less than 1", f"rate={rate!r}")
    return rate


class _SpatialDropout(Dropout):
    """Drops whole channels: what is drawn is 1 long on every spatial axis."""

    rank: int

    def __init__(self, rate: float, data_format: str | None, seed: int | None, name: str | None, dtype: Any) -> None:
        super().__init__(rate, seed=seed, name=name, dtype=dtype)
        self.data_format = order_of(self, data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _drawn_shape(self, inputs: Any) -> Sequence[int]:
        ones = (1,) * self.rank
        if self.data_format == "channels_first":
            return (*inputs.shape[:2], *ones)
        return (inputs.shape[0], *ones, inputs.shape[-1])


class SpatialDropout1D(_SpatialDropout):
    """Drops whole features of a sequence `(batch, time, features)` while training.

    Args:
        rate: the part of the features to drop, from 0 to 1.
        seed: a whole number, for the same draws in each run.

    >>> import hornbeam as keras
    >>> keras.layers.SpatialDropout1D(0.5, seed=1)(keras.ops.ones((1, 2, 4)), training=True).tolist()
    [[[2.0, 0.0, 0.0, 2.0], [2.0, 0.0, 0.0, 2.0]]]
    """

    rank = 1

    def __init__(self, rate: float, seed: int | None = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(rate, "channels_last", seed, name, dtype)


class SpatialDropout2D(_SpatialDropout):
    """Drops whole channels of an image while training.

    Input and output `(batch, height, width, channels)`, or `(batch, channels, height, width)` for 'channels_first'.

    Args:
        rate: the part of the channels to drop, from 0 to 1.
        data_format: 'channels_last' or 'channels_first'; by default what `keras.json` says.
        seed: a whole number, for the same draws in each run.

    >>> import hornbeam as keras
    >>> x = keras.layers.SpatialDropout2D(0.5, seed=1)(keras.ops.ones((1, 2, 2, 4)), training=True)
    >>> x[0, 0].tolist() == x[0, 1].tolist() == [[2.0, 0.0, 0.0, 2.0]] * 2
    True
    """

    rank = 2

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(rate, data_format, seed, name, dtype)


class SpatialDropout3D(_SpatialDropout):
    """Drops whole channels of a volume while training; as SpatialDropout2D with three spatial axes.

    >>> import hornbeam as keras
    >>> keras.layers.SpatialDropout3D(0.5)(keras.ops.ones((1, 2, 2, 2, 4))).shape
    (1, 2, 2, 2, 4)
    """

    rank = 3

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(rate, data_format, seed, name, dtype)


class GaussianNoise(_Noise):
    """Adds normal noise of mean 0 while training; the shape stays.

    Args:
        stddev: the noise's standard deviation, from 0 to 1.
        seed: a whole number, for the same draws in each run.

    >>> import hornbeam as keras
    >>> keras.layers.GaussianNoise(0.1)(keras.ops.ones((1, 2))).tolist()
    [[1.0, 1.0]]
    """

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stddev = within(self, "stddev", stddev, 0, 1)
        self._draw_from(seed, stddev)

    def _noisy(self, inputs: Any) -> Any:
        noise = random.normal(inputs.shape, stddev=self.stddev, dtype=inputs.dtype, seed=self.seed_generator)
        return inputs + noise


class GaussianDropout(_Noise):
    """Multiplies by normal noise of mean 1 and standard deviation `sqrt(rate / (1 - rate))` while training.

    Srivastava et al. 2014, section 10. The shape stays.

    Args:
        rate: as in Dropout, from 0 to less than 1.
        seed: a whole number, for the same draws in each run.

    >>> import hornbeam as keras
    >>> keras.layers.GaussianDropout(0.1)(keras.ops.ones((1, 2))).tolist()
    [[1.0, 1.0]]
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = _below_1(self, within(self, "rate", rate, 0, 1))
        self._draw_from(seed, rate)

    def _noisy(self, inputs: Any) -> Any:
        stddev = math.sqrt(self.rate / (1.0 - self.rate))
        return inputs * random.normal(inputs.shape, 1.0, stddev, inputs.dtype, self.seed_generator)


class AlphaDropout(Dropout):
    """Dropout for networks of SELU: what is dropped takes SELU's lower limit, and mean and variance stay.

    Klambauer et al. 2017, "Self-normalizing neural networks". The shape stays.

    Args:
        rate: the part of the elements to drop, from 0 to less than 1.
        noise_shape: the shape of what is drawn, as in Dropout.
        seed: a whole number, for the same draws in each run.

    >>> import hornbeam as keras
    >>> keras.layers.AlphaDropout(0.1)(keras.ops.ones((1, 2))).tolist()
    [[1.0, 1.0]]
    """

    def __init__(
        self, rate: float, noise_shape: Sequence[int | None] | None = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(rate, noise_shape, seed, **kwargs)
        _below_1(self, rate)

    def _noisy(self, inputs: Any) -> Any:
        limit = -1.6732632423543772 * 1.0507009873554805  # of SELU for very negative elements
        shape = [n if d is None else d for d, n in zip(self.noise_shape or inputs.shape, inputs.shape, strict=True)]
        kept = random.uniform(shape, seed=self.seed_generator) >= self.rate
        scale = ((1 - self.rate) * (1 + self.rate * limit**2)) ** -0.5
        return scale * jnp.where(kept, inputs, limit).astype(inputs.dtype) - scale * limit * self.rate


class ActivityRegularization(Layer):
    """Adds `l1 * sum(abs(x)) + l2 * sum(x**2)` of what passes through to the loss, divided by the batch's length.

    Args:
        l1, l2: the weights of the two sums, 0 or more.

    >>> import hornbeam as keras
    >>> layer = keras.layers.ActivityRegularization(l1=0.5)
    >>> layer(keras.ops.ones((2, 3))).shape, [float(loss) for loss in layer.losses]
    ((2, 3), [1.5])
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1, self.l2 = l1, l2
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        """Return the inputs."""
        return inputs

    def get_config(self) -> dict[str, Any]:
        """Return l1 and l2, of which the regularizer is made."""
        config = super().get_config()
        config.pop("activity_regularizer")
        return config
