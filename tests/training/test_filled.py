"""A short batch costs no second program where rows keep apart, and changes no number."""

import math

import jax
import numpy as np
import pytest

import hornbeam as keras
from hornbeam import layers, losses, metrics
from hornbeam._core.state import Scope, here, holding, set_mask
from hornbeam.training import _byrow

RNG = np.random.default_rng(0)
X = RNG.normal(size=(38, 6)).astype("float32")
LABELS = RNG.integers(0, 3, 38)
ONE_HOT = np.eye(3, dtype="float32")[LABELS]
WEIGHTS = RNG.uniform(0.1, 2, 38).astype("float32")


def mlp(middle=None):
    keras.utils.set_random_seed(2)
    middle = [] if middle is None else [middle()]
    return keras.Sequential([keras.Input((6,)), layers.Dense(8, "tanh"), *middle, layers.Dense(3, "softmax")])


def never(*_):
    return False


def both(monkeypatch, traced, run):
    """Return what `run` gives, and the lengths of batches, with short batches filled up and without."""
    results = []
    for fill in (True, False):
        if not fill:
            monkeypatch.setattr("hornbeam.training._filled._can_fill", never)
        traced.clear()
        results.append((run(), {kind: sorted(lengths) for kind, lengths in traced.items()}))
    return results


def stream(*arrays, size=16):
    class Batches:
        def __len__(self):
            return math.ceil(len(arrays[0]) / size)

        def __iter__(self):
            return (tuple(a[i : i + size] for a in arrays) for i in range(0, len(arrays[0]), size))

    return Batches()


