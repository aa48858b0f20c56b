import importlib
import importlib.util
import sys
import types

import pytest

import hornbeam
from hornbeam import compat

OLD_MODULES = """
activations backend backend.tensorflow_backend callbacks constraints initializers initializations layers
layers.advanced_activations layers.convolutional layers.core layers.embeddings layers.normalization layers.pooling
layers.recurrent layers.wrappers losses metrics models objectives optimizers regularizers utils utils.data_utils
utils.generic_utils utils.layer_utils utils.np_utils utils.vis_utils utils.visualize_util engine engine.base_layer
engine.input_layer engine.network engine.topology engine.training
""".split()


@pytest.mark.parametrize("root", ["keras", "tensorflow.keras", "tensorflow.python.keras", "tensorflow.compat.v1.keras"])
@pytest.mark.parametrize("era", [1, 2])
def test_every_old_module_is_there(root, era):
    with compat.installed(era):
        for path in OLD_MODULES:
            module = importlib.import_module(f"{root}.{path}")
            assert module.__name__ == f"{root}.{path}"
            assert dir(module)


@pytest.mark.parametrize("root", ["keras", "tensorflow.keras"])
def test_todays_modules_are_there_in_era_3(root):
    with compat.installed(3):
        for path in ("activations", "backend", "config", "layers", "losses", "models", "ops", "random", "saving"):
            module = importlib.import_module(f"{root}.{path}")
            today = importlib.import_module(f"hornbeam.{path}")
            for name in getattr(today, "__all__", ()):
                assert getattr(module, name) is getattr(today, name)


@pytest.mark.parametrize(
    ("statement", "era"),
    [
        ("import keras; keras.layers.core.Dense", 1),
        ("import keras.layers.convolutional as c; c.MaxPooling2D", 2),
        ("from keras.layers import *; Dense", 2),
        ("from keras.layers import *; Dense", 3),
        ("from keras import backend as K; K.mean", 1),
        ("import keras.backend as K; K.l2_normalize", 2),
        ("from keras import Sequential, Model, Input", 2),
        ("from keras.engine.topology import Layer, InputSpec", 2),
        ("from keras.objectives import mse", 1),
        ("from keras.optimizers import adam, SGD", 2),
        ("import tensorflow as tf; tf.keras.layers.Dense", 2),
        ("from tensorflow import keras; keras.losses.mse", 2),
        ("import tensorflow.keras.backend as K; K.sum", 2),
        ("import tensorflow.python.keras.layers.convolutional as c; c.Conv2D", 2),
        ("from tensorflow.keras.optimizers.schedules import ExponentialDecay", 2),
        ("import tensorflow as tf; tf.compat.v1.keras.layers.Dense", 2),
        ("import keras; keras.ops.sum", 3),
        ("import tensorflow.keras as k; k.ops.sum", 3),
    ],
)
def test_import_statements(statement, era):
    with compat.installed(era):
        exec(statement, {})  # noqa: S102  # what programs write


@pytest.mark.parametrize(
    ("statement", "era", "error", "message"),
    [
        ("import keras.absent", 2, ModuleNotFoundError, "No module named 'keras.absent'"),
        ("import keras.layers.core", 3, ModuleNotFoundError, "No module named 'keras.layers.core'"),
        ("import keras._core", 3, ModuleNotFoundError, "No module named 'keras._core'"),
        ("import tensorflow.data", 2, ModuleNotFoundError, "No module named 'tensorflow.data'"),
        ("from keras.layers import Dens", 2, ImportError, "cannot import name 'Dens' from 'keras.layers'"),
        (
            "import keras; keras.layers.Dens",
            2,
            AttributeError,
            "Hornbeam does not cover 'Dens' of Keras 2's layers. Did you mean Dense?",
        ),
        (
            "import tensorflow as tf; tf.matmul",
            2,
            AttributeError,
            "tensorflow is Hornbeam's here, which covers tensorflow.keras alone: tensorflow.matmul is not covered.",
        ),
    ],
)
def test_what_is_not_covered_is_named(statement, era, error, message):
    with compat.installed(era), pytest.raises(error) as caught:
        exec(statement, {})  # noqa: S102
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("module", "era", "version"),
    [
        ("keras", 1, "1.2.2"),
        ("keras", 2, "2.2.4"),
        ("tensorflow", 2, "2.15.0"),
        ("tensorflow.keras", 2, "2.15.0"),
        ("keras", 3, "3.15.1"),
    ],
)
def test_versions(module, era, version):
    with compat.installed(era):
        assert importlib.import_module(module).__version__ == version


def test_modules_of_before_come_back(monkeypatch):
    before = types.ModuleType("keras")
    monkeypatch.setitem(sys.modules, "keras", before)
    monkeypatch.setitem(sys.modules, "keras.layers", types.ModuleType("keras.layers"))
    with compat.installed(2):
        keras = importlib.import_module("keras")

        assert keras is not before
        assert keras.layers.Dense
    keras = importlib.import_module("keras")

    assert keras is before
    assert [m for m in sys.modules if m.startswith("tensorflow")] == []


def test_packages_on_the_path_are_left_alone(monkeypatch, tmp_path):
    (tmp_path / "keras.py").write_text("which = 'the real one'")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    for name in [m for m in sys.modules if m.startswith("keras.")]:
        monkeypatch.delitem(sys.modules, name)
    with compat.installed(2):
        keras = importlib.import_module("keras")

        assert keras.__version__ == "2.2.4"
    keras = importlib.import_module("keras")

    assert keras.which == "the real one"
    monkeypatch.delitem(sys.modules, "keras")


def test_installing_again_changes_the_era():
    compat.install(1)
    compat.install(2)
    keras = importlib.import_module("keras")

    version = keras.__version__
    compat.uninstall()
    compat.uninstall()
    assert version == "2.2.4"
    assert not any(type(finder).__module__.startswith("hornbeam") for finder in sys.meta_path)


@pytest.mark.parametrize("era", [0, 4, "2", None, "old"])
def test_eras_are_checked(era):
    with pytest.raises(ValueError, match=r"era must be 1, 2, 3 or 'auto'; got"):
        compat.install(era)


def test_probing_decides_nothing():
    with compat.installed("auto"):
        assert importlib.util.find_spec("keras").name == "keras"
        assert importlib.util.find_spec("keras") is not None
        names = {}
        exec("import keras", names)  # noqa: S102
    assert "of era 3" in names["keras"].__doc__


def test_hornbeam_under_the_name_of_keras_stays_todays():
    keras = hornbeam
    with compat.installed(2):
        Then = importlib.import_module("keras.layers").Dense  # noqa: N806  # a class

        assert Then is not keras.layers.Dense
        with pytest.raises(TypeError, match="output_dim"):
            keras.layers.Dense(3, output_dim=3)
        assert keras.layers.Dense.on_unsupported_mask == "warn"
