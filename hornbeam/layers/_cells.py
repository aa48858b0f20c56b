"""Recurrent cells: one step of a recurrence, and several cells as one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp

from hornbeam import activations, ops, random
from hornbeam._core.seeds import SeedGenerator
from hornbeam._core.serialize import deserialize
from hornbeam._core.state import Variable
from hornbeam.layers._checks import known, refusal, whole, within
from hornbeam.layers._layer import Layer
from hornbeam.layers._recurrence import GRU, LSTM, SIMPLE, Form
from hornbeam.layers._weights import ruled_weight, store_rules

_KINDS, _WEIGHTS = ("initializer", "regularizer", "constraint"), ("kernel", "recurrent", "bias")
_RULES = [f"{weight}_{kind}" for kind in _KINDS for weight in _WEIGHTS]
States = Sequence[Any]


class RecurrentCell(Layer):
    """One step of a recurrence in two parts: `project`, of the inputs alone, and `step`.

    An RNN computes `project` for all steps at once, before the loop.
    """

    units: int
    unit_forget_bias: bool
    bias_initializer: Any
    gates: int  # how many blocks of `units` columns the kernels have
    masks_by_gate = False  # whether each gate has dropout masks of its own in any case
    seed_first = False  # whether the seed of dropout is drawn before those of the weights, as Keras does in one cell

    def _store(self, given: Mapping[str, Any]) -> None:
        """Check and store the constructor's arguments, given by name."""
        if "units" in given:
            self.units = whole(self, "units", given["units"])
        self.activation = activations.get(given["activation"])
        self.use_bias = given["use_bias"]
        self.seed = given["seed"]
        if self.seed_first:
            self.seed_generator = SeedGenerator(self.seed)
        store_rules(self, **{name: given[name] for name in _RULES})
        if not self.seed_first:
            self.seed_generator = SeedGenerator(self.seed)
        self.dropout = within(self, "dropout", given["dropout"], 0, 1)
        self.recurrent_dropout = within(self, "recurrent_dropout", given["recurrent_dropout"], 0, 1)
        self.bias: Variable | None = None

    @property
    def state_size(self) -> int | list[int]:
        """The lengths of the states."""
        return self.units

    @property
    def output_size(self) -> int:
        """The length of the output."""
        return self.units

    @property
    def recurrent_bias(self) -> Any:
        """The value of a bias that is added to the product of the state, or None."""
        return None

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the kernels for inputs of `input_shape` `(batch, features)`, and the bias."""
        features = known(self, "number of features", input_shape[-1], input_shape)
        self.kernel = ruled_weight(self, "kernel", (features, self.gates * self.units))
        shape = (self.units, self.gates * self.units)
        self.recurrent_kernel = ruled_weight(self, "recurrent_kernel", shape, rules="recurrent")
        if self.use_bias:
            self._build_bias()

    def _build_bias(self) -> None:
        self.bias = ruled_weight(self, "bias", (self.gates * self.units,))

    def _build_forget_bias(self) -> None:
        """Make a bias whose part of the forget gate starts at 1 with `unit_forget_bias` (Jozefowicz et al. 2015)."""

        def first(_: Any, dtype: Any = None) -> Any:
            i, c_and_o = (self.bias_initializer((n,), dtype=dtype) for n in (self.units, 2 * self.units))
            return jnp.concatenate([i, jnp.ones(self.units, dtype), c_and_o])

        initializer = first if self.unit_forget_bias else None
        self.bias = ruled_weight(self, "bias", (4 * self.units,), initializer)

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Return states of zeros `(batch, units)`."""
        many = len(self.state_size) if isinstance(self.state_size, list) else 1
        return [jnp.zeros((batch_size, self.units), self.compute_dtype) for _ in range(many)]

    def draw_masks(self, inputs: Any, states: States, training: bool | None) -> list[Any]:
        """Return what dropout multiplies inputs and first state by, for all steps of a call; None for nothing.

        With dropout of the state each gate has masks of its own (Gal and Ghahramani 2016). The generator moves on
        outside of training too, as it does in Keras: what is drawn next stays the same.
        """
        many = self.gates if self.masks_by_gate or (self.recurrent_dropout and self.gates > 1) else 0
        drawn = []
        for x, rate in ((inputs, self.dropout), (states[0], self.recurrent_dropout)):
            keys = [self.seed_generator.next() for _ in range(many or 1)] if rate else []
            masks = [random.dropout(jnp.ones_like(x), rate, seed=key) for key in keys] if training and rate < 1 else []
            drawn.append(None if not masks else jnp.stack(masks) if many else masks[0])
        return drawn

    def call(self, inputs: Any, states: Any, training: bool | None = False, masks: Any = None) -> tuple[Any, list[Any]]:
        """Return output and new states for inputs `(batch, features)`."""
        states = states if isinstance(states, list | tuple) else [states]
        of_inputs, of_state = self.draw_masks(inputs, states, training) if masks is None else masks
        return self.step(self.project(inputs, of_inputs), states, of_state)

    def project(self, inputs: Any, mask: Any = None) -> Any:
        """Return what a step needs of the inputs `(..., batch, features)`, which dropout multiplies by `mask`."""
        outputs = product(inputs, self.kernel.value, mask)
        return outputs if self.bias is None else outputs + self.bias.value

    @abstractmethod
    def step(self, projected: Any, states: States, mask: Any = None) -> tuple[Any, list[Any]]:
        """Return output and new states for what `project` gave for one step; dropout multiplies the state by `mask`."""


