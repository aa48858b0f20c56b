"""Recurrent layers: masks, states and cells of the user's. Values beside Keras's are in tests/parity."""

import jax.numpy as jnp
import numpy as np
import pytest

import hornbeam as keras
from hornbeam import layers


def data(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def by_hand(cell, x, mask, states, *, zero=False):
    """Step `cell` through `x`, sample by sample; at steps that do not count the states stay."""
    outputs = []
    for b in range(len(x)):
        state = [s[b : b + 1] for s in states]
        line = []
        for t in range(x.shape[1]):
            if mask[b, t]:
                output, state = cell(x[b : b + 1, t], state)
            else:
                output = jnp.zeros_like(state[0]) if zero else state[0]
            line.append(output[0])
        outputs.append(jnp.stack(line))
    return jnp.stack(outputs)


@pytest.mark.parametrize("kind", [layers.LSTM, layers.GRU, layers.SimpleRNN])
@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("unroll", [False, True])
def test_any_mask_equals_stepping_by_hand(kind, zero, unroll):
    x, mask = data(8, 6, 3), np.random.default_rng(1).random((8, 6)) < 0.6
    mask[0], mask[1] = False, True
    layer = kind(4, return_sequences=True, zero_output_for_mask=zero, unroll=unroll)
    got = layer(x, mask=mask)
    states = layer.get_initial_state(8)
    np.testing.assert_allclose(got, by_hand(layer.cell, x, mask, states, zero=zero), rtol=1e-5, atol=1e-6)


def test_a_mask_comes_from_the_layers_before():
    x = data(2, 5, 3)
    x[0, 3:] = 0
    masking, layer = layers.Masking(), layers.LSTM(4)
    model = keras.Sequential([keras.Input((5, 3)), masking, layer])
    np.testing.assert_allclose(model(x)[0], layer(x[:1, :3])[0], rtol=1e-5)
    assert layer(masking(x)).tolist() == model(x).tolist()


def test_a_mask_given_by_hand_stays_in_the_graph():
    x, counts = keras.Input((5, 3)), keras.Input((5,), dtype="bool")
    layer = layers.LSTM(4)
    model = keras.Model([x, counts], layer(x, mask=counts))
    mask = np.array([[True, True, False, True, False]])
    np.testing.assert_allclose(model([data(1, 5, 3), mask]), layer(data(1, 5, 3), mask=mask), rtol=1e-6)


def test_sequences_keep_their_mask():
    x = layers.Embedding(5, 3, mask_zero=True)(np.array([[1, 2, 0]]))
    masks = layers.LSTM(2, return_sequences=True, return_state=True).compute_mask(x, "mask")
    assert masks == ["mask", None, None]
    assert layers.LSTM(2).compute_mask(x, "mask") is None


def test_stateful():
    x = data(2, 6, 3)
    layer = layers.GRU(4, stateful=True, return_sequences=True)
    first, second = layer(x[:, :3]), layer(x[:, 3:])
    layer.reset_state()
    np.testing.assert_allclose(np.concatenate([first, second], 1), layer(x), rtol=1e-5, atol=1e-6)
    assert [v.name for v in layer.variables].count("rnn_state") == 1
    assert len(layer.weights) == 3


def test_states_go_on_inside_a_compiled_step():
    layer = layers.LSTM(4, stateful=True)
    x = data(2, 3, 3)
    layer.build(x.shape)
    _, new = layer.stateless_call(
        [v.value for v in layer.trainable_variables], [v.value for v in layer.non_trainable_variables], x
    )
    assert any(v.shape == (2, 4) and bool(jnp.any(v != 0)) for v in new)
    assert not np.any(layer.states[0].numpy())


class Counter(layers.Layer):
    """A cell that states its own size, has no first state, and returns a bare state."""

    state_size = 2

    def call(self, inputs, states):
        total = states[0] + inputs
        return total * 2, total


@pytest.mark.parametrize("unroll", [False, True])
def test_a_cell_of_the_users(unroll):
    layer = layers.RNN(Counter(), return_sequences=True, return_state=True, unroll=unroll)
    outputs, state = layer(np.ones((1, 3, 2), "float32"), mask=np.array([[True, False, True]]))
    assert outputs.tolist() == [[[2.0, 2.0], [2.0, 2.0], [4.0, 4.0]]]
    assert state.tolist() == [[2.0, 2.0]]


class Doubled(layers.SimpleRNNCell):
    """A cell of the package with a `call` around its own, as Keras's programs have."""

    def call(self, sequence, states, training=False):
        output, states = super().call(sequence, states, training=training)
        return output * 2, states


def test_a_cell_with_a_call_around_its_own():
    doubled, plain = layers.RNN(Doubled(3, dropout=0.2)), layers.RNN(layers.SimpleRNNCell(3))
    stacked = layers.RNN([Doubled(3, dropout=0.2)])
    x = np.random.default_rng(0).normal(size=(2, 4, 5)).astype("float32")
    for layer in (doubled, stacked, plain):
        layer.build(x.shape)
        layer.set_weights(doubled.get_weights())
    np.testing.assert_allclose(doubled(x), plain(x) * 2, rtol=1e-6)
    np.testing.assert_allclose(stacked(x), plain(x) * 2, rtol=1e-6)
    assert doubled(x, training=True).shape == (2, 3)


class Noisy(layers.Layer):
    """A cell that writes a Variable at each step: the state of its random numbers."""

    state_size = 3

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.noise = layers.Dropout(0.5, seed=1)

    def call(self, inputs, states, training=None):
        return self.noise(inputs + states[0], training=training), [states[0]]


def test_a_cell_that_writes_variables():
    layer = layers.RNN(Noisy(), return_sequences=True)
    outputs = layer(np.ones((4, 5, 3), "float32"), training=True)
    assert layer.cell.noise.seed_generator.state.numpy().tolist() == [1, 5]
    assert len({str(step) for step in np.swapaxes(outputs, 0, 1)}) > 1


def test_initial_state_from_another_layer():
    x = keras.Input((5, 3))
    _, h, c = layers.LSTM(4, return_state=True)(x)
    model = keras.Model(x, layers.LSTM(4)(x, initial_state=[h, c]))
    assert model(data(2, 5, 3)).shape == (2, 4)


def test_attributes_come_from_the_cell():
    layer = layers.GRU(4, recurrent_dropout=0.2, reset_after=False)
    assert (layer.units, layer.recurrent_dropout, layer.reset_after) == (4, 0.2, False)
    with pytest.raises(AttributeError, match="GRU has no attribute 'unit'"):
        layer.unit  # noqa: B018 - read for its error


def test_mixed_precision():
    layer = layers.LSTM(4, dtype="mixed_bfloat16", return_state=True)
    outputs = layer(data(2, 5, 3))
    assert {str(y.dtype) for y in outputs} == {"bfloat16"}
    assert {w.dtype for w in layer.weights} == {"float32"}
