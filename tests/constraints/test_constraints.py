import re

import numpy as np
import pytest

from hornbeam import constraints
from hornbeam._core.state import Variable

BAD = [
    (lambda: constraints.get("nneg"), "Unknown constraint: 'nneg'. Did you mean "),
    (lambda: constraints.get(5), "constraint must be a name, a callable, its configuration or None; got 5"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


NAMES = [name for name in constraints.__all__ if name not in ("get", "serialize", "deserialize")]


@pytest.mark.parametrize("name", NAMES)
def test_by_name_and_config(name):
    made = constraints.get(name)
    twin = constraints.deserialize(constraints.serialize(made))
    assert type(twin) is type(made) is getattr(constraints, name)
    assert twin.get_config() == made.get_config()


def test_none_stays_none():
    assert constraints.get(None) is None


def test_axes_may_be_several():
    w = Variable(np.random.default_rng(0).normal(size=(3, 3, 2, 4)).astype("float32"))
    projected = np.asarray(constraints.UnitNorm(axis=[0, 1, 2])(w))
    np.testing.assert_allclose(np.sqrt((projected**2).sum((0, 1, 2))), np.ones(4), rtol=1e-5)


def test_weights_of_zero_stay_zero():
    for constraint in (constraints.MaxNorm(), constraints.UnitNorm(), constraints.MinMaxNorm(0.5, 1.0)):
        assert not np.any(constraint(np.zeros((2, 3), "float32")))
