"""Recurrent layers: a cell, applied to each step of a sequence."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from hornbeam import ops
from hornbeam._core import tree
from hornbeam._core.serialize import constructor_arguments
from hornbeam._core.state import Variable
from hornbeam.layers._cells import (
    GRUCell,
    LSTMCell,
    RecurrentCell,
    SimpleRNNCell,
    StackedRNNCells,
    as_cell,
    has_one_bias,
    in_two_parts,
    initial_state,
    product,
    run_cell,
    usual_form,
)
from hornbeam.layers._checks import refusal
from hornbeam.layers._input_spec import InputSpec
from hornbeam.layers._layer import Layer
from hornbeam.layers._recurrence import Form, is_fit, recurrence


class RNN(Layer):
    """Applies a cell to each step of a sequence.

    Input `(batch, time, ...)`; output: the last step's `(batch, units)`, or every step's `(batch, time, units)`. A mask
    `(batch, time)` says which steps count: at the others the states stay, and the output repeats.

    Args:
        cell: a layer with `call(inputs, states)`, which returns the output and the new states, and a `state_size` (a
            whole number, or one for each state); or a list of cells, stacked.
        return_sequences: whether to return the output of every step.
        return_state: whether to return the last states too: `(output, *states)`.
        go_backwards: whether to go from the last step to the first; outputs come in that order.
        stateful: whether the next call goes on from the states of this one. The batch's length must be known.
        unroll: whether to write the loop out, faster for short sequences. The number of steps must be known.
        zero_output_for_mask: whether the output is 0 at steps that do not count.

    >>> import hornbeam as keras
    >>> class Sum(keras.layers.Layer):
    ...     state_size = 3
    ...
    ...     def call(self, inputs, states):
    ...         total = states[0] + inputs
    ...         return total, [total]
    >>> keras.layers.RNN(Sum())(keras.ops.ones((1, 5, 3))).tolist()
    [[5.0, 5.0, 5.0]]
    """

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.cell: Any = StackedRNNCells(cell) if isinstance(cell, list | tuple) else as_cell(self, cell)
        self.return_sequences, self.return_state = return_sequences, return_state
        self.go_backwards, self.stateful, self.unroll = go_backwards, stateful, unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.input_spec = InputSpec(min_ndim=3)
        self.states: Any = None  # Variables that keep the states between the calls of a stateful layer

    def build(self, sequences_shape: tuple[int | None, ...], initial_state_shape: Any = None) -> None:
        """Build the cell for one step, and make room for the states that a stateful layer keeps."""
        if isinstance(self.cell, Layer):
            self.cell.build((sequences_shape[0], *sequences_shape[2:]))
        if self.stateful:
            batch = sequences_shape[0]
            if batch is None:
                expected = "a known batch size because it is stateful"
                raise refusal(self, expected, f"shape {sequences_shape}: use Input(batch_shape=...)")
            first = self.get_initial_state(batch)
            self.states = jax.tree.map(lambda s: Variable(s, trainable=False, autocast=False, name="rnn_state"), first)
            for variable in self._states_kept():
                variable.path = f"{self.path}/{variable.name}"

    def _states_kept(self) -> list[Variable]:
        return [] if self.states is None else jax.tree.leaves(self.states, is_leaf=lambda v: isinstance(v, Variable))

    def _states(self) -> list[Variable]:
        return [*super()._states(), *self._states_kept()]

    def _all_weights(self) -> list[Variable]:
        kept = {id(v) for v in self._states_kept()}  # they are of one batch, and no weights
        return [w for w in super()._all_weights() if id(w) not in kept]

    def get_initial_state(self, batch_size: Any) -> Any:
        """Return the states that a sequence starts with."""
        return initial_state(self.cell, batch_size, self.compute_dtype)

    def reset_state(self) -> None:
        """Set the states that a stateful layer keeps to 0."""
        for variable in self._states_kept():
            variable.assign(jnp.zeros_like(variable.value))

    reset_states = reset_state

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return the mask of the sequences where they are returned; states have none."""
        mask = tree.flatten(previous_mask)[0]
        output_mask = mask if self.return_sequences else None
        many = len(tree.flatten(self.cell.state_size))
        return [output_mask, *[None] * many] if self.return_state else output_mask

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool | None = False) -> Any:
        """Return the output, or `(output, *states)`."""
        batch, steps = sequences.shape[:2]
        if not isinstance(steps, int) and self.unroll:
            raise refusal(self, "a known number of steps because of unroll=True", f"shape {sequences.shape}")
        if steps == 0:
            raise refusal(self, "sequences of at least 1 step", f"shape {sequences.shape}")
        states = self._first_states(batch, initial_state)
        last, outputs, states = self.inner_loop(sequences, states, mask, training)
        if self.stateful:
            for variable, value in zip(self._states_kept(), jax.tree.leaves(states), strict=True):
                variable.assign(value)
        output = outputs if self.return_sequences else last
        return (output, *states) if self.return_state else output

    def _first_states(self, batch: Any, given: Any) -> Any:
        """Return the states to start from, in the structure that the cell's have."""
        kept = jax.tree.map(lambda v: v.value, self.states, is_leaf=lambda v: isinstance(v, Variable))
        states = kept if self.stateful and given is None else self.get_initial_state(batch)
        if self.stateful and (size := jax.tree.leaves(states)[0].shape[0]) != batch:
            raise refusal(self, f"batches of {size}, the length of the states that it keeps", f"a batch of {batch}")
        if given is None:
            return states
        leaves, given = jax.tree.leaves(states), jax.tree.leaves(given)
        if len(leaves) != len(given):
            raise refusal(self, f"an initial_state of {len(leaves)} tensors", f"{len(given)}")
        cast = [value.astype(like.dtype) for value, like in zip(given, leaves, strict=True)]
        return jax.tree.unflatten(jax.tree.structure(states), cast)

    def inner_loop(
        self, sequences: Any, initial_state: Any, mask: Any, training: bool | None = False
    ) -> tuple[Any, Any, Any]:
        """Return the last output, all outputs (None where they are not asked for), and the last states."""
        xs, counts = jnp.swapaxes(sequences, 0, 1), None
        if mask is not None:
            counts = jnp.swapaxes(jnp.asarray(mask, bool), 0, 1)
        cell: Any = self.cell
        parted = in_two_parts(cell)
        draws = parted or isinstance(self.cell, StackedRNNCells)
        drawn = cell.draw_masks(xs[0], initial_state, training) if draws else None
        split = parted and cell.dtype_policy == self.dtype_policy
        of_inputs, of_state = drawn if split and drawn is not None else (None, None)
        zero = self.zero_output_for_mask and counts is not None
        emit = self.return_sequences or zero or not parted
        usual = split and of_state is None and not zero and not self.unroll and xs.shape[1] != 0  # some samples
        form = usual_form(cell) if usual else None
        if form is not None:
            states, outputs = self._walk_usual(form, xs, of_inputs, counts, initial_state, emit)
        else:
            xs = cell.project(xs, of_inputs) if split else xs
            whole = functools.partial(run_cell, cell, training=training, masks=drawn)
            step = functools.partial(cell.step, mask=of_state) if split else whole
            states, outputs = self._walk(self._masked(step), xs, counts, initial_state, emit)
            if counts is not None and not zero and not parted:  # whose output is its state
                outputs = _held(outputs, counts, from_end=self.go_backwards, in_order=self.unroll)
        if not emit:
            return states[0], None, states
        last = outputs[0 if self.go_backwards and not self.unroll else -1]
        if self.go_backwards and not self.unroll and self.return_sequences:
            outputs = jnp.flip(outputs, 0)
        return last, jnp.swapaxes(outputs, 0, 1) if self.return_sequences else None, states

    def _walk_usual(self, form: Form, xs: Any, of_inputs: Any, counts: Any, states: Any, emit: bool) -> tuple[Any, Any]:
        """Return what `_walk` does, for a cell of a usual form; dropout multiplies its inputs by `of_inputs`."""
        cell: Any = self.cell
        kernel, bias = cell.recurrent_kernel.value, cell.recurrent_bias
        if bias is None and has_one_bias(cell) and is_fit(xs.shape, kernel, states):
            bias, xs = cell.bias.value, product(xs, cell.kernel.value, of_inputs)  # the kernels add it at no cost
        else:
            xs = cell.project(xs, of_inputs)
        counts = None if counts is None else counts[..., None]
        result: Any = recurrence(form, xs, kernel, bias, tuple(states), counts, self.go_backwards, emit)
        return list(result[1]), result[0]

    def _masked(self, step: Any) -> Any:
        """Return `step` as a function of states and (inputs, mask) that leaves masked samples as they are."""

        def masked(states: Any, inputs: tuple[Any, Any]) -> tuple[Any, Any]:
            x, counts = inputs
            output, new = step(x, states)
            new = jax.tree.unflatten(jax.tree.structure(states), jax.tree.leaves(new))
            new = jax.tree.map(lambda old, value: value.astype(old.dtype), states, new)
            if counts is None:
                return new, output
            before = jnp.zeros_like(output) if self.zero_output_for_mask else _output_before(states, output)
            new = jax.tree.map(lambda old, value: _choose(counts, value, old), states, new)
            return new, _choose(counts, output, before)

        return masked

    def _walk(self, body: Any, xs: Any, counts: Any, states: Any, emit: bool) -> tuple[Any, Any]:
        """Return the last states and, if `emit`, the outputs of all steps."""
        if not self.unroll:

            def scanned(states: Any, inputs: Any) -> tuple[Any, Any]:
                states, output = body(states, inputs)
                return states, output if emit else None

            return ops.scan(scanned, states, (xs, counts), reverse=self.go_backwards)
        outputs = []
        steps = range(xs.shape[0])
        for t in reversed(steps) if self.go_backwards else steps:
            states, output = body(states, (xs[t], None if counts is None else counts[t]))
            outputs.append(output)
        return states, jnp.stack(outputs) if emit else None


