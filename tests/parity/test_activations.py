"""Activations: values, gradients, dtypes and names equal to Keras's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hornbeam import activations
from tests.parity.oracle import RELATIVE, keras

X = jnp.asarray(
    np.concatenate([np.linspace(-7, 7, 57), [-0.5, 0.5, 1e-6, -1e-6, 20, -20, 6]]).reshape(4, 16), "float32"
)
NAMES = sorted({*activations.__all__} - {"get", "serialize", "deserialize", "threshold"})
ROWS = [
    *((name, {}) for name in NAMES),
    ("celu", {"alpha": 0.3}),
    ("elu", {"alpha": 0.3}),
    ("gelu", {"approximate": True}),
    ("glu", {"axis": 0}),
    ("hard_shrink", {"threshold": 2.0}),
    ("leaky_relu", {"negative_slope": 0.05}),
    ("log_softmax", {"axis": 0}),
    ("softmax", {"axis": 0}),
    ("softmax", {"axis": (0, 1)}),
    ("soft_shrink", {"threshold": 2.0}),
    ("squareplus", {"b": 2}),
    ("threshold", {"threshold": 1.0, "default_value": -3.0}),
    ("relu", {"negative_slope": 0.1}),
    ("relu", {"max_value": 6}),
    ("relu", {"max_value": 5.0}),
    ("relu", {"threshold": 1.0}),
    ("relu", {"max_value": 6, "threshold": 1.0}),
    ("relu", {"max_value": 6, "negative_slope": 0.2}),
    ("relu", {"max_value": 5.0, "threshold": 1.0, "negative_slope": 0.2}),
]


def test_every_name_of_keras_is_there():
    assert {name for name in dir(keras.activations) if not name.startswith("_")} == {*activations.__all__}


@pytest.mark.parametrize(("name", "arguments"), ROWS)
def test_value_and_gradient(name, arguments):
    def both(fn):
        value, back = jax.vjp(lambda x: fn(x, **arguments), X)
        return value, back(jnp.cos(value))

    ours, theirs = jax.jit(lambda: (both(getattr(activations, name)), both(getattr(keras.activations, name))))()
    for mine, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=RELATIVE, atol=RELATIVE)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("name", NAMES)
def test_dtype_stays(name, dtype):
    assert jax.eval_shape(getattr(activations, name), X.astype(dtype)).dtype == dtype


@pytest.mark.parametrize("name", [*NAMES, "threshold"])
def test_names_go_both_ways(name):
    written = activations.serialize(getattr(activations, name))
    assert written == keras.activations.serialize(getattr(keras.activations, name))
    assert activations.get(written) is getattr(activations, name)
    full = keras.saving.serialize_keras_object(getattr(keras.activations, name))
    assert activations.get(full if isinstance(full, dict) else written) is getattr(activations, name)


@pytest.mark.parametrize("config", [{"class_name": "function", "config": "relu", "registered_name": "relu"}])
def test_older_forms(config):
    assert activations.get(config) is activations.relu
    assert activations.deserialize({"module": "keras.activations", **config}) is activations.relu
