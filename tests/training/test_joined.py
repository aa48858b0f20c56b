"""Tests and predictions of many small batches take several in a step where that gives the same numbers."""

import jax
import numpy as np
import pytest

import hornbeam as keras
from hornbeam import layers
from hornbeam.training import _filled

RNG = np.random.default_rng(0)
X = RNG.normal(size=(71, 6)).astype("float32")  # 36 batches of 2, the last one short
LABELS = RNG.integers(0, 3, 71)
WEIGHTS = RNG.uniform(0.1, 2, 71).astype("float32")


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    monkeypatch.setattr(_filled, "JOINED_ROWS", 8)


def mlp(*middle, **compiled):
    keras.utils.set_random_seed(2)
    model = keras.Sequential([keras.Input((6,)), layers.Dense(8, "tanh"), *middle, layers.Dense(3, "softmax")])
    given = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"], **compiled}
    model.compile("sgd", **given)
    return model


def alone(monkeypatch):
    monkeypatch.setattr(_filled, "_rows_joined", lambda *_: 0)


def both(monkeypatch, traced, run):
    """Return what `run` gives, and the lengths of batches, with batches joined and alone."""
    results = [(run(), dict(traced))]
    traced.clear()
    alone(monkeypatch)
    results.append((run(), dict(traced)))
    return results


@pytest.mark.parametrize("steps", [None, 33])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
def test_tests_give_the_same(steps, weights, monkeypatch, traced):
    def run():
        model = mlp(layers.BatchNormalization(), layers.Dropout(0.3), weighted_metrics=["accuracy"])
        return model.evaluate(X, LABELS, sample_weight=weights, batch_size=2, steps=steps, verbose=0)

    (together, lengths), (apart, lengths_apart) = both(monkeypatch, traced, run)
    np.testing.assert_allclose(together, apart, rtol=1e-6)
    assert (lengths, lengths_apart) == ({"test": {8}}, {"test": {2}})


@pytest.mark.parametrize(("steps", "expected"), [(None, 71), (33, 66)])
def test_predictions_give_the_same(steps, expected, monkeypatch, traced):
    def run():
        return mlp(layers.BatchNormalization()).predict(X, batch_size=2, steps=steps, verbose=0)

    (together, lengths), (apart, lengths_apart) = both(monkeypatch, traced, run)
    np.testing.assert_allclose(together, apart, rtol=1e-6)
    assert together.shape == (expected, 3)
    assert (lengths, lengths_apart) == ({"predict": {8}}, {"predict": {2}})


