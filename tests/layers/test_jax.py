"""Functions of JAX and modules of Flax as layers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import hornbeam as keras

X = np.ones((4, 2), "float32")


def call(params, state, inputs, training):
    out = inputs @ params["w"] + params["rest"][0]
    return out, {"calls": state["calls"] + 1, "trained": state["trained"] + training}


def init(rng, inputs):
    params = {"w": jax.random.normal(rng, (inputs.shape[-1], 3)), "rest": [jnp.zeros(3)]}
    return params, {"calls": jnp.zeros((), "int32"), "trained": jnp.zeros((), "int32")}


def test_weights_and_state():
    layer = keras.layers.JaxLayer(call, init, name="j")
    assert layer(X).shape == (4, 3)
    layer(X, training=True)
    assert [w.path for w in layer.trainable_weights] == ["j/rest_0", "j/w"]
    assert {w.name: int(w) for w in layer.non_trainable_weights} == {"calls": 2, "trained": 1}


def test_training_changes_the_parameters():
    layer = keras.layers.JaxLayer(call, init)
    model = keras.Sequential([keras.Input((2,)), layer, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    before = layer.params["w"].numpy()
    model.fit(X, X[:, :1], epochs=2, batch_size=2, verbose=0)
    assert not np.array_equal(before, layer.params["w"].numpy())
    assert int(layer.state["trained"]) == 4


def test_random_numbers_differ_per_call_and_follow_the_seed():
    def noise(rng, inputs):
        return inputs + jax.random.normal(rng, inputs.shape)

    layer, twin = (keras.layers.JaxLayer(noise, seed=1) for _ in range(2))
    first, second = layer(X), layer(X)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, twin(X))


def test_weights_go_to_files_and_back(tmp_path):
    def make():
        model = keras.Sequential([keras.Input((2,)), keras.layers.JaxLayer(call, init)])
        return model, tmp_path / "m.weights.h5"

    (model, path), (other, _) = make(), make()
    model.save_weights(path)
    other.load_weights(path)
    np.testing.assert_array_equal(model.get_weights()[1], other.get_weights()[1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((call,), "init_fn, params or state"),
        ((lambda x: x,), "call_fn to take `inputs`"),
        ((lambda inputs, more: inputs + more,), "call_fn to take `inputs`"),
        ((lambda params, inputs: inputs + params, lambda x: x), "init_fn to take `inputs`"),
    ],
    ids=["nothing to begin with", "names", "more", "init"],
)
def test_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        keras.layers.JaxLayer(*arguments)


@pytest.fixture
def nn():
    return pytest.importorskip("flax.linen")


def test_flax(nn):
    class Module(nn.Module):
        @nn.compact
        def __call__(self, inputs, training=False):
            x = nn.BatchNorm(use_running_average=not training)(nn.Dense(5)(inputs))
            return nn.Dense(2)(nn.Dropout(0.5, deterministic=not training)(x))

    layer = keras.layers.FlaxLayer(Module(), name="f")
    model = keras.Sequential([keras.Input((2,)), layer, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    before = [w.numpy() for w in layer.weights]
    x = np.random.default_rng(0).normal(size=(8, 2)).astype("float32")
    model.fit(x, x[:, :1], batch_size=4, verbose=0)
    assert len(layer.trainable_weights) == 6
    assert all(not np.array_equal(w.numpy(), b) for w, b in zip(layer.non_trainable_weights, before[6:], strict=True))
    with pytest.raises(TypeError, match="Make the model again in code"):
        layer.get_config()


def test_flax_with_a_method_and_variables(nn):
    class Module(nn.Module):
        def setup(self):
            self.dense = nn.Dense(3)

        def forward(self, a, b):
            return self.dense(a) + b

    def adapt(module, inputs):
        return module.forward(*inputs)

    b = np.ones((4, 3), "float32")
    variables = Module().init(jax.random.key(0), [X, b], method=adapt)
    layer = keras.layers.FlaxLayer(Module(), method=adapt, variables=variables)
    np.testing.assert_allclose(layer([X, b]), Module().apply(variables, [X, b], method=adapt), rtol=1e-6)
