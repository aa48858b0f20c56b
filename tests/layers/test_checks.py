"""What layers refuse, and in which words: what was expected, what came, and which layer, with its path."""

import numpy as np
import pytest

import hornbeam as keras
from hornbeam import layers


def ones(*shape):
    return np.ones(shape, "float32")


def nested(layer, *shape):
    """Call `layer` inside a model called 'net'."""
    return keras.Sequential([keras.Input(shape), layer], name="net")


CONSTRUCTORS = [
    (
        lambda: layers.Dropout(-0.5, name="d"),
        "Layer 'd' (Dropout) expects rate to be a number from 0 to 1; got rate=-0.5.",
    ),
    (lambda: layers.Dropout(1.5), "expects rate to be a number from 0 to 1; got rate=1.5."),
    (lambda: layers.Dropout("a"), "got rate='a'."),
    (lambda: layers.Dropout(0.5, noise_shape=(None, 0)), "expects each length of noise_shape to be a positive whole"),
    (
        lambda: layers.Dropout(0.5, noise_shape=3),
        "noise_shape to be a tuple such as (None, 1, None); got noise_shape=3.",
    ),
    (lambda: layers.GaussianDropout(1.0), "expects rate to be less than 1; got rate=1.0."),
    (lambda: layers.GaussianNoise(2.0), "expects stddev to be a number from 0 to 1; got stddev=2.0."),
    (lambda: layers.Dense(0), "Layer 'dense' (Dense) expects units to be a positive whole number; got units=0."),
    (
        lambda: layers.Dense(3.7, name="top"),
        "Layer 'top' (Dense) expects units to be a positive whole number; got units=3.7.",
    ),
    (lambda: layers.Dense("3"), "got units='3'."),
    (lambda: layers.Dense(True), "got units=True."),
    (lambda: layers.Dense(3, activation="rellu"), "Unknown activation: 'rellu'. Did you mean 'relu'"),
    (lambda: layers.LSTM(0), "Layer 'lstm_cell' (LSTMCell) expects units to be a positive whole number; got units=0."),
    (lambda: layers.LSTM(3, dropout=2), "expects dropout to be a number from 0 to 1; got dropout=2."),
    (lambda: layers.RNN(3), "Layer 'rnn' (RNN) expects cells that have call(inputs, states) and a state_size; got 3."),
    (
        lambda: layers.Conv2D(3, 3, strides=0),
        "Layer 'conv2d' (Conv2D) expects strides to be a positive whole number or 2",
    ),
    (lambda: layers.Conv2D(3, (3, 3, 3)), "or 2 of them; got kernel_size=(3, 3, 3)."),
    (lambda: layers.Conv2D(3, "33"), "got kernel_size='33'."),
    (lambda: layers.Conv2D(3, 3, strides=2, dilation_rate=2), "got strides=(2, 2) and dilation_rate=(2, 2)."),
    (lambda: layers.Conv2D(3, 3, groups=2), "expects filters to be a multiple of groups=2; got filters=3."),
    (lambda: layers.Conv2D(3, 3, padding="sane"), "padding to be one of 'valid', 'same'; got padding='sane'."),
    (
        lambda: layers.Conv2D(3, 3, data_format="last"),
        "one of 'channels_last', 'channels_first'; got data_format='last'.",
    ),
    (
        lambda: layers.MaxPooling2D(2, strides=0),
        "Layer 'max_pooling2d' (MaxPooling2D) expects strides to be a positive",
    ),
    (lambda: layers.Reshape((-1, -1)), "whole numbers, at most one of them -1; got target_shape=(-1, -1)."),
    (lambda: layers.Permute((0, 1)), "expects dims to name each axis from 1 to 2 once; got dims=(0, 1)."),
    (lambda: layers.RepeatVector(0), "expects n to be a positive whole number; got n=0."),
    (lambda: layers.ReLU(max_value=-1), "expects max_value to be a number from 0 to inf; got max_value=-1."),
    (lambda: layers.LeakyReLU(None), "got negative_slope=None."),
    (lambda: layers.Embedding(0, 2), "expects input_dim to be a positive whole number; got input_dim=0."),
    (lambda: layers.ZeroPadding2D((1, 2, 3)), "or 2 of them or of pairs of them; got padding=(1, 2, 3)."),
    (lambda: layers.Cropping2D(-1), "got cropping=-1."),
    (
        lambda: layers.UpSampling2D(2, interpolation="cubic"),
        "'bicubic', 'lanczos3', 'lanczos5'; got interpolation='cubic'.",
    ),
    (lambda: layers.Dot(axes=(1, 2, 3)), "expects axes to be a whole number or two of them; got axes=(1, 2, 3)."),
    (
        lambda: layers.BatchNormalization(renorm=True, renorm_clipping={"max": 1}),
        "the keys rmin, rmax, dmax; got ['max'].",
    ),
]

