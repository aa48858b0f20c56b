import re

import jax.numpy as jnp
import numpy as np
import pytest

from hornbeam import activations, ops
from hornbeam._core import registry
from hornbeam._core.graph import KerasTensor
from hornbeam._core.state import Variable

NAMES = [name for name in activations.__all__ if name not in ("get", "serialize", "deserialize")]
BAD = [
    (lambda: activations.get("reluu"), "Unknown activation: 'reluu'. Did you mean "),
    (lambda: activations.get("Relu"), "Unknown activation: 'Relu'. Did you mean "),
    (lambda: activations.get(5), "activation must be a name, a callable, its configuration or None; got 5"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


@pytest.mark.parametrize("name", NAMES)
def test_by_name_and_config(name):
    fn = activations.get(name)
    assert fn is getattr(activations, name)
    assert activations.deserialize(activations.serialize(fn)) is fn


@pytest.mark.parametrize("name", sorted({*NAMES} - {"threshold"}))
def test_symbolic_and_variables(name):
    fn = getattr(activations, name)
    out = fn(KerasTensor((None, 4), dtype="float16"))
    assert (out.shape, out.dtype) == ((None, 2 if name == "glu" else 4), "float16")
    x = np.linspace(-2, 2, 8, dtype="float32").reshape(2, 4)
    np.testing.assert_array_equal(np.asarray(fn(Variable(x))), np.asarray(fn(jnp.asarray(x))))


def test_none_is_linear():
    assert activations.get(None) is activations.linear


def test_a_function_of_the_users():
    def twice(x):
        return ops.multiply(x, 2)

    assert activations.get(twice) is twice
    config = activations.serialize(twice)
    assert activations.deserialize(config, custom_objects={"twice": twice}) is twice
    assert activations.deserialize("twice", custom_objects={"twice": twice}) is twice
    with pytest.raises(ValueError, match="neither Hornbeam's nor registered"):
        activations.deserialize(config)
    registry.register_keras_serializable("tests")(twice)
    assert activations.deserialize(activations.serialize(twice)) is twice
    assert activations.get("tests>twice") is twice
