"""Quantized layers and models beside Keras's: weights, values, products of low rank on top, files both ways."""

import warnings

import numpy as np
import pytest

import hornbeam
from tests.parity.oracle import RELATIVE, keras

ROUTES = {"ours to keras": (hornbeam, keras), "keras to ours": (keras, hornbeam)}
IDS = np.array([[1, 2, 8], [0, 7, 3]])
STEPS = (2, 3, 5)

LAYERS = {
    "Dense": ((6,), (4, 5)),
    "Embedding": ((9, 5), IDS),
    "ReversibleEmbedding": ((9, 5), IDS),
    "ReversibleEmbedding, two tables": ((9, 5, False), IDS),
    "EinsumDense abc,cde->abde": (("abc,cde->abde", (3, 2, 4)), STEPS),
    "EinsumDense aecd,abcd->acbe": (("aecd,abcd->acbe", (4, 2, 3)), (7, 3, 4, 5)),
}
MODES = {
    "int8": lambda q: q.Int8QuantizationConfig(),
    "int8, inputs whole": lambda q: q.Int8QuantizationConfig(activation_quantizer=None),
    "int8, another range": lambda q: q.Int8QuantizationConfig(q.AbsMaxQuantizer(axis=0, value_range=(-99, 99)), None),
    "int4": lambda q: q.Int4QuantizationConfig(),
    "int4 by threes": lambda q: q.Int4QuantizationConfig(block_size=3),
    "int4 by columns": lambda q: q.Int4QuantizationConfig(block_size=None),
}


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras's own
        yield


def described(layer):
    return [(w.name, tuple(w.shape), w.dtype, w.trainable) for w in layer.weights]


def equal(ours, theirs, relative=RELATIVE):
    one, two = (np.asarray(x, "float32") for x in (ours, theirs))
    np.testing.assert_allclose(one, two, rtol=relative, atol=relative * np.abs(two).max())


def pair(name):
    arguments, given = LAYERS[name]
    random = np.random.default_rng(1)
    x = random.normal(size=given).astype("float32") if isinstance(given, tuple) else given
    ours, theirs = (
        getattr(k.layers, name.partition(",")[0].split()[0])(*arguments, name="x") for k in ROUTES["ours to keras"]
    )
    ours(x), theirs(x)
    for a, b in zip(ours.weights, theirs.weights, strict=True):
        value = random.normal(size=a.shape)
        a.assign(value), b.assign(value)
    return ours, theirs, x


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", LAYERS)
def test_layers(name, mode):
    if "range" in mode and name != "Dense":
        pytest.skip("the axis is that of Dense's kernel")
    ours, theirs, x = pair(name)
    real = np.asarray(theirs(x))
    for layer, k in ((ours, hornbeam), (theirs, keras)):
        layer.quantize(config=MODES[mode](k.quantizers))
    assert described(ours) == described(theirs)
    assert ours.dtype_policy.name == theirs.dtype_policy.name
    for a, b in zip(ours.weights, theirs.weights, strict=True):
        equal(a.numpy(), b.value)
    if mode != "int8" or "Embedding" in name:
        equal(ours(x), theirs(x))
        return
    errors = [np.abs(np.asarray(layer(x)) - real).mean() for layer in (ours, theirs)]
    assert errors[0] <= errors[1]  # Keras rounds the inputs too


@pytest.mark.parametrize("mode", ["int8", "int4"])
@pytest.mark.parametrize("name", ["Dense", "EinsumDense abc,cde->abde", "ReversibleEmbedding"])
@pytest.mark.parametrize("adapted_first", [True, False])
def test_low_rank_on_top(name, mode, adapted_first):
    ours, theirs, x = pair(name)
    saved = {}
    for layer, k in ((ours, hornbeam), (theirs, keras)):
        for step in ("lora", mode) if adapted_first else (mode, "lora"):
            if step == "lora":
                layer.enable_lora(2, lora_alpha=3)
            else:
                layer.quantize(config=MODES[step](k.quantizers))
        random = np.random.default_rng(2)
        for weight in layer.weights:
            if "lora" in weight.name:
                weight.assign(random.normal(size=weight.shape))
    assert described(ours) == described(theirs)
    if mode != "int8" or "Embedding" in name:
        equal(ours(x), theirs(x))
    theirs.save_own_variables(saved)
    for i, weight in enumerate(ours._saved_weights()):
        equal(weight.numpy(), saved[str(i)])


def dense(k):
    return k.Sequential([k.Input((5,)), k.layers.Dense(4, activation="relu"), k.layers.Dense(3)])


def text(k):
    inputs, table = k.Input((3,), dtype="int32"), k.layers.ReversibleEmbedding(9, 6)
    x = k.layers.EinsumDense("abc,cd->abd", (None, 6), bias_axes="d")(table(inputs))
    return k.Model(inputs, table(x, reverse=True))


def attention(k):
    inputs = k.Input((3, 5))
    return k.Model(inputs, k.layers.MultiHeadAttention(2, 4)(inputs, inputs))


@pytest.mark.parametrize(
    ("make", "mode"), [(dense, "int8"), (dense, "int4 by columns"), (text, "int4"), (attention, "int8")]
)
@pytest.mark.parametrize("route", ROUTES)
def test_files(route, make, mode, tmp_path):
    source, target = ROUTES[route]
    model, other = make(source), make(target)
    x = IDS if make is text else np.random.default_rng(1).normal(size=(2, *model.inputs[0].shape[1:])).astype("float32")
    for m, k in ((model, source), (other, target)):
        m.quantize(config=MODES[mode](k.quantizers))
    model.save(tmp_path / "a.keras")
    model.save_weights(tmp_path / "a.weights.h5")
    other.load_weights(tmp_path / "a.weights.h5")
    relative = 0.05 if mode == "int8" else RELATIVE
    for again in (other, target.saving.load_model(tmp_path / "a.keras")):
        equal(again(x), model(x), relative)
        assert [w.dtype for w in again.weights] == [w.dtype for w in model.weights]