def in_two_parts(cell: Any) -> bool:
    """Return whether a cell does what its `project` and `step` say: its class has no `call` of its own."""
    return isinstance(cell, RecurrentCell) and type(cell).call is RecurrentCell.call


def has_one_bias(cell: RecurrentCell) -> bool:
    """Return whether all that a cell does with its bias is to add it to the inputs' product."""
    return cell.bias is not None and type(cell).project is RecurrentCell.project


def product(x: Any, kernel: Any, mask: Any) -> Any:
    """Return `x @ kernel`, `x` times a dropout mask before: one `(batch, features)`, or one for each gate's columns."""
    if mask is None or mask.ndim == 2:
        return ops.matmul(x if mask is None else x * mask, kernel)
    gates = len(mask)
    by_gate = jnp.einsum("...bf,gbf,fgu->...bgu", x, mask, kernel.reshape(kernel.shape[0], gates, -1))
    return by_gate.reshape(*by_gate.shape[:-2], -1)


class SimpleRNNCell(RecurrentCell):
    """One step of a fully connected recurrence: `h' = activation(x @ kernel + h @ recurrent_kernel + bias)`.

    Inputs `(batch, features)` and state `(batch, units)`; arguments as in LSTM.

    >>> import hornbeam as keras
    >>> cell = keras.layers.SimpleRNNCell(4)
    >>> output, states = cell(keras.ops.ones((2, 3)), cell.get_initial_state(2))
    >>> output.shape
    (2, 4)
    """

    gates = 1
    seed_first = True

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
        self._store(given)

    def step(self, projected: Any, states: States, mask: Any = None) -> tuple[Any, list[Any]]:
        """Return output and new state."""
        output = self.activation(projected + product(states[0], self.recurrent_kernel.value, mask))
        return output, [output]