def _choose(counts: Any, value: Any, other: Any) -> Any:
    """Return `value` for the samples that count, `other` for the rest."""
    return jnp.where(counts.reshape(counts.shape[0], *(1,) * (value.ndim - 1)), value, other)


def _output_before(states: Any, output: Any) -> Any:
    """Return what stands for the output of the step before: the first state of the last cell, or zeros."""
    first = states[0] if not isinstance(states[0], list | tuple) else states[-1][0]
    return first if first.shape == output.shape else jnp.zeros_like(output)


def _held(outputs: Any, counts: Any, *, from_end: bool, in_order: bool) -> Any:
    """Return `outputs` (time, batch, ...) with that of the last step that counted, if any, where a step does not.

    Where the steps went from the end, outputs lie as the steps do, or `in_order` of computation.
    """
    counts = jnp.flip(counts, 0) if from_end and in_order else counts
    backwards, steps = from_end and not in_order, jnp.arange(len(counts))[:, None]
    if backwards:
        place = jax.lax.cummin(jnp.where(counts, steps, len(counts)), reverse=True)
    else:
        place = jax.lax.cummax(jnp.where(counts, steps, -1))
    place = jnp.where((place < 0) | (place == len(counts)), steps, place)
    return jnp.take_along_axis(outputs, place.reshape(*place.shape, *(1,) * (outputs.ndim - 2)), axis=0)


