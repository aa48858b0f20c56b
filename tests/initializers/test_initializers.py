import random
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hornbeam import initializers
from hornbeam._core import registry
from hornbeam._core.state import Variable
from hornbeam.random import SeedGenerator

NAMES = [name for name in initializers.__all__ if name not in ("get", "serialize", "deserialize", "Initializer")]
BAD = [
    (lambda: initializers.get("glorot_unifrm"), "Unknown initializer: 'glorot_unifrm'. Did you mean "),
    (lambda: initializers.get([1, 2]), "initializer must be a name, a callable, its configuration or None; got [1, 2]"),
    (lambda: initializers.get(np.ones((2, 2)))((2, 3)), "A weight of shape (2, 3) needs an array of that shape"),
    (
        lambda: initializers.GlorotUniform(seed="a"),
        "GlorotUniform: seed must be a whole number or a SeedGenerator; got 'a'",
    ),
    (lambda: initializers.VarianceScaling(scale=-1.0), "VarianceScaling: scale must be above 0; got -1.0"),
    (lambda: initializers.VarianceScaling(mode="in"), "mode must be one of 'fan_in', 'fan_out', 'fan_avg'; got 'in'"),
    (lambda: initializers.VarianceScaling(distribution="normal"), "distribution must be one of 'truncated_normal', "),
    (lambda: initializers.Orthogonal()((3,)), "Orthogonal needs a shape of at least two axes; got (3,)"),
    (lambda: initializers.Identity()((3,)), "Identity needs a shape (rows, columns); got (3,)"),
    (lambda: initializers.STFT(side="left"), "STFT: side must be 'real' or 'imag'; got 'left'"),
    (lambda: initializers.STFT(scaling="x"), "STFT: scaling must be 'density', 'spectrum' or None; got 'x'"),
    (lambda: initializers.STFT(window=np.ones(7))((8, 1, 5)), "window must have the shape of a frame, (8,); got (7,)"),
    (lambda: initializers.GlorotUniform()((2,), dtype="int32"), "Random real numbers need a float dtype; got 'int32'"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


@pytest.mark.parametrize("name", NAMES)
def test_by_name_and_config(name):
    made = initializers.get(name)
    twin = initializers.deserialize(initializers.serialize(made))
    assert type(twin) is type(made) is getattr(initializers, name)
    assert twin.get_config() == made.get_config() == made.clone().get_config()


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("name", sorted({getattr(initializers, n).__name__ for n in NAMES} - {"STFT"}))
def test_dtype_and_shape(name, dtype):
    value = initializers.get(name)((3, 4), dtype=dtype)
    assert (value.shape, jnp.dtype(value.dtype).name) == ((3, 4), dtype)


@pytest.mark.parametrize(
    ("identifier", "shape", "expected"),
    [
        (initializers.Ones, (2,), [1, 1]),
        (np.array([1.5, 2.5]), (2,), [1, 2]),
        (jnp.array([1.5, 2.5]), (2,), [1, 2]),
        (np.float32(2), (), 2),
        (initializers.Constant([1, 2]), (2, 2), [[1, 2], [1, 2]]),
        (lambda shape, dtype=None: np.full(shape, 7, dtype), (1,), [7]),
        ({"class_name": "ones", "config": {}}, (2,), [1, 1]),
        ({"module": "keras.src.initializers", "class_name": "Constant", "config": {"value": 3}}, (1,), [3]),
        ("zero", (1,), [0]),
        ("one", (1,), [1]),
    ],
)
def test_get(identifier, shape, expected):
    assert np.asarray(initializers.get(identifier)(shape, dtype="int32")).tolist() == expected


def test_none_stays_none():
    assert initializers.get(None) is None
    assert initializers.deserialize(None) is None


def test_a_seed_repeats_and_a_generator_does_not():
    numbered, generated = initializers.RandomNormal(seed=3), initializers.RandomNormal(seed=SeedGenerator(3))
    np.testing.assert_array_equal(numbered((4,)), numbered((4,)))
    assert not np.array_equal(generated((4,)), generated((4,)))


def test_a_seed_generator_survives_the_config():
    made = initializers.HeNormal(seed=SeedGenerator(3))
    made((2,))
    twin = initializers.deserialize(initializers.serialize(made))
    np.testing.assert_array_equal(twin((4,)), initializers.HeNormal(seed=3)((4,)))


def test_without_a_seed_one_number_is_drawn_from_python():
    random.seed(5)
    seed = random.randint(1, 10**9)  # noqa: S311
    after = random.random()  # noqa: S311
    random.seed(5)
    made = initializers.get("glorot_uniform")
    assert random.random() == after  # noqa: S311
    assert made.get_config()["seed"] is None
    np.testing.assert_array_equal(made((3,)), initializers.GlorotUniform(seed=seed)((3,)))
    np.testing.assert_array_equal(made((3,)), made((3,)))


@pytest.mark.parametrize(
    ("shape", "axes", "fans"),
    [((), {}, (1, 1)), ((5,), {}, (5, 5)), ((2, 3), {}, (2, 3)), ((3, 3, 4, 8), {}, (36, 72)), ((0, 3), {}, (0, 3)),
     ((2, 3, 5), {"input_axes": [0], "output_axes": [1, 2]}, (2, 15)), ((2, 3), {"input_axes": [1]}, (2, 3))],
)  # fmt: skip
def test_fans(shape, axes, fans):
    assert initializers._random.compute_fans(shape, **axes) == fans


@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (6, 2), (2, 3, 4), (0, 3)])
def test_orthogonal(shape):
    q = initializers.Orthogonal(gain=2.0, seed=1)(shape).reshape(-1, shape[-1]) / 2
    small = q @ q.T if q.shape[0] < q.shape[1] else q.T @ q
    np.testing.assert_allclose(small, np.eye(len(small)) * bool(q.size), atol=1e-6)


def test_a_class_of_the_users():
    @registry.register_keras_serializable("tests")
    class Sevens(initializers.Initializer):
        def __init__(self, times=1):
            self.times = times

        def __call__(self, shape, dtype=None):
            return np.full(shape, 7 * self.times, dtype)

    made = initializers.deserialize(initializers.serialize(Sevens(2)))
    assert made((1,)).tolist() == [14]
    assert isinstance(initializers.get("tests>Sevens"), Sevens)
    with pytest.raises(NotImplementedError, match="must define __call__"):
        initializers.Initializer()((1,))


def test_a_variable_takes_it_inside_a_trace():
    made = []
    jax.jit(lambda x: made.append(Variable(initializers.Orthogonal(seed=1), shape=(2, 2))) or x)(1.0)
    np.testing.assert_array_equal(made[0].numpy(), initializers.Orthogonal(seed=1)((2, 2)))