class GRUCell(RecurrentCell):
    """One step of a gated recurrent unit (Cho et al. 2014).

    `z, r = sigmoid(...)`, `h' = z * h + (1 - z) * tanh(x @ W + r * (h @ U))`, the reset gate `r` being applied after
    the product, or before it with `reset_after=False`. Columns of the kernels: z, r, h. Inputs `(batch, features)` and
    state `(batch, units)`; arguments as in GRU.

    >>> import hornbeam as keras
    >>> cell = keras.layers.GRUCell(4)
    >>> output, states = cell(keras.ops.ones((2, 3)), cell.get_initial_state(2))
    >>> output.shape
    (2, 4)
    """

    gates = 3

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
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reset_after: bool = True,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        given = locals()
        super().__init__(**kwargs)
        self._store(given)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.reset_after = reset_after

    def _build_bias(self) -> None:
        """With `reset_after` there are two biases: of the inputs, and of the state."""
        shape = (self.gates * self.units,)
        self.bias = ruled_weight(self, "bias", (2, *shape) if self.reset_after else shape)

    @property
    def recurrent_bias(self) -> Any:
        """The value of the second bias, or None."""
        return self.bias.value[1] if self.bias is not None and self.reset_after else None

    def project(self, inputs: Any, mask: Any = None) -> Any:
        """Return what a step needs of the inputs, with the bias of the inputs where there are two."""
        outputs = product(inputs, self.kernel.value, mask)
        if self.bias is None:
            return outputs
        return outputs + (self.bias.value[0] if self.reset_after else self.bias.value)

    def step(self, projected: Any, states: States, mask: Any = None) -> tuple[Any, list[Any]]:
        """Return output and new state."""
        (h,), gates = states, 2 * self.units
        kernel, x_new = self.recurrent_kernel.value, projected[..., gates:]
        if self.reset_after:
            inner = product(h, kernel, mask)
            inner = inner if self.recurrent_bias is None else inner + self.recurrent_bias
            z, r = jnp.split(self.recurrent_activation(projected[..., :gates] + inner[..., :gates]), 2, axis=-1)
            new = self.activation(x_new + r * inner[..., gates:])
        else:
            of_gates, of_new = (None, None) if mask is None else (mask[:2], mask[2])
            inner = product(h, kernel[:, :gates], of_gates)
            z, r = jnp.split(self.recurrent_activation(projected[..., :gates] + inner), 2, axis=-1)
            new = self.activation(x_new + product(r * h, kernel[:, gates:], of_new))
        output = z * h + (1 - z) * new
        return output, [output]


class LSTMCell(RecurrentCell):
    """One step of a long short-term memory (Hochreiter and Schmidhuber 1997).

    `i, f, o = sigmoid(...)`, `c' = f * c + i * tanh(...)`, `h' = o * tanh(c')`. Columns of the kernels: i, f, c, o.
    Inputs `(batch, features)`, states h and c `(batch, units)`; arguments as in LSTM.

    >>> import hornbeam as keras
    >>> cell = keras.layers.LSTMCell(4)
    >>> output, states = cell(keras.ops.ones((2, 3)), cell.get_initial_state(2))
    >>> output.shape, len(states)
    ((2, 4), 2)
    """

    gates = 4

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
        self._store(given)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias

    @property
    def state_size(self) -> list[int]:
        """The lengths of h and c."""
        return [self.units, self.units]

    def _build_bias(self) -> None:
        self._build_forget_bias()

    def step(self, projected: Any, states: States, mask: Any = None) -> tuple[Any, list[Any]]:
        """Return output and new states."""
        h, c = states
        i, f, new, o = jnp.split(projected + product(h, self.recurrent_kernel.value, mask), 4, axis=-1)
        gate = self.recurrent_activation
        c = gate(f) * c + gate(i) * self.activation(new)
        h = gate(o) * self.activation(c)
        return h, [h, c]


def usual_form(cell: RecurrentCell) -> Form | None:
    """Return the form of a cell as everybody has it, whose loop has its gradient written out; None for others."""
    gate = getattr(cell, "recurrent_activation", activations.sigmoid)
    if cell.activation is not activations.tanh or gate is not activations.sigmoid:
        return None
    if not getattr(cell, "reset_after", True):
        return None
    return next((form for kind, form in _FORMS.items() if type(cell).step is kind.step), None)


