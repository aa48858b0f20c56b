import io
import json
import re
import zipfile

import numpy as np
import pytest

import hornbeam as keras
from hornbeam import layers
from hornbeam.saving import load_model, register_keras_serializable
from tests.saving.models import DATA, Block, Net, dense, same_weights, trained


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.keras"


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewrite(path, **changes):
    """Write the archive anew with other members; a function changes a configuration, None removes a member."""
    parts = members(path)
    for part, change in changes.items():
        name = {"config": "config.json", "weights": "model.weights.h5"}[part]
        parts[name] = json.dumps(change(json.loads(parts[name]))) if callable(change) else change
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            if data is not None:
                archive.writestr(name, data)


def functional():
    a, b = keras.Input((6,), name="a"), keras.Input((6,), name="b")
    shared = layers.Dense(5, name="shared")
    joined = layers.Concatenate()([shared(a), shared(b)]) + 1.0
    inner = keras.Sequential([keras.Input((10,)), layers.Dense(3), layers.BatchNormalization()], name="inner")
    return keras.Model({"b": b, "a": a}, [inner(joined), layers.Dense(1, name="o")(joined * joined)], name="two")


def image():
    parts = [layers.Conv2D(2, 3, padding="same"), layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(3, "softmax")]
    return keras.Sequential([keras.Input((6, 1, 1)), *parts[:1], *parts[2:]])


def recurrent():
    parts = [layers.Reshape((6, 1)), layers.LSTM(3, return_sequences=True), layers.GRU(2), layers.Dense(1)]
    return keras.Sequential([keras.Input((6,)), *parts])


@pytest.mark.parametrize(
    "make", [dense, functional, image, recurrent, lambda: keras.Sequential([keras.Input((6,)), Block(6)])]
)
def test_round_trip(path, make):
    model = make()
    model.save(path)
    twin = load_model(path, custom_objects={"Block": Block})
    same_weights(model, twin)
    x = {"a": DATA, "b": -DATA} if make is functional else DATA.reshape(-1, 6, 1, 1) if make is image else DATA
    for left, right in zip(np_list(model.predict(x, verbose=0)), np_list(twin.predict(x, verbose=0)), strict=True):
        np.testing.assert_array_equal(left, right)
    assert len(twin.load_report.loaded) == len(model.weights)
    assert twin.name == model.name
    assert type(twin) is type(model)


def np_list(x):
    return x if isinstance(x, list) else [x]


@pytest.mark.parametrize(
    "optimizer",
    [
        "sgd",
        "rmsprop",
        keras.optimizers.Adam(1e-2, amsgrad=True, clipnorm=1.0),
        keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9), momentum=0.9),
        keras.optimizers.AdamW(use_ema=True),
    ],
    ids=lambda o: o if isinstance(o, str) else type(o).__name__,
)
def test_training_goes_on_where_it_stopped(path, optimizer):
    model = trained(optimizer)
    model.save(path)
    twin = load_model(path)
    for left, right in zip(model.optimizer.variables, twin.optimizer.variables, strict=True):
        np.testing.assert_array_equal(left, right)
    histories = [m.fit(DATA, DATA[:, :2], shuffle=False, epochs=2, verbose=0).history for m in (model, twin)]
    assert histories[0] == histories[1]


def test_loss_and_metrics_come_back(path):
    model = dense()
    model.compile(
        "adam",
        keras.losses.Huber(0.5),
        metrics=[keras.metrics.MeanSquaredError(name="x"), "mae"],
        weighted_metrics=["mse"],
    )
    model.save(path)
    twin = load_model(path)
    values = [m.evaluate(DATA, DATA[:, :2], verbose=0, return_dict=True) for m in (model, twin)]
    assert values[0] == values[1]
    assert {"loss", "x"} < set(values[0])


@pytest.mark.parametrize("option", ["include_optimizer", "compile"])
def test_without_how_it_was_compiled(path, option):
    model = trained()
    model.save(path, **({"include_optimizer": False} if option == "include_optimizer" else {}))
    twin = load_model(path, compile=option != "compile")
    assert not twin.compiled
    assert twin.load_report.unused == (("optimizer",) if option == "compile" else ())
    same_weights(model, twin)