class OneCellRNN(RNN):
    """A recurrent layer that makes its cell of its own arguments; they are read from the cell."""

    cell_class: ClassVar[type[RecurrentCell]]
    cell_name: ClassVar[str]

    def __init__(self, given: Mapping[str, Any], kwargs: dict[str, Any]) -> None:
        own = {name: given[name] for name in constructor_arguments(self.cell_class) if name in given}
        shared = {name: kwargs[name] for name in ("dtype", "trainable") if name in kwargs}
        try:
            cell = self.cell_class(**own, **shared, name=self.cell_name)
        except ValueError as error:
            error.add_note(f"It is the cell of layer {kwargs.get('name') or type(self).__name__!r}.")
            raise
        loop = [name for name in constructor_arguments(RNN) if name in given]
        regularizer = given["activity_regularizer"]
        super().__init__(cell, **{n: given[n] for n in loop}, activity_regularizer=regularizer, **kwargs)
        self.input_spec = InputSpec(ndim=3)

    def __getattr__(self, name: str) -> Any:
        cell = self.__dict__.get("cell")
        if cell is None or name not in constructor_arguments(type(cell)):
            message = f"{type(self).__name__} has no attribute {name!r}."
            raise AttributeError(message)
        return getattr(cell, name)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, with those of every loop that come by their names alone."""
        more = {name: True for name in ("zero_output_for_mask", "unroll") if getattr(self, name)}
        return super().get_config() | more


class SimpleRNN(OneCellRNN):
    """A fully connected recurrence: the output of each step is an input of the next.

    Arguments and shapes as in LSTM; the one state is the output.

    >>> import hornbeam as keras
    >>> keras.layers.SimpleRNN(4)(keras.ops.ones((2, 10, 8))).shape
    (2, 4)
    """

    cell_class = SimpleRNNCell
    cell_name = "simple_rnn_cell"

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(locals(), kwargs)


class GRU(OneCellRNN):
    """A gated recurrent unit (Cho et al. 2014), see GRUCell for the formula.

    Arguments and shapes as in LSTM; the one state is the output. With `reset_after` the reset gate is applied after
    the product with the recurrent kernel, and there are two biases.

    >>> import hornbeam as keras
    >>> keras.layers.GRU(4)(keras.ops.ones((2, 10, 8))).shape
    (2, 4)
    """

    cell_class = GRUCell
    cell_name = "gru_cell"

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
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
        unroll: bool = False,
        reset_after: bool = True,
        use_cudnn: bool | str = "auto",
        **kwargs: Any,
    ) -> None:
        super().__init__(locals(), kwargs)
        self.use_cudnn = use_cudnn


class LSTM(OneCellRNN):
    """Long short-term memory (Hochreiter and Schmidhuber 1997), see LSTMCell for the formula.

    Input `(batch, time, features)`; output: the last step's `(batch, units)`, or every step's `(batch, time, units)`.
    A mask `(batch, time)` says which steps count: at the others the states stay, and the output repeats.

    Args:
        units: the length of the output and of each of the two states, positive.
        activation: of the new content and of the output.
        recurrent_activation: of the gates.
        use_bias: whether there is a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: first values of the weights.
        unit_forget_bias: whether the forget gate's bias starts at 1.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalties on the weights.
        activity_regularizer: a penalty on the output.
        kernel_constraint, recurrent_constraint, bias_constraint: what the weights are put through after each step.
        dropout, recurrent_dropout: the part of the inputs, of the state, that is dropped while training; the same at
            each step.
        seed: a whole number, for the same draws in each run.
        return_sequences: whether to return the output of every step.
        return_state: whether to return the last states too: `(output, h, c)`.
        go_backwards: whether to go from the last step to the first; outputs come in that order.
        stateful: whether the next call goes on from the states of this one. The batch's length must be known.
        unroll: whether to write the loop out, faster for short sequences. The number of steps must be known.
        use_cudnn: taken for programs that say it; there is one implementation, for all devices.

    Call it with `initial_state=[h, c]` to start from states other than 0.

    >>> import hornbeam as keras
    >>> keras.layers.LSTM(4, return_sequences=True)(keras.ops.ones((2, 10, 8))).shape
    (2, 10, 4)
    """

    cell_class = LSTMCell
    cell_name = "lstm_cell"

    def __init__(
        self,
        units: int,
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
        unroll: bool = False,
        use_cudnn: bool | str = "auto",
        **kwargs: Any,
    ) -> None:
        super().__init__(locals(), kwargs)
        self.use_cudnn = use_cudnn
