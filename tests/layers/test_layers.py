"""What layers do beside computing: masks, states, configurations. Values beside Keras's are in tests/parity."""

import json

import numpy as np
import pytest

import hornbeam as keras
from hornbeam import layers


def ones(*shape):
    return np.ones(shape, "float32")


def test_masking_marks_and_clears_steps():
    x = ones(1, 3, 2)
    x[0, 1] = 5.0
    x[0, 2] = [5.0, 1.0]
    outputs = layers.Masking(5.0)(x)
    assert outputs.tolist() == [[[1.0, 1.0], [0.0, 0.0], [5.0, 1.0]]]
    pooled = layers.GlobalAveragePooling1D()(outputs)
    assert pooled.tolist() == [[3.0, 1.0]]
    assert not np.isnan(layers.GlobalAveragePooling1D()(layers.Masking(1.0)(ones(1, 3, 2)))).any()


@pytest.mark.parametrize(
    ("layer", "mask"),
    [
        (layers.Add(), [True, True, True, False]),
        (layers.Concatenate(), [True, True, True, False]),
        (layers.Concatenate(axis=1), [True, True, False, False, True, False, True, False]),
    ],
)
def test_masks_of_merges(layer, mask):
    x, y = ones(1, 4, 2), ones(1, 4, 2)
    x[0, 2:], y[0, 1::2] = 0, 0
    masking = layers.Masking()
    assert layer.compute_mask([x, y], [masking.compute_mask(x), masking.compute_mask(y)])[0].tolist() == mask


def test_a_sum_of_masked_and_unmasked_has_no_mask():
    masking = layers.Masking()
    x = masking(ones(1, 4, 2))
    assert layers.Add().compute_mask([x, x], [masking.compute_mask(x), None]) is None


def test_maximum_leaves_masked_steps_out():
    x, y = ones(1, 3, 1), 2 * ones(1, 3, 1)
    x[0, 1], y[0, 2] = 9, 9
    masking = layers.Masking(9)
    result = layers.Minimum()([masking(x), masking(y)])
    assert result[0, :, 0].tolist() == [1.0, 2.0, 1.0]


def test_dropout_draws_anew_and_outside_of_training_not_at_all():
    layer = layers.Dropout(0.5, seed=1)
    x = ones(4, 4)
    first, second = layer(x, training=True), layer(x, training=True)
    assert first.tolist() != second.tolist()
    assert layer(x).tolist() == x.tolist()
    assert layer.seed_generator.state.numpy().tolist() == [1, 2]
    assert layers.Dropout(0).seed_generator is None


def test_batch_normalization_that_is_not_trainable_runs_on_averages():
    layer = layers.BatchNormalization()
    layer.trainable = False
    x = np.array([[1.0], [3.0]], "float32")
    np.testing.assert_allclose(layer(x, training=True), x / np.sqrt(1.001), rtol=1e-6)
    assert layer.moving_mean.numpy().tolist() == [0.0]
    assert not layer.trainable_weights


@pytest.mark.parametrize("kind", [layers.BatchNormalization, layers.LayerNormalization])
def test_normalizations_compute_in_float32(kind):
    layer = kind(dtype="mixed_float16")
    x = np.array([[300.0, 1.0], [301.0, 2.0]], "float16")  # a square of it is more than float16 holds
    y = layer(x, training=True) if kind is layers.BatchNormalization else layer(x)
    assert y.dtype == "float16"
    assert np.isfinite(y).all()


@pytest.mark.parametrize(("shape", "given"), [((None, 7), (7,)), ((None, 9), lambda shape: (shape[0], 9))])
def test_lambda_believes_its_output_shape(shape, given):
    assert layers.Lambda(lambda x: x * 2, output_shape=given)(keras.Input((3,))).shape == shape


def test_lambda():
    def scaled(x, factor, training=None):
        return x * factor if training else x

    layer = layers.Lambda(scaled, arguments={"factor": 3.0}, mask=lambda *_: "mask")
    assert layer(ones(1, 2)).tolist() == [[1.0, 1.0]]
    assert layer(ones(1, 2), training=True).tolist() == [[3.0, 3.0]]
    assert layer.compute_mask(ones(1, 2)) == "mask"
    both = layers.Lambda(lambda xs: [xs[0] + xs[1], xs[0].sum(-1)])([keras.Input((3,)), keras.Input((3,))])
    assert [t.shape for t in both] == [(None, 3), (None,)]


