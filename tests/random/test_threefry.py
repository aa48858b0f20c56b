import jax
import numpy as np
import pytest

from hornbeam.random import _concrete, _threefry

SHAPES = [(), (1,), (0, 3), (3, 5, 7), (_threefry._BLOCK + 1,), (70_001, 2)]
DRAWS = {
    "uniform": (
        lambda key, shape: _threefry.uniform(key, shape, -0.12345, 0.3),
        lambda key, shape: jax.random.uniform(key, shape, minval=-0.12345, maxval=0.3),
    ),
    "normal": (_threefry.normal, jax.random.normal),
    "truncated_normal": (
        _threefry.truncated_normal,
        lambda key, shape: jax.random.truncated_normal(key, -2.0, 2.0, shape),
    ),
}


@pytest.mark.parametrize("seed", [0, 1, 123_456_789, 2**32 - 1])
@pytest.mark.parametrize("draw", DRAWS)
def test_equals_jax_to_the_last_bit(draw, seed):
    ours, theirs = DRAWS[draw]
    for counter in (0, 7):
        key = np.array([seed, counter], np.uint32)
        for shape in SHAPES:
            drawn, expected = ours(key, shape), np.asarray(theirs(key, shape))
            assert (drawn.shape, drawn.dtype) == (expected.shape, expected.dtype)
            np.testing.assert_array_equal(drawn, expected, strict=True)


def test_erfinv_reaches_its_tails():
    x = np.array([-1 + 2**-24, -0.9999, -0.65, -0.64, -1e-30, 0, 0.3, 0.7, 0.9966, 1 - 2**-24], np.float32)
    np.testing.assert_array_equal(_threefry._erfinv(x), np.asarray(jax.scipy.special.erfinv(x)))


CONCRETE = {
    "uniform": (lambda key, shape, dtype: _concrete.uniform(key, shape, -1, 2, dtype)),
    "normal": (lambda key, shape, dtype: _concrete.normal(key, shape, 1.0, 2.0, dtype)),
    "truncated_normal": (lambda key, shape, dtype: _concrete.truncated_normal(key, shape, 1.0, 2.0, dtype)),
}


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "float64"])
@pytest.mark.parametrize("draw", CONCRETE)
def test_concrete_inside_a_trace(draw, dtype):
    key = np.array([3, 0], np.uint32)
    outside = CONCRETE[draw](key, (3, 2), dtype)
    seen = []

    @jax.jit
    def traced(x):
        seen.append(np.asarray(CONCRETE[draw](key, (3, 2), dtype)))
        return x

    traced(1.0)
    np.testing.assert_array_equal(seen[0], np.asarray(outside))
    assert outside.dtype.name == dtype


@pytest.mark.parametrize("draw", CONCRETE)
def test_nothing_is_compiled_for_a_new_shape(draw, monkeypatch):
    def compiled(*_, **__):
        pytest.fail("a draw for an ordinary weight went through JAX")

    monkeypatch.setattr(jax.random, draw, compiled)
    assert CONCRETE[draw](np.array([3, 0], np.uint32), (13, 17), "float32").shape == (13, 17)


@pytest.mark.parametrize("draw", CONCRETE)
def test_large_draws_are_compiled_and_equal(draw, monkeypatch):
    key = np.array([3, 0], np.uint32)
    by_hand = CONCRETE[draw](key, (11, 13), "float32")
    monkeypatch.setattr(_concrete, "BY_HAND", {"uniform": 1, "normal": 1})
    np.testing.assert_allclose(CONCRETE[draw](key, (11, 13), "float32"), by_hand, rtol=1e-6)


def test_whole_numbers_are_refused():
    with pytest.raises(ValueError, match="float dtype; got 'int32'"):
        _concrete.normal(np.array([3, 0], np.uint32), (2,), 0.0, 1.0, "int32")