def test_several_inputs_and_outputs(monkeypatch, traced):
    given, targets = {"a": X, "b": X * 2}, {"far": X[:, :1], "sum": X}

    def run():
        keras.utils.set_random_seed(2)
        a, b = keras.Input((6,), name="a"), keras.Input((6,), name="b")
        far = layers.Dense(1, name="far")(layers.Subtract()([a, b]))
        model = keras.Model({"a": a, "b": b}, {"far": far, "sum": layers.Add(name="sum")([a, b])})
        model.compile(
            "sgd", {"far": "mse", "sum": "mae"}, loss_weights={"far": 0.5, "sum": 2.0}, metrics={"sum": "mse"}
        )
        scores = model.evaluate(given, targets, batch_size=2, verbose=0, return_dict=True)
        return scores, model.predict(given, batch_size=2, verbose=0)

    (together, lengths), (apart, _) = both(monkeypatch, traced, run)
    for ours, theirs in zip(jax.tree.leaves(together), jax.tree.leaves(apart), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    assert lengths == {"test": {8}, "predict": {8}}


class Counting(layers.Layer):
    """A layer that counts its calls."""

    def build(self, _):
        self.calls = self.add_weight(initializer="zeros", trainable=False)

    def call(self, inputs):
        self.calls.assign_add(1.0)
        return inputs


def per_batch(y_true, y_pred):
    return keras.ops.mean(keras.losses.sparse_categorical_crossentropy(y_true, y_pred)) * y_pred[:, 0]


SUM = keras.losses.SparseCategoricalCrossentropy(reduction="sum")
ALONE = {
    "a layer that counts": lambda: mlp(Counting()),
    "rows that meet": lambda: mlp(layers.Lambda(lambda x: x - keras.ops.mean(x, axis=0))),
    "a sum over the batch": lambda: mlp(loss=SUM),
    "a loss whose rows meet": lambda: mlp(loss=per_batch),
    "eagerly": lambda: mlp(run_eagerly=True),
}


@pytest.mark.parametrize("make", ALONE.values(), ids=ALONE)
def test_what_a_batch_changes_is_left_alone(make, monkeypatch, traced):
    def run():
        model = make()
        return model.evaluate(X, LABELS, batch_size=2, verbose=0), [v.numpy() for v in model.non_trainable_variables]

    (together, lengths), (apart, lengths_apart) = both(monkeypatch, traced, run)
    for ours, theirs in zip(jax.tree.leaves(together), jax.tree.leaves(apart), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert lengths == lengths_apart


def test_a_masked_mean_is_of_a_batch(monkeypatch, traced):
    words = np.where(RNG.random((71, 5)) < 0.4, 0, RNG.integers(1, 9, (71, 5)))  # some rows have more of them

    def run():
        keras.utils.set_random_seed(2)
        model = keras.Sequential([keras.Input((5,)), layers.Embedding(9, 4, mask_zero=True), layers.Dense(1)])
        model.compile("sgd", "mse")
        return model.evaluate(words, X[:, :5, None], batch_size=2, verbose=0)

    (together, lengths), (apart, _) = both(monkeypatch, traced, run)
    assert together == apart
    assert lengths == {"test": {2}}


def test_callbacks_see_each_batch(traced):
    seen = []

    class Seeing(keras.callbacks.Callback):
        def on_test_batch_end(self, batch, logs=None):
            seen.append(("test", batch))

        def on_predict_batch_end(self, batch, logs=None):
            seen.append(("predict", batch, len((logs or {})["outputs"])))

    model = mlp()
    model.evaluate(X, LABELS, batch_size=2, verbose=0, callbacks=[Seeing()])
    model.predict(X, batch_size=2, verbose=0, callbacks=[Seeing()])
    tests, predictions = seen[:36], seen[36:]
    assert tests == [("test", i) for i in range(36)]
    assert predictions == [("predict", i, 2) for i in range(35)] + [("predict", 35, 1)]
    assert traced == {"test": {2}, "predict": {2}}


def test_few_batches_stay(traced):
    model = mlp()
    model.evaluate(X[:60], LABELS[:60], batch_size=2, verbose=0)  # 30 batches would be 7 and a half steps
    model.predict(X[:60], batch_size=2, verbose=0)
    assert traced == {"test": {2}, "predict": {2}}


@pytest.mark.parametrize(
    "limits", [{"SPLIT_BYTES": 65}, {"SPLIT_BYTES": 64, "JOINED_BYTES": 64}], ids=["small", "large"]
)
def test_large_batches_stay(limits, monkeypatch, traced):
    for name, limit in limits.items():  # the first layer gives 2 rows of 8 numbers of 4 bytes
        monkeypatch.setattr(_filled, name, limit)
    model = mlp()
    model.evaluate(X, LABELS, batch_size=2, verbose=0)
    model.predict(X, batch_size=2, verbose=0)
    assert traced == {"test": {2}, "predict": {2}}


def test_arrays_within_a_program_that_is_run_count(monkeypatch, traced):
    inside = jax.jit(lambda x: jax.numpy.sum(x[:, :, None] * np.ones((1, 1, 50), "float32"), -1))
    monkeypatch.setattr(_filled, "SPLIT_BYTES", 2 * 8 * 50 * 4 + 1)  # what it makes of 2 rows
    model = mlp(layers.Lambda(inside))
    model.predict(X, batch_size=2, verbose=0)
    assert traced == {"predict": {2}}


def test_a_joined_batch_has_its_size_whatever_the_batches_have(traced):
    model = mlp()
    for size in (1, 2, 4):
        model.evaluate(X, LABELS, batch_size=size, verbose=0)
    assert traced == {"test": {8}}


def test_the_bar_counts_batches(capsys):
    mlp().evaluate(X, LABELS, batch_size=2, verbose=2)
    assert "36/36" in capsys.readouterr().out
