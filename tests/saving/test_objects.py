import numpy as np
import pytest

import hornbeam as keras
from hornbeam import saving


@pytest.mark.parametrize(
    "thing",
    [
        None,
        1,
        2.5,
        "text",
        True,
        [1, [2]],
        (1, 2),
        {"a": {"b": 1}},
        slice(1, None, 2),
        ...,
        np.arange(3),
        np.float32(1),
    ],
    ids=repr,
)
def test_plain_things(thing):
    twin = saving.deserialize_keras_object(saving.serialize_keras_object(thing))
    np.testing.assert_equal(twin, thing)


@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.layers.Dense(3, activation="relu", kernel_regularizer="l2"),
        lambda: keras.initializers.RandomNormal(stddev=0.3, seed=1),
        lambda: keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.1, 10)),
        lambda: keras.losses.Huber(0.3),
        lambda: keras.constraints.MaxNorm(3.0),
    ],
)
def test_objects(make):
    config = saving.serialize_keras_object(make())
    twin = saving.deserialize_keras_object(config)
    assert saving.serialize_keras_object(twin) == config


def test_shapes_in_a_dict():
    @saving.register_keras_serializable()
    class Two(keras.layers.Layer):
        def build(self, left_shape, right_shape):
            self.w = self.add_weight(shape=(left_shape[-1], right_shape[-1]))

        def call(self, left, right):
            return left @ self.w @ right.T

    config = saving.serialize_keras_object(Two())
    config["build_config"] = {"shapes_dict": {"left_shape": [None, 2], "right_shape": [None, 3]}}
    assert saving.deserialize_keras_object(config).w.shape == (2, 3)


def test_names_in_a_table():
    assert saving.deserialize_keras_object("two", module_objects={"two": 2}) == 2
    with pytest.raises(ValueError, match="Did you mean 'two'"):
        saving.deserialize_keras_object("tow", module_objects={"two": 2})
    with pytest.raises(ValueError, match="got nonsense"):
        saving.deserialize_keras_object("two", nonsense=1)


def test_custom_objects():
    class Mine(keras.layers.Layer):
        def call(self, inputs):
            return inputs

    config = saving.serialize_keras_object(Mine(name="m"))
    assert type(saving.deserialize_keras_object(config, custom_objects={"Mine": Mine})) is Mine
    with pytest.raises(ValueError, match=r"custom_objects=.*'Mine': YourClass"):
        saving.deserialize_keras_object(config)