CONSTRUCTORS += [
    (lambda: layers.Conv2DTranspose(2, 3, strides=2, output_padding=2), "less than strides=(2, 2); got output_padding"),
    (lambda: layers.DepthwiseConv2D(3, padding="causal"), "one of 'valid', 'same'; got padding='causal'."),
    (lambda: layers.ConvLSTM2D(2, 3, strides=2, dilation_rate=2), "either strides or dilation_rate to be 1; got"),
    (lambda: layers.AdaptiveMaxPooling2D((2, 0)), "expects output_size to be a positive whole number or 2 of them"),
    (lambda: layers.GroupNormalization(0), "expects groups to be a positive whole number; got groups=0."),
    (lambda: layers.SpectralNormalization(layers.Dense(2), 0), "expects power_iterations to be a positive whole"),
    (lambda: layers.TimeDistributed(3), "Layer 'time_distributed' (TimeDistributed) expects layer to be a layer; got"),
    (lambda: layers.Bidirectional(layers.Dense(2)), "(Bidirectional) expects a recurrent layer; got <Dense"),
    (lambda: layers.Bidirectional(layers.LSTM(2), merge_mode="add"), "'concat' or None; got merge_mode='add'."),
    (lambda: layers.Bidirectional(layers.LSTM(2), backward_layer=layers.LSTM(2)), "layers whose go_backwards differs"),
    (
        lambda: layers.Bidirectional(layers.LSTM(2), backward_layer=layers.LSTM(2, return_state=True)),
        "layers of equal return_state; got False forward and True backward.",
    ),
    (lambda: layers.Attention(score_mode="cosine"), "one of 'dot', 'concat'; got score_mode='cosine'."),
    (lambda: layers.MultiHeadAttention(0, 2), "expects num_heads to be a positive whole number; got num_heads=0."),
    (
        lambda: layers.MultiHeadAttention(2, 2, dropout=0.1, flash_attention=True),
        "expects flash_attention without dropout; got dropout=0.1.",
    ),
    (lambda: layers.GroupQueryAttention(2, 3, 2), "num_query_heads to be a multiple of num_key_value_heads=2"),
    (lambda: layers.EinsumDense("abc->abd", 4), "expects an equation such as 'abc,cd->abd'"),
    (lambda: layers.EinsumDense("ab,bc->ac", 4, bias_axes="d"), "bias_axes among the output's, 'ac'; got bias_axes="),
]


