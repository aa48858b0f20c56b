"""Recurrent layers under any mask, beside a plain Python loop over the cell: outputs, states and gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import hornbeam as keras
from hornbeam import layers
from hornbeam._core.state import pure

T, F, U = 4, 3, 3
MASK = np.array(
    [
        [1, 1, 1, 1],  # nothing to skip
        [0, 0, 0, 0],  # wholly masked
        [1, 1, 0, 0],  # padding right
        [0, 0, 1, 1],  # padding left
        [1, 0, 0, 1],  # holes
        [0, 1, 0, 1],
    ],
    bool,
)


class Doubled(layers.Layer):
    """A cell of the user's, with a weight, whose output is not its state."""

    state_size = F

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(F,), initializer="ones", name="scale")

    def call(self, inputs, states):
        total = 0.5 * states[0] + inputs * self.scale
        return 2 * total + 1, [total]


# name -> (the layer for some arguments, the shape of a step)
KINDS = {
    "SimpleRNN": (lambda **a: layers.SimpleRNN(U, **a), (F,)),
    "GRU": (lambda **a: layers.GRU(U, **a), (F,)),
    "GRU, reset before": (lambda **a: layers.GRU(U, reset_after=False, **a), (F,)),
    "LSTM": (lambda **a: layers.LSTM(U, **a), (F,)),
    "LSTM, other activation": (lambda **a: layers.LSTM(U, activation="relu", **a), (F,)),
    "ConvLSTM1D": (lambda **a: layers.ConvLSTM1D(2, 3, padding="same", **a), (6, 2)),
    "stacked": (lambda **a: layers.RNN([layers.LSTMCell(2), layers.GRUCell(U)], **a), (F,)),
    "stacked, user's last": (lambda **a: layers.RNN([layers.GRUCell(F), Doubled()], **a), (F,)),
    "user's": (lambda **a: layers.RNN(Doubled(), **a), (F,)),
}
ARGUMENTS = {
    "plain": {},
    "backwards": {"go_backwards": True},
    "unrolled": {"unroll": True},
    "backwards, unrolled": {"go_backwards": True, "unroll": True},
    "zeros": {"zero_output_for_mask": True},
}
FEW = ("GRU", "user's", "stacked, user's last")  # the others go the same ways
ROWS = [(kind, how) for kind in KINDS for how in ARGUMENTS if how == "plain" or kind in FEW]


