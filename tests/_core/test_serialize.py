"""Objects to JSON and back, and what is refused."""

import json

import numpy as np
import pytest

import hornbeam as keras
from hornbeam._core.serialize import deserialize, serialize


def twice(x):
    return 2 * x


@pytest.mark.parametrize(
    "value",
    [None, 1, 2.5, "text", True, [1, [2, None]], {"a": [1]}, slice(1, None, 2), Ellipsis],
    ids=str,
)
def test_plain_values_survive(value):
    assert deserialize(json.loads(json.dumps(serialize(value)))) == value


def test_arrays_survive():
    array = np.arange(6, dtype="float32").reshape(2, 3)
    back = deserialize(json.loads(json.dumps(serialize(array))))
    np.testing.assert_array_equal(back, array)
    assert back.dtype == array.dtype


def test_public_functions_are_their_names():
    assert serialize(keras.activations.relu) == "relu"


def test_a_function_of_the_users_needs_to_be_named_again():
    data = json.loads(json.dumps(serialize(twice)))
    with pytest.raises(ValueError, match=r"function 'twice'.*custom_objects"):
        deserialize(data)
    assert deserialize(data, custom_objects={"twice": twice}) is twice


def test_code_in_a_configuration_is_refused():
    data = serialize(lambda x: x)
    with pytest.raises(ValueError, match="never run from a file"):
        deserialize(data)


def test_an_unknown_class_says_how_to_name_it():
    data = {"module": "somewhere", "class_name": "Strange", "config": {}, "registered_name": "Strange"}
    with pytest.raises(ValueError, match=r"class 'Strange'.*custom_objects.*register_keras_serializable"):
        deserialize(data)


def test_nothing_is_imported_because_a_configuration_says_so():
    data = {"module": "os", "class_name": "system", "config": {"command": "true"}, "registered_name": None}
    with pytest.raises(ValueError, match="neither Hornbeam's nor registered"):
        deserialize(data)


def test_an_object_without_config_is_named():
    with pytest.raises(TypeError, match=r"object.*cannot be saved"):
        serialize({"a": object()})


def test_a_layer_that_does_not_keep_its_argument_says_so():
    class Forgetful(keras.layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.size = units

        def call(self, x):
            return x

    with pytest.raises(TypeError, match=r"argument 'units'.*self.units"):
        Forgetful(3).get_config()


def test_the_eras_modules_mean_the_public_ones():
    for module in ("keras.layers", "keras.src.layers.core.dense", "tf_keras.src.layers", "hornbeam.layers._dense"):
        layer = deserialize({"module": module, "class_name": "Dense", "config": {"units": 2}, "registered_name": None})
        assert isinstance(layer, keras.layers.Dense)
