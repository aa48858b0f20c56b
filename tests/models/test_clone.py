import json

import numpy as np
import pytest

import hornbeam as keras
from hornbeam import layers
from hornbeam.models import clone_model, model_from_json
from tests.saving.models import DATA, Net, dense


def functional():
    x = keras.Input((6,), name="x")
    shared = layers.Dense(6, name="shared")
    inner = keras.Sequential([keras.Input((6,)), layers.Dense(6, name="deep")], name="inner")
    return keras.Model(x, {"o": shared(inner(shared(x))) + 1.0}, name="outer")


def names(model):
    return [layer.name for layer in model.layers]


@pytest.mark.parametrize(
    "make",
    [dense, functional, lambda: keras.Sequential([layers.Dense(2)]), Net],
    ids=["dense", "functional", "unbuilt", "subclass"],
)
def test_a_clone_has_new_layers_with_the_same_configurations(make):
    model = make()
    if make is Net:
        model(DATA)
    clone = clone_model(model)
    assert type(clone) is type(model)
    assert (clone.name, clone.built) == (model.name, model.built)
    assert names(clone)[: len(names(model))] == names(model) or make is Net
    assert not {id(layer) for layer in clone._flatten_layers()} & {id(layer) for layer in model._flatten_layers()}
    if model.built:
        clone.set_weights(model.get_weights())
        for left, right in zip(values(clone(DATA)), values(model(DATA)), strict=True):
            np.testing.assert_array_equal(left, right)


def values(outputs):
    return list(outputs.values()) if isinstance(outputs, dict) else [outputs]


def test_weights_are_new():
    model = dense()
    assert np.abs(clone_model(model).layers[0].kernel.numpy() - model.layers[0].kernel.numpy()).max() > 0.1


def test_a_clone_is_compiled_like_the_model():
    model = dense()
    assert not clone_model(model).compiled
    model.compile(keras.optimizers.SGD(0.3), "mse")
    clone = clone_model(model)
    assert float(clone.optimizer.learning_rate.value) == pytest.approx(0.3)
    assert clone.optimizer is not model.optimizer


def wider(layer):
    config = layer.get_config()
    if "units" in config:
        config["activation"] = "relu"
    return type(layer).from_config(config)


def test_clone_function():
    seen = []

    def make(layer):
        seen.append(layer.name)
        return wider(layer)

    clone = clone_model(functional(), clone_function=make)
    assert seen == ["shared", "inner"]
    assert clone.get_layer("shared").activation.__name__ == "relu"
    seen.clear()
    clone = clone_model(functional(), clone_function=make, recursive=True)
    assert seen == ["shared", "deep"]
    assert clone.get_layer("inner").get_layer("deep").activation.__name__ == "relu"
    seen.clear()
    clone_model(dense(), clone_function=make)
    assert len(seen) == 2


def test_call_function():
    called = []

    def call(layer, *args, **kwargs):
        called.append(layer.name)
        return layer(*args, **kwargs)

    clone_model(functional(), call_function=call)
    assert called[:3] == ["shared", "inner", "shared"]
    with pytest.raises(ValueError, match="call_function goes with functional models"):
        clone_model(dense(), call_function=call)


def test_input_tensors():
    x = keras.Input((6,), name="other")
    assert clone_model(functional(), input_tensors=x).inputs[0] is x
    assert clone_model(dense(), input_tensors=x).inputs[0] is x


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        (functional, {"input_tensors": np.ones((2, 6))}, "must be KerasTensors"),
        (dense, {"input_tensors": np.ones((2, 6))}, "must be KerasTensors"),
        (
            functional,
            {"input_tensors": [keras.Input((6,)), keras.Input((6,))]},
            "must have the structure of the inputs",
        ),
        (lambda: 5, {}, "expects a model; got int: 5"),
        (lambda: layers.Dense(2), {}, "expects a model; got Dense"),
        (dense, {"nonsense": 1}, "no argument 'nonsense'"),
        (dense, {"clone_function": lambda _: 5}, "must return a layer; for 'dense.*' it gave 5"),
        (Net, {"clone_function": wider}, "go with Sequential and functional models"),
    ],
)
def test_what_is_refused(model, options, message):
    with pytest.raises(ValueError, match=message):
        clone_model(model(), **options)


def test_frozen_layers_stay_frozen():
    model = functional()
    model.get_layer("shared").trainable = False
    clone = clone_model(model)
    assert not clone.get_layer("shared").trainable
    assert len(clone.trainable_weights) == 2


@pytest.mark.parametrize("make", [dense, functional])
def test_json(make):
    model = make()
    twin = model_from_json(model.to_json(indent=1))
    assert names(twin) == names(model)
    assert twin.count_params() == model.count_params()
    assert json.loads(twin.to_json()) == json.loads(model.to_json())


def test_json_of_the_users_classes():
    model = Net(5)
    assert model_from_json(model.to_json(), custom_objects={"Net": Net}).width == 5
    with pytest.raises(ValueError, match="'Net': YourClass"):
        model_from_json(model.to_json())


def test_json_of_something_else():
    with pytest.raises(ValueError, match="JSON of a model; got that of dict"):
        model_from_json("{}")
    with pytest.raises(ValueError, match="Expecting value"):
        model_from_json("no json")
