import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hornbeam import random
from hornbeam._core.graph import KerasTensor
from hornbeam._core.state import Variable, pure

BAD = [
    (lambda: random.uniform((2,), dtype="int32"), "random.uniform: dtype must be a float type; got 'int32'"),
    (lambda: random.normal((2,), dtype="int32"), "random.normal: dtype must be a float type; got 'int32'"),
    (
        lambda: random.randint((2,), 0, 3, dtype="float32"),
        "random.randint: dtype must be an integer type; got 'float32'",
    ),
    (lambda: random.categorical([0.1, 0.9], 3), "logits must be (batch, classes); got the shape (2,)"),
    (lambda: random.dropout([1.0], 1.5), "random.dropout: rate must be from 0 to 1; got 1.5"),
    (lambda: random.dropout([1.0], -0.5), "random.dropout: rate must be from 0 to 1; got -0.5"),
    (
        lambda: random.normal((2,), seed="one"),
        "seed must be a whole number from 0 to 2**32 - 1, or a SeedGenerator; got 'one'",
    ),
    (lambda: random.normal((2,), seed=-1), "got -1"),
    (jax.jit(lambda: random.normal((2,))), "needs a seed: keep a SeedGenerator"),
]


@pytest.mark.parametrize(("draw", "message"), BAD)
def test_bad_input(draw, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        draw()


def test_a_number_repeats_and_a_generator_does_not():
    np.testing.assert_array_equal(random.normal((3,), seed=1), random.normal((3,), seed=1))
    generator = random.SeedGenerator(1)
    first, second = random.normal((3,), seed=generator), random.normal((3,), seed=generator)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, random.normal((3,), seed=1))


def test_a_generator_advances_inside_a_compiled_step():
    generator = random.SeedGenerator(1)
    step = jax.jit(pure(lambda: random.uniform((2,), seed=generator), [generator.state]))
    first, state = step([generator.state.value])
    second, state = step(state)
    assert state[0].tolist() == [1, 2]
    twin = random.SeedGenerator(1)
    for drawn in (first, second):
        np.testing.assert_array_equal(drawn, random.uniform((2,), seed=twin))


@pytest.mark.parametrize(("rate", "expected"), [(0, 1.0), (1, 0.0), (0.0, 1.0), (1.0, 0.0)])
def test_dropout_of_nothing_and_of_all(rate, expected):
    assert random.dropout(np.ones(4, "float32"), rate, seed=1).tolist() == [expected] * 4


def test_dropout_noise_shape():
    dropped = np.asarray(random.dropout(jnp.ones((6, 5)), 0.5, noise_shape=(None, 1), seed=1))
    assert set(dropped.sum(axis=1)) == {0.0, 10.0}


def test_shuffle_keeps_the_elements():
    x = np.arange(12).reshape(3, 4)
    shuffled = np.asarray(random.shuffle(x, axis=1, seed=1))
    np.testing.assert_array_equal(np.sort(shuffled, axis=1), x)
    assert not np.array_equal(shuffled, x)


@pytest.mark.parametrize("draw", [lambda x: random.dropout(x, 0.5, seed=1), lambda x: random.shuffle(x, seed=1)])
def test_symbolic_and_variables(draw):
    out = draw(KerasTensor((None, 3)))
    assert (out.shape, out.dtype) == ((None, 3), "float32")
    np.testing.assert_array_equal(draw(Variable(np.ones((4, 3), "float32"))), draw(jnp.ones((4, 3))))
