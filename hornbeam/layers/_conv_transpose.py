"""Transposed convolutions: each input element is spread over a window of the output."""

from __future__ import annotations

from typing import Any

from hornbeam import activations, ops
from hornbeam.layers._checks import per_axis, refusal, whole
from hornbeam.layers._conv import ConvBase, Sizes
from hornbeam.layers._signature import defaults
from hornbeam.layers._weights import ruled_weight, store_rules


class _ConvTranspose(ConvBase):
    """A transposed convolution whose kernel is `(*kernel_size, filters, channels)`."""

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        output_padding: Sizes | None = None,
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.filters = whole(self, "filters", filters)
        self._store_windows(kernel_size, strides, padding, data_format, dilation_rate, causal=False)
        self.output_padding = self._checked_padding(output_padding)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        store_rules(
            self,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )

    def _checked_padding(self, value: Sizes | None) -> tuple[int, ...] | None:
        if value is None:
            return None
        extra = per_axis(self, "output_padding", value, self.rank, least=0)
        if any(more >= stride for more, stride in zip(extra, self.strides, strict=True)):
            raise refusal(self, f"output_padding to be less than strides={self.strides}", f"output_padding={extra}")
        return extra

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the kernel `(*kernel_size, filters, channels)` and the bias `(filters,)`."""
        channels = self._channels(input_shape)
        self.kernel = ruled_weight(self, "kernel", (*self.kernel_size, self.filters, channels))
        if self.use_bias:
            self.bias = ruled_weight(self, "bias", (self.filters,))

    def call(self, inputs: Any) -> Any:
        """Return the transposed convolution, with bias and activation."""
        outputs = ops.conv_transpose(
            inputs,
            self.kernel,
            self.strides,
            self.padding,
            self.output_padding,
            self.data_format,
            self.dilation_rate,
        )
        return self._finish(outputs)


class Conv1DTranspose(_ConvTranspose):
    """The transpose of a convolution over time: it makes sequences longer (Zeiler et al. 2010).

    Input `(batch, steps, channels)`, output `(batch, new_steps, filters)`, where `new_steps` is
    `(steps - 1) * strides + kernel_size` for 'valid' and `steps * strides` for 'same'.

    Args:
        filters: the number of output channels.
        kernel_size: the length of the window.
        strides: how far the window moves for each input step.
        padding: 'valid' or 'same'.
        output_padding: how much longer than the least the output is, less than `strides`; None for Keras's choice.
        data_format: 'channels_last' or 'channels_first'; by default what `keras.json` says.
        dilation_rate: the distance between the steps that a window reaches.
        activation: a name, a function or None.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: first values.
        kernel_regularizer, bias_regularizer: penalties on the weights.
        activity_regularizer: a penalty on the output.
        kernel_constraint, bias_constraint: what the weights are put through after each step.

    >>> import hornbeam as keras
    >>> keras.layers.Conv1DTranspose(32, 3, strides=2)(keras.ops.ones((4, 10, 8))).shape
    (4, 21, 32)
    """

    rank = 1


@defaults(strides=(1, 1), dilation_rate=(1, 1))
class Conv2DTranspose(_ConvTranspose):
    """The transpose of a convolution over an image: it makes images larger.

    Input `(batch, height, width, channels)`, output with `filters` channels; arguments as in Conv1DTranspose, sizes
    being one number or two.

    >>> import hornbeam as keras
    >>> keras.layers.Conv2DTranspose(2, 3, strides=2, padding="same")(keras.ops.ones((1, 8, 8, 3))).shape
    (1, 16, 16, 2)
    """

    rank = 2


class Conv3DTranspose(_ConvTranspose):
    """The transpose of a convolution over a volume: it makes volumes larger.

    Input `(batch, depth, height, width, channels)`, output with `filters` channels; arguments as in Conv1DTranspose,
    sizes being one number or three, and `data_format` standing before `output_padding`.

    >>> import hornbeam as keras
    >>> keras.layers.Conv3DTranspose(2, 3, strides=2)(keras.ops.ones((1, 4, 4, 4, 3))).shape
    (1, 9, 9, 9, 2)
    """

    rank = 3

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = (1, 1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        output_padding: Sizes | None = None,
        dilation_rate: Sizes = (1, 1, 1),
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        given = {name: value for name, value in locals().items() if name not in ("self", "kwargs", "__class__")}
        super().__init__(**given, **kwargs)
