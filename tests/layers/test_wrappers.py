"""Wrappers, convolutional LSTMs and products in Einstein's notation, where Keras is no measure."""

import numpy as np
import pytest

import hornbeam as keras
from hornbeam import layers


def data(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


class Own(layers.Dense):
    """A layer of the user's: its steps are taken one by one."""


@pytest.mark.parametrize("kind", [layers.Dense, Own])
def test_time_distributed_adds_up_losses(kind):
    inner = kind(2, activity_regularizer="l2")
    layer = layers.TimeDistributed(inner)
    x = data(3, 4, 5)
    outputs = layer(x)
    np.testing.assert_allclose(outputs, inner(x), rtol=1e-5)
    steps = 1 if kind is layers.Dense else 4  # all at once the penalty is shared by the steps too
    layer(x)
    (loss,) = layer.losses
    np.testing.assert_allclose(loss, 0.01 * np.sum(np.square(outputs)) / 3 / (4 / steps), rtol=1e-5)


def test_time_distributed_steps_one_by_one_where_they_differ():
    layer = layers.TimeDistributed(layers.BatchNormalization(momentum=0.5))
    layer(np.ones((2, 3, 1), "float32"), training=True)
    assert layer.layer.moving_mean.numpy().tolist() == [0.875]
    drop = layers.TimeDistributed(layers.Dropout(0.5, seed=1))(np.ones((1, 50, 1), "float32"), training=True)
    assert {0.0, 2.0} == set(np.unique(drop).tolist())
    lengths = layers.TimeDistributed(layers.Conv1D(2, 3))(keras.Input((None, 9, 1))).shape
    assert lengths == (None, None, 7, 2)


def test_time_distributed_gives_the_mask_to_recurrent_layers():
    inner = layers.LSTM(3)
    x, mask = data(2, 4, 5, 3), np.random.default_rng(1).random((2, 4, 5)) < 0.6
    outputs = layers.TimeDistributed(inner)(x, mask=mask)
    np.testing.assert_allclose(outputs[:, 2], inner(x[:, 2], mask=mask[:, 2]), rtol=1e-5, atol=1e-6)


def test_bidirectional_first_weights_and_state():
    x = data(2, 4, 3)
    first = layers.Bidirectional(layers.GRU(2, return_state=True))
    first(x)
    second = layers.Bidirectional(layers.GRU(2, return_state=True), weights=first.get_weights())
    output, *states = second(x, initial_state=[np.ones((2, 2), "float32")] * 2)
    np.testing.assert_allclose(output, np.concatenate(states, -1))
    assert first(x)[0].tolist() == second(x)[0].tolist()


def test_bidirectional_stateful():
    layer = layers.Bidirectional(layers.LSTM(2, stateful=True))
    x = data(2, 4, 3)
    before = layer(x)
    assert layer(x).tolist() != before.tolist()
    assert len(layer.states) == 4
    layer.reset_state()
    np.testing.assert_allclose(layer(x), before, rtol=1e-6)


def test_bidirectional_masks():
    layer = layers.Bidirectional(layers.GRU(2, return_sequences=True), merge_mode=None)
    assert layer.compute_mask(None, "mask") == ("mask", "mask")
    assert layers.Bidirectional(layers.GRU(2)).compute_mask(None, ["mask"]) is None


def test_conv_lstm_with_a_mask_equals_stepping_by_hand():
    layer = layers.ConvLSTM1D(2, 3, padding="same")
    x = data(1, 4, 6, 2)
    layer.build(x.shape)
    states = layer.cell.get_initial_state(1)
    for t in (0, 1, 3):
        output, states = layer.cell(x[:, t], states)
    np.testing.assert_allclose(layer(x, mask=np.array([[True, True, False, True]])), output, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("equation", "output_shape", "inputs", "shape"),
    [
        ("abc,cd->abd", (None, 4), (None, 3), (None, None, 4)),
        ("abc,cd->abd", (None, 4), (5, 3), (None, 5, 4)),
        ("...x,xy->...y", 4, (None, 6, 3), (None, None, 6, 4)),
        ("ab...,bc->ac...", 4, (3, None, 6), (None, 4, None, 6)),
    ],
)
def test_einsum_dense_shapes(equation, output_shape, inputs, shape):
    layer = layers.EinsumDense(equation, output_shape, bias_axes=equation[-1] if equation[-1] != "." else "c")
    assert layer(keras.Input(inputs)).shape == shape


def test_attention_in_a_model_takes_the_masks():
    ids = keras.Input((5,), dtype="int32")
    x = layers.Embedding(9, 4, mask_zero=True)(ids)
    attended = layers.MultiHeadAttention(2, 3)(x, x)
    model = keras.Model(ids, layers.GlobalAveragePooling1D()(attended))
    padded, short = np.array([[1, 2, 3, 0, 0]]), np.array([[1, 2, 3]])
    np.testing.assert_allclose(model(padded), _by_hand(model, short), rtol=1e-5, atol=1e-6)


def _by_hand(model, ids):
    embedding, attention = model.layers[1], next(x for x in model.layers if "attention" in x.name)
    x = embedding.embeddings.value[ids]
    return attention(x, x).mean(1)


def test_causal_attention_does_not_see_the_future():
    layer = layers.MultiHeadAttention(2, 3)
    x = data(1, 5, 4)
    before = layer(x, x, use_causal_mask=True)
    x[:, 3:] = 9
    np.testing.assert_allclose(layer(x, x, use_causal_mask=True)[:, :3], before[:, :3], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("layer", [layers.MultiHeadAttention(2, 3), layers.GroupQueryAttention(3, 4, 2)])
def test_causality_is_told_as_such(layer, monkeypatch):
    calls = []
    attend = layers._multi_head.ops.dot_product_attention
    monkeypatch.setattr(
        layers._multi_head.ops, "dot_product_attention", lambda *args, **how: calls.append(how) or attend(*args, **how)
    )
    x = data(2, 5, 4)
    outputs = layer(x, x, use_causal_mask=True)
    layer(x, x)
    assert [(how["mask"], how["is_causal"]) for how in calls] == [(None, True), (None, False)]
    by_hand = layer(x, x, attention_mask=np.tri(5, dtype=bool)[None])
    np.testing.assert_allclose(outputs, by_hand, rtol=1e-5, atol=1e-6)
    scored, weights = layer(x, x, use_causal_mask=True, return_attention_scores=True)
    np.testing.assert_allclose(outputs, scored, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(np.triu(weights, 1), 0)
