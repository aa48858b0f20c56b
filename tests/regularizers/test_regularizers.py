import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hornbeam import regularizers
from hornbeam._core.graph import KerasTensor

BAD = [
    (lambda: regularizers.get("l3"), "Unknown regularizer: 'l3'. Known: 'L1', "),
    (lambda: regularizers.get(5), "regularizer must be a name, a callable, its configuration or None; got 5"),
    (lambda: regularizers.L1(-1), "L1: l1 must be a finite number of at least 0; got -1"),
    (lambda: regularizers.L2(float("nan")), "L2: l2 must be a finite number of at least 0; got nan"),
    (lambda: regularizers.L2(float("inf")), "got inf"),
    (lambda: regularizers.L1L2(l2="a"), "L1L2: l2 must be a finite number of at least 0; got 'a'"),
    (lambda: regularizers.OrthogonalRegularizer(mode="x"), "mode must be 'rows' or 'columns'; got 'x'"),
    (lambda: regularizers.OrthogonalRegularizer()(np.ones(3)), "needs a matrix (rows, columns); got the shape (3,)"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


@pytest.mark.parametrize(
    "name", ["L1", "l1", "L2", "l2", "L1L2", "l1l2", "l1_l2", "orthogonal_regularizer", "Regularizer"]
)
def test_by_name_and_config(name):
    made = regularizers.get(name)
    twin = regularizers.deserialize(regularizers.serialize(made))
    assert type(twin) is type(made)
    assert twin.get_config() == made.get_config()


def test_none():
    assert regularizers.get(None) is None
    assert regularizers.L1L2(None, None).get_config() == {"l1": 0.0, "l2": 0.0}
    assert regularizers.L1L2()(np.ones(3)) == 0


def test_a_vector_of_zeros_has_a_gradient():
    gradient = jax.grad(regularizers.OrthogonalRegularizer())(jnp.array([[1.0, 2.0], [0.0, 0.0], [3.0, 1.0]]))
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("make", [regularizers.L1, regularizers.L2, regularizers.OrthogonalRegularizer])
def test_symbolic(make):
    assert make()(KerasTensor((3, 4))).shape == ()