_FORMS: dict[type[RecurrentCell], Form] = {SimpleRNNCell: SIMPLE, GRUCell: GRU, LSTMCell: LSTM}


class StackedRNNCells(Layer):
    """Several cells as one: each takes the output of the one before.

    Args:
        cells: the cells, the first one takes the inputs. Their states are a list of each cell's.

    >>> import hornbeam as keras
    >>> cells = [keras.layers.LSTMCell(4), keras.layers.GRUCell(2)]
    >>> keras.layers.RNN(keras.layers.StackedRNNCells(cells))(keras.ops.ones((2, 5, 3))).shape
    (2, 2)
    """

    def __init__(self, cells: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cells = [as_cell(self, cell) for cell in cells]

    @property
    def state_size(self) -> list[Any]:
        """The lengths of the states, cell by cell."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> int:
        """The length of the last cell's output."""
        return output_size(self.cells[-1])

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Build the cells, one after the other."""
        for cell in self.cells:
            if isinstance(cell, Layer):
                cell.build(input_shape)
            input_shape = (input_shape[0], output_size(cell))

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Return the cells' first states."""
        return [initial_state(cell, batch_size, self.compute_dtype) for cell in self.cells]

    def draw_masks(self, inputs: Any, states: States, training: bool | None) -> list[Any]:
        """Return the dropout masks of the cells that have them."""
        drawn = []
        for cell, own in zip(self.cells, states, strict=True):
            own_states = own if isinstance(own, list | tuple) else [own]
            drawn.append(cell.draw_masks(inputs, own_states, training) if in_two_parts(cell) else None)
            inputs = jnp.ones((inputs.shape[0], output_size(cell)), inputs.dtype)
        return drawn

    def call(
        self, inputs: Any, states: States, training: bool | None = False, masks: Any = None
    ) -> tuple[Any, list[Any]]:
        """Return the last cell's output and all new states."""
        masks = self.draw_masks(inputs, states, training) if masks is None else masks
        new = []
        for cell, own, mask in zip(self.cells, states, masks, strict=True):
            inputs, state = run_cell(cell, inputs, own, training, mask)
            new.append(state)
        return inputs, new


def as_cell(layer: Layer, cell: Any) -> Any:
    """Return a cell, given as itself or as its configuration."""
    cell = deserialize(cell) if isinstance(cell, Mapping) else cell
    if not callable(cell) or not hasattr(cell, "state_size"):
        raise refusal(layer, "cells that have call(inputs, states) and a state_size", f"{cell!r}")
    return cell


def output_size(cell: Any) -> int:
    """Return the length of a cell's output: its own word, or its first state's length."""
    size = getattr(cell, "output_size", None)
    if size is None:
        size = cell.state_size
    return size[0] if isinstance(size, list | tuple) else size


def initial_state(cell: Any, batch_size: Any, dtype: str) -> Any:
    """Return a cell's first states: its own word, or zeros."""
    if hasattr(cell, "get_initial_state"):
        states = cell.get_initial_state(batch_size=batch_size)
    else:
        sizes = cell.state_size if isinstance(cell.state_size, list | tuple) else [cell.state_size]
        states = [jnp.zeros((batch_size, *(s if isinstance(s, tuple) else (s,))), dtype) for s in sizes]
    return list(states) if isinstance(states, list | tuple) else [states]


def run_cell(cell: Any, inputs: Any, states: Any, training: bool | None, masks: Any = None) -> tuple[Any, Any]:
    """Call a cell with what its call takes, and return output and new states in the structure of `states`."""
    extra: dict[str, Any] = {}
    if isinstance(cell, Layer) and cell._call_signature.training:
        extra["training"] = training
    if masks is not None:
        extra["masks"] = masks
    output, new = cell(inputs, states, **extra)
    return output, new if isinstance(new, list | tuple) or not isinstance(states, list | tuple) else [new]
