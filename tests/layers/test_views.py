"""Weights in few bits and with products of low rank on top: what is refused, trained, kept and let go of."""

import weakref

import jax
import numpy as np
import pytest

import hornbeam as keras
from hornbeam import layers, quantizers
from hornbeam.layers._views import Layout

X = np.random.default_rng(0).normal(size=(8, 6)).astype("float32")


def built(layer, shape=(None, 6)):
    layer.build(shape)
    return layer


class Own(layers.Dense):
    def call(self, inputs):
        return inputs


REFUSED = [
    (lambda: layers.Dense(3).quantize("int8"), ValueError, "to be built before it is quantized"),
    (lambda: built(layers.Dense(3, dtype="int8_from_float32")).quantize("int4"), ValueError, "to be quantized once"),
    (lambda: built(layers.Dense(3)).quantize("int7"), ValueError, "one of 'int8', 'int4', 'float8', 'gptq', 'awq'"),
    (lambda: built(layers.Dense(3)).quantize(), ValueError, "needs a mode"),
    (
        lambda: built(layers.Dense(3)).quantize("int4", config=quantizers.Int8QuantizationConfig()),
        ValueError,
        "mode and config must agree",
    ),
    (lambda: built(layers.Dense(3, dtype="float16")).quantize("int8"), ValueError, "compute_dtype='float16'"),
    (lambda: built(layers.Dense(3)).quantize("float8"), NotImplementedError, "gradients of outputs"),
    (
        lambda: built(layers.Dense(3)).quantize(config=quantizers.GPTQConfig(None, None)),
        NotImplementedError,
        "calibrates on a dataset",
    ),
    (lambda: built(layers.Dense(3, dtype="awq/4/128_from_float32")), NotImplementedError, "'awq' is left out"),
    (lambda: layers.LSTM(3).quantize("int8"), NotImplementedError, "has no weights to quantize"),
    (lambda: built(Own(3)).quantize("int8"), NotImplementedError, "has a call() of its own"),
    (lambda: layers.Dense(3, quantization_config="int8"), TypeError, "must be a QuantizationConfig; got 'int8'"),
]


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED, ids=[row[2] for row in REFUSED])
def test_refusals(call, kind, message):
    with pytest.raises(kind) as error:
        call()
    assert message in str(error.value)


def stack():
    return keras.Sequential([keras.Input((6,)), layers.Dense(5, name="a"), layers.Dense(2, name="b")])


def test_which_layers_of_a_model():
    for filters, expected in ((None, "ab"), ("a", "a"), (["^b$", "x"], "b"), (lambda layer: layer.name == "b", "b")):
        model = stack()
        model.quantize("int8", filters=filters)
        assert "".join(layer.name for layer in model.layers if layer.quantization_mode) == expected
    with pytest.raises(ValueError, match="a regular expression, a list of them"):
        model.quantize("int8", filters=3)
    with pytest.raises(ValueError, match="to be quantized once"):
        model.quantize("int8")
    assert model.layers[0].quantization_mode is None  # one is refused: none is changed
    with pytest.raises(ValueError, match="no weights to quantize yet"):
        keras.Sequential([layers.Dense(3)]).quantize("int8")
    with pytest.raises(ValueError, match="type_check; got dtype"):
        model.quantize("int8", dtype="int8")


@pytest.mark.parametrize(("mode", "share"), [("int8", 0.27), ("int4", 0.16)])
def test_the_real_numbers_are_let_go_of(mode, share):
    layer = built(layers.Dense(64, use_bias=False), (None, 256))
    before, gone = layer.kernel.value.nbytes, weakref.ref(layer.kernel)
    layer.quantize(mode)
    assert sum(w.value.nbytes for w in layer.weights) < share * before
    assert gone() is None


