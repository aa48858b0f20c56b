"""The same seed draws the same values as Keras on JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hornbeam import random
from hornbeam._core.seeds import set_random_seed
from tests.parity.oracle import keras

X = jnp.arange(12.0).reshape(3, 4)
ROWS = [
    ("normal", {"shape": (3, 2)}),
    ("normal", {"shape": 3, "mean": 1.0, "stddev": 2.0}),
    ("normal", {"shape": (3,), "stddev": 2, "dtype": "float16"}),
    ("normal", {"shape": (), "dtype": "bfloat16"}),
    ("truncated_normal", {"shape": (3, 2), "mean": 1.0, "stddev": 0.1}),
    ("uniform", {"shape": (3, 2), "minval": -1, "maxval": 2}),
    ("truncated_normal", {"shape": 500, "mean": -1, "stddev": 3, "dtype": "float16"}),
    ("truncated_normal", {"shape": (3,), "dtype": "bfloat16"}),
    ("uniform", {"shape": (3, 2), "dtype": "bfloat16"}),
    ("uniform", {"shape": [2, 0]}),
    ("uniform", {"shape": (2,), "minval": 1.0, "maxval": 1.0}),
    ("uniform", {"shape": (2,), "minval": np.array([0.0, 1.0]), "maxval": 2}),
    ("randint", {"shape": (3, 2), "minval": -5, "maxval": 100}),
    ("randint", {"shape": (9,), "minval": 0, "maxval": 256, "dtype": "uint8"}),
    *(
        ("randint", {"shape": (5,), "minval": 0, "maxval": 100, "dtype": d})
        for d in ("int8", "int16", "uint16", "uint32")
    ),
    ("randint", {"shape": (5,), "minval": 3, "maxval": 3}),
    ("randint", {"shape": (), "minval": 0.0, "maxval": 3.7}),
    ("categorical", {"logits": X.astype("float16"), "num_samples": 3, "dtype": "uint8"}),
    ("categorical", {"logits": X, "num_samples": 0}),
    ("categorical", {"logits": X[:0], "num_samples": 2}),
    ("categorical", {"logits": jnp.log(X + 1), "num_samples": 5}),
    ("categorical", {"logits": X, "num_samples": 2, "dtype": "int16"}),
    ("dropout", {"inputs": X, "rate": 0.3}),
    ("dropout", {"inputs": X, "rate": 0.5, "noise_shape": (None, 1)}),
    ("dropout", {"inputs": X, "rate": 0.5, "noise_shape": (1, 4)}),
    ("dropout", {"inputs": X.astype("float16"), "rate": 0.1}),
    ("dropout", {"inputs": X, "rate": 1.0}),
    ("dropout", {"inputs": X, "rate": 0}),
    ("dropout", {"inputs": X.astype("bfloat16"), "rate": 0.5, "noise_shape": (None, None)}),
    ("dropout", {"inputs": X[:0], "rate": 0.5}),
    ("shuffle", {"x": X[:, 0] > 4}),
    ("shuffle", {"x": X, "axis": -1}),
    ("shuffle", {"x": X}),
    ("shuffle", {"x": X, "axis": 1}),
    ("gamma", {"shape": (4,), "alpha": 0.5}),
    ("gamma", {"shape": (4,), "alpha": 2, "dtype": "float16"}),
    ("binomial", {"shape": (3,), "counts": 0.0, "probabilities": 0.5, "dtype": "bfloat16"}),
    ("beta", {"shape": (4,), "alpha": 1, "beta": 2, "dtype": "float16"}),
    ("gamma", {"shape": (2,), "alpha": np.array([0.5, 2.0])}),
    ("binomial", {"shape": (2,), "counts": [3, 40], "probabilities": 0.5}),
    ("beta", {"shape": (2,), "alpha": 0.5, "beta": [0.4, 3.0]}),
]


@pytest.mark.parametrize(("name", "arguments"), ROWS)
def test_same_values(name, arguments):
    ours, theirs = (getattr(package, name)(**arguments, seed=4) for package in (random, keras.random))
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


DRAWS = dict(reversed(ROWS))  # the first row of each


@pytest.mark.parametrize(("name", "arguments"), DRAWS.items(), ids=DRAWS)
def test_generators_go_on_alike(name, arguments):
    drawn = []
    for package in (random, keras.random):
        generator = package.SeedGenerator(7)
        values = [np.asarray(getattr(package, name)(**arguments, seed=generator)) for _ in range(2)]
        drawn.append([*values, np.asarray(generator.state)])
    for ours, theirs in zip(*drawn, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("how", ["generator", "key", "compiled", "global"])
def test_every_kind_of_seed(how):
    drawn = []
    for package, seeded in ((random, set_random_seed), (keras.random, keras.utils.set_random_seed)):
        seeded(11)
        generator = package.SeedGenerator(4)
        generator.next()
        seed = {"generator": generator, "key": jax.random.key(4), "compiled": 4, "global": None}[how]
        draw = jax.jit(lambda draw=package.normal: draw((3,), seed=4)) if how == "compiled" else package.normal
        drawn.append([draw() if how == "compiled" else draw((3,), seed=seed) for _ in range(2)])
    np.testing.assert_array_equal(*(np.asarray(values) for values in drawn))


@pytest.mark.parametrize("ordered", [True, False])
def test_generators_count_alike(ordered):
    ours, theirs = random.SeedGenerator(2**32 - 1), keras.random.SeedGenerator(2**32 - 1)
    for _ in range(4):
        assert np.asarray(ours.next(ordered)).tolist() == np.asarray(theirs.next(ordered)).tolist()


def test_dropout_has_keras_gradient():
    def total(package):
        return jax.grad(lambda x: (package.dropout(x, 0.4, seed=3) ** 2).sum())(X)

    np.testing.assert_allclose(total(random), total(keras.random), rtol=1e-5)
