"""Classes of an era: real subclasses of today's, with that era's arguments, defaults and habits."""

import abc
import importlib
import inspect
import json

import numpy as np
import pytest

import hornbeam as today
from hornbeam import compat


@pytest.fixture(params=[1, 2], ids=["Keras 1", "Keras 2"])
def era(request):
    """Run a test in each of two eras."""
    return request.param


def old(number, root="keras"):
    """Return `keras` of an era."""
    with compat.installed(number):
        return importlib.import_module(root)


@pytest.mark.parametrize(
    ("number", "call", "expected"),
    [
        (1, "layers.Dense(3, 'zero', 'relu', W_regularizer='l2', bias=False)",
         {"units": 3, "activation": "relu", "use_bias": False}),
        (1, "layers.Dense(output_dim=3, input_dim=2)", {"units": 3}),
        (1, "layers.Convolution2D(8, 3, 5, border_mode='same', subsample=(2, 2), dim_ordering='th')",
         {"filters": 8, "kernel_size": (3, 5), "padding": "same", "strides": (2, 2), "data_format": "channels_first"}),
        (1, "layers.Conv2D(8, 3, 5)", {"kernel_size": (3, 5)}),
        (1, "layers.Dropout(p=0.3)", {"rate": 0.3}),
        (1, "layers.SpatialDropout1D(0.3)", {"rate": 0.3}),
        (1, "layers.MaxPooling2D((2, 2), border_mode='same', dim_ordering='tf')",
         {"padding": "same", "data_format": "channels_last"}),
        (1, "layers.TimeDistributedDense(4)", {"units": 4}),
        (1, "layers.BatchNormalization(mode=0, beta_init='one')", {"epsilon": 1e-3, "momentum": 0.99}),
        (2, "layers.Dense(3, 'relu', False)", {"units": 3, "activation": "relu", "use_bias": False}),
        (2, "layers.Dense(output_dim=3, init='zero')", {"units": 3}),
        (2, "layers.Conv2D(8, 3, 5)", {"kernel_size": (3, 5), "strides": (1, 1)}),
        (2, "layers.Convolution2D(8, (3, 5), border_mode='same')", {"kernel_size": (3, 5), "padding": "same"}),
        (2, "layers.Conv2D(8, 3, strides=2)", {"kernel_size": (3, 3), "strides": (2, 2)}),
        (2, "layers.LeakyReLU(alpha=0.1)", {"negative_slope": 0.1}),
        (2, "layers.Embedding(10, 4, input_length=5)", {"input_dim": 10, "output_dim": 4}),
    ],
)  # fmt: skip
def test_layer_arguments(number, call, expected):
    layer = eval(f"keras.{call}", {"keras": old(number)})  # noqa: S307
    config = layer.get_config()
    assert {name: tuple(v) if isinstance(v := config[name], list) else v for name in expected} == expected


def test_two_whole_numbers_are_kernel_and_strides_in_tensorflow():
    layer = old(2, "tensorflow.keras").layers.Conv2D(8, 3, 2)
    assert (layer.kernel_size, layer.strides) == ((3, 3), (2, 2))


@pytest.mark.parametrize(
    ("number", "root", "call", "expected"),
    [
        (1, "keras", "Adam()", {"learning_rate": 0.001, "epsilon": 1e-8}),
        (2, "keras", "Adam()", {"learning_rate": 0.001, "epsilon": 1e-7}),
        (
            2,
            "keras",
            "SGD(lr=0.1, momentum=0.9, nesterov=True)",
            {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True},
        ),
        (2, "keras", "Adagrad()", {"learning_rate": 0.01, "initial_accumulator_value": 0.0}),
        (2, "keras", "adadelta()", {"learning_rate": 1.0}),
        (2, "keras", "SGD(clipnorm=1.0)", {"global_clipnorm": 1.0, "clipnorm": None}),
        (2, "tensorflow.keras", "SGD(clipnorm=1.0)", {"global_clipnorm": None, "clipnorm": 1.0}),
        (2, "tensorflow.keras", "Adagrad()", {"learning_rate": 0.001, "initial_accumulator_value": 0.1}),
    ],
)
def test_optimizer_defaults(number, root, call, expected):
    config = eval(f"keras.optimizers.{call}", {"keras": old(number, root)}).get_config()  # noqa: S307
    assert {
        name: pytest.approx(config[name], rel=1e-6) if isinstance(config[name], float) else config[name]
        for name in expected
    } == expected


