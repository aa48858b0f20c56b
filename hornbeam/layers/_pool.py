"""Pooling: the largest or the mean of each window, or of everything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hornbeam import ops
from hornbeam.layers._checks import data_format as order_of
from hornbeam.layers._checks import one_of, per_axis, refusal
from hornbeam.layers._input_spec import InputSpec
from hornbeam.layers._layer import Layer
from hornbeam.layers._signature import defaults

Sizes = int | Sequence[int]


class _Pool(Layer):
    """The family of pooling layers: `rank` spatial axes, and the op that pools."""

    rank: int
    op: Any

    def __init__(
        self,
        pool_size: Sizes,
        strides: Sizes | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.pool_size = per_axis(self, "pool_size", pool_size, self.rank)
        self.strides = self.pool_size if strides is None else per_axis(self, "strides", strides, self.rank)
        self.padding = one_of(self, "padding", padding, ("valid", "same"))
        self.data_format = order_of(self, data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Any) -> Any:
        """Return the pooled windows."""
        start = 1 if self.data_format == "channels_last" else 2
        lengths = inputs.shape[start : start + self.rank]
        short = any(isinstance(n, int) and n < size for n, size in zip(lengths, self.pool_size, strict=True))
        if short and self.padding == "valid":
            size, got = ("x".join(map(str, lengths)) for lengths in (self.pool_size, lengths))
            raise refusal(self, f"inputs of at least {size} steps, its pool_size", f"{got}: use padding='same'")
        return type(self).op(inputs, self.pool_size, self.strides, self.padding, self.data_format)


class _MaxPool(_Pool):
    op = staticmethod(ops.max_pool)


class _AveragePool(_Pool):
    op = staticmethod(ops.average_pool)


@defaults(pool_size=2)
class MaxPooling1D(_MaxPool):
    """The largest element of each window over time, per channel.

    Input `(batch, steps, channels)`, output `(batch, new_steps, channels)`; with 'channels_first' the channels stand
    before the steps.

    Args:
        pool_size: the length of the window.
        strides: how far it moves for each output step; None for `pool_size`.
        padding: 'valid' keeps the window inside; 'same' lets it reach beyond, so that a stride of 1 keeps the length.
        data_format: 'channels_last' or 'channels_first'; by default what `keras.json` says.
        name: the layer's name.

    >>> import hornbeam as keras
    >>> keras.layers.MaxPooling1D(2)(keras.ops.ones((1, 5, 3))).shape
    (1, 2, 3)
    """

    rank = 1


@defaults(pool_size=(2, 2))
class MaxPooling2D(_MaxPool):
    """The largest element of each window of an image `(batch, height, width, channels)`, per channel.

    Arguments as in MaxPooling1D, sizes being one number or two.

    >>> import hornbeam as keras
    >>> keras.layers.MaxPooling2D()(keras.ops.ones((1, 5, 5, 3))).shape
    (1, 2, 2, 3)
    """

    rank = 2


@defaults(pool_size=(2, 2, 2))
class MaxPooling3D(_MaxPool):
    """The largest element of each window of a volume `(batch, depth, height, width, channels)`, per channel.

    Arguments as in MaxPooling1D, sizes being one number or three.

    >>> import hornbeam as keras
    >>> keras.layers.MaxPooling3D()(keras.ops.ones((1, 4, 4, 4, 3))).shape
    (1, 2, 2, 2, 3)
    """

    rank = 3


class AveragePooling1D(_AveragePool):
    """The mean of each window over time, per channel; what lies beyond the input does not count.

    Arguments as in MaxPooling1D.

    >>> import hornbeam as keras
    >>> keras.layers.AveragePooling1D(2)(keras.ops.ones((1, 5, 3))).shape
    (1, 2, 3)
    """

    rank = 1


class AveragePooling2D(_AveragePool):
    """The mean of each window of an image `(batch, height, width, channels)`, per channel.

    Arguments as in MaxPooling1D, sizes being one number or two.

    >>> import hornbeam as keras
    >>> keras.layers.AveragePooling2D(2)(keras.ops.ones((1, 5, 5, 3))).shape
    (1, 2, 2, 3)
    """

    rank = 2


class AveragePooling3D(_AveragePool):
    """The mean of each window of a volume `(batch, depth, height, width, channels)`, per channel.

    Arguments as in MaxPooling1D, sizes being one number or three.

    >>> import hornbeam as keras
    >>> keras.layers.AveragePooling3D(2)(keras.ops.ones((1, 4, 4, 4, 3))).shape
    (1, 2, 2, 2, 3)
    """

    rank = 3


class _GlobalPool(Layer):
    """Pooling over all spatial axes at once."""

    rank: int
    op: Any

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = order_of(self, data_format)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def _axes(self) -> tuple[int, ...]:
        start = 1 if self.data_format == "channels_last" else 2
        return tuple(range(start, start + self.rank))

    def call(self, inputs: Any) -> Any:
        """Return one number per channel."""
        return type(self).op(inputs, axis=self._axes, keepdims=self.keepdims)


class _GlobalMax(_GlobalPool):
    op = staticmethod(ops.max)


class _GlobalAverage(_GlobalPool):
    op = staticmethod(ops.mean)


class GlobalMaxPooling1D(_GlobalMax):
    """The largest element over time, per channel: input `(batch, steps, channels)`, output `(batch, channels)`.

    Args:
        data_format: 'channels_last' or 'channels_first'; by default what `keras.json` says.
        keepdims: whether the axes that are pooled stay, 1 long.

    >>> import hornbeam as keras
    >>> keras.layers.GlobalMaxPooling1D()(keras.ops.ones((2, 3, 4))).shape
    (2, 4)
    """

    rank = 1


class GlobalMaxPooling2D(_GlobalMax):
    """The largest element of an image, per channel; arguments as in GlobalMaxPooling1D.

    >>> import hornbeam as keras
    >>> keras.layers.GlobalMaxPooling2D(keepdims=True)(keras.ops.ones((2, 4, 5, 3))).shape
    (2, 1, 1, 3)
    """

    rank = 2


class GlobalMaxPooling3D(_GlobalMax):
    """The largest element of a volume, per channel; arguments as in GlobalMaxPooling1D.

    >>> import hornbeam as keras
    >>> keras.layers.GlobalMaxPooling3D()(keras.ops.ones((2, 4, 5, 4, 3))).shape
    (2, 3)
    """

    rank = 3


class GlobalAveragePooling1D(_GlobalAverage):
    """The mean over time, per channel: input `(batch, steps, channels)`, output `(batch, channels)`.

    A mask `(batch, steps)` says which steps count; a sample without any gives 0. Arguments as in GlobalMaxPooling1D.

    >>> import hornbeam as keras
    >>> keras.layers.GlobalAveragePooling1D()(keras.ops.ones((2, 3, 4))).shape
    (2, 4)
    """

    rank = 1

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Return the mean of the steps that `mask` does not exclude."""
        if mask is None:
            return super().call(inputs)
        (time,) = self._axes
        counted = ops.expand_dims(ops.cast(mask, inputs.dtype), 3 - time)
        total = ops.sum(inputs * counted, axis=time, keepdims=self.keepdims)
        return total / ops.maximum(ops.sum(counted, axis=time, keepdims=self.keepdims), 1)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> None:
        """Return None: no steps are left."""


class GlobalAveragePooling2D(_GlobalAverage):
    """The mean of an image, per channel; arguments as in GlobalMaxPooling1D.

    >>> import hornbeam as keras
    >>> keras.layers.GlobalAveragePooling2D()(keras.ops.ones((2, 4, 5, 3))).shape
    (2, 3)
    """

    rank = 2


class GlobalAveragePooling3D(_GlobalAverage):
    """The mean of a volume, per channel; arguments as in GlobalMaxPooling1D.

    >>> import hornbeam as keras
    >>> keras.layers.GlobalAveragePooling3D()(keras.ops.ones((2, 4, 5, 4, 3))).shape
    (2, 3)
    """

    rank = 3
