"""Functional and Sequential models: structure, sharing, configuration, errors."""

import json

import numpy as np
import pytest

import hornbeam as keras
from hornbeam import layers


def two_branches():
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    shared = layers.Dense(5, name="shared")
    x = layers.Dense(4, name="widen")(b)
    y = layers.Add(name="sum")([shared(a), shared(x)])
    return keras.Model([a, b], [layers.Dense(1, name="out")(y), y * 2], name="branches")


def test_shapes_and_names():
    model = two_branches()
    assert model.input_shape == [(None, 4), (None, 3)]
    assert model.output_shape == [(None, 1), (None, 5)]
    assert model.input_names == ["a", "b"]
    assert [layer.name for layer in model.layers] == ["b", "a", "widen", "shared", "sum", "out"]
    assert model.count_params() == 25 + 16 + 6


def test_a_shared_layer_has_its_weights_once():
    model = two_branches()
    assert [w.path for w in model.weights] == [
        f"{layer}/{w}" for layer in ("widen", "shared", "out") for w in ("kernel", "bias")
    ]


@pytest.mark.parametrize(
    "form", [list, tuple, lambda v: dict(zip("ab", v, strict=True))], ids=["list", "tuple", "dict"]
)
def test_inputs_come_in_any_structure(form):
    model = two_branches()
    values = [np.ones((2, 4), "float32"), np.ones((2, 3), "float32")]
    expected = model(values)
    for got, want in zip(model.predict(form(values), verbose=0), expected, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-6)


def test_config_round_trip_gives_the_same_computation():
    model = two_branches()
    config = json.loads(json.dumps(model.get_config()))
    copy = keras.Model.from_config(config)
    copy.set_weights(model.get_weights())
    data = [np.linspace(-1, 1, n, dtype="float32").reshape(2, -1) for n in (8, 6)]
    for a, b in zip(model(data), copy(data), strict=True):
        np.testing.assert_array_equal(a, b)
    assert copy.get_config() == model.get_config()


def test_to_json_and_back():
    model = keras.Sequential([layers.Dense(3, input_shape=(4,), activation="relu"), layers.Dense(1)])
    copy = keras.models.model_from_json(model.to_json())
    assert copy.output_shape == (None, 1)
    assert [layer.get_config() for layer in copy.layers] == [layer.get_config() for layer in model.layers]


def test_a_model_is_a_layer_of_another():
    inner = keras.Sequential([layers.Dense(3, input_shape=(4,))], name="inner")
    x = keras.Input((4,))
    outer = keras.Model(x, layers.Dense(2)(inner(x)))
    assert outer.count_params() == 15 + 8
    assert outer(np.ones((5, 4))).shape == (5, 2)
    copy = keras.Model.from_config(outer.get_config())
    assert [w.shape for w in copy.weights] == [w.shape for w in outer.weights]


def test_intermediate_tensors_make_models():
    model = keras.Sequential([layers.Dense(3, input_shape=(4,)), layers.Dense(2)])
    features = keras.Model(model.input, model.layers[0].output)
    assert features(np.ones((1, 4))).shape == (1, 3)
    tail = keras.Model(model.layers[0].output, model.output)
    np.testing.assert_allclose(tail(features(np.ones((1, 4)))), model(np.ones((1, 4))), rtol=1e-6)


def test_two_thousand_layers_deep():
    x = keras.Input((2,))
    y = x
    for _ in range(2000):
        y = layers.Activation("relu")(y)
    model = keras.Model(x, y)
    assert len(model.layers) == 2001
    assert model.output_shape == (None, 2)


class Sub(keras.Model):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.blocks = [layers.Dense(units), layers.Dense(units)]
        self.heads = {"out": layers.Dense(1)}
        self.dropout = layers.Dropout(0.5)

    def call(self, x, training=None):
        for block in self.blocks:
            x = block(x)
        return self.heads["out"](self.dropout(x, training=training))


def test_a_subclass_finds_its_layers_in_lists_and_dicts():
    model = Sub()
    model.build((None, 4))
    assert len(model.weights) == 6
    assert model.count_params() == 15 + 12 + 4
    assert model.get_config()["units"] == 3
    assert Sub.from_config(model.get_config()).units == 3


def test_a_functional_subclass_takes_inputs_and_outputs():
    class Named(keras.Model):
        pass

    x = keras.Input((3,))
    model = Named(inputs=x, outputs=layers.Dense(2)(x), name="named")
    assert type(model) is Named
    assert model.output_shape == (None, 2)


def test_sequential_grows_and_shrinks():
    model = keras.Sequential()
    model.add(layers.Dense(3, input_dim=4))
    model.add(layers.Dense(2))
    assert model.output_shape == (None, 2)
    model.pop()
    assert model.output_shape == (None, 3)
    model.add(layers.Dense(7))
    assert model.output_shape == (None, 7)