def test_learning_rate_by_its_old_name():
    keras = old(2)
    optimizer = keras.optimizers.SGD(lr=0.5)
    assert keras.backend.get_value(optimizer.lr) == 0.5
    keras.backend.set_value(optimizer.lr, 0.25)
    assert float(optimizer.learning_rate.numpy()) == 0.25


def test_decay_divides_the_rate_step_by_step():
    optimizer = old(2).optimizers.SGD(lr=1.0, decay=0.5)
    rates = []
    for step in range(3):
        optimizer.iterations.assign(step)
        rates.append(float(optimizer.learning_rate))
    assert rates == pytest.approx([1.0, 1 / 1.5, 1 / 2.0])


def test_rmsprop_adds_epsilon_to_the_root():
    optimizer = old(2).optimizers.RMSprop(lr=0.01)
    weight = today.Variable([1.0])
    optimizer.apply([np.array([1e-6], "float32")], [weight])
    expected = 1.0 - 0.01 * 1e-6 / (np.sqrt(0.1 * 1e-12) + 1e-7)
    assert float(weight.numpy()[0]) == pytest.approx(expected, abs=1e-6)


def test_optimizers_by_name_have_the_defaults_of_the_era():
    model = old(2).models.Sequential([old(2).layers.Dense(1, input_shape=(2,))])
    model.compile("adagrad", "mse")
    assert float(model.optimizer.learning_rate.numpy()) == pytest.approx(0.01)


def test_real_subclasses(era):
    keras = old(era)
    Dense = keras.layers.Dense  # noqa: N806  # a class
    assert issubclass(Dense, today.layers.Dense)
    assert Dense.__name__ == "Dense"
    assert keras.layers.Dense is Dense
    assert isinstance(today.layers.Dense(3), Dense)
    assert isinstance(today.layers.Dense(3), keras.layers.Layer)
    assert isinstance(Dense(3), today.layers.Dense)
    assert issubclass(today.layers.Dense, keras.layers.Layer)
    assert issubclass(Dense, keras.layers.Layer)
    assert not isinstance(Dense(3), keras.layers.Dropout)
    assert not issubclass(keras.layers.Layer, Dense)


def test_both_packages_of_an_era_recognise_each_others_layers():
    one, other = old(2), old(2, "tensorflow.keras")
    assert isinstance(one.layers.Dense(3), other.layers.Dense)
    assert one.layers.Dense is not other.layers.Dense


def test_subclassing_a_layer(era):
    keras = old(era)

    class Twice(keras.layers.Dense):
        def __init__(self, units, **kwargs):
            super().__init__(output_dim=units, init="one", **kwargs)

        def call(self, x, mask=None):
            return 2 * super().call(x)

    class Other(Twice):
        pass

    layer = Other(3)
    assert layer(np.ones((1, 2), "float32")).tolist() == [[4.0, 4.0, 4.0]]
    assert isinstance(layer, keras.layers.Dense)
    assert not isinstance(keras.layers.Dense(3), Twice)
    assert not issubclass(Twice, Other)
    assert layer.name == "other_1"


def test_a_subclass_has_its_own_signature_and_may_be_abstract():
    keras = old(2)

    class Scaled(keras.layers.Dense, abc.ABC):
        def __init__(self, factor, **kwargs):
            super().__init__(3, **kwargs)
            self.factor = factor

    assert list(inspect.signature(Scaled).parameters) == ["factor", "kwargs"]
    assert Scaled(2).get_config()["factor"] == 2