def data(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def loop(layer, x, mask, states):
    """Return the outputs in the order of computation, and the last states: a step at a time."""
    first = states[-1][0] if isinstance(states[0], list | tuple) else states[0]
    before, outputs = None, []
    for t in reversed(range(x.shape[1])) if layer.go_backwards else range(x.shape[1]):
        output, new = layer.cell(x[:, t], states)
        if before is None:  # before the first step: the state to start from, as if it had been given out
            before = first if first.shape == output.shape else jnp.zeros_like(output)
        before = chosen(mask[:, t], output, before)
        new = jax.tree.unflatten(jax.tree.structure(states), jax.tree.leaves(new))
        states = jax.tree.map(lambda new, old: chosen(mask[:, t], new, old), new, states)  # noqa: B023 - used at once
        outputs.append(chosen(mask[:, t], output, jnp.zeros_like(output)) if layer.zero_output_for_mask else before)
    return jnp.stack(outputs, axis=1), states


def chosen(rows, new, old):
    """Return the rows of `new` that count, and those of `old` for the others."""
    return jnp.where(rows.reshape(-1, *(1,) * (new.ndim - 1)), new, old)


def make(kind, **arguments):
    keras.utils.set_random_seed(1)
    layer_of, step = KINDS[kind]
    layer = layer_of(return_state=True, **arguments)
    layer.build((len(MASK), T, *step))
    return layer, data(len(MASK), T, *step), layer.get_initial_state(len(MASK))


def close(a, b):
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_allclose(x, y, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(("kind", "how"), ROWS)
def test_any_mask(kind, how):
    layer, x, zeros = make(kind, return_sequences=True, **ARGUMENTS[how])
    start = jax.tree.map(lambda s: jnp.asarray(data(*s.shape, seed=2)), zeros)
    weights = [v.value for v in layer.trainable_variables]

    def total(result):
        return sum(jnp.sum(jnp.sin(r) * (1 + i)) for i, r in enumerate(jax.tree.leaves(result)))

    def of_layer(weights, x, start):
        result, _ = pure(lambda: layer(x, initial_state=jax.tree.leaves(start), mask=MASK), layer.trainable_variables)(
            weights
        )
        return total(result), result

    def by_hand(weights, x, start):
        result, _ = pure(lambda: loop(layer, x, MASK, start), layer.trainable_variables)(weights)
        return total(result), result

    got, expected = (
        jax.jit(jax.value_and_grad(f, argnums=(0, 1, 2), has_aux=True))(weights, x, start) for f in (of_layer, by_hand)
    )
    close(got, expected)


@pytest.mark.parametrize("kind", ["GRU", "LSTM", "ConvLSTM1D", "user's"])
def test_the_last_output_alone(kind):
    for backwards in (False, True):
        layer, x, start = make(kind, go_backwards=backwards)
        outputs, states = jax.jit(lambda layer=layer, x=x, start=start: loop(layer, x, MASK, start))()
        close(layer(x, mask=MASK), (outputs[:, -1], *jax.tree.leaves(states)))


@pytest.mark.parametrize("kind", ["GRU", "LSTM", "stacked"])
def test_stateful(kind):
    layer, x, start = make(kind, return_sequences=True, stateful=True)
    first, _ = loop(layer, x, MASK, start)
    outputs, *_ = layer(x[:, :2], mask=MASK[:, :2])
    more, *states = layer(x[:, 2:], mask=MASK[:, 2:])
    close(jnp.concatenate([outputs, more], axis=1), first)
    close(states, jax.tree.leaves([v.value for v in layer._states_kept()]))


@pytest.mark.parametrize("sequences", [True, False])
@pytest.mark.parametrize("mode", ["concat", "sum", None])
def test_bidirectional(mode, sequences):
    x = data(len(MASK), T, F)
    both = layers.Bidirectional(layers.GRU(U, return_sequences=sequences), merge_mode=mode)
    got = both(x, mask=MASK)
    sides = []
    for layer in (both.forward_layer, both.backward_layer):
        outputs, _ = loop(layer, x, MASK, layer.get_initial_state(len(x)))
        sides.append(outputs if sequences else outputs[:, -1])
    sides[1] = sides[1][:, ::-1] if sequences else sides[1]
    close(got, {"concat": jnp.concatenate(sides, -1), "sum": sides[0] + sides[1], None: tuple(sides)}[mode])


@pytest.mark.parametrize("kind", ["GRU", "LSTM", "stacked", "user's"])
def test_padding_is_as_if_it_were_not_there(kind):
    layer, x, _ = make(kind)
    padded, mask = np.concatenate([x, 9 * x], axis=1), np.repeat([[True, False]], T, axis=1)
    mask = np.repeat(mask, len(x), axis=0)
    close(layer(padded, mask=mask), layer(x))
    close(layer(padded[:, ::-1], mask=mask[:, ::-1]), layer(x[:, ::-1]))


def test_dropout_of_inputs_and_state_under_a_mask():
    layer = layers.LSTM(U, dropout=0.3, recurrent_dropout=0.3, return_sequences=True, seed=3)
    outputs = layer(data(len(MASK), T, F), mask=MASK, training=True)
    np.testing.assert_array_equal(outputs[1], 0)
    np.testing.assert_array_equal(outputs[2, 3], outputs[2, 1])


def test_time_distributed_gives_each_step_its_mask():
    x, mask = data(2, 3, T, F), np.random.default_rng(0).random((2, 3, T)) < 0.6
    layer = layers.TimeDistributed(layers.LSTM(U))
    got = layer(x, mask=mask)
    close(got, jnp.stack([layer.layer(x[:, i], mask=mask[:, i]) for i in range(3)], axis=1))
