"""The same seed gives the same weights as Keras, and each reads the other's configuration."""

import random

import numpy as np
import pytest

from hornbeam import initializers, layers
from hornbeam._core.seeds import set_random_seed
from hornbeam.random import SeedGenerator
from tests.parity.oracle import keras

SHAPES = [(), (5,), (3, 4), (0, 3), (7, 3, 2), (3, 3, 4, 8), (129, 517)]
RANDOM = [
    ("RandomNormal", {}),
    ("RandomNormal", {"mean": 1.5, "stddev": 0.3}),
    ("TruncatedNormal", {}),
    ("TruncatedNormal", {"mean": -1.0, "stddev": 2.0}),
    ("RandomUniform", {}),
    ("RandomUniform", {"minval": -3, "maxval": 0.5}),
    ("GlorotUniform", {}),
    ("GlorotNormal", {}),
    ("HeUniform", {}),
    ("HeNormal", {}),
    ("LecunUniform", {}),
    ("LecunNormal", {}),
    *(
        ("VarianceScaling", {"scale": 0.7, "mode": mode, "distribution": distribution})
        for mode in ("fan_in", "fan_out", "fan_avg")
        for distribution in ("uniform", "truncated_normal", "untruncated_normal")
    ),
]


@pytest.mark.parametrize(("name", "arguments"), RANDOM)
def test_random_to_the_last_bit(name, arguments):
    for seed in (0, 1337):
        ours = getattr(initializers, name)(**arguments, seed=seed)
        theirs = getattr(keras.initializers, name)(**arguments, seed=seed)
        for shape in SHAPES:
            np.testing.assert_array_equal(np.asarray(ours(shape)), np.asarray(theirs(shape)))


def test_axes():
    arguments = {"seed": 3, "input_axes": [0], "output_axes": [1, 2]}
    ours, theirs = (m.GlorotUniform(**arguments)((4, 3, 5)) for m in (initializers, keras.initializers))
    np.testing.assert_array_equal(ours, np.asarray(theirs))


@pytest.mark.parametrize("shape", [(3, 3), (2, 5), (12, 3), (3, 3, 2, 4), (32, 128), (128, 32)])
def test_orthogonal_to_the_last_bit(shape):
    ours, theirs = (m.Orthogonal(gain=1.5, seed=7)(shape) for m in (initializers, keras.initializers))
    np.testing.assert_array_equal(ours, np.asarray(theirs))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "int32"])
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Zeros", {}),
        ("Ones", {}),
        ("Constant", {"value": 2.7}),
        ("Constant", {"value": [1, 2, 3, 4]}),
        ("Identity", {"gain": 2}),
    ],
)
def test_constants(name, arguments, dtype):
    ours, theirs = (getattr(m, name)(**arguments)((3, 4), dtype=dtype) for m in (initializers, keras.initializers))
    np.testing.assert_array_equal(ours, np.asarray(theirs).astype(ours.dtype))


@pytest.mark.parametrize("side", ["real", "imag"])
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"window": "hamming", "scaling": "spectrum", "periodic": True},
        {"window": None},
        {"window": np.arange(1.0, 17.0)},
    ],
)
def test_stft(side, arguments):
    ours, theirs = (m.STFT(side, **arguments)((16, 1, 17)) for m in (initializers, keras.initializers))
    np.testing.assert_allclose(ours, np.asarray(theirs), rtol=1e-5, atol=1e-6)


def test_half_precision_draws():
    for dtype in ("float16", "bfloat16"):
        ours, theirs = (m.HeNormal(seed=1)((5, 7), dtype=dtype) for m in (initializers, keras.initializers))
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


def test_generators_advance_alike():
    ours = initializers.RandomNormal(seed=SeedGenerator(5))
    theirs = keras.initializers.RandomNormal(seed=keras.random.SeedGenerator(5))
    for _ in range(3):
        np.testing.assert_array_equal(np.asarray(ours((4,))), np.asarray(theirs((4,))))


def test_python_random_is_consumed_alike():
    drawn = []
    for seeded, package in ((set_random_seed, initializers), (keras.utils.set_random_seed, keras.initializers)):
        seeded(42)
        made = [package.get(n) for n in ("glorot_uniform", "zeros", "orthogonal", "he_normal", "ones", "uniform")]
        made.append(package.deserialize(package.serialize(made[0])))
        made.append(made[2].clone())
        drawn.append([*(np.asarray(i((6, 4))) for i in made), random.random()])  # noqa: S311
    for ours, theirs in zip(*drawn, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_layers_start_alike():
    drawn = []
    for seeded, package in ((set_random_seed, layers), (keras.utils.set_random_seed, keras.layers)):
        seeded(42)
        made = [package.Dense(3), package.Dropout(0.5), package.Conv2D(4, 3), package.Embedding(7, 3)]
        for layer, shape in zip(made, [(None, 4), (None, 3), (None, 8, 8, 2), (None, 5)], strict=True):
            layer.build(shape)
        drawn.append([*(w for layer in made for w in layer.get_weights()), random.random()])  # noqa: S311
    for ours, theirs in zip(*drawn, strict=True):
        np.testing.assert_array_equal(ours, theirs)


CONFIGURED = [
    *RANDOM,
    ("Orthogonal", {"gain": 0.5}),
    ("GlorotNormal", {"seed": 3, "input_axes": [0], "output_axes": [1]}),
    ("Zeros", {}),
    ("Ones", {}),
    ("Constant", {"value": 0.5}),
    ("Identity", {"gain": 2.0}),
    ("STFT", {"side": "imag"}),
]


@pytest.mark.parametrize(("name", "arguments"), CONFIGURED)
def test_configs_go_both_ways(name, arguments):
    ours, theirs = (getattr(m, name)(**arguments) for m in (initializers, keras.initializers))
    our_config, their_config = initializers.serialize(ours), keras.initializers.serialize(theirs)
    if name == "Identity":
        their_config["config"]["gain"] = arguments["gain"]  # Keras forgets it
    assert our_config == their_config
    assert initializers.deserialize(their_config).get_config() == ours.get_config()
    assert keras.initializers.serialize(keras.initializers.deserialize(our_config)).keys() == their_config.keys()


def test_a_seed_generator_goes_both_ways():
    ours = initializers.HeNormal(seed=SeedGenerator(3, name="s"))
    theirs = keras.initializers.HeNormal(seed=keras.random.SeedGenerator(3, name="s"))
    assert initializers.serialize(ours) == keras.initializers.serialize(theirs)
    read = initializers.deserialize(keras.initializers.serialize(theirs))
    np.testing.assert_array_equal(np.asarray(read((3,))), np.asarray(theirs((3,))))
