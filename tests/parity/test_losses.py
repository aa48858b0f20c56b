"""Each loss against Keras: values, gradients, reductions, weights, masks and configurations."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hornbeam import losses
from hornbeam._core.graph import attach_mask
from hornbeam.losses._get import FAMILY
from tests.parity.oracle import RELATIVE, keras

RNG = np.random.default_rng(0)
NUMBERS = (RNG.normal(size=(3, 4, 5)).astype("float32"), RNG.normal(size=(3, 4, 5)).astype("float32"))
POSITIVE = tuple(np.abs(x) for x in NUMBERS)
LABELS = RNG.integers(0, 5, (3, 4))
ONE_HOT = np.eye(5, dtype="float32")[LABELS]
LOGITS = RNG.normal(size=(3, 4, 5)).astype("float32")
PROBABILITIES = np.exp(LOGITS) / np.exp(LOGITS).sum(-1, keepdims=True)
BITS = RNG.integers(0, 2, (3, 4, 5)).astype("float32")
EMBEDDINGS = RNG.normal(size=(6, 3)).astype("float32")
EMBEDDINGS /= np.linalg.norm(EMBEDDINGS, axis=-1, keepdims=True)
WORDS = np.array([[1, 2, 2], [3, 1, 0], [4, 0, 0]])

ROWS = [
    ("MeanSquaredError", {}, *NUMBERS),
    ("MeanSquaredError", {}, LABELS, LABELS[::-1]),
    ("MeanAbsoluteError", {}, *NUMBERS),
    ("MeanAbsolutePercentageError", {}, *NUMBERS),
    ("MeanSquaredLogarithmicError", {}, *NUMBERS),
    ("Huber", {}, *NUMBERS),
    ("Huber", {"delta": 0.3}, *NUMBERS),
    ("LogCosh", {}, *NUMBERS),
    ("LogCosh", {}, 40 * NUMBERS[0], 40 * NUMBERS[1]),
    ("CosineSimilarity", {}, *NUMBERS),
    ("CosineSimilarity", {"axis": 1}, *NUMBERS),
    ("Poisson", {}, *POSITIVE),
    ("KLDivergence", {}, PROBABILITIES[::-1], PROBABILITIES),
    ("KLDivergence", {}, ONE_HOT, PROBABILITIES),
    *(
        ("BinaryCrossentropy", {"from_logits": logits, "label_smoothing": smoothing, "axis": axis}, BITS, y)
        for (logits, y), smoothing, axis in itertools.product(
            ((False, PROBABILITIES), (True, LOGITS)), (0.0, 0.1), (-1, 1)
        )
    ),
    ("BinaryCrossentropy", {}, BITS, BITS),
    *(
        (
            "BinaryFocalCrossentropy",
            {"from_logits": logits, "apply_class_balancing": balancing, "label_smoothing": 0.1},
            BITS,
            y,
        )
        for (logits, y), balancing in itertools.product(((False, PROBABILITIES), (True, LOGITS)), (False, True))
    ),
    ("BinaryFocalCrossentropy", {"alpha": 0.4, "gamma": 3.0, "apply_class_balancing": True}, BITS, PROBABILITIES),
    *(
        ("CategoricalCrossentropy", {"from_logits": logits, "label_smoothing": smoothing, "axis": axis}, ONE_HOT, y)
        for (logits, y), smoothing, axis in itertools.product(
            ((False, PROBABILITIES), (True, LOGITS)), (0.0, 0.1), (-1, 1)
        )
    ),
    ("CategoricalCrossentropy", {}, ONE_HOT, ONE_HOT),
    ("CategoricalFocalCrossentropy", {}, ONE_HOT, PROBABILITIES),
    ("CategoricalFocalCrossentropy", {"alpha": [0.1, 0.2, 0.3, 0.4, 0.5], "gamma": 1.5}, ONE_HOT, PROBABILITIES),
    ("CategoricalFocalCrossentropy", {"from_logits": True, "label_smoothing": 0.2}, ONE_HOT, LOGITS),
    ("CategoricalFocalCrossentropy", {"axis": 1, "label_smoothing": 0.2}, ONE_HOT, LOGITS**2),
    ("SparseCategoricalCrossentropy", {}, LABELS, PROBABILITIES),
    ("SparseCategoricalCrossentropy", {}, LABELS[..., None], PROBABILITIES),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, LABELS, LOGITS),
    ("SparseCategoricalCrossentropy", {"ignore_class": 1}, LABELS, PROBABILITIES),
    ("SparseCategoricalCrossentropy", {"ignore_class": -1, "from_logits": True}, LABELS - 1, LOGITS),
    ("CategoricalGeneralizedCrossEntropy", {}, LABELS[:, 0], PROBABILITIES[:, 0]),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.2}, LABELS[:, 0], PROBABILITIES[:, 0]),
    ("Hinge", {}, BITS, LOGITS),
    ("Hinge", {}, 2 * BITS - 1, LOGITS),
    ("SquaredHinge", {}, BITS, LOGITS),
    ("SquaredHinge", {}, *NUMBERS),
    ("CategoricalHinge", {}, ONE_HOT, LOGITS),
    ("Dice", {}, ONE_HOT, PROBABILITIES),
    ("Dice", {"axis": (1, 2)}, ONE_HOT, PROBABILITIES),
    ("Tversky", {}, ONE_HOT, PROBABILITIES),
    ("Tversky", {"alpha": 0.2, "beta": 0.7, "axis": -1}, ONE_HOT, PROBABILITIES),
    ("Circle", {}, np.array([0, 0, 1, 1, 2, 2]), EMBEDDINGS),
    ("Circle", {"gamma": 2.0, "margin": 0.1, "remove_diagonal": False}, np.array([0, 0, 1, 1, 2, 2]), 2 * EMBEDDINGS),
    ("CTC", {}, WORDS, LOGITS),
]


def close(ours, theirs, **kwargs):
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=RELATIVE, atol=RELATIVE / 10, **kwargs)


def identify(row):
    return f"{row[0]}-{row[1]}"


@pytest.mark.parametrize("row", ROWS, ids=identify)
def test_loss(row):
    name, arguments, y_true, y_pred = row
    ours, theirs = getattr(losses, name)(**arguments), getattr(keras.losses, name)(**arguments)
    y_pred = jnp.asarray(y_pred, dtype="float32")
    one, one_gradient = jax.value_and_grad(lambda p: ours(y_true, p))(y_pred)
    two, two_gradient = jax.value_and_grad(lambda p: theirs(y_true, p))(y_pred)
    close(one, two)
    close(one_gradient, two_gradient)
    per_sample = ours.call(y_true, y_pred)
    close(per_sample, theirs.call(y_true, y_pred))
    assert per_sample.dtype == "float32"


@pytest.mark.parametrize("row", ROWS, ids=identify)
def test_config(row):
    name, arguments, *_ = row
    ours = getattr(losses, name)(**arguments, reduction="sum")
    theirs = getattr(keras.losses, name)(**arguments, reduction="sum")
    config, known = losses.serialize(ours), keras.losses.serialize(theirs)
    assert {key: config["config"][key] for key in known["config"]} == known["config"]
    assert {**config, "config": None} == {**known, "config": None}
    assert losses.serialize(losses.deserialize(known))["config"].keys() == config["config"].keys()
    assert losses.serialize(losses.deserialize(config)) == config
    if name != "CategoricalGeneralizedCrossEntropy":  # which Keras itself cannot read back
        assert keras.losses.serialize(keras.losses.deserialize(config)) == known


REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)
STEPS = np.array([[1, 1, 0, 0], [1, 1, 1, 1], [1, 0, 0, 0]], dtype=bool)
WEIGHTS = {
    "none": None,
    "per step": RNG.random((3, 4)).astype("float32"),
    "per sample": RNG.random((3, 1)).astype("float32"),
    "whole": np.array([[1, 2, 0, 1]] * 3),
}


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(
    ("name", "y_true", "y_pred"),
    [("MeanSquaredError", *NUMBERS), ("SparseCategoricalCrossentropy", LABELS, PROBABILITIES)],
)
def test_reduction(name, y_true, y_pred, reduction, masked, weight):
    ignore = {"ignore_class": 2} if name.startswith("Sparse") else {}
    ours, theirs = (getattr(m, name)(reduction=reduction, **ignore) for m in (losses, keras.losses))
    one, two = jnp.asarray(y_pred), jnp.asarray(y_pred)
    if masked:
        attach_mask(one, jnp.asarray(STEPS))
        two._keras_mask = jnp.asarray(STEPS)
    close(ours(y_true, one, WEIGHTS[weight]), theirs(y_true, two, WEIGHTS[weight]))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, 2.0, [1.0, 2.0, 3.0], [[1.0], [2.0], [3.0]], [0.0, 0.0, 0.0]])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", ["MeanSquaredError", "Dice"])  # a value per sample, one value
def test_reduction_of_few_values(name, masked, reduction, weight):
    y_true, y_pred = (x[:, 0] for x in NUMBERS) if name == "MeanSquaredError" else (ONE_HOT, PROBABILITIES)
    weight = None if weight is None else np.array(weight)
    one, two = jnp.asarray(y_pred), jnp.asarray(y_pred)
    if masked:
        mask = jnp.asarray([True, False, True])
        attach_mask(one, mask)
        two._keras_mask = mask
    ours, theirs = getattr(losses, name)(reduction=reduction), getattr(keras.losses, name)(reduction=reduction)
    close(ours(y_true, one, weight), theirs(y_true, two, weight))


@pytest.mark.parametrize(
    ("true", "pred"), [((4,), (4, 1)), ((4, 1), (4,)), ((4, 3), (4, 3, 1)), ((4, 3, 1), (4, 3)), ((4,), (4,))]
)
@pytest.mark.parametrize("name", ["MeanSquaredError", "BinaryCrossentropy", "Hinge"])
def test_alignment(name, true, pred):
    y_true, y_pred = RNG.integers(0, 2, true), RNG.random(pred)
    close(getattr(losses, name)()(y_true, y_pred), getattr(keras.losses, name)()(y_true, y_pred))


def test_names():
    known = keras.src.losses.ALL_OBJECTS_DICT
    for name, found in known.items():
        assert FAMILY.table[name].__name__ == found.__name__


@pytest.mark.parametrize(("dtype", "rounding"), [("float16", 5e-3), ("bfloat16", 4e-2)])
@pytest.mark.parametrize("row", [row for row in ROWS if row[0] != "CTC"], ids=identify)
def test_half_precision(row, dtype, rounding):
    name, arguments, y_true, y_pred = row
    for given, policy in ((dtype, None), ("float32", dtype)):
        ours, theirs = (
            getattr(m, name)(**arguments, dtype=policy)(y_true, jnp.asarray(y_pred, given))
            for m in (losses, keras.losses)
        )
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(float(ours), float(theirs), rtol=rounding, atol=rounding / 10)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_dtype(dtype):
    y_true, y_pred = NUMBERS[0], jnp.asarray(NUMBERS[1], dtype=dtype)
    assert losses.mean_squared_error(y_true, y_pred).dtype == keras.losses.mean_squared_error(y_true, y_pred).dtype
