"""Convolutions that treat each channel by itself."""

from __future__ import annotations

from typing import Any

from hornbeam import activations, ops
from hornbeam.layers._checks import whole
from hornbeam.layers._conv import ConvBase, Sizes
from hornbeam.layers._signature import defaults
from hornbeam.layers._weights import ruled_weight, store_rules


class _DepthwiseConv(ConvBase):
    """Each channel is convolved with `depth_multiplier` filters of its own."""

    def __init__(
        self,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.depth_multiplier = whole(self, "depth_multiplier", depth_multiplier)
        self._store_windows(kernel_size, strides, padding, data_format, dilation_rate, causal=False)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        store_rules(
            self,
            depthwise_initializer=depthwise_initializer,
            bias_initializer=bias_initializer,
            depthwise_regularizer=depthwise_regularizer,
            bias_regularizer=bias_regularizer,
            depthwise_constraint=depthwise_constraint,
            bias_constraint=bias_constraint,
        )

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the kernel `(*kernel_size, channels, depth_multiplier)` and the bias."""
        channels = self._channels(input_shape)
        self._check_fit(input_shape)
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.kernel = ruled_weight(self, "kernel", shape, rules="depthwise")
        if self.use_bias:
            self.bias = ruled_weight(self, "bias", (channels * self.depth_multiplier,))

    def call(self, inputs: Any) -> Any:
        """Return the convolution of each channel, with bias and activation."""
        outputs = ops.depthwise_conv(
            inputs, self.kernel, self.strides, self.padding, self.data_format, self.dilation_rate
        )
        return self._finish(outputs)


class DepthwiseConv1D(_DepthwiseConv):
    """Convolution over time of each channel by itself.

    Input `(batch, steps, channels)`, output `(batch, new_steps, channels * depth_multiplier)`.

    Args:
        kernel_size: the length of the window.
        strides: how far the window moves for each output step.
        padding: 'valid' or 'same'.
        depth_multiplier: how many filters each channel has.
        data_format: 'channels_last' or 'channels_first'; by default what `keras.json` says.
        dilation_rate: the distance between the steps that a window sees.
        activation: a name, a function or None.
        use_bias: whether to add a bias.
        depthwise_initializer, depthwise_regularizer, depthwise_constraint: rules of the kernel.
        bias_initializer, bias_regularizer, bias_constraint: rules of the bias.
        activity_regularizer: a penalty on the output.

    >>> import hornbeam as keras
    >>> keras.layers.DepthwiseConv1D(3, depth_multiplier=2)(keras.ops.ones((4, 10, 8))).shape
    (4, 8, 16)
    """

    rank = 1


@defaults(strides=(1, 1), dilation_rate=(1, 1))
class DepthwiseConv2D(_DepthwiseConv):
    """Convolution over an image of each channel by itself; arguments as in DepthwiseConv1D.

    Input `(batch, height, width, channels)`, output with `channels * depth_multiplier` channels.

    >>> import hornbeam as keras
    >>> keras.layers.DepthwiseConv2D(3)(keras.ops.ones((4, 10, 10, 8))).shape
    (4, 8, 8, 8)
    """

    rank = 2


class _SeparableConv(ConvBase):
    """A depthwise convolution, whose channels a convolution of window 1 then mixes."""

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.filters = whole(self, "filters", filters)
        self.depth_multiplier = whole(self, "depth_multiplier", depth_multiplier)
        self._store_windows(kernel_size, strides, padding, data_format, dilation_rate, causal=False)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        store_rules(
            self,
            depthwise_initializer=depthwise_initializer,
            pointwise_initializer=pointwise_initializer,
            bias_initializer=bias_initializer,
            depthwise_regularizer=depthwise_regularizer,
            pointwise_regularizer=pointwise_regularizer,
            bias_regularizer=bias_regularizer,
            depthwise_constraint=depthwise_constraint,
            pointwise_constraint=pointwise_constraint,
            bias_constraint=bias_constraint,
        )

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make both kernels and the bias `(filters,)`."""
        channels = self._channels(input_shape)
        self._check_fit(input_shape)
        deep = (*self.kernel_size, channels, self.depth_multiplier)
        self.depthwise_kernel = ruled_weight(self, "depthwise_kernel", deep, rules="depthwise")
        mixing = (*(1,) * self.rank, channels * self.depth_multiplier, self.filters)
        self.pointwise_kernel = ruled_weight(self, "pointwise_kernel", mixing, rules="pointwise")
        if self.use_bias:
            self.bias = ruled_weight(self, "bias", (self.filters,))

    def call(self, inputs: Any) -> Any:
        """Return both convolutions, with bias and activation."""
        outputs = ops.separable_conv(
            inputs,
            self.depthwise_kernel,
            self.pointwise_kernel,
            self.strides,
            self.padding,
            self.data_format,
            self.dilation_rate,
        )
        return self._finish(outputs)


class SeparableConv1D(_SeparableConv):
    """Convolution over time of each channel by itself, after which the channels are mixed.

    Input `(batch, steps, channels)`, output `(batch, new_steps, filters)`; arguments as in DepthwiseConv1D, and:

    Args:
        filters: the number of output channels.
        pointwise_initializer, pointwise_regularizer, pointwise_constraint: rules of the kernel that mixes.

    >>> import hornbeam as keras
    >>> keras.layers.SeparableConv1D(3, 4)(keras.ops.ones((3, 10, 12))).shape
    (3, 7, 3)
    """

    rank = 1


@defaults(strides=(1, 1), dilation_rate=(1, 1))
class SeparableConv2D(_SeparableConv):
    """Convolution over an image of each channel by itself, after which the channels are mixed.

    Input `(batch, height, width, channels)`, output with `filters` channels; arguments as in SeparableConv1D.

    >>> import hornbeam as keras
    >>> keras.layers.SeparableConv2D(3, 4)(keras.ops.ones((3, 10, 10, 12))).shape
    (3, 7, 7, 3)
    """

    rank = 2
