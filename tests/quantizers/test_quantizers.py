"""What Keras has nothing to say on: errors, configurations that no layer follows, gradients' shapes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import hornbeam as keras
from hornbeam import quantizers

K = np.arange(6, dtype="float32").reshape(3, 2)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: quantizers.pack_int4(np.zeros(3, "int8"), dtype="int16"), "'int8' or 'uint8'; got 'int16'"),
        (lambda: quantizers.pack_int4(np.zeros(3)), "dtype int8 is expected; got float32"),
        (lambda: quantizers.Int4QuantizationConfig(block_size=0), "block_size must be None, -1 or positive; got 0"),
        (lambda: quantizers.Int4QuantizationConfig(quantizers.AbsMaxQuantizer()), "go with block_size None or -1"),
        (lambda: quantizers.Int8QuantizationConfig(quantizers.AbsMaxQuantizer(output_dtype="int4")), "got 'int4'"),
        (lambda: quantizers.GPTQConfig(None, None, weight_bits=5), "weight_bits must be one of (2, 3, 4, 8); got 5"),
        (lambda: quantizers.GPTQConfig(None, None, hessian_damping=2), "between 0 and 1; got 2"),
        (lambda: quantizers.AWQConfig(None, None, group_size=0), "group_size must be -1 or positive; got 0"),
        (lambda: quantizers.AWQConfig(None, None, num_grid_points=0), "num_grid_points must be positive; got 0"),
        (lambda: quantizers.get("abs_min"), "Unknown quantizer: 'abs_min'. Known:"),
    ],
)
def test_refusals(make, message):
    with pytest.raises((TypeError, ValueError)) as error:
        make()
    assert message in str(error.value)


@pytest.mark.parametrize(
    "quantizer", [quantizers.Quantizer("int8"), quantizers.AbsMaxQuantizer(), quantizers.AbsMaxQuantizer((0, 1))]
)
def test_quantizers_come_back(quantizer):
    again = quantizers.deserialize(quantizers.serialize(quantizer))
    assert type(again) is type(quantizer)
    assert again.get_config() == quantizer.get_config()


@pytest.mark.parametrize(
    "config",
    [
        quantizers.Int8QuantizationConfig(),
        quantizers.Int4QuantizationConfig(block_size=32),
        quantizers.Float8QuantizationConfig(),
        quantizers.GPTQConfig(["text"], len, group_size=-1),
        quantizers.AWQConfig(iter("ab"), len),
    ],
    ids=lambda config: config.mode,
)
def test_configurations_come_back(config):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(config))
    assert type(again) is type(config)
    assert again.get_config() == config.get_config()


def test_defaults():
    default = quantizers.AbsMaxQuantizer()
    given = quantizers.Int8QuantizationConfig(weight_quantizer=default, activation_quantizer=None)
    assert quantizers.QuantizationConfig.weight_quantizer_or_default(given, None) is default
    assert quantizers.QuantizationConfig.weight_quantizer_or_default(None, default) is default
    assert quantizers.QuantizationConfig.activation_quantizer_or_default(given, default) is None
    assert quantizers.QuantizationConfig.activation_quantizer_or_default(None, default) is default


@pytest.mark.parametrize("shape", [(), (2,), (1,)])
def test_limits_are_learned_in_their_own_shape(shape):
    low, high = jnp.full(shape, 1.0), jnp.full(shape, 3.0)
    loss = lambda low, high: quantizers.fake_quant_with_min_max_vars(K, low, high).sum()  # noqa: E731
    assert [g.shape for g in jax.grad(loss, argnums=(0, 1))(low, high)] == [shape, shape]


def test_variables_are_taken():
    codes, scale = quantizers.abs_max_quantize(keras.Variable(K), axis=0)
    np.testing.assert_allclose(codes / scale, K, atol=0.02)
    packed, _, length = quantizers.pack_int4(keras.Variable(np.array([-8, 7, 3], "int8")))
    assert quantizers.unpack_int4(keras.Variable(packed), length).tolist() == [-8, 7, 3]
