"""Shape inference: each rung of the ladder, and the error when all fail."""

import jax.numpy as jnp
import pytest

from hornbeam._core.graph import KerasTensor
from hornbeam._core.infer import infer

ROWS = [
    # what, function, input shapes, output shape
    ("elementwise", lambda x: x + 1, [(None, 3)], (None, 3)),
    ("reduced", lambda x: x.sum(axis=1), [(None, 3)], (None,)),
    ("flattened", lambda x: x.reshape(-1), [(None, 3)], (None,)),
    ("kept", lambda x: x.reshape(x.shape[0], -1), [(None, 4, 5)], (None, 20)),
    ("two unknown", lambda x: jnp.swapaxes(x, 1, 2), [(None, None, 3)], (None, 3, None)),
    ("strided", lambda x: x[:, ::2], [(None, None)], (None, None)),
    ("matmul", lambda x, y: x @ y, [(None, 3), (3, 2)], (None, 2)),
    ("data-free", lambda _: jnp.ones((2, 2)), [(None,)], (2, 2)),
    ("bound", lambda x, y: x + y, [(None, None), (None, 4)], (None, 4)),
    ("static", lambda x: x * 2, [(2, 3)], (2, 3)),
]


@pytest.mark.parametrize(("fn", "shapes", "expected"), [r[1:] for r in ROWS], ids=[r[0] for r in ROWS])
def test_shape(fn, shapes, expected):
    assert infer(fn, tuple(KerasTensor(s) for s in shapes), {}).shape == expected


def test_the_first_error_is_the_one_that_is_raised():
    with pytest.raises(TypeError, match="dot_general"):
        infer(lambda x, y: x @ y, (KerasTensor((None, 3)), KerasTensor((4, 2))), {})


def test_structures_and_dtypes_are_kept():
    out = infer(lambda x: {"a": x > 0, "b": [x]}, (KerasTensor((None,)),), {})
    assert out["a"].dtype == "bool"
    assert out["b"][0].shape == (None,)
