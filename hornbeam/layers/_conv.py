"""Convolutions over one to three spatial axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hornbeam import activations, ops
from hornbeam._core.state import Variable
from hornbeam.layers._checks import data_format as order_of
from hornbeam.layers._checks import known, one_of, per_axis, refusal, whole
from hornbeam.layers._input_spec import InputSpec
from hornbeam.layers._layer import Layer
from hornbeam.layers._signature import defaults
from hornbeam.layers._views import Adaptable
from hornbeam.layers._weights import ruled_weight, store_rules
from hornbeam.ops._conv import relu_conv

Sizes = int | Sequence[int]


class ConvBase(Layer):
    """What all convolutions share: windows over `rank` spatial axes, and which axis holds the channels."""

    rank: int
    activation: Any

    def _store_windows(
        self, kernel_size: Sizes, strides: Sizes, padding: str, order: str | None, dilation: Sizes, *, causal: bool
    ) -> None:
        """Check and store how the windows lie; `causal` says whether such padding is known."""
        self.kernel_size = per_axis(self, "kernel_size", kernel_size, self.rank)
        self.strides = per_axis(self, "strides", strides, self.rank)
        self.padding = one_of(self, "padding", padding, ("valid", "same", *["causal"] * causal))
        self.data_format = order_of(self, order)
        self.dilation_rate = per_axis(self, "dilation_rate", dilation, self.rank)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            got = f"strides={self.strides} and dilation_rate={self.dilation_rate}"
            raise refusal(self, "either strides or dilation_rate to be 1", got)
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self.bias: Variable | None = None

    @property
    def _channel_axis(self) -> int:
        return -1 if self.data_format == "channels_last" else 1

    def _channels(self, input_shape: tuple[int | None, ...]) -> int:
        """Return the number of channels of inputs of `input_shape`, and expect it from now on."""
        axis = self._channel_axis
        channels = known(self, "number of channels", input_shape[axis], input_shape)
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={axis: channels})
        return channels

    def _check_fit(self, input_shape: tuple[int | None, ...]) -> None:
        """Refuse inputs that are smaller than the window."""
        start = 1 if self.data_format == "channels_last" else 2
        lengths = input_shape[start : start + self.rank]
        windows = [(k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilation_rate, strict=True)]
        if self.padding == "valid" and any(n is not None and n < w for n, w in zip(lengths, windows, strict=True)):
            shown = f"kernel_size={self.kernel_size}, dilation_rate={self.dilation_rate}"
            expected = f"inputs of at least {_by(windows)} steps, what {shown} covers"
            raise refusal(self, expected, f"{_by(lengths)}: use padding='same' or a smaller kernel_size")

    def _finish(self, outputs: Any) -> Any:
        """Add the bias and apply the activation."""
        if self.bias is not None:
            last = self.data_format == "channels_last"
            outputs = outputs + (self.bias.value if last else self.bias.value.reshape(-1, *(1,) * self.rank))
        return self.activation(outputs)

    def _padded(self, inputs: Any) -> tuple[Any, str]:
        """Return the inputs with what causal padding adds before the first step, and the padding that is left to do."""
        if self.padding != "causal":
            return inputs, self.padding
        before = (self.kernel_size[0] - 1) * self.dilation_rate[0]
        time = 1 if self.data_format == "channels_last" else 2
        return ops.pad(inputs, [(before, 0) if axis == time else (0, 0) for axis in range(3)]), "valid"


def _by(lengths: Sequence[int | None]) -> str:
    return "x".join("?" if n is None else str(n) for n in lengths)


class _Conv(ConvBase, Adaptable):
    """A convolution whose kernel is `(*kernel_size, channels / groups, filters)`."""

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        groups: int = 1,
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
        lora = kwargs.pop("lora_rank", None), kwargs.pop("lora_alpha", None)
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self._store_lora(*lora)
        self.filters = whole(self, "filters", filters)
        self._store_windows(kernel_size, strides, padding, data_format, dilation_rate, causal=self.rank == 1)
        self.groups = whole(self, "groups", groups)
        if self.filters % self.groups:
            raise refusal(self, f"filters to be a multiple of groups={groups}", f"filters={filters}")
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

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the kernel `(*kernel_size, channels / groups, filters)` and the bias `(filters,)`."""
        channels = self._channels(input_shape)
        if channels % self.groups:
            raise refusal(self, f"a number of channels that groups={self.groups} divides", f"{channels} channels")
        self._check_fit(input_shape)
        self.kernel = ruled_weight(self, "kernel", (*self.kernel_size, channels // self.groups, self.filters))
        if self.use_bias:
            self.bias = ruled_weight(self, "bias", (self.filters,))
        self._adapt_if_asked()

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """Return the convolution itself; override it to change how the kernel is applied."""
        inputs, padding = self._padded(inputs)
        return ops.conv(inputs, kernel, self.strides, padding, self.data_format, self.dilation_rate)

    def call(self, inputs: Any) -> Any:
        """Return the convolution, with bias and activation."""
        plain = type(self).convolution_op is _Conv.convolution_op
        if plain and self.bias is not None and self.activation is activations.relu:
            padded, padding = self._padded(inputs)
            where = self.strides, padding, self.data_format, self.dilation_rate
            result = relu_conv(padded, self.kernel.value, self.bias.value, *where)
            if result is not None:
                return result
        return self._finish(self.convolution_op(inputs, self.kernel.value))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, with those that come by their names alone."""
        lora = {"lora_rank": self.lora_rank, "lora_alpha": self.lora_alpha}
        return super().get_config() | (lora if self.lora_rank is not None else {})


class Conv1D(_Conv):
    """Convolution over time: each output step sees a window of `kernel_size` input steps.

    Input `(batch, steps, channels)`, output `(batch, new_steps, filters)`; with 'channels_first' the channels stand
    before the steps.

    Args:
        filters: the number of output channels.
        kernel_size: the length of the window.
        strides: how far the window moves for each output step.
        padding: 'valid' keeps the window inside; 'same' adds zeros on both sides, so that a stride of 1 keeps the
            length; 'causal' adds them before the first step only, so that no output sees the future.
        data_format: 'channels_last' or 'channels_first'; by default what `keras.json` says.
        dilation_rate: the distance between the steps that a window sees.
        groups: into how many groups the channels are split, each convolved with its share of the filters.
        activation: a name, a function or None.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: first values.
        kernel_regularizer, bias_regularizer: penalties on the weights.
        activity_regularizer: a penalty on the output.
        kernel_constraint, bias_constraint: what the weights are put through after each step.

    >>> import hornbeam as keras
    >>> keras.layers.Conv1D(32, 3, activation="relu")(keras.ops.ones((4, 10, 128))).shape
    (4, 8, 32)
    """

    rank = 1


@defaults(strides=(1, 1), dilation_rate=(1, 1))
class Conv2D(_Conv):
    """Convolution over an image.

    Input `(batch, height, width, channels)`, output `(batch, new_height, new_width, filters)`; with 'channels_first'
    the channels stand before height and width. Arguments as in Conv1D, sizes being one number or two; `padding` is
    'valid' or 'same'.

    >>> import hornbeam as keras
    >>> keras.layers.Conv2D(2, 3, activation="relu")(keras.ops.ones((4, 28, 28, 3))).shape
    (4, 26, 26, 2)
    """

    rank = 2


@defaults(strides=(1, 1, 1), dilation_rate=(1, 1, 1))
class Conv3D(_Conv):
    """Convolution over a volume.

    Input `(batch, depth, height, width, channels)`, output with `filters` channels; arguments as in Conv1D, sizes being
    one number or three; `padding` is 'valid' or 'same'.

    >>> import hornbeam as keras
    >>> keras.layers.Conv3D(2, 3)(keras.ops.ones((1, 8, 8, 8, 1))).shape
    (1, 6, 6, 6, 2)
    """

    rank = 3
