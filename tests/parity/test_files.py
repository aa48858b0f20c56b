"""Files of Keras's load here and files of ours load there: equal predictions, optimizer states, training after it."""

import warnings

import numpy as np
import pytest

import hornbeam
from hornbeam import saving
from hornbeam.saving import _hdf5
from tests.parity.oracle import RELATIVE, keras

RANDOM = np.random.default_rng(0)
ROUTES = {"ours to keras": (hornbeam, keras), "keras to ours": (keras, hornbeam)}


def cnn(k):
    parts = [
        k.layers.Conv2D(2, (3, 3), padding="same", activation="relu"),
        k.layers.MaxPooling2D((2, 2)),
        k.layers.BatchNormalization(),
        k.layers.Dropout(0.0),
        k.layers.Flatten(),
        k.layers.Dense(8, activation="relu", kernel_regularizer="l2", kernel_constraint=k.constraints.MaxNorm(2.0)),
        k.layers.Dense(3, activation="softmax"),
    ]
    model = k.Sequential([k.Input((8, 8, 1)), *parts], name="cnn")
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


def shared(k):
    a, b = k.Input((4,), name="a"), k.Input((4,), name="b")
    once = k.layers.Dense(5, name="shared")
    joined = k.layers.Concatenate()([once(a), once(b)])
    outputs = [k.layers.Dense(2, name="p")(joined), k.layers.Dense(1, name="q")(joined * 2 + k.ops.mean(joined))]
    model = k.Model([a, b], outputs, name="shared")
    model.compile(k.optimizers.SGD(0.1, momentum=0.9), loss=["mse", "mae"])
    return model


def by_name(k):
    a, b = k.Input((4,), name="z"), k.Input((4,), name="y")
    return k.Model(
        {"z": a, "y": b}, {"p": k.layers.Add(name="p")([a, b]), "q": k.layers.Dense(2, name="q")(a)}, name="dicts"
    )


def nested(k):
    stack = k.Sequential([k.Input((6,)), k.layers.Dense(4), k.layers.Dense(4)], name="stack")
    x = k.Input((6,))
    graph = k.Model(x, k.layers.Dense(3)(x), name="graph")
    x = k.Input((6,))
    return k.Model(x, k.layers.Dense(2)(k.layers.Concatenate()([stack(x), graph(x)])), name="nested")


def recurrent(k):
    parts = [k.layers.LSTM(3, return_sequences=True), k.layers.GRU(2), k.layers.Dense(1)]
    return k.Sequential([k.Input((5, 1)), *parts], name="recurrent")


def scheduled(k):
    model = k.Sequential([k.Input((3,)), k.layers.Dense(2), k.layers.Dense(2)], name="scheduled")
    rate = k.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    model.compile(
        k.optimizers.Adam(rate, weight_decay=0.01, clipnorm=1.0, amsgrad=True),
        k.losses.Huber(),
        metrics=[k.metrics.MeanSquaredError(name="x")],
        weighted_metrics=["mae"],
    )
    return model


def mixed(k):
    parts = [k.layers.Dense(2, dtype="bfloat16"), k.layers.Dense(2, dtype="mixed_bfloat16")]
    return k.Sequential([k.Input((3,)), *parts], name="mixed")


def scaled(k):
    model = k.Sequential([k.Input((3,)), k.layers.Dense(2)], name="scaled")
    model.compile(k.optimizers.LossScaleOptimizer(k.optimizers.SGD(0.1, momentum=0.9)), "mse")
    return model


MODELS = [cnn, shared, by_name, nested, recurrent, scheduled, mixed, scaled]


def samples(model):
    """Return inputs and targets in the structure of the model's."""
    x = [RANDOM.normal(size=(8, *t.shape[1:])).astype("float32") for t in model.inputs]
    y = [RANDOM.normal(size=(8, *t.shape[1:])).astype("float32") for t in model.outputs]
    if model.name == "dicts":
        return dict(zip(("y", "z"), x, strict=True)), None
    return (x, y) if len(x) > 1 else (x[0], y[0])


def flat(outputs):
    outputs = list(outputs.values()) if isinstance(outputs, dict) else outputs
    return [np.asarray(v, dtype="float32") for v in (outputs if isinstance(outputs, list) else [outputs])]


def assert_near(left, right):
    for a, b in zip(flat(left), flat(right), strict=True):
        np.testing.assert_allclose(a, b, rtol=RELATIVE, atol=1e-6)


@pytest.fixture(params=ROUTES)
def route(request):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras's own
        yield ROUTES[request.param]


def fill(variables):
    """Give weights or an optimizer's state values of their own, as training would."""
    for variable in variables:
        value = RANDOM.uniform(0.1, 0.5, size=variable.shape)
        variable.assign(value if "float" in variable.dtype else np.full(variable.shape, 3))


