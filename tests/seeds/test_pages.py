"""What two tutorial pages of 2020 show works as they say: every snippet unchanged, every stated shape and default."""

import ast
import importlib
import inspect
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

import hornbeam
from hornbeam import compat
from hornbeam._core import config
from tests.seeds.pages import page, stated

KO, VI = page("ko"), page("vi")
IMPORTS = """
import keras
from keras.layers import (
    Activation, ActivityRegularization, Conv2D, Dense, Dropout, Flatten, Input, Lambda, LSTM, Masking, Permute,
    RepeatVector, Reshape, SpatialDropout1D, SpatialDropout2D, SpatialDropout3D,
)
from keras.models import Model, Sequential
"""


def play(code, era, before="", after=""):
    """Run code unchanged under an era, check what its comments state, and return its names."""
    names = {"__name__": "page"}
    with compat.installed(era):
        exec(before, names)  # noqa: S102  # the page's own code
        for part, statement in stated(code):
            exec(part, names)  # noqa: S102
            if statement is not None:
                assert eval(statement, names), (statement, names["model"].output_shape)  # noqa: S307
        exec(after, names)  # noqa: S102
    return names


@pytest.mark.parametrize(
    ("snippet", "era", "shape"),
    [
        *((name, era, shape) for era in (1, 2, 3) for name, shape in [
            ("dense", (None, 32)),
            ("input", (None, 16)),
            ("reshape", (None, 3, 2, 2)),
            ("permute", (None, 64, 10)),
            ("repeat_vector", (None, 3, 32)),
        ]),
    ],
)  # fmt: skip
def test_models_have_the_shapes_that_the_page_states(snippet, era, shape):
    model = play(VI[snippet], era, IMPORTS)["model"]
    assert model.output_shape == shape
    assert model.predict(np.ones((2, *model.input_shape[1:])), verbose=0).shape == (2, *shape[1:])


@pytest.mark.parametrize("era", [2, 3])
def test_channels_first(era):
    config.set_image_data_format("channels_first")
    play(VI["flatten"], era, IMPORTS)


@pytest.mark.parametrize("home", ["HOME", "KERAS_HOME"])
def test_channels_first_by_the_settings_file(tmp_path, home):
    folder = tmp_path if home == "KERAS_HOME" else tmp_path / ".keras"
    folder.mkdir(exist_ok=True)
    (folder / "keras.json").write_text(json.dumps({"image_data_format": "channels_first"}))
    shapes = [ast.literal_eval(s.split("==")[1].strip()) for _, s in stated(VI["flatten"]) if s]
    assert shapes == [(None, 64, 32, 32), (None, 65536)]
    program = IMPORTS
    for part, statement in stated(VI["flatten"]):
        program += part + ("print(model.output_shape)\n" if statement else "")
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_HOME"} | {home: str(tmp_path)}
    assert run(tmp_path, program, "2", environment).splitlines() == list(map(str, shapes))


