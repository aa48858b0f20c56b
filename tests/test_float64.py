"""float64: asking for it switches JAX's types of 64 bits on, and what is float32 stays what it was."""

import jax
import numpy as np
import pytest

import hornbeam as keras
from hornbeam import ops


@pytest.mark.parametrize(
    "ask",
    [
        lambda: keras.layers.Dense(1, dtype="float64")(np.ones((1, 3))) / 3,
        lambda: ops.ones((2,), dtype="float64") / 3,
        lambda: ops.cast([1.0], "float64") / 3,
        lambda: keras.Variable([1.0], dtype="float64") / 3,
        lambda: keras.random.normal((2,), dtype="float64", seed=0),
        lambda: (keras.config.set_floatx("float64"), ops.array([1.0]) / 3)[1],
        lambda: (keras.config.set_floatx("float64"), ops.mean([1, 2, 2]))[1],
        lambda: keras.Model(x := keras.Input((1,)), ops.cast(x, "float64") / 3)(np.ones((1, 1))),
    ],
    ids=["policy", "ones", "cast", "Variable", "random", "floatx", "mean", "symbolic"],
)
def test_asking_is_enough(ask):
    jax.config.update("jax_enable_x64", False)
    result = np.asarray(ask())
    assert result.dtype == np.float64
    assert np.any(result != result.astype(np.float32))


def test_data_alone_does_not_ask():
    x = np.random.default_rng(0).normal(size=(8, 3))
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(x, x[:, :1], sample_weight=np.ones(8), verbose=0)
    assert model.predict(x, verbose=0).dtype == ops.mean(x).dtype == keras.Variable(x).value.dtype == np.float32
    assert not jax.config.jax_enable_x64


def test_a_model_in_float64_is_as_exact_as_numpy():
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(size=(5, 4)), rng.normal(size=(4, 3))
    model = keras.Sequential([keras.Input((4,), dtype="float64"), keras.layers.Dense(3, dtype="float64")])
    model.layers[0].kernel.assign(kernel)
    np.testing.assert_allclose(model.predict(x, verbose=0), x @ kernel, rtol=1e-13)
    model.compile("adam", "mse")
    model.fit(x, x[:, :3], verbose=0)
    assert {v.dtype for v in model.trainable_variables} == {"float64"}


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: ops.arange(3), "int32"),
        (lambda: ops.arange(0.0, 1.0, 0.5), "float32"),
        (lambda: ops.array([1, 2]), "int32"),
        (lambda: ops.array([1.0]), "float32"),
        (lambda: ops.array(1j), "complex64"),
        (lambda: ops.add(2, 3), "int32"),
        (lambda: ops.divide(2, 3), "float32"),
        (lambda: ops.multiply(ops.arange(3), 0.5), "float32"),
        (lambda: ops.clip(ops.arange(3), 0.5, 2), "float32"),
        (lambda: ops.sum(ops.arange(3)), "int32"),
        (lambda: ops.sum(ops.ones(3, "int8")), "int32"),
        (lambda: ops.prod(ops.ones(3, "uint8")), "uint32"),
        (lambda: ops.cumsum(ops.ones(3, bool)), "int32"),
        (lambda: ops.mean(ops.arange(3)), "float32"),
        (lambda: ops.argmax(ops.ones(3)), "int32"),
        (lambda: ops.argsort(ops.ones(3)), "int32"),
        (lambda: ops.nonzero(ops.ones(3))[0], "int32"),
        (lambda: ops.where(ops.ones(3, bool))[0], "int32"),
        (lambda: ops.unique([1, 1], return_counts=True)[1], "int32"),
        (lambda: ops.bincount([1, 1]), "int32"),
        (lambda: ops.count_nonzero([1, 1]), "int32"),
        (lambda: ops.linspace(0, 1, 3), "float32"),
        (lambda: ops.hamming(3), "float32"),
        (lambda: keras.random.randint((2,), 0, 5, seed=0), "int32"),
        (lambda: keras.random.uniform((2,), seed=0), "float32"),
        (lambda: ops.softmax([1.0, 2.0]), "float32"),
        (lambda: ops.one_hot([1], 2), "float32"),
    ],
)
def test_dtypes_with_the_switch_on(call, expected):
    jax.config.update("jax_enable_x64", True)
    assert call().dtype == expected


def test_whole_numbers_beyond_32_bits_are_still_refused():
    jax.config.update("jax_enable_x64", True)
    with pytest.raises(OverflowError, match="must fit int32"):
        ops.array([2**40])
    assert ops.array([2**40], dtype="int64").tolist() == [2**40]


def train():
    keras.utils.set_random_seed(0)
    x, y = np.random.normal(size=(16, 4, 3)), np.random.randint(0, 3, 16)  # noqa: NPY002  # seeded above
    layers = [keras.layers.Flatten(), keras.layers.BatchNormalization(), keras.layers.Dropout(0.3)]
    model = keras.Sequential([keras.Input((4, 3)), *layers, keras.layers.Dense(3, kernel_regularizer="l2")])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adamw", loss, metrics=["accuracy", "sparse_top_k_categorical_accuracy"])
    history = model.fit(x, y, batch_size=8, verbose=0, validation_split=0.25, class_weight={0: 1, 1: 2, 2: 1})
    values = [v.numpy() for v in (*model.variables, *model.optimizer.variables)]
    return history.history, [*values, model.predict(x, verbose=0)]


def test_a_float32_program_is_the_same_with_the_switch_on():
    history, before = train()
    jax.config.update("jax_enable_x64", True)
    again, after = train()
    assert history == again
    for a, b in zip(before, after, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)  # XLA may add in another order