@pytest.mark.parametrize("adapted_first", [True, False])
@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_only_the_product_is_trained(mode, adapted_first):
    model = stack()
    dense = model.layers[0]
    for step in ("lora", mode) if adapted_first else (mode, "lora"):
        dense.enable_lora(2) if step == "lora" else dense.quantize(step)
    assert [w.name for w in dense.trainable_weights] == ["bias", "lora_kernel_a", "lora_kernel_b"]
    before = {w.name: w.numpy() for w in dense.weights}
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(X, np.ones((8, 2)), epochs=2, verbose=0)
    moved = {w.name for w in dense.weights if not np.array_equal(w.numpy(), before[w.name])}
    assert moved == {"bias", "lora_kernel_a", "lora_kernel_b"}


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_rows_of_a_table_are_those_of_the_whole(mode):
    layer = built(layers.Embedding(9, 6, lora_rank=2), None)
    layer.lora_embeddings_b.assign(X[:2])
    layer.quantize(mode)
    ids = np.array([[0, 8, 3], [3, 3, 1]])
    np.testing.assert_allclose(layer(ids), np.asarray(layer.embeddings)[ids], rtol=1e-6)
    a, b = (v.value for v in layer.trainable_variables)
    rest = [v.value for v in layer.non_trainable_variables]
    gradient = jax.grad(lambda b: layer.stateless_call([a, b], rest, ids)[0].sum())(b)
    assert np.abs(gradient).max() > 0


EQUATIONS = [
    ("abc,cde->abde", (5, 2, 4)),
    ("abcd,edc->abe", (4, 6, 5)),
    ("aecd,abcd->acbe", (7, 2, 4, 5)),
    ("...x,xy->...y", (4, 5)),
]


@pytest.mark.parametrize(("bits", "block"), [(8, -1), (4, -1), (4, 3)])
@pytest.mark.parametrize(("equation", "shape"), EQUATIONS)
def test_codes_and_back(equation, shape, bits, block):
    layer = layers.EinsumDense(equation, (1,))
    layout = Layout(shape, bits=bits, block=block, **layer._axes("kernel"))
    weight = np.random.default_rng(0).uniform(-1, 1, shape).astype("float32")
    found = layout.encode(weight)
    groups = np.arange(layout.length) // block if block > 0 else None
    again = layout.decode(*found.values(), **({} if groups is None else {"groups": groups}))
    assert np.abs(again - weight).mean() < (0.005 if bits == 8 else 0.15)
    if block == -1:
        assert np.array_equal(layout.encode(np.asarray(again))[""], found[""])


def test_mixed_precision():
    layer = built(layers.Dense(5, dtype="mixed_bfloat16"))
    before = np.asarray(layer(X), "float32")
    layer.quantize("int8")
    assert layer.dtype_policy.name == "int8_from_mixed_bfloat16"
    assert layer(X).dtype == "bfloat16"
    np.testing.assert_allclose(np.asarray(layer(X), "float32"), before, atol=0.05)


def test_the_constructors_configuration_counts():
    config = quantizers.Int4QuantizationConfig(block_size=3)
    layer = built(layers.Dense(5, quantization_config=config))
    layer.quantize("int4")
    assert layer.dtype_policy.name == "int4/3_from_float32"
    assert layer.kernel_scale.shape == (2, 5)
    again = layers.Dense.from_config(layer.get_config())
    assert [(w.name, w.shape, w.dtype) for w in built(again).weights] == [
        (w.name, w.shape, w.dtype) for w in layer.weights
    ]


def test_parts_of_attention():
    layer = layers.MultiHeadAttention(2, 4)
    steps = X[None]
    before = np.asarray(layer(steps, steps))
    layer.query_dense.enable_lora(2)
    layer.quantize("int8")
    np.testing.assert_allclose(layer(steps, steps), before, atol=0.02)
    assert [w.dtype for w in layer.query_dense.weights] == ["float32"] * 3 + ["int8", "float32"]


class Block(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.first, self.last = layers.Dense(1), layers.Dense(6)

    def call(self, inputs):
        return self.last(self.first(inputs))


@pytest.mark.parametrize("mode", ["int8", "int4", "whole columns"])
def test_parts_of_the_users_layers_come_back(mode, tmp_path):
    inputs = keras.Input((6,))
    model = keras.Model(inputs, Block()(inputs))
    whole = quantizers.Int4QuantizationConfig(block_size=None)
    model.quantize(**{"config": whole} if mode == "whole columns" else {"mode": mode})
    model.save(tmp_path / "a.keras")
    again = keras.saving.load_model(tmp_path / "a.keras", custom_objects={"Block": Block})
    np.testing.assert_array_equal(again(X), model(X))
