"""Dropout's masks are JAX's, drawn faster."""

import jax
import numpy as np
import pytest

from hornbeam.random._kept import kept


@pytest.mark.parametrize("shape", [(), (1,), (7,), (3, 5), (128, 33), (2, 3, 4, 5)], ids=str)
@pytest.mark.parametrize("keep", [0.1, 0.5, 0.8, 0.999])
def test_equal_to_jax(shape, keep):
    key = np.array([12345, 2**32 - 7], "uint32")
    np.testing.assert_array_equal(jax.jit(lambda k: kept(k, keep, shape))(key), jax.random.bernoulli(key, keep, shape))


def test_an_unknown_length_is_inferred():
    (n,) = jax.export.symbolic_shape("n")
    spec = jax.eval_shape(lambda x: kept(np.zeros(2, "uint32"), 0.5, x.shape), jax.ShapeDtypeStruct((n, 3), "float32"))
    assert str(spec.shape) == "(n, 3)"