def run(folder, program, era, environment=None):
    """Run a program with the command, in a process of its own, and return what it printed."""
    path = folder / "page.py"
    path.write_text(program, encoding="utf-8")
    root = os.path.dirname(hornbeam.__path__[0])  # noqa: PTH120
    environment = {**(environment or os.environ), "PYTHONPATH": root}
    done = subprocess.run(  # noqa: S603  # this very Python
        [sys.executable, "-m", "hornbeam", "run", "--era", era, path],
        capture_output=True, text=True, check=False, env=environment, cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("era", ["auto", "2"])
def test_the_convolution_page_in_one_program(tmp_path, era):
    snippets = [KO[name] for name in ("dense", "conv2d", "max_pooling", "flatten", "model", "picture")]
    show = "picture = SVG(model_to_dot(model,show_shapes=True).create(prog='dot',format='svg'))\n"
    what = "model.output_shape, model.count_params(), picture.data.count('<svg'), np_utils.to_categorical([2])"
    more = f"{show}print({what})\n"
    assert run(tmp_path, "\n".join([*snippets, more]), era) == "(None, 3) 178 1 [[0. 0. 1.]]\n"


def test_the_convolution_model():
    with compat.installed(2):
        names = {}
        exec(KO["model"], names)  # noqa: S102
    model = names["model"]
    assert [layer.output_shape for layer in model.layers] == [
        (None, 8, 8, 2), (None, 4, 4, 2), (None, 4, 4, 3), (None, 2, 2, 3), (None, 12), (None, 8), (None, 3),
    ]  # fmt: skip
    assert [w.shape for w in model.get_weights()] == [
        (3, 3, 1, 2), (2,), (2, 2, 2, 3), (3,), (12, 8), (8,), (8, 3), (3,),
    ]  # fmt: skip


@pytest.mark.parametrize("snippet", ["dense", "conv2d", "max_pooling", "flatten"])
@pytest.mark.parametrize("era", [2, 3])
def test_imports_and_calls_of_the_convolution_page(snippet, era):
    if era == 2 or "convolutional" not in KO[snippet]:
        play(KO[snippet].replace(".python", "") if era == 3 else KO[snippet], era)


@pytest.mark.parametrize("package", ["keras", "tensorflow.keras", "tensorflow.python.keras"])
@pytest.mark.parametrize("era", [1, 2])
def test_lstm(package, era):
    before = f"from {package}.layers import LSTM\nfrom {package}.models import Sequential\nmodel = Sequential()\n"
    model = play("model.add(" + KO["lstm"].strip() + ")", era, before)["model"]
    assert (model.input_shape, model.output_shape) == ((None, 5, 1), (None, 3))
    assert model.count_params() == 4 * (3 * 1 + 3 * 3 + 3)


def test_lambda():
    before = IMPORTS + (
        "from keras import backend as K\nmodel = Sequential([Dense(4, input_dim=3)])\n"
        "input_1, input_2 = Input(shape=(7,)), Input(shape=(7,))\n"
    )
    names = play(VI["lambda"], 2, before)
    model = names["model"]
    assert model.output_shape == (None, 8)
    x = np.random.default_rng(0).normal(size=(2, 3)).astype("float32")
    hidden = np.square(x @ model.get_weights()[0])
    hidden -= hidden.mean(axis=1, keepdims=True)
    hidden /= np.linalg.norm(hidden, axis=1, keepdims=True)
    expected = np.concatenate([np.maximum(hidden, 0), np.maximum(-hidden, 0)], axis=1)
    np.testing.assert_allclose(model.predict(x), expected, atol=1e-6)
    assert (names["x_hadamard"].shape, names["x_sum"].shape) == ((None, 32), (None,))


@pytest.mark.parametrize("era", [1, 2, 3])
def test_masking(era):
    play(VI["masking"], era, IMPORTS + "timesteps, features = 6, 3\n")


@pytest.mark.parametrize("era", [1, 2])
def test_a_mask_that_would_be_dropped_is_refused(era):
    after = "model = Sequential([Masking(input_shape=(6, 3)), Flatten()])"
    with pytest.raises(TypeError, match=r"'sequential_1/flatten_1' .* got a mask but does not support masking"):
        play("", era, IMPORTS, after)


def test_a_mask_that_is_dropped_is_warned_of():
    with pytest.warns(UserWarning, match=r"'sequential/flatten' .* got a mask but does not support masking"):
        play("", 3, IMPORTS, "model = Sequential([Masking(input_shape=(6, 3)), Flatten()])")


def arguments(signature):
    """Return (class, [(argument, default or ...)]) of a signature as the page prints it."""
    name, inside = re.match(r"keras\.(?:layers|engine\.input_layer)\.(\w+) ?\((.*)\)", signature).groups()
    plain = inside.replace("\u2019", "'").replace("\xa0", " ")
    parts = [p.split("=") for p in plain.split(",") if p.strip()]
    return name, [(p[0].strip(), ast.literal_eval(p[1].strip()) if len(p) > 1 else ...) for p in parts]


@pytest.mark.parametrize(
    "snippet",
    [
        name
        for name in VI
        if (name.endswith("_signature") and name[:6] not in ("lambda", "activi")) or name == "activation_signature"
    ],
)
@pytest.mark.parametrize("era", [2, 3])
def test_signatures(snippet, era):
    name, stated_arguments = arguments(VI[snippet])
    with compat.installed(era):
        keras = importlib.import_module("keras")
        parameters = list(inspect.signature(getattr(keras.layers, name)).parameters.values())
    found = [(p.name, ... if p.default is p.empty else p.default) for p in parameters[: len(stated_arguments)]]
    assert found == stated_arguments


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Lambda", {"output_shape": None, "mask": None, "arguments": None}),
        ("ActivityRegularization", {"l1": 0.0, "l2": 0.0}),
        ("SpatialDropout1D", {}),
        ("SpatialDropout3D", {"data_format": None}),
        ("Input", {"shape": None, "batch_shape": None, "name": None, "dtype": None, "sparse": False, "tensor": None}),
    ],
)
def test_defaults_that_the_page_tells(name, expected):
    with compat.installed(2):
        keras = importlib.import_module("keras")
        parameters = inspect.signature(getattr(keras.layers, name)).parameters
    assert {n: p.default for n, p in parameters.items() if p.default is not p.empty} == expected


def test_input_path_and_attributes():
    code = "x = keras.engine.input_layer.Input(batch_shape=(10, 32), name='m')\ny = Dense(16)(x)\n"
    names = play(code, 2, IMPORTS)
    x, y = names["x"], names["y"]
    assert (x._keras_shape, y._keras_shape, x.name) == ((10, 32), (10, 16), "m")
    assert y._keras_history[0].units == 16
    assert x._keras_history[0] is not y._keras_history[0]


def test_model_of_inputs_and_outputs_by_their_old_names():
    code = (
        "m, n = Input(shape=(3,)), Input(shape=(3,))\n"
        "o = Lambda(lambda t: t[0] * t[1])([Dense(4)(m), Dense(4)(n)])\n"
        "model = Model(input = [m, n], output = o)\n"
    )
    for era in (1, 2):
        model = play(code, era, IMPORTS)["model"]
        assert (model.input_shape, model.output_shape) == ([(None, 3), (None, 3)], (None, 4))


def test_no_keras_or_tensorflow_is_needed(tmp_path):
    program = (
        "import sys\nfrom tensorflow.python.keras.layers import Dense\nDense(3)\n"
        "print(sorted({m.split('.')[0] for m, x in sys.modules.items() if m.startswith(('keras', 'tensorflow'))"
        " and getattr(x, '__file__', None)}))\n"
    )
    assert run(tmp_path, program, "auto") == "[]\n"