def test_sequential_without_an_input_shape_is_built_by_data():
    model = keras.Sequential([layers.Dense(3), layers.Dense(2)])
    assert not model.built
    assert model(np.ones((5, 4))).shape == (5, 2)
    assert [w.shape for w in model.weights] == [(4, 3), (3,), (3, 2), (2,)]


@pytest.mark.parametrize(
    ("kwargs", "shape"),
    [
        ({"input_shape": (4,)}, (None, 4)),
        ({"input_dim": 4}, (None, 4)),
        ({"batch_input_shape": (8, 4)}, (8, 4)),
        ({"input_dim": 4, "input_length": 5}, (None, 5, 4)),
    ],
)
def test_a_first_layer_may_name_the_input(kwargs, shape):
    assert keras.Sequential([layers.Dense(2, **kwargs)]).input_shape == shape


def test_get_layer_and_its_error():
    model = two_branches()
    assert model.get_layer("shared") is model.get_layer(index=3)
    with pytest.raises(ValueError, match=r"'branches' has the layers .*'shared'"):
        model.get_layer("nowhere")


def test_a_disconnected_graph_names_the_input():
    a, b = keras.Input((4,), name="given"), keras.Input((4,), name="forgotten")
    y = layers.Add()([a, b])
    with pytest.raises(ValueError, match=r"input 'forgotten'.*not among the model's inputs.*'given'"):
        keras.Model(a, y)


def test_two_layers_of_one_name_are_refused():
    x = keras.Input((4,))
    y = layers.Dense(2, name="twin")(layers.Dense(2, name="twin")(x))
    with pytest.raises(ValueError, match="two layers called 'twin'"):
        keras.Model(x, y)
    model = keras.Sequential([layers.Dense(2, name="twin")])
    with pytest.raises(ValueError, match="'twin' already"):
        model.add(layers.Dense(2, name="twin"))


@pytest.mark.parametrize(
    ("name", "message"),
    [("a/b", "must not contain '/'"), ("x" * 70_000, "at most 200 characters; got 70000"), ("", "non-empty")],
)
def test_bad_names(name, message):
    with pytest.raises(ValueError, match=message):
        layers.Dense(2, name=name)


def test_a_unicode_name_is_fine(tmp_path):
    model = keras.Sequential([layers.Dense(2, input_dim=3, name="층_một_🌳")])
    model.save(tmp_path / "m.keras")
    assert keras.models.load_model(tmp_path / "m.keras").layers[0].name == "층_một_🌳"


def test_adding_what_is_no_layer_suggests_the_call():
    with pytest.raises(ValueError, match=r"Did you mean Dense\(...\)"):
        keras.Sequential([layers.Dense])


def test_summary_shows_every_layer(capsys):
    model = two_branches()
    model.summary()
    text = capsys.readouterr().out
    for word in ('Model: "branches"', "shared (Dense)", "(None, 5)", "widen", "Total params: 47 (188.00 B)"):
        assert word in text
    lines = []
    model.summary(print_fn=lines.append, show_trainable=True)
    assert "Trainable" in lines[0]


def test_summary_of_a_row_of_layers_leaves_the_input_out(capsys):
    keras.Sequential([keras.Input((3,), name="given"), keras.layers.Dense(2, name="only")]).summary()
    text = capsys.readouterr().out
    assert "only (Dense)" in text
    assert "given" not in text


def test_summary_shows_plain_operations_and_what_is_not_in_a_row(capsys):
    x = keras.Input((6, 4), name="x")
    y = keras.layers.Dense(1, name="last")(keras.ops.log_softmax(x[:, 1:] * 2))
    model = keras.Model(x, y)
    assert [op.name for op in model.operations] == ["x", "get_item", "multiply", "log_softmax", "last"]
    model.summary()
    row = capsys.readouterr().out
    assert all(text in row for text in ("get_item (GetItem)", "log_softmax (LogSoftmax)", "(None, 5, 4)"))
    assert "Connected to" not in row
    keras.Model(x, [y, x + 1]).summary()
    assert "x[0][0]" in capsys.readouterr().out


def test_summary_of_a_subclass_knows_the_shapes_once_built(capsys):
    model = Sub()
    model.build((None, 4))
    model.summary()
    text = capsys.readouterr().out
    assert "(None, 3)" in text
    assert "?" not in text


def test_weights_in_lists_are_weights():
    class Scales(keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.scales = [keras.Variable(np.ones(2), name="a"), keras.Variable(np.ones(2), name="b")]

        def call(self, x):
            return x * self.scales[0] + self.scales[1]

    model = keras.Sequential([keras.Input((2,)), Scales()])
    assert len(model.trainable_weights) == 2
    model.compile(loss="mse")
    model.fit(np.ones((4, 2)), np.zeros((4, 2)), verbose=0)
    assert np.all(model.get_weights()[0] != 1)


def test_predictions_can_be_written_to():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    for _ in range(2):
        model.predict(np.ones((1, 2), "float32"), verbose=0)[:] = 0
    model.get_weights()[0][:] = 0