def test_lambda_round_trip_needs_its_function():
    def double(x):
        return 2 * x

    config = layers.serialize(layers.Lambda(double))
    json.dumps(config)
    with pytest.raises(ValueError, match=r"custom_objects=\{'double': your_function\}"):
        layers.deserialize(config)
    assert layers.deserialize(config, custom_objects={"double": double})(ones(1)).tolist() == [2.0]


class Twice(layers.Dense):
    """A layer of the user's, which passes the rest on."""

    def __init__(self, units, factor=2.0, **kwargs):
        super().__init__(units, **kwargs)
        self.factor = factor

    def call(self, inputs, training=None):
        return self.factor * super().call(inputs)


class Outer(layers.Layer):
    """A layer of the user's with one inside."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def build(self, input_shape):
        self.inner.build(input_shape)

    def call(self, inputs):
        return self.inner(inputs)


def test_configurations_of_the_users_layers_need_no_writing():
    layer = Twice(3, factor=4.0, activation="relu", name="twice")
    config = layer.get_config()
    assert (config["units"], config["factor"], config["activation"]) == (3, 4.0, "relu")
    again = layers.deserialize(layers.serialize(Outer(layer)), {"Twice": Twice, "Outer": Outer})
    assert again.inner.get_config() == config


def test_building_by_hand():
    layer = Outer(layers.Dense(2))
    layer.build((None, 3))
    assert [w.path for w in layer.weights] == ["outer/dense/kernel", "outer/dense/bias"]
    assert layer.built
    assert layer.inner.built
    layer.build((None, 3))
    layer(ones(1, 3))
    assert len(layer.weights) == 2
    assert layer.inner.get_build_config() == {"input_shape": (None, 3)}


def test_lora():
    layer = layers.Dense(3)
    x = ones(2, 4)
    before = layer(x)
    layer.enable_lora(2)
    assert layer(x).tolist() == before.tolist()
    assert [w.name for w in layer.trainable_weights] == ["bias", "lora_kernel_a", "lora_kernel_b"]
    with pytest.raises(ValueError, match="to be built, and adapted once; got a layer that is adapted already"):
        layer.enable_lora(2)
    with pytest.raises(ValueError, match="got a layer that is not built yet"):
        layers.Embedding(3, 2).enable_lora(1)
    with pytest.raises(ValueError, match="no kernel_constraint beside LoRA"):
        layers.Dense(3, kernel_constraint="non_neg").enable_lora(1)


def test_embedding_takes_first_weights():
    table = np.arange(6, dtype="float32").reshape(3, 2)
    for given in (table, [table]):
        layer = layers.Embedding(3, 2, weights=given)
        assert layer(np.array([2, 0])).tolist() == [[4.0, 5.0], [0.0, 1.0]]
        assert "weights" not in layer.get_config()


def test_leaky_relu_knows_alpha():
    with pytest.warns(DeprecationWarning, match="`alpha` is called `negative_slope`"):
        layer = layers.LeakyReLU(alpha=0.5)
    assert layer.get_config()["negative_slope"] == 0.5


@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
def test_the_settings_file_decides_the_order_of_axes(data_format):
    keras.config.set_image_data_format(data_format)
    made = [
        layers.Conv2D(2, 3),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.SpatialDropout2D(0.5),
        layers.ZeroPadding2D(),
    ]
    assert {layer.data_format for layer in made} == {data_format}


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate", "dot"])
def test_functional_forms(name):
    x, y = ones(2, 3), 2 * ones(2, 3)
    kwargs = {"axes": 1} if name == "dot" else {}
    layer = getattr(layers, name.capitalize())(**kwargs)
    assert getattr(layers, name)([x, y], **kwargs).tolist() == layer([x, y]).tolist()


def test_lambda_of_two_inputs_with_a_shape_as_a_tuple():
    a, b = keras.Input((3,)), keras.Input((3,))
    layer = layers.Lambda(lambda xs: (xs[0] * xs[1])[:, :2], output_shape=(2,))
    assert layer([a, b]).shape == (None, 2)