@pytest.mark.parametrize(("make", "message"), CONSTRUCTORS, ids=[message[:60] for _, message in CONSTRUCTORS])
def test_constructors_refuse(make, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011  # the message is read below
        make()
    assert message in str(error.value)


CALLS = [
    (lambda: nested(layers.Conv2D(2, 5), 3, 3, 1), "Layer 'net/conv2d' (Conv2D) expects inputs of at least 5x5 steps"),
    (lambda: nested(layers.Conv2D(2, 5), 3, 3, 1), "got 3x3: use padding='same'"),
    (
        lambda: nested(layers.MaxPooling2D(4), 3, 3, 1),
        "Layer 'net/max_pooling2d' (MaxPooling2D) expects inputs of at least 4x4",
    ),
    (lambda: nested(layers.MaxPooling2D(4), 3, 3, 1), "got 3x3: use padding='same'"),
    (lambda: layers.MaxPooling2D(4)(ones(1, 3, 3, 1)), "got 3x3: use padding='same'"),
    (
        lambda: layers.Conv2D(4, 3, groups=2)(ones(1, 5, 5, 3)),
        "a number of channels that groups=2 divides; got 3 channels.",
    ),
    (lambda: layers.Conv2D(4, 3)(keras.Input((5, 5, None))), "an input whose number of channels is known; got shape"),
    (
        lambda: layers.Dense(3)(keras.Input((None,))),
        "expects an input whose last axis is known; got shape (None, None).",
    ),
    (
        lambda: layers.Dense(3)(ones(4)),
        "Layer 'dense' (Dense) input expects an input of rank 2 or more; got shape (4,).",
    ),
    (
        lambda: nested(layers.BatchNormalization(axis=7), 3, 4),
        "Layer 'net/batch_normalization' (BatchNormalization) expects ",
    ),
    (
        lambda: nested(layers.BatchNormalization(axis=7), 3, 4),
        "axis from -3 to 2, the input having rank 3; got axis=7.",
    ),
    (lambda: layers.LayerNormalization(axis=(1, 3))(ones(2, 3)), "the input having rank 2; got axis=3."),
    (
        lambda: nested(layers.Reshape((5,)), 2, 3),
        "expects samples that fill target_shape=(5,), 5 elements; got samples of ",
    ),
    (lambda: layers.Reshape((-1, 4))(ones(2, 6)), "a multiple of 4 elements; got samples of shape (6,), 6 elements."),
    (lambda: layers.Embedding(10, 2)(np.array([[1, 99]])), "expects whole numbers from 0 to 9; got 99."),
    (lambda: layers.Embedding(10, 2)(np.array([[1.0, 1.7]])), "expects whole numbers from 0 to 9; got 1.7"),
    (lambda: layers.Cropping2D(2)(ones(1, 4, 4, 1)), "expects inputs with more to them than cropping=((2, 2), (2, 2))"),
    (lambda: layers.Add()(ones(2, 3)), "Layer 'add' (Add) expects a list of inputs; got one input of shape (2, 3)."),
    (lambda: layers.Subtract()([ones(2)] * 3), "expects 2 inputs; got 3."),
    (lambda: layers.Add()([ones(2, 3), ones(2, 4)]), "inputs whose shapes broadcast; got the shapes (2, 3), (2, 4)."),
    (
        lambda: layers.Add()([ones(2, 3), ones(4, 3)]),
        "expects inputs of one batch size; got the shapes (2, 3), (4, 3).",
    ),
    (
        lambda: layers.Concatenate()([ones(2, 3, 4), ones(2, 2, 4)]),
        "inputs whose shapes agree but on axis -1; got the shapes",
    ),
    (
        lambda: layers.Dot(axes=1)([ones(2, 3), ones(2, 4)]),
        "inputs of one length on axes=1; got the shapes (2, 3), (2, 4).",
    ),
    (lambda: layers.Dot(axes=0)([ones(2, 3), ones(2, 3)]), "expects axes other than 0, the batch axis; got axes=0."),
    (lambda: layers.LSTM(2)(ones(2, 3)), "Layer 'lstm' (LSTM) input expects an input of rank 3; got shape (2, 3)."),
    (lambda: layers.LSTM(2)(ones(2, 0, 3)), "expects sequences of at least 1 step; got shape (2, 0, 3)."),
    (
        lambda: layers.LSTM(2)(ones(2, 4, 3), initial_state=[ones(2, 2)]),
        "expects an initial_state of 2 tensors; got 1.",
    ),
    (
        lambda: layers.LSTM(2, stateful=True)(keras.Input((4, 3))),
        "a known batch size because it is stateful; got shape",
    ),
    (
        lambda: layers.BatchNormalization()(ones(2, 3), mask=ones(2, 3)),
        "a mask of 1 axes, those of the inputs but the last",
    ),
    (lambda: layers.GroupNormalization(4)(ones(2, 6)), "a number of channels that groups=4 divides; got 6 channels."),
    (lambda: layers.SpectralNormalization(layers.ReLU())(ones(2, 3)), "expects a layer with a kernel or embeddings"),
    (lambda: layers.TimeDistributed(layers.Dense(2))(ones(2, 3)), "expects inputs (batch, time, ...) of rank 3"),
    (
        lambda: layers.TimeDistributed(layers.Dense(2))(ones(2, 3, 4), mask=ones(2, 5)),
        "expects a mask that begins with (2, 3); got one of shape (2, 5).",
    ),
    (lambda: layers.Attention()(ones(2, 3, 4)), "a list [query, value] or [query, value, key]; got one input of"),
    (lambda: layers.Attention()([ones(2, 3, 4)]), "a list [query, value] or [query, value, key]; got 1 inputs."),
    (
        lambda: layers.MultiHeadAttention(2, 2)(ones(2, 3, 4), ones(2, 5, 4), ones(2, 6, 4)),
        "expects value and key of equal length; got shapes (2, 5, 4) and (2, 6, 4).",
    ),
    (lambda: layers.EinsumDense("abc,cd->abd", (4, 2))(ones(2, 3, 5)), "the inputs on axis 'b'; got 4 for 3."),
    (lambda: layers.EinsumDense("abc,cd->abd", (3, 2))(ones(2, 3)), "expects inputs with the axes 'abc'; got shape"),
    (lambda: layers.EinsumDense("ab,bc->ac", (None,))(ones(2, 3)), "expects an input whose axis 'c' is known"),
    (lambda: layers.ConvLSTM2D(2, 3)(ones(1, 2, 2, 2, 1)), "use padding='same' or a smaller kernel_size"),
]


@pytest.mark.parametrize(("call", "message"), CALLS, ids=[message[:60] for _, message in CALLS])
def test_calls_refuse(call, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011  # the message is read below
        call()
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.Lambda(3), "Layer 'lambda' (Lambda) expects a function; got 3."),
        (lambda: layers.Dense(3, unit=2), "Dense takes the arguments units, activation"),
        (lambda: layers.Dot(axes="x"), "expects axes to be a whole number or two of them; got axes='x'."),
        (lambda: layers.LayerNormalization(axis="x"), "expects axis to be a whole number or several; got axis='x'."),
    ],
)
def test_wrong_types(make, message):
    with pytest.raises(TypeError) as error:
        make()
    assert message in str(error.value)


def test_a_stateful_layer_keeps_to_its_batch():
    layer = layers.LSTM(2, stateful=True)
    layer(ones(3, 4, 2))
    with pytest.raises(
        ValueError, match="expects batches of 3, the length of the states that it keeps; got a batch of 1"
    ):
        layer(ones(1, 4, 2))


def test_mask_into_flatten_warns_with_the_path():
    stack = [keras.Input((4, 2)), layers.Masking(), layers.Flatten(name="flat")]
    with pytest.warns(UserWarning, match=r"Layer 'net/flat' \(Flatten\) got a mask but does not support masking"):
        keras.Sequential(stack, name="net")