def test_the_same_model_gives_the_same_bytes(path, tmp_path):
    model = trained()
    other = tmp_path / "elsewhere" / "b.keras"
    other.parent.mkdir()
    model.save(path)
    model.save(other)
    load_model(path).save(path)
    assert path.read_bytes() == other.read_bytes()
    assert str(tmp_path).encode() not in path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_subclassed_models(path):
    model = Net(4, name="net")
    model(DATA)
    model.compile("adam", "mse")
    model.fit(DATA, DATA[:, :2], verbose=0)
    model.save(path)
    twin = load_model(path, custom_objects={"Net": Net})
    assert (twin.width, type(twin)) == (4, Net)
    same_weights(model, twin)
    np.testing.assert_array_equal(model(DATA), twin(DATA))
    np.testing.assert_array_equal(model.optimizer.variables[3], twin.optimizer.variables[3])


def test_registered_classes_and_functions(path):
    @register_keras_serializable("shop")
    class Scaled(layers.Dense):
        def __init__(self, units, factor=2.0, **kwargs):
            super().__init__(units, **kwargs)
            self.factor = factor

        def call(self, inputs):
            return super().call(inputs) * self.factor

    @register_keras_serializable("shop")
    def halved(x):
        return x / 2

    model = keras.Sequential([keras.Input((6,)), Scaled(2, factor=3.0, activation=halved)])
    model.save(path)
    twin = load_model(path)
    assert (twin.layers[0].factor, twin.layers[0].activation) == (3.0, halved)
    np.testing.assert_array_equal(model(DATA), twin(DATA))


def test_unknown_classes_say_how_to_name_them(path):
    keras.Sequential([keras.Input((6,)), Block(6)]).save(path)
    with pytest.raises(ValueError, match=r"class 'Block'.*custom_objects=\{'Block': YourClass\}") as caught:
        load_model(path)
    assert any("a.keras" in note for note in caught.value.__notes__)


def test_unbuilt_models(path):
    with pytest.warns(UserWarning, match="'new' is saved without weights"):
        keras.Sequential([layers.Dense(2)], name="new").save(path)
    assert not load_model(path).built


def test_half_of_a_layer_by_two_names(path):
    shared = layers.Dense(6)
    model = keras.Sequential([keras.Input((6,)), layers.Dense(6), shared])
    model.extra = shared
    model.save(path)
    same_weights(model, load_model(path))


# ---- Lambda


def lambda_model():
    x = keras.Input((6,))
    return keras.Model(x, layers.Lambda(lambda z: z + 1, name="plus")(x))


def test_a_lambda_is_refused_and_the_error_says_what_to_pass(path):
    lambda_model().save(path)
    for safe_mode in (True, False):
        with pytest.raises(ValueError, match=re.escape("'plus' is a Lambda")) as caught:
            load_model(path, safe_mode=safe_mode)
        assert "custom_objects={'plus': function}" in str(caught.value)
    twin = load_model(path, custom_objects={"plus": lambda z: z + 2})
    np.testing.assert_allclose(twin(DATA), DATA + 2)


CODE = {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None, "closure": None}}


@pytest.mark.parametrize("place", ["function", "activation", "optimizer", "initializer"])
def test_code_anywhere_in_a_file_is_never_run(path, place):
    model = trained() if place == "optimizer" else lambda_model() if place == "function" else dense()
    model.save(path)

    def plant(config):
        if place == "optimizer":
            config["compile_config"]["loss"] = CODE
        else:
            name = {"initializer": "kernel_initializer"}.get(place, place)
            config["config"]["layers"][1]["config"][name] = CODE
        return config

    rewrite(path, config=plant)
    with pytest.raises(ValueError, match="never run from a file"):
        load_model(path, safe_mode=False)


# ---- what cannot be saved


class Odd(keras.layers.Layer):
    def __init__(self, thing=None, **kwargs):
        super().__init__(**kwargs)
        self.thing = thing

    def call(self, inputs):
        return inputs


@pytest.mark.parametrize("thing", [object(), {1, 2}, io.BytesIO()], ids=lambda t: type(t).__name__)
def test_a_configuration_that_cannot_be_saved_is_said_with_the_layers_path(path, thing):
    dense().save(path)
    before = path.read_bytes()
    model = keras.Sequential([keras.Input((6,)), Odd(thing, name="odd")], name="outer")
    with pytest.raises(TypeError) as caught:
        model.save(path)
    assert "outer/odd" in str(caught.value) + "".join(getattr(caught.value, "__notes__", ()))
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["a.keras"]


@pytest.mark.parametrize("name", ["a.h5", "a", "a.weights.h5", "a.tf"])
def test_other_kinds_of_files(tmp_path, name):
    with pytest.raises(ValueError, match=f"ends in '.keras'; got .*{name}"):
        dense().save(tmp_path / name)


def test_other_arguments(path):
    with pytest.raises(ValueError, match="without the arguments 'save_format'"):
        dense().save(path, save_format="h5")
    with pytest.raises(ValueError, match="zipped=False"):
        dense().save(path, zipped=False)