def test_custom_layer_of_keras_1():
    keras = old(1)

    class Scale(keras.engine.topology.Layer):
        def build(self, input_shape):
            self.W = self.add_weight((input_shape[1],), "one", "W")
            self.trainable_weights = [self.W]
            super().build(input_shape)

        def call(self, x, mask=None):
            return x * self.W

        def get_output_shape_for(self, input_shape):
            return input_shape

    with compat.installed(1):
        model = keras.models.Sequential([Scale(input_shape=(3,))])
    assert [w.name for w in model.trainable_weights] == ["W"]
    assert model.predict(np.ones((1, 3))).tolist() == [[1.0, 1.0, 1.0]]


def test_custom_layer_of_keras_2():
    keras = old(2)

    class Scale(keras.layers.Layer):
        def build(self, input_shape):
            self.kernel = self.add_weight("kernel", (input_shape[1],), initializer="ones", trainable=False)
            super().build(input_shape)

        def call(self, x):
            return keras.backend.relu(x * self.kernel)

        def compute_output_shape(self, input_shape):
            return input_shape

    model = keras.models.Sequential([Scale(input_shape=(3,))])
    assert [w.name for w in model.non_trainable_weights] == ["kernel"]
    assert model.predict(-np.ones((1, 3))).tolist() == [[0.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    ("number", "root", "names"),
    [
        (1, "keras", ["input_1", "dense_1", "dense_2", "convolution2d_1", "model_1", "sequential_1"]),
        (2, "keras", ["input_1", "dense_1", "dense_2", "conv2d_1", "model_1", "sequential_1"]),
        (2, "tensorflow.keras", ["input_1", "dense", "dense_1", "conv2d", "model", "sequential"]),
        (3, "keras", ["input_layer", "dense", "dense_1", "conv2d", "functional", "sequential"]),
    ],
)
def test_automatic_names(number, root, names):
    with compat.installed(number):
        keras = __import__(root, fromlist=["layers"]) if "." in root else __import__(root)
        layers, models = keras.layers, keras.models
        x = layers.Input(shape=(4,))
        made = [x, layers.Dense(3), layers.Dense(3)]
        made.append(layers.Convolution2D(3, 3, 3) if number == 1 else layers.Conv2D(3, 3))
        made += [models.Model(x, made[1](x)), models.Sequential()]
    assert [m.name for m in made] == names


def test_numpys_seed_decides_the_first_weights(era):
    keras = old(era)
    models = []
    for seed in (7, 7, 8):
        np.random.seed(seed)  # noqa: NPY002  # what programs wrote
        models.append(keras.models.Sequential([keras.layers.Dense(3, input_shape=(2,)), keras.layers.Dense(3)]))
    first, same, other = ([w.tolist() for w in model.get_weights()] for model in models)
    assert first == same != other
    assert first[0] != first[2][:2]


def test_first_weights():
    keras = old(2)
    table = np.arange(8, dtype="float32").reshape(4, 2)
    model = keras.models.Sequential([keras.layers.Embedding(4, 2, weights=[table], input_length=3, trainable=False)])
    assert model.output_shape == (None, 3, 2)
    assert model.predict(np.array([[3, 0, 1]])).tolist() == [[[6.0, 7.0], [0.0, 1.0], [2.0, 3.0]]]


def test_hard_sigmoid_is_that_of_the_era(era):
    then, now = old(era).layers.Activation("hard_sigmoid"), today.layers.Activation("hard_sigmoid")
    x = np.array([[1.0]], "float32")
    assert float(then(x)[0, 0]) == pytest.approx(0.7)
    assert float(now(x)[0, 0]) == pytest.approx(1 / 6 + 0.5)


@pytest.mark.parametrize(
    ("number", "root", "name"),
    [(1, "keras", "classic_hard_sigmoid"), (2, "keras", "classic_hard_sigmoid"), (2, "tensorflow.keras", "sigmoid")],
)
def test_recurrent_activation_of_lstm(number, root, name):
    assert old(number, root).layers.LSTM(3).recurrent_activation.__name__ == name


def test_moving_variance_is_unbiased_in_keras_2():
    x = np.array([[0.0], [2.0], [4.0]], "float32")
    averages = {}
    for number in (1, 2):
        layer = old(number).layers.BatchNormalization(momentum=0.5)
        layer(x, training=True)
        averages[number] = float(layer.moving_variance.numpy()[0])
    assert averages == {1: pytest.approx(0.5 + 0.5 * 8 / 3), 2: pytest.approx(0.5 + 0.5 * 4, rel=1e-3)}


@pytest.fixture
def digits():
    """Return two classes that a line separates."""
    x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
    return x, (x[:, 0] > 0).astype("int32")


def test_training_in_the_words_of_keras_1(digits):
    keras, (x, y) = old(1), digits
    model = keras.models.Sequential()
    model.add(keras.layers.Dense(output_dim=8, input_dim=4, init="he_normal", activation="relu"))
    model.add(keras.layers.Dense(2, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
    labels = keras.utils.np_utils.to_categorical(y, nb_classes=2)
    history = model.fit(x, labels, nb_epoch=3, batch_size=16, verbose=0, validation_split=0.25)
    assert list(history.history) == ["acc", "loss", "val_acc", "val_loss"] or set(history.history) == {
        "acc", "loss", "val_acc", "val_loss",
    }  # fmt: skip
    assert len(history.history["loss"]) == 3
    assert history.history["val_accuracy"] == history.history["val_acc"]
    assert len(model.evaluate(x, labels, verbose=0)) == 2
    assert model.metrics_names == ["loss", "acc"]
    assert model.predict_classes(x, verbose=0).shape == (64,)
    assert model.predict_proba(x, verbose=0).shape == (64, 2)


def test_ten_epochs_is_what_fit_did_in_keras_1(digits):
    keras, (x, y) = old(1), digits
    model = keras.models.Sequential([keras.layers.Dense(1, input_dim=4)])
    model.compile("sgd", "mse")
    assert len(model.fit(x, y, verbose=0).epoch) == 10


def test_generators_in_the_words_of_keras_1(digits):
    keras, (x, y) = old(1), digits

    def batches():
        while True:
            yield x[:16], y[:16]

    model = keras.models.Sequential([keras.layers.Dense(1, input_dim=4)])
    model.compile("sgd", "mse")
    history = model.fit_generator(
        batches(),
        samples_per_epoch=64,
        nb_epoch=2,
        verbose=0,
        validation_data=batches(),
        nb_val_samples=32,
        nb_worker=2,
    )
    assert (len(history.epoch), history.params["steps"]) == (2, 4)
    assert np.isscalar(model.evaluate_generator(batches(), val_samples=32))
    assert model.predict_generator((batch for batch, _ in batches()), val_samples=32).shape == (32, 1)


def test_generators_in_the_words_of_keras_2(digits):
    keras, (x, y) = old(2), digits

    def batches():
        while True:
            yield x[:16], y[:16]

    model = keras.models.Sequential([keras.layers.Dense(1, input_dim=4)])
    model.compile("sgd", "mse")
    assert len(model.fit_generator(batches(), 4, 2, workers=2, verbose=0).epoch) == 2
    assert np.isscalar(model.evaluate_generator(batches(), steps=2))


@pytest.mark.parametrize(("root", "name"), [("keras", "acc"), ("tensorflow.keras", "accuracy")])
def test_accuracy_is_called_as_then(digits, root, name):
    keras, (x, y) = old(2, root), digits
    model = keras.models.Sequential([keras.layers.Dense(1, activation="sigmoid", input_shape=(4,))])
    model.compile("adam", "binary_crossentropy", ["accuracy"])
    history = model.fit(x, y, verbose=0, epochs=2, validation_split=0.5).history
    assert set(history) == {"loss", name, "val_loss", f"val_{name}"}
    with pytest.raises(KeyError):
        history["absent"]


def test_accuracy_of_several_yes_or_no_outputs_counts_each():
    keras = old(2)
    model = keras.models.Sequential([keras.layers.Dense(2, input_shape=(2,), use_bias=False)])
    model.set_weights([np.eye(2)])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    x, y = np.array([[0.9, 0.8], [0.9, 0.1]]), np.array([[1, 0], [1, 0]])
    assert model.evaluate(x, y, verbose=0)[1] == pytest.approx(0.75)


def test_flat_metrics_hold_for_every_output():
    keras = old(2)
    x = keras.layers.Input(shape=(2,))
    model = keras.models.Model(x, [keras.layers.Dense(1, name="a")(x), keras.layers.Dense(1, name="b")(x)])
    model.compile("sgd", "mse", metrics=["mae", "mse"])
    ones = np.ones((4, 1))
    model.fit(np.ones((4, 2)), [ones, ones], verbose=0)
    assert sum("a_" in name for name in model.metrics_names) == 3


def test_models_are_written_as_todays_and_read_as_the_eras():
    keras = old(2)
    x = keras.layers.Input(shape=(4,))
    model = keras.models.Model(x, keras.layers.Dense(2, activation="hard_sigmoid")(x))
    model.compile("sgd", lambda _, y_pred: keras.backend.mean(y_pred))
    text = model.to_json()
    layer = json.loads(text)["config"]["layers"][1]
    assert (layer["module"], layer["class_name"], layer["registered_name"]) == ("keras.layers", "Dense", None)
    twin = keras.models.model_from_json(text)
    assert isinstance(twin, keras.models.Model)
    assert type(twin.layers[1]) is keras.layers.Dense
    twin.set_weights(model.get_weights())
    data = np.random.default_rng(0).normal(size=(3, 4))
    np.testing.assert_array_equal(twin.predict(data), model.predict(data))
    assert type(today.models.model_from_json(text).layers[1]) is today.layers.Dense


def test_saved_models_come_back_in_the_era(tmp_path):
    keras = old(2)
    model = keras.models.Sequential([keras.layers.Dense(2, input_shape=(4,))])
    model.save(str(tmp_path / "model.keras"))
    twin = keras.models.load_model(str(tmp_path / "model.keras"))
    assert (type(twin), type(twin.layers[0])) == (keras.models.Sequential, keras.layers.Dense)
    twin.compile("sgd", "mse")
    twin.fit(np.ones((4, 4)), np.ones((4, 2)), nb_epoch=1, verbose=0)


def test_nodes_by_their_old_names(era):
    keras = old(era)
    layer = keras.layers.Dense(3)
    a, b = keras.layers.Input(shape=(4,)), keras.layers.Input(shape=(4,))
    outputs = [layer(a), layer(b)]
    assert layer.get_output_at(1) is outputs[1]
    assert layer.get_input_at(0) is a
    assert layer.get_output_shape_at(0) == (None, 3)
    assert layer.get_input_shape_at(1) == (None, 4)
    assert len(layer.inbound_nodes) == 2
    assert layer.get_output_shape_for((None, 4)) == (None, 3)


def test_signatures_are_those_of_the_era():
    assert list(inspect.signature(old(1).layers.Dense).parameters)[:3] == ["output_dim", "init", "activation"]
    assert list(inspect.signature(old(2).layers.Dense).parameters)[-1] == "kwargs"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("layers.BatchNormalization(mode=1)", "'mode' is covered with the value 0 alone; got 1"),
        ("layers.Dense(3, units=4, output_dim=5)", "two values for the argument 'units'|earlier name of 'units'"),
        ("optimizers.Nadam(schedule_decay=0.1)", "'schedule_decay' is covered with the value 0.004 alone; got 0.1"),
    ],
)
def test_what_an_argument_cannot_say(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        eval(f"keras.{call}", {"keras": old(2)})  # noqa: S307


def test_plain_functions_and_classes_are_todays():
    keras = old(2)
    assert keras.losses.mean_absolute_error is today.losses.mean_absolute_error
    assert keras.callbacks.Callback is today.callbacks.Callback