@pytest.mark.parametrize(
    ("source", "weighted"), [("arrays", True), ("shuffled", False), ("stream", True), ("watched", False)]
)
def test_same_numbers_with_one_program(source, weighted, monkeypatch, traced):
    def run():
        model = mlp(lambda: layers.Dropout(0.3))
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"], weighted_metrics=["accuracy"])
        given = (X, LABELS, WEIGHTS) if weighted else (X, LABELS)
        fitted = {"epochs": 2, "verbose": 0, "shuffle": source == "shuffled"}
        if source == "watched":
            fitted["callbacks"] = [keras.callbacks.LambdaCallback(on_train_batch_end=never)]
        if source in ("arrays", "shuffled"):
            named = dict(zip(("x", "y", "sample_weight"), given, strict=False))
            history = model.fit(**named, batch_size=16, **fitted)
            scores = model.evaluate(**named, batch_size=16, verbose=0)
        else:
            history = model.fit(stream(*given), **fitted)
            scores = model.evaluate(stream(*given), verbose=0)
        outputs = model.predict(X, batch_size=16, verbose=0)
        return history.history, scores, outputs, model.get_weights()

    (filled, sizes), (plain, plain_sizes) = both(monkeypatch, traced, run)
    for a, b in zip(jax.tree.leaves(filled), jax.tree.leaves(plain), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    assert sizes == {"train": [16], "test": [16], "predict": [16]}
    assert plain_sizes == {"train": [6, 16], "test": [6, 16], "predict": [6, 16]}


DECISIONS = [
    ("batch normalization", layers.BatchNormalization, {"train": [6, 16], "test": [16]}),
    ("activity", lambda: layers.ActivityRegularization(0.1), {"train": [6, 16], "test": [6, 16]}),
    (
        "rows that meet",
        lambda: layers.Lambda(lambda x: x - keras.ops.mean(x, axis=0)),
        {"train": [6, 16], "test": [6, 16]},
    ),
    ("a function of rows", lambda: layers.Lambda(lambda x: x * 2), {"train": [16], "test": [16]}),
]


@pytest.mark.parametrize(("middle", "expected"), [d[1:] for d in DECISIONS], ids=[d[0] for d in DECISIONS])
def test_a_model_whose_rows_meet_gets_two_programs(middle, expected, monkeypatch, traced):
    def run():
        model = mlp(middle)
        model.compile("sgd", "sparse_categorical_crossentropy")
        history = model.fit(X, LABELS, batch_size=16, epochs=2, shuffle=False, verbose=0).history["loss"]
        return history, model.evaluate(X, LABELS, batch_size=16, verbose=0)

    (filled, sizes), (plain, plain_sizes) = both(monkeypatch, traced, run)
    np.testing.assert_allclose(filled[0], plain[0], rtol=1e-5)
    np.testing.assert_allclose(filled[1], plain[1], rtol=1e-5)
    assert sizes == expected
    assert plain_sizes == {"train": [6, 16], "test": [6, 16]}


def test_masked_steps(monkeypatch, traced):
    steps = RNG.normal(size=(38, 5, 2)).astype("float32")
    steps[::3, 3:] = 0
    targets = steps[..., :1] + 1

    def run():
        keras.utils.set_random_seed(2)
        masked = [layers.Masking(), layers.Dense(4, "tanh"), layers.Dense(1)]
        model = keras.Sequential([keras.Input((5, 2)), *masked])
        model.compile("sgd", "mse", metrics=["mae"])
        fitted = model.fit(steps, targets, sample_weight=WEIGHTS, batch_size=16, epochs=2, shuffle=False, verbose=0)
        return fitted.history

    (filled, sizes), (plain, plain_sizes) = both(monkeypatch, traced, run)
    for name, values in plain.items():
        np.testing.assert_allclose(filled[name], values, rtol=1e-5, err_msg=name)
    assert (sizes, plain_sizes) == ({"train": [16]}, {"train": [6, 16]})


def test_recurrent_layers(monkeypatch, traced):
    words = RNG.integers(0, 5, (38, 6))

    def run():
        keras.utils.set_random_seed(2)
        both_ways = layers.Bidirectional(layers.GRU(3, return_sequences=True))
        parts = [layers.Embedding(5, 4, mask_zero=True), both_ways, layers.LSTM(4, return_sequences=True)]
        model = keras.Sequential([keras.Input((6,), dtype="int32"), *parts, layers.SimpleRNN(2), layers.Dense(1)])
        model.compile("sgd", "mse")
        fitted = model.fit(words, X[:, :1], batch_size=16, epochs=2, shuffle=False, verbose=0).history["loss"]
        return fitted, model.evaluate(words, X[:, :1], batch_size=16, verbose=0), model.get_weights()

    (filled, sizes), (plain, plain_sizes) = both(monkeypatch, traced, run)
    for a, b in zip(jax.tree.leaves(filled), jax.tree.leaves(plain), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    assert sizes == {"train": [16], "test": [16]}
    assert plain_sizes == {"train": [6, 16], "test": [6, 16]}


REDUCTIONS = ["sum_over_batch_size", "sum", "mean", "mean_with_sample_weight"]


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
@pytest.mark.parametrize("masked", [False, True], ids=["", "masked"])
def test_every_reduction_leaves_out_what_does_not_count(reduction, weights, masked):
    loss = losses.MeanSquaredError(reduction=reduction)
    given = np.repeat(X[:, :, None], 2, -1)

    def value(length, rows=None):
        y_pred = jax.numpy.asarray(given[:length])
        if masked:
            set_mask(y_pred, jax.numpy.asarray(X[:length] > 0))
        with here(rows=rows):
            return loss(given[:length] * 2, y_pred, None if weights is None else weights[:length])

    np.testing.assert_allclose(value(16, jax.numpy.arange(16) < 10), value(10), rtol=1e-5)


def every_metric():
    arguments = {
        "PrecisionAtRecall": {"recall": 0.5}, "RecallAtPrecision": {"precision": 0.3},
        "SensitivityAtSpecificity": {"specificity": 0.5}, "SpecificityAtSensitivity": {"sensitivity": 0.5},
    }  # fmt: skip
    left_out = {"Mean", "Sum", "Metric", "MeanMetricWrapper", "MeanRelativeError"}
    names = [n for n in dir(metrics) if n[:1].isupper() and n not in left_out and "IoU" not in n]
    return [(getattr(metrics, n), arguments.get(n, {})) for n in names]


@pytest.mark.parametrize(("metric", "arguments"), every_metric(), ids=[m.__name__ for m, _ in every_metric()])
def test_every_metric_leaves_out_what_does_not_count(metric, arguments):
    targets = LABELS[:16] if "Sparse" in metric.__name__ else ONE_HOT[:16]
    outputs = jax.nn.softmax(X[:16, :3])
    if "Correlation" in metric.__name__ or metric.__name__ == "R2Score":
        targets, outputs = targets[:, :1], outputs[:, :1]
    short, filled = metric(**arguments), metric(**arguments)
    short.update_state(targets[:10], outputs[:10])
    filled.update_state(targets, outputs, sample_weight=np.arange(16) < 10)
    np.testing.assert_allclose(filled.result(), short.result(), rtol=1e-5, atol=1e-6)


def matrix(shape=(4, 3)):
    return jax.ShapeDtypeStruct(shape, "float32")


@jax.custom_jvp
def mixed_derivative(x):
    return x * 2


mixed_derivative.defjvp(lambda given, tangents: (mixed_derivative(*given), tangents[0].mean(0) + tangents[0]))


@jax.custom_vjp
def written_out(x):
    return x * 2


written_out.defvjp(lambda x: (x * 2, None), lambda _, gradient: (gradient.mean(0) + gradient,))


ROWWISE = [
    ("elementwise", lambda x: jax.numpy.tanh(x) * 2 + 1, True),
    ("softmax", jax.nn.softmax, True),
    ("softmax over the batch", lambda x: jax.nn.softmax(x, axis=0), False),
    ("mean over the batch", lambda x: x - x.mean(0), False),
    ("running sum", lambda x: jax.numpy.cumsum(x, axis=0), False),
    ("running sum of a row", lambda x: jax.numpy.cumsum(x, axis=1), True),
    ("sorted batch", lambda x: jax.numpy.sort(x, axis=0), False),
    ("reversed batch", lambda x: x[::-1], False),
    ("shifted batch", lambda x: jax.numpy.roll(x, 1, axis=0), False),
    ("row numbers", lambda x: x[jax.numpy.arange(x.shape[0]) // 2], False),
    ("rows against rows", lambda x: (x @ x.T) @ x, False),
    ("transposed", lambda x: (x.T * 2).T, True),
    ("scrambled", lambda x: x.reshape(3, -1).T, False),
    ("flattened and back", lambda x: x.reshape(-1).reshape(-1, 3), True),
    ("sum over the size", lambda x: x / x.shape[0], False),
    ("one column", lambda x: x[:, 0], True),
    ("half the batch", lambda x: jax.numpy.concatenate([x[: x.shape[0] // 2]] * 2)[: x.shape[0]], False),
    ("a scan over steps", lambda x: jax.lax.scan(lambda c, s: (c + s, c * s), x[:, 0], x.T)[1].T, True),
    ("a scan over rows", lambda x: jax.lax.scan(lambda c, r: (c + r, c), x[0], x)[1], False),
    ("a condition on all", lambda x: jax.lax.cond(x.sum() > 0, lambda: x, lambda: -x), False),
    ("the first row", lambda x: x - x[:1], False),
    ("outer", lambda x: x[:, None] * x[:, :, None], True),
    ("pairs of rows", lambda x: (x[:, None] * x[None]).sum(1), False),
    ("one number", lambda x: x.sum(), False),
    ("columns first", lambda x: x.T.reshape(-1).reshape(3, -1).T, True),
    ("columns first, then taken for rows", lambda x: x.T.reshape(-1).reshape(-1, 3), False),
    ("a scan over steps that mixes", lambda x: jax.lax.scan(lambda c, s: (c + s.mean(), c), x[:, 0], x.T)[1].T, False),
    ("a scan from zeros", lambda x: jax.lax.scan(lambda c, s: (c + s, c), jax.numpy.zeros(len(x)), x.T)[1].T, True),
    ("a loop", lambda x: jax.lax.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, c[1] * 2), (0, x))[1], True),
    ("a loop that mixes", lambda x: jax.lax.fori_loop(0, 3, lambda _, c: c - c.mean(0), x), False),
    ("a loop as long as rows say", lambda x: jax.lax.while_loop(lambda c: c.sum() < 3, lambda c: c * 2, x), False),
    ("one branch that mixes", lambda x: jax.lax.cond(x.shape[1] > 2, lambda: x, lambda: x - x.mean(0)), False),
    ("a choice by a row", lambda x: jax.lax.switch(x.argmax(0)[0], [lambda: x, lambda: -x]), False),
    ("pieces put together", lambda x: jax.numpy.stack([x, x * 2], axis=1), True),
    ("batch and steps as one", lambda x: jax.numpy.tanh(x.reshape(-1, 1) @ np.ones((1, 2))).reshape(-1, 3, 2), True),
    ("the first row put everywhere", lambda x: jax.lax.dynamic_update_slice(x, x[:1], (1, 0)), False),
    ("one column put in", lambda x: jax.lax.dynamic_update_slice(x, x[:, :1], (0, 2)), True),
    ("a rule for a derivative", jax.nn.relu, True),
    ("a rule that mixes", mixed_derivative, False),
    ("a gradient that is written out", written_out, False),
]  # fmt: skip


@pytest.mark.parametrize(("fn", "expected"), [r[1:] for r in ROWWISE], ids=[r[0] for r in ROWWISE])
def test_reading_whether_rows_meet(fn, expected):
    assert _byrow.is_by_row(fn, matrix()) is expected


class Mixing(layers.SimpleRNNCell):
    """A cell whose state takes in the mean over the batch."""

    def call(self, sequence, states, training=False):
        output, states = super().call(sequence, states, training=training)
        return output - keras.ops.mean(output, axis=0), states


IMAGE, SEQUENCE = (8, 8, 3), (6, 4)
LAYERS = [
    (lambda: layers.LSTM(3), SEQUENCE, True),
    (lambda: layers.LSTM(3, unroll=True), SEQUENCE, True),
    (lambda: layers.GRU(3, recurrent_dropout=0.2), SEQUENCE, True),
    (lambda: layers.Bidirectional(layers.SimpleRNN(3, return_sequences=True)), SEQUENCE, True),
    (lambda: layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)]), SEQUENCE, True),
    (lambda: layers.RNN(Mixing(3)), SEQUENCE, False),
    (lambda: layers.ConvLSTM1D(2, 3), (3, 6, 2), True),
    (lambda: layers.Conv1DTranspose(2, 3, strides=2), SEQUENCE, True),
    (lambda: layers.Conv2D(4, 3, activation="relu"), IMAGE, True),
    (lambda: layers.MaxPooling2D(2), IMAGE, True),
    (lambda: layers.AveragePooling2D(3, 2, "same"), IMAGE, True),
    (lambda: layers.TimeDistributed(layers.Conv1D(2, 3)), (3, 6, 2), True),
    (lambda: layers.GroupNormalization(3), IMAGE, True),
    (layers.BatchNormalization, IMAGE, False),
]


@pytest.mark.parametrize(("make", "shape", "expected"), LAYERS)
def test_reading_layers(make, shape, expected):
    layer, x = make(), jax.ShapeDtypeStruct((2, *shape), "float32")
    layer.build((None, *shape))

    def run(x):
        with holding(Scope(open_ended=True)), here(training=True, losses=[]):
            return layer(x)

    assert _byrow.is_by_row(run, x) is expected


def test_reading_attention():
    attention = layers.MultiHeadAttention(2, 3, dropout=0.1)
    attention.build((None, 6, 4), (None, 6, 4))

    def run(x):
        with holding(Scope(open_ended=True)), here(training=True, losses=[]):
            masked = layers.Masking()(x)
            return layers.Attention()([attention(masked, masked, use_causal_mask=True)] * 2)

    assert _byrow.is_by_row(run, jax.ShapeDtypeStruct((2, 6, 4), "float32"))