def test_unwritable_paths_are_refused_before_the_model_is_looked_at(tmp_path):
    for place, error in (
        (tmp_path / "absent" / "a.keras", FileNotFoundError),
        (tmp_path / "d.keras", IsADirectoryError),
    ):
        (tmp_path / "d.keras").mkdir(exist_ok=True)
        with pytest.raises(error, match=place.name.replace("a.keras", "absent")):
            keras.Sequential([keras.Input((6,)), Odd(object())]).save(place)


# ---- what cannot be loaded


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"config": None}, "ZIP archive without 'config.json'"),
        ({"config": b"{"}, "'config.json' is not valid JSON"),
        ({"config": b"\xff\xfe"}, "'config.json' is not valid JSON"),
        ({"config": b"[1]"}, "does not describe a model"),
        ({"config": b'{"a": 1}'}, "does not describe a model"),
        ({"config": b"[" * 100_000}, "not valid JSON"),
        ({"weights": b"\x89HDF\r\n\x1a\n"}, "is damaged, or not a file of weights"),
        ({"weights": b"text"}, "is damaged, or not a file of weights"),
        (
            {"config": lambda c: {**c, "class_name": "Dense", "module": "keras.layers", "config": {"units": 1}}},
            "model is expected",
        ),
    ],
)
def test_damaged_archives(path, changes, message):
    dense().save(path)
    rewrite(path, **changes)
    with pytest.raises(ValueError, match=message) as caught:
        load_model(path)
    assert "a.keras" in str(caught.value)


def test_a_configuration_nested_too_deeply(path):
    dense().save(path)

    start = b'{"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": ['
    rewrite(path, config=start * 300 + b"]}}" * 300)
    with pytest.raises(ValueError, match="nested too deeply"):
        load_model(path)


def test_truncated_archives(path):
    trained().save(path)
    whole = path.read_bytes()
    for size in (4, 50, len(whole) // 2, len(whole) - 30):
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match=r"a\.keras' is damaged or truncated"):
            load_model(path)


def test_a_changed_byte_is_noticed(path):
    trained().save(path)
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)
    with pytest.raises(ValueError, match="Bad CRC-32"):
        load_model(path)


def test_an_archive_that_swells_is_refused(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", " " * 50_000_000)
    assert path.stat().st_size < 100_000
    with pytest.raises(ValueError, match="would unpack"):
        load_model(path)


def test_an_archive_with_two_of_one_name_is_refused(path):
    dense().save(path)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("config.json", "{}")
    with pytest.raises(ValueError, match=r"'config\.json' twice"):
        load_model(path)


def test_an_archive_leaves_nothing_on_the_disk(path):
    dense().save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../evil.txt", "x")
        archive.writestr("/tmp/evil-hornbeam.txt", "x")  # noqa: S108  # what must not appear
    load_model(path)
    assert [p.name for p in path.parent.iterdir()] == ["a.keras"]


PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "is an empty file"),
        (PNG, "is a PNG picture"),
        (b"\x89HDF\r\n\x1a\n", "HDF5 file: build the model"),
        (b"x", "unknown kind"),
    ],
)
def test_foreign_files(path, contents, message):
    path.write_bytes(contents)
    with pytest.raises(ValueError, match=f"`.keras` file is expected; .*a.keras' .*{message}"):
        load_model(path)


def test_absent_files(tmp_path):
    dense().save(tmp_path / "model.keras")
    with pytest.raises(FileNotFoundError, match=r"Did you mean 'model\.keras'"):
        load_model(tmp_path / "mdoel.keras")
    with pytest.raises(IsADirectoryError):
        load_model(tmp_path)


@pytest.mark.parametrize(
    ("module", "name"),
    [("os", "system"), ("builtins", "eval"), ("keras.src.utils.file_utils", "get_file"), ("numpy", "load")],
)
def test_names_from_a_file_are_never_imported(path, module, name):
    dense().save(path)

    def plant(config):
        config["config"]["layers"][1] = {"module": module, "class_name": name, "config": {}, "registered_name": name}
        return config

    rewrite(path, config=plant)
    with pytest.raises(ValueError, match=f"'{name}', which is neither"):
        load_model(path)

    def function(config):
        config["config"]["layers"][1]["config"]["activation"] = {
            "module": module, "class_name": "function", "config": name, "registered_name": name,
        }  # fmt: skip
        return config

    dense().save(path)
    rewrite(path, config=function)
    with pytest.raises(ValueError, match=f"{name!r}, which is neither"):
        load_model(path)
