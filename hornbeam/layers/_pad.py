"""Layers that make spatial axes longer or shorter: zeros around, edges cut, elements repeated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax

from hornbeam import ops
from hornbeam.layers._checks import data_format as order_of
from hornbeam.layers._checks import one_of, per_axis, refusal, whole
from hornbeam.layers._input_spec import InputSpec
from hornbeam.layers._layer import Layer
from hornbeam.layers._signature import defaults

Sides = Sequence[tuple[int, int]]


def _sides(layer: Layer, name: str, value: Any, rank: int) -> tuple[tuple[int, int], ...]:
    """Return how much at both ends of each axis: from one number, one for each axis, or two for each."""
    each = (value,) * rank if isinstance(value, int) else (value,) if rank == 1 and _is_pair(value) else value
    if not isinstance(each, list | tuple) or len(each) != rank:
        raise refusal(layer, f"{name} to be a whole number, or {rank} of them or of pairs of them", f"{name}={value!r}")
    return tuple(per_axis(layer, name, v, 2, least=0) for v in each)  # type: ignore[misc]


def _is_pair(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(v, int) for v in value)


class _Spatial(Layer):
    """A layer over `rank` spatial axes, in either order of the axes."""

    rank: int

    def _set_order(self, data_format: str | None) -> None:
        self.data_format = order_of(self, data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def _first(self) -> int:
        """The first spatial axis."""
        return 1 if self.data_format == "channels_last" else 2


class _ZeroPadding(_Spatial):
    def __init__(self, padding: Any, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_order(data_format)
        self._sides = _sides(self, "padding", padding, self.rank)
        self.padding = self._sides[0] if self.rank == 1 else self._sides

    def call(self, inputs: Any) -> Any:
        """Return the inputs with zeros around."""
        before, after = self._first, inputs.ndim - self._first - self.rank
        return ops.pad(inputs, [*[(0, 0)] * before, *self._sides, *[(0, 0)] * after])


@defaults(padding=1)
class ZeroPadding1D(_ZeroPadding):
    """Adds steps of zeros before and after `(batch, steps, channels)`.

    Args:
        padding: how many at both ends, or a pair (before, after).
        data_format: 'channels_last' or 'channels_first'; by default what `keras.json` says.

    >>> import hornbeam as keras
    >>> keras.layers.ZeroPadding1D((1, 2))(keras.ops.ones((1, 3, 4))).shape
    (1, 6, 4)
    """

    rank = 1


@defaults(padding=(1, 1))
class ZeroPadding2D(_ZeroPadding):
    """Adds rows and columns of zeros around an image `(batch, height, width, channels)`.

    Args:
        padding: how many everywhere; or a pair (rows, columns); or ((top, bottom), (left, right)).
        data_format: 'channels_last' or 'channels_first'; by default what `keras.json` says.

    >>> import hornbeam as keras
    >>> keras.layers.ZeroPadding2D(((1, 0), 2))(keras.ops.ones((1, 3, 3, 4))).shape
    (1, 4, 7, 4)
    """

    rank = 2


@defaults(padding=((1, 1), (1, 1), (1, 1)))
class ZeroPadding3D(_ZeroPadding):
    """Adds zeros around a volume `(batch, depth, height, width, channels)`; arguments as in ZeroPadding2D.

    >>> import hornbeam as keras
    >>> keras.layers.ZeroPadding3D(1)(keras.ops.ones((1, 2, 2, 2, 4))).shape
    (1, 4, 4, 4, 4)
    """

    rank = 3


class _Cropping(_Spatial):
    def __init__(self, cropping: Any, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_order(data_format)
        self._sides = _sides(self, "cropping", cropping, self.rank)
        self.cropping = self._sides[0] if self.rank == 1 else self._sides

    def call(self, inputs: Any) -> Any:
        """Return the inputs without their edges."""
        lengths = inputs.shape[self._first : self._first + self.rank]
        if any(isinstance(n, int) and n <= sum(cut) for n, cut in zip(lengths, self._sides, strict=True)):
            raise refusal(self, f"inputs with more to them than cropping={self.cropping}", f"shape {inputs.shape}")
        cuts = [slice(a, n - b) for n, (a, b) in zip(lengths, self._sides, strict=True)]
        return inputs[(*[slice(None)] * self._first, *cuts)]


class Cropping1D(_Cropping):
    """Cuts steps off both ends of `(batch, steps, channels)`.

    Args:
        cropping: how many at both ends, or a pair (before, after).

    >>> import hornbeam as keras
    >>> keras.layers.Cropping1D(1)(keras.ops.ones((1, 5, 4))).shape
    (1, 3, 4)
    """

    rank = 1

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any) -> None:
        super().__init__(cropping, "channels_last", **kwargs)


@defaults(cropping=((0, 0), (0, 0)))
class Cropping2D(_Cropping):
    """Cuts rows and columns off an image `(batch, height, width, channels)`.

    Args:
        cropping: how many everywhere; or a pair (rows, columns); or ((top, bottom), (left, right)).
        data_format: 'channels_last' or 'channels_first'; by default what `keras.json` says.

    >>> import hornbeam as keras
    >>> keras.layers.Cropping2D((1, 2))(keras.ops.ones((1, 5, 5, 4))).shape
    (1, 3, 1, 4)
    """

    rank = 2


@defaults(cropping=((1, 1), (1, 1), (1, 1)))
class Cropping3D(_Cropping):
    """Cuts the edges off a volume `(batch, depth, height, width, channels)`; arguments as in Cropping2D.

    >>> import hornbeam as keras
    >>> keras.layers.Cropping3D(1)(keras.ops.ones((1, 3, 4, 5, 4))).shape
    (1, 1, 2, 3, 4)
    """

    rank = 3


class UpSampling1D(Layer):
    """Repeats each step of `(batch, steps, channels)`.

    Args:
        size: how often.

    >>> import hornbeam as keras
    >>> keras.layers.UpSampling1D(2)(keras.ops.ones((1, 3, 4))).shape
    (1, 6, 4)
    """

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = whole(self, "size", size)
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs: Any) -> Any:
        """Return the repeated steps."""
        return ops.repeat(inputs, self.size, axis=1)


class _UpSampling(_Spatial):
    def _repeat(self, inputs: Any, size: Sequence[int]) -> Any:
        for axis, times in enumerate(size, start=self._first):
            inputs = ops.repeat(inputs, times, axis=axis)
        return inputs


class UpSampling2D(_UpSampling):
    """Makes an image `(batch, height, width, channels)` larger.

    Args:
        size: how many times, one number or a pair (rows, columns).
        data_format: 'channels_last' or 'channels_first'; by default what `keras.json` says.
        interpolation: 'nearest' repeats each element; 'bilinear', 'bicubic', 'lanczos3' and 'lanczos5' pass between.

    >>> import hornbeam as keras
    >>> keras.layers.UpSampling2D((1, 2))(keras.ops.ones((1, 3, 3, 4))).shape
    (1, 3, 6, 4)
    """

    rank = 2

    def __init__(
        self,
        size: int | Sequence[int] = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_order(data_format)
        self.size = per_axis(self, "size", size, 2)
        self.interpolation = one_of(self, "interpolation", interpolation, ("nearest", *_METHODS))

    def call(self, inputs: Any) -> Any:
        """Return the larger image."""
        if self.interpolation == "nearest":
            return self._repeat(inputs, self.size)
        shape = list(inputs.shape)
        for axis, times in enumerate(self.size, start=self._first):
            shape[axis] *= times
        return jax.image.resize(inputs, shape, _METHODS[self.interpolation], antialias=False)


_METHODS = {"bilinear": "linear", "bicubic": "cubic", "lanczos3": "lanczos3", "lanczos5": "lanczos5"}


class UpSampling3D(_UpSampling):
    """Repeats the elements of a volume `(batch, depth, height, width, channels)`.

    Args:
        size: how often, one number or three.
        data_format: 'channels_last' or 'channels_first'; by default what `keras.json` says.

    >>> import hornbeam as keras
    >>> keras.layers.UpSampling3D(2)(keras.ops.ones((1, 1, 2, 3, 4))).shape
    (1, 2, 4, 6, 4)
    """

    rank = 3

    def __init__(self, size: int | Sequence[int] = (2, 2, 2), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_order(data_format)
        self.size = per_axis(self, "size", size, 3)

    def call(self, inputs: Any) -> Any:
        """Return the larger volume."""
        return self._repeat(inputs, self.size)
