"""Long short-term memory over images: convolutions take the place of the products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from hornbeam import activations, ops
from hornbeam.layers._cells import RecurrentCell, States
from hornbeam.layers._checks import data_format as order_of
from hornbeam.layers._checks import known, one_of, per_axis, refusal, whole
from hornbeam.layers._input_spec import InputSpec
from hornbeam.layers._rnn import OneCellRNN
from hornbeam.layers._weights import ruled_weight

Sizes = int | Sequence[int]


class ConvLSTMCell(RecurrentCell):
    """One step of a convolutional LSTM, see ConvLSTM2D: inputs `(batch, *spatial, channels)`."""

    gates = 4
    seed_first = True
    masks_by_gate = True
    rank: int

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        given = locals()
        super().__init__(**kwargs)
        self.filters = self.units = whole(self, "filters", filters)
        self.kernel_size = per_axis(self, "kernel_size", kernel_size, self.rank)
        self.strides = per_axis(self, "strides", strides, self.rank)
        self.padding = one_of(self, "padding", padding, ("valid", "same"))
        self.data_format = order_of(self, data_format)
        self.dilation_rate = per_axis(self, "dilation_rate", dilation_rate, self.rank)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            got = f"strides={self.strides} and dilation_rate={self.dilation_rate}"
            raise refusal(self, "either strides or dilation_rate to be 1", got)
        self._store(given)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias

    @property
    def state_size(self) -> list[int]:
        """The numbers of channels of h and c."""
        return [self.filters, self.filters]

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the kernels for inputs of `input_shape` `(batch, *spatial, channels)`, and the bias."""
        last = self.data_format == "channels_last"
        channels = known(self, "number of channels", input_shape[-1 if last else 1], input_shape)
        spatial = input_shape[1:-1] if last else input_shape[2:]
        lengths = [known(self, "every spatial length", n, input_shape) for n in spatial]
        self.kernel = ruled_weight(self, "kernel", (*self.kernel_size, channels, 4 * self.filters))
        shape = (*self.kernel_size, self.filters, 4 * self.filters)
        self.recurrent_kernel = ruled_weight(self, "recurrent_kernel", shape, rules="recurrent")
        if self.use_bias:
            self._build_forget_bias()
        self._state_shape = self._output_lengths(lengths)
        self.input_spec = InputSpec(ndim=self.rank + 2, shape=(None, *input_shape[1:]))

    def _output_lengths(self, lengths: Sequence[int]) -> tuple[int, ...]:
        """Return the spatial lengths after the convolution of the inputs."""
        found = []
        for n, size, stride, rate in zip(lengths, self.kernel_size, self.strides, self.dilation_rate, strict=True):
            covered = 0 if self.padding == "same" else (size - 1) * rate
            if n <= covered:
                expected = f"inputs of at least {covered + 1} steps on each axis, what kernel_size covers"
                raise refusal(self, expected, f"{n}: use padding='same' or a smaller kernel_size")
            found.append(-(-(n - covered) // stride))
        return tuple(found)

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Return states of zeros for h and c."""
        shape = (*self._state_shape, self.filters)
        if self.data_format == "channels_first":
            shape = (self.filters, *self._state_shape)
        return [jnp.zeros((batch_size, *shape), self.compute_dtype) for _ in range(2)]

    def project(self, inputs: Any, mask: Any = None) -> Any:
        """Return the convolution of the inputs `(..., batch, *spatial, channels)`, all leading axes as one batch."""
        lead = inputs.ndim - self.rank - 2
        where = (self.strides, self.padding, self.data_format, self.dilation_rate)

        def convolve(x: Any, kernel: Any) -> Any:
            flat = x.reshape(-1, *x.shape[lead + 1 :])
            outputs = ops.conv(flat, kernel, *where)
            return outputs.reshape(*x.shape[: lead + 1], *outputs.shape[1:])

        outputs = self._by_gate(convolve, inputs, self.kernel.value, mask)
        if self.bias is None:
            return outputs
        last = self.data_format == "channels_last"
        return outputs + (self.bias.value if last else self.bias.value.reshape(-1, *(1,) * self.rank))

    def _by_gate(self, convolve: Any, x: Any, kernel: Any, mask: Any) -> Any:
        """Return the convolution for all gates, `x` times a dropout mask of each gate before."""
        if mask is None:
            return convolve(x, kernel)
        kernels = jnp.split(kernel, 4, axis=-1)
        parts = [convolve(x * m, k) for m, k in zip(mask, kernels, strict=True)]
        return jnp.concatenate(parts, axis=self._channel_axis)

    @property
    def _channel_axis(self) -> int:
        return -1 if self.data_format == "channels_last" else -1 - self.rank

    def step(self, projected: Any, states: States, mask: Any = None) -> tuple[Any, list[Any]]:
        """Return output and new states."""
        h, c = states

        def convolve(x: Any, kernel: Any) -> Any:
            return ops.conv(x, kernel, 1, "same", self.data_format)

        gates = projected + self._by_gate(convolve, h, self.recurrent_kernel.value, mask)
        i, f, new, o = jnp.split(gates, 4, axis=self._channel_axis)
        c = self.recurrent_activation(f) * c + self.recurrent_activation(i) * self.activation(new)
        h = self.recurrent_activation(o) * self.activation(c)
        return h, [h, c]


class _Cell1D(ConvLSTMCell):
    rank = 1


class _Cell2D(ConvLSTMCell):
    rank = 2


class _Cell3D(ConvLSTMCell):
    rank = 3


class _ConvLSTM(OneCellRNN):
    """A recurrent layer around a ConvLSTMCell."""

    cell_name = "conv_lstm_cell"

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(locals(), kwargs)
        self.input_spec = InputSpec(ndim=self.cell.rank + 3)


class ConvLSTM1D(_ConvLSTM):
    """ConvLSTM2D over sequences of sequences `(batch, time, steps, channels)`.

    >>> import hornbeam as keras
    >>> keras.layers.ConvLSTM1D(2, 3)(keras.ops.ones((1, 4, 8, 3))).shape
    (1, 6, 2)
    """

    cell_class = _Cell1D


class ConvLSTM2D(_ConvLSTM):
    """A long short-term memory whose products are convolutions (Shi et al. 2015).

    Input `(batch, time, height, width, channels)`, output `(batch, new_height, new_width, filters)`, with a time axis
    where sequences are returned. Arguments as in Conv2D and LSTM: strides, padding and dilation are those of the
    convolution of the inputs; that of the state keeps the lengths.

    >>> import hornbeam as keras
    >>> keras.layers.ConvLSTM2D(2, 3, return_sequences=True)(keras.ops.ones((1, 4, 8, 8, 3))).shape
    (1, 4, 6, 6, 2)
    """

    cell_class = _Cell2D


class ConvLSTM3D(_ConvLSTM):
    """ConvLSTM2D over sequences of volumes `(batch, time, depth, height, width, channels)`.

    >>> import hornbeam as keras
    >>> keras.layers.ConvLSTM3D(2, 3)(keras.ops.ones((1, 2, 4, 4, 4, 3))).shape
    (1, 2, 2, 2, 2)
    """

    cell_class = _Cell3D