@pytest.mark.parametrize("make", MODELS)
def test_whole_models(route, make, tmp_path):
    source, target = route
    model = make(source)
    x, y = samples(model)
    fill(model.weights)
    if model.compiled:
        model.optimizer.build(model.trainable_variables)
        fill(model.optimizer.variables)
    model.save(tmp_path / "a.keras")
    twin = target.saving.load_model(tmp_path / "a.keras")
    assert_near(model(x), twin(x))
    assert sorted(layer.name for layer in twin.layers) == sorted(layer.name for layer in model.layers)
    if model.compiled:
        assert_near(*([np.asarray(v) for v in m.optimizer.variables] for m in (model, twin)))
    if make in (shared, scheduled):
        histories = [m.fit(x, y, epochs=2, shuffle=False, verbose=0).history["loss"] for m in (model, twin)]
        np.testing.assert_allclose(*histories, rtol=1e-4)


@pytest.mark.parametrize("make", [cnn, shared, nested, recurrent])
def test_weights_alone(route, make, tmp_path):
    source, target = route
    model, other = make(source), make(target)
    model.save_weights(tmp_path / "a.weights.h5")
    other.load_weights(tmp_path / "a.weights.h5")
    model.save(tmp_path / "b.keras")
    third = make(target)
    third.load_weights(tmp_path / "b.keras")
    for twin in (other, third):
        for a, b in zip(model.get_weights(), twin.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


def test_shards(route, tmp_path):
    source, target = route
    model, other = cnn(source), cnn(target)
    model.save_weights(tmp_path / "a.weights.json", max_shard_size=1.1e-6)
    assert len(list(tmp_path.iterdir())) > 2
    other.load_weights(tmp_path / "a.weights.json")
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


PLACES = {  # what holds weights or layers, and the shape of its input
    "Bidirectional": ((5, 3), lambda k: k.layers.Bidirectional(k.layers.LSTM(2))),
    "TimeDistributed": ((5, 3), lambda k: k.layers.TimeDistributed(k.layers.Dense(2))),
    "RNN of cells": ((5, 3), lambda k: k.layers.RNN([k.layers.LSTMCell(2), k.layers.GRUCell(3)])),
    "RNN of a cell": ((5, 3), lambda k: k.layers.RNN(k.layers.SimpleRNNCell(2))),
    "ConvLSTM2D": ((5, 4, 4, 1), lambda k: k.layers.ConvLSTM2D(2, 2)),
    "MultiHeadAttention": ((5, 4), lambda k: k.layers.MultiHeadAttention(2, 3)),
    "GroupQueryAttention": ((5, 4), lambda k: k.layers.GroupQueryAttention(2, 2, 1)),
    "Embedding": ((5,), lambda k: k.layers.Embedding(7, 3)),
    "EinsumDense": ((5, 4), lambda k: k.layers.EinsumDense("abc,cd->abd", output_shape=(None, 6), bias_axes="d")),
    "PReLU": ((5,), lambda k: k.layers.PReLU()),
    "BatchNormalization": ((5,), lambda k: k.layers.BatchNormalization(renorm=True)),
    "SpectralNormalization": ((5, 4), lambda k: k.layers.SpectralNormalization(k.layers.Dense(3))),
    "SeparableConv2D": ((8, 8, 2), lambda k: k.layers.SeparableConv2D(3, 3)),
    "Conv2DTranspose": ((8, 8, 2), lambda k: k.layers.Conv2DTranspose(3, 3)),
}


@pytest.mark.parametrize("name", PLACES)
def test_places_of_weights(name, tmp_path):
    shape, make = PLACES[name]
    found = []
    for k in (hornbeam, keras):
        x, layer = k.Input(shape), make(k)
        y = layer(x, x) if "Attention" in name else layer(x)
        path = tmp_path / f"{k.__name__}.weights.h5"
        k.Model(x, y).save_weights(path)
        groups = _hdf5.read(path.read_bytes(), "File")
        found.append({(p, key): a.shape for p, group in groups.items() for key, a in group.arrays.items()})
    assert found[0] == found[1]


def test_low_rank_products_are_merged(route, tmp_path):
    source, target = route
    model = source.Sequential([source.Input((4,)), source.layers.Dense(3, lora_rank=2)])
    fill(model.weights)
    model.save(tmp_path / "a.keras")
    twin = target.saving.load_model(tmp_path / "a.keras")
    plain = target.Sequential([target.Input((4,)), target.layers.Dense(3)])
    plain.load_weights(tmp_path / "a.keras")
    x = np.ones((2, 4), "float32")
    for other in (twin, plain):
        assert_near(np.asarray(model(x)), np.asarray(other(x)))
    assert len(twin.trainable_weights) == 3


def odd(k):  # noqa: C901  # two classes that fit on a page
    """Return classes with layers in every place where one can keep them."""

    class Block(k.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.several = [k.layers.Dense(3) for _ in range(2)]
            self.named = {"z": k.layers.Dense(3), "a": k.layers.Dense(3)}
            self.nested = [[k.layers.Dense(3)], [[k.layers.Dense(3)]]]
            self.mixed = [1, k.layers.Dense(3), "text", None]
            self.again = self.several[1]
            self.Upper = k.layers.Dense(3)
            self._hidden = k.layers.Dense(3)
            self._alone = k.layers.Dense(3)

        @property
        def exposed(self):
            return self._hidden

        def parts(self):
            deep = [self.nested[0][0], self.nested[1][0][0], self.mixed[1]]
            return [*self.several, *self.named.values(), *deep, self.Upper, self._hidden, self._alone]

        def build(self, input_shape):
            self.still = self.add_weight(shape=(), trainable=False, initializer="ones", name="still")
            self.scale = self.add_weight(shape=(3,), name="scale")
            for part in self.parts():
                part.build(input_shape)

        def call(self, inputs):
            for part in self.parts():
                inputs = part(inputs)
            return inputs * self.scale * self.still

    class Net(k.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.entry = k.layers.Dense(3)
            self.blocks = [Block(), Block()]
            self.tail = k.Sequential([k.layers.Dense(2)])

        def call(self, inputs):
            x = self.entry(inputs)
            for block in self.blocks:
                x = block(x)
            return self.tail(x)

    return {"Block": Block, "Net": Net}


def test_layers_in_odd_places(route, tmp_path):
    source, target = route
    x = RANDOM.normal(size=(4, 5)).astype("float32")
    model = odd(source)["Net"](name="net")
    model(x)
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    fill(model.optimizer.variables)
    model.save(tmp_path / "a.keras")
    twin = target.saving.load_model(tmp_path / "a.keras", custom_objects=odd(target))
    assert_near(np.asarray(model(x)), np.asarray(twin(x)))
    assert_near([np.asarray(v) for v in model.optimizer.variables], [np.asarray(v) for v in twin.optimizer.variables])


def test_a_lambda_of_keras_is_refused_and_can_be_given(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x = keras.Input((3,))
        keras.Model(x, keras.layers.Lambda(lambda z: z * 3, name="thrice")(x)).save(tmp_path / "a.keras")
    for safe_mode in (True, False):
        with pytest.raises(ValueError, match=r"custom_objects=\{'thrice': function\}"):
            saving.load_model(tmp_path / "a.keras", safe_mode=safe_mode)
    model = saving.load_model(tmp_path / "a.keras", custom_objects={"thrice": lambda z: z * 3})
    np.testing.assert_array_equal(model(np.ones((1, 3), "float32")), [[3, 3, 3]])


OPERATIONS = {
    "numbers": lambda _, x, y: (1 - x) / 2 + y**2 - abs(y) // 2,
    "matrices": lambda o, x, y: x @ o.transpose(y, (0, 2, 1)),
    "indices": lambda _, x, y: x[:, 0] + y[..., -1, :] + x[:, 1:2][:, 0],
    "reductions": lambda o, x, y: o.mean(x, axis=1, keepdims=True) + o.std(y, axis=-1, keepdims=True) + o.sum(x),
    "shapes": lambda o, x, y: o.reshape(o.concatenate([x, y], axis=-1), (-1, 24)),
    "choices": lambda o, x, y: o.where(x > 0, x, o.clip(y, -0.5, 0.5)),
    "sums": lambda o, x, y: o.einsum("bij,bkj->bik", x, y),
    "neural": lambda o, x, y: o.softmax(o.relu(x), axis=-1) + o.gelu(y, approximate=False) + o.sigmoid(x),
    "mathematics": lambda o, x, y: o.logsumexp(x, axis=1) + o.top_k(y, 3)[0][:, 0],
    "types": lambda o, x, y: o.one_hot(o.argmax(x, axis=-1), 3) + o.cast(o.cast(y, "int32"), "float32"),
    "arrays": lambda o, x, y: o.maximum(x + np.ones((4, 3), "float32"), 0.5) * y,
    "convolutions": lambda o, x, y: o.conv(x + y, np.ones((2, 3, 5), "float32")),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_in_a_graph(route, name, tmp_path):
    source, target = route
    x, y = source.Input((4, 3), name="x"), source.Input((4, 3), name="y")
    model = source.Model([x, y], OPERATIONS[name](source.ops, x, y))
    model.save(tmp_path / "a.keras")
    twin = target.saving.load_model(tmp_path / "a.keras")
    data = list(RANDOM.normal(size=(2, 5, 4, 3)).astype("float32"))
    assert_near(np.asarray(model(data)), np.asarray(twin(data)))
