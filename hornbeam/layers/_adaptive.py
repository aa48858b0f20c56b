"""Adaptive pooling: as many windows as are asked for, whatever the input's lengths."""

from __future__ import annotations

from typing import Any

from hornbeam import ops
from hornbeam.layers._checks import data_format as order_of
from hornbeam.layers._checks import per_axis
from hornbeam.layers._input_spec import InputSpec
from hornbeam.layers._layer import Layer
from hornbeam.layers._pool import Sizes


class _AdaptivePool(Layer):
    """The family of adaptive pooling layers: `rank` spatial axes, and the op that pools."""

    rank: int
    op: Any

    def __init__(self, output_size: Sizes, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.output_size = per_axis(self, "output_size", output_size, self.rank)
        self.data_format = order_of(self, data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Any) -> Any:
        """Return the pooled windows."""
        return type(self).op(inputs, self.output_size, self.data_format)


class _AdaptiveMax(_AdaptivePool):
    op = staticmethod(ops.adaptive_max_pool)


class _AdaptiveAverage(_AdaptivePool):
    op = staticmethod(ops.adaptive_average_pool)


class AdaptiveMaxPooling1D(_AdaptiveMax):
    """The largest element of each of `output_size` windows of a sequence `(batch, steps, channels)`, per channel.

    Window i of n over a length L reaches from `floor(i * L / n)` to `ceil((i + 1) * L / n)`.

    Args:
        output_size: how many windows, or one number for each spatial axis.
        data_format: 'channels_last' or 'channels_first'; by default what `keras.json` says.

    >>> import hornbeam as keras
    >>> keras.layers.AdaptiveMaxPooling1D(3)(keras.ops.ones((1, 7, 4))).shape
    (1, 3, 4)
    """

    rank = 1


class AdaptiveMaxPooling2D(_AdaptiveMax):
    """The largest element of each of `output_size` windows of an image `(batch, height, width, channels)`, per channel.

    Arguments as in AdaptiveMaxPooling1D.

    >>> import hornbeam as keras
    >>> keras.layers.AdaptiveMaxPooling2D(3)(keras.ops.ones((1, 7, 5, 4))).shape
    (1, 3, 3, 4)
    """

    rank = 2


class AdaptiveMaxPooling3D(_AdaptiveMax):
    """The largest element of each of `output_size` windows of a volume, per channel.

    Input `(batch, depth, height, width, channels)`; arguments as in AdaptiveMaxPooling1D.

    >>> import hornbeam as keras
    >>> keras.layers.AdaptiveMaxPooling3D(3)(keras.ops.ones((1, 7, 5, 6, 4))).shape
    (1, 3, 3, 3, 4)
    """

    rank = 3


class AdaptiveAveragePooling1D(_AdaptiveAverage):
    """The mean of each of `output_size` windows of a sequence `(batch, steps, channels)`, per channel.

    Arguments as in AdaptiveMaxPooling1D.

    >>> import hornbeam as keras
    >>> keras.layers.AdaptiveAveragePooling1D(3)(keras.ops.ones((1, 7, 4))).shape
    (1, 3, 4)
    """

    rank = 1


class AdaptiveAveragePooling2D(_AdaptiveAverage):
    """The mean of each of `output_size` windows of an image `(batch, height, width, channels)`, per channel.

    Arguments as in AdaptiveMaxPooling1D.

    >>> import hornbeam as keras
    >>> keras.layers.AdaptiveAveragePooling2D(3)(keras.ops.ones((1, 7, 5, 4))).shape
    (1, 3, 3, 4)
    """

    rank = 2


class AdaptiveAveragePooling3D(_AdaptiveAverage):
    """The mean of each of `output_size` windows of a volume, per channel.

    Input `(batch, depth, height, width, channels)`; arguments as in AdaptiveMaxPooling1D.

    >>> import hornbeam as keras
    >>> keras.layers.AdaptiveAveragePooling3D(3)(keras.ops.ones((1, 7, 5, 6, 4))).shape
    (1, 3, 3, 3, 4)
    """

    rank = 3
