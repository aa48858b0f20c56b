"""Layers that compute again for their gradients instead of keeping what they computed."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import hornbeam as keras


def recomputes(layer):
    gradient = jax.grad(lambda x: layer(x).sum())
    return "remat" in str(jax.make_jaxpr(gradient)(jnp.ones((1, 2))))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"mode": "full"}, [True, True, True, True]),
        ({"mode": "list_of_layers", "layer_names": ["q"]}, [True, False, False, False]),
        ({"mode": "larger_than", "output_size_threshold": 10}, [True, False, False, False]),
        ({"mode": "activations"}, [True, True, True, False]),
        ({"mode": None}, [False, False, False, False]),
    ],
    ids=lambda x: str(x.get("mode")) if isinstance(x, dict) else "",
)
def test_modes(options, expected):
    with keras.RematScope(**options):
        layers = [
            keras.layers.Dense(30, activation="relu", name="q"),
            keras.layers.Dense(3, name="z"),
            keras.layers.Activation("relu"),
            keras.layers.ReLU(),
        ]
    assert [recomputes(layer) for layer in layers] == expected


def test_training_is_the_same():
    def train(mode):
        keras.utils.set_random_seed(0)
        with keras.RematScope(mode=mode):
            dense = [keras.layers.Dense(n, activation="tanh") for n in (4, 1)]
            layers = [dense[0], keras.layers.BatchNormalization(), dense[1]]
        model = keras.Sequential([keras.Input((2,)), *layers, keras.layers.Dropout(0.2)])
        model.compile("sgd", "mse")
        x = np.random.default_rng(0).normal(size=(16, 2))
        model.fit(x, x[:, :1], epochs=2, batch_size=8, verbose=0)
        return np.concatenate([w.ravel() for w in model.get_weights()])

    np.testing.assert_allclose(train("full"), train(None), rtol=1e-5, atol=1e-6)


def test_unknown_mode():
    with pytest.raises(ValueError, match="mode must be one of"):
        keras.RematScope(mode="half")
