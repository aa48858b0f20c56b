"""Each metric against Keras: results and state after several batches, weights, masks and configurations."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import hornbeam
from hornbeam import metrics
from hornbeam._core.graph import attach_mask
from tests.parity.oracle import RELATIVE, keras

RNG = np.random.default_rng(0)


def softmax(x):
    return np.exp(x) / np.exp(x).sum(-1, keepdims=True)


NUMBERS = [(RNG.normal(size=(6, 4)).astype("float32"), RNG.normal(size=(6, 4)).astype("float32")) for _ in range(3)]
POSITIVE = [tuple(np.abs(x) for x in pair) for pair in NUMBERS]
LABELS = [(RNG.integers(0, 4, 6), softmax(RNG.normal(size=(6, 4))).astype("float32")) for _ in range(3)]
COLUMN = [(y[:, None], p) for y, p in LABELS]
STEPS = [(RNG.integers(0, 4, (6, 5)), softmax(RNG.normal(size=(6, 5, 4))).astype("float32")) for _ in range(3)]
ONE_HOT = [(np.eye(4, dtype="float32")[y], p) for y, p in LABELS]
BITS = [(RNG.integers(0, 2, (6, 4)), RNG.random((6, 4)).astype("float32")) for _ in range(3)]
FLAT = [(RNG.integers(0, 2, 6), RNG.random(6).astype("float32")) for _ in range(3)]
TIES = [(RNG.integers(0, 2, 6), RNG.integers(0, 11, 6) / np.float32(10)) for _ in range(3)]
CLASSES = [(RNG.integers(0, 4, (6, 4)), RNG.integers(0, 4, (6, 4))) for _ in range(3)]
LOGITS = [(y, 3 * RNG.normal(size=(6, 4)).astype("float32")) for y, _ in BITS]

ROWS = [
    ("Accuracy", {}, CLASSES),
    ("BinaryAccuracy", {}, BITS),
    ("BinaryAccuracy", {"threshold": 0.0}, LOGITS),
    ("BinaryAccuracy", {}, [(y, p[:, None]) for y, p in FLAT]),
    ("CategoricalAccuracy", {}, ONE_HOT),
    ("SparseCategoricalAccuracy", {}, LABELS),
    ("SparseCategoricalAccuracy", {}, COLUMN),
    ("SparseCategoricalAccuracy", {}, STEPS),
    ("SparseCategoricalAccuracy", {}, [(y[..., None], p) for y, p in STEPS]),
    ("TopKCategoricalAccuracy", {"k": 2}, ONE_HOT),
    ("TopKCategoricalAccuracy", {"k": 3}, [(y, np.round(p, 1)) for y, p in ONE_HOT]),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, LABELS),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, COLUMN),
    ("SparseTopKCategoricalAccuracy", {"k": 2, "from_sorted_ids": True}, [(y, np.argsort(-p)) for y, p in LABELS]),
    ("MeanSquaredError", {}, NUMBERS),
    ("MeanAbsoluteError", {}, NUMBERS),
    ("MeanAbsolutePercentageError", {}, NUMBERS),
    ("MeanSquaredLogarithmicError", {}, POSITIVE),
    ("RootMeanSquaredError", {}, NUMBERS),
    ("LogCoshError", {}, NUMBERS),
    ("CosineSimilarity", {}, NUMBERS),
    ("CosineSimilarity", {"axis": 0}, NUMBERS),
    ("PearsonCorrelation", {}, NUMBERS),
    ("PearsonCorrelation", {"axis": 0}, NUMBERS),
    ("ConcordanceCorrelation", {}, NUMBERS),
    ("ConcordanceCorrelation", {}, [(y, y) for y, _ in NUMBERS]),
    *(
        ("R2Score", {"class_aggregation": a, "num_regressors": n}, NUMBERS)
        for a in (None, "uniform_average", "variance_weighted_average")
        for n in (0, 2)
    ),
    ("BinaryCrossentropy", {}, BITS),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, LOGITS),
    ("CategoricalCrossentropy", {}, ONE_HOT),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, ONE_HOT),
    ("SparseCategoricalCrossentropy", {}, LABELS),
    ("SparseCategoricalCrossentropy", {}, STEPS),
    ("SparseCategoricalCrossentropy", {"ignore_class": 1}, STEPS),
    ("KLDivergence", {}, [(p[::-1], p) for _, p in LABELS]),
    ("Poisson", {}, POSITIVE),
    ("Hinge", {}, BITS),
    ("SquaredHinge", {}, [(2 * y - 1, p) for y, p in BITS]),
    ("CategoricalHinge", {}, ONE_HOT),
    *(
        (name, {"thresholds": t}, data)
        for name in ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives")
        for t, data in ((None, BITS), ([0.7, 0.2], BITS), (0.3, TIES))
    ),
    *(
        (name, arguments, data)
        for name in ("Precision", "Recall")
        for arguments, data in (
            ({}, BITS),
            ({}, FLAT),
            ({"thresholds": [0.8, 0.1, 0.4]}, BITS),
            ({"top_k": 2}, ONE_HOT),
            ({"top_k": 2, "class_id": 1}, ONE_HOT),
            ({"class_id": 3, "thresholds": 0.2}, BITS),
            ({"thresholds": 0.0}, TIES),
            ({"thresholds": 1.0}, TIES),
        )
    ),
    *(
        ("AUC", {"curve": curve, "summation_method": method}, BITS)
        for curve in ("ROC", "PR", "PRGAIN")
        for method in ("interpolation", "minoring", "majoring")
    ),
    ("AUC", {"num_thresholds": 11}, TIES),
    ("AUC", {"num_thresholds": 11, "curve": "PR"}, TIES),
    ("AUC", {"thresholds": [0.5, 0.2, 0.9]}, FLAT),
    ("AUC", {"from_logits": True}, LOGITS),
    ("AUC", {"multi_label": True}, BITS),
    ("AUC", {"multi_label": True, "num_labels": 4, "curve": "PR"}, BITS),
    ("AUC", {"multi_label": True, "label_weights": [0.1, 0.2, 0.3, 0.4]}, BITS),
    ("AUC", {"label_weights": [0.1, 0.2, 0.3, 0.4]}, BITS),
    *(
        (name, {argument: 0.6, **more}, data)
        for name, argument in (
            ("PrecisionAtRecall", "recall"),
            ("RecallAtPrecision", "precision"),
            ("SensitivityAtSpecificity", "specificity"),
            ("SpecificityAtSensitivity", "sensitivity"),
        )
        for more, data in (
            ({}, BITS),
            ({"num_thresholds": 11}, TIES),
            ({"class_id": 2}, BITS),
            ({"num_thresholds": 1}, FLAT),
        )
    ),
    *(
        ("FBetaScore", {"average": a, "beta": 2.0, "threshold": t}, data)
        for a in (None, "micro", "macro", "weighted")
        for t, data in ((0.4, BITS), (None, ONE_HOT))
    ),
    ("F1Score", {"average": "macro"}, ONE_HOT),
    ("F1Score", {"average": "weighted"}, [(y, p * (p > 0.4)) for y, p in ONE_HOT]),  # some samples have no class
    ("IoU", {"num_classes": 4, "target_class_ids": [0, 2]}, CLASSES),
    ("IoU", {"num_classes": 5, "target_class_ids": [4, 1], "ignore_class": 0}, CLASSES),
    ("IoU", {"num_classes": 4, "target_class_ids": [1], "sparse_y_pred": False}, STEPS),
    ("BinaryIoU", {}, BITS),
    ("BinaryIoU", {"target_class_ids": [1], "threshold": 0.3}, BITS),
    ("MeanIoU", {"num_classes": 4}, CLASSES),
    ("MeanIoU", {"num_classes": 6, "ignore_class": 2}, CLASSES),
    ("MeanIoU", {"num_classes": 3, "ignore_class": -1}, [(y - 1, p) for y, p in CLASSES]),  # and a class too many
    ("OneHotIoU", {"num_classes": 4, "target_class_ids": [0, 1]}, ONE_HOT),
    ("OneHotIoU", {"num_classes": 4, "target_class_ids": [3], "ignore_class": 1, "dtype": "float32"}, ONE_HOT),
    ("OneHotMeanIoU", {"num_classes": 4}, ONE_HOT),
]


def close(ours, theirs):
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=RELATIVE, atol=RELATIVE / 10)


def both(name, arguments):
    return getattr(metrics, name)(**arguments), getattr(keras.metrics, name)(**arguments)


def identify(row):
    return f"{row[0]}-{row[1]}"


def weight_shape(name, arguments, y_true, y_pred):
    """Return the shape of sample weights that Keras takes: per sample where it can, else per element."""
    if arguments.get("axis") == 0:
        return y_pred.shape[1:]
    if "class_id" in arguments or "OneHot" in name:
        return y_true.shape[:1]
    if "ignore_class" in arguments or "IoU" in name:
        return y_true.shape
    return y_pred.shape if name in PER_ELEMENT else y_true.shape[:1]


PER_ELEMENT = (
    "TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives", "Precision", "Recall", "PrecisionAtRecall",
    "RecallAtPrecision", "SensitivityAtSpecificity", "SpecificityAtSensitivity", "AUC",
)  # fmt: skip


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype int64")  # Keras's IoU
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("row", ROWS, ids=identify)
def test_metric(row, weighted):
    name, arguments, batches = row
    ours, theirs = both(name, arguments)
    rng = np.random.default_rng(1)
    for y_true, y_pred in batches:
        weights = rng.integers(0, 3, weight_shape(name, arguments, y_true, y_pred)) if weighted else None
        ours.update_state(y_true, y_pred, weights)
        theirs.update_state(y_true, y_pred, weights)
    close(ours.result(), theirs.result())
    assert [(v.shape, v.dtype) for v in ours.variables] == [(v.shape, v.dtype) for v in theirs.variables]
    for one, two in zip(ours.variables, theirs.variables, strict=True):
        assert one.path.split("/")[1] == two.path.split("/")[1]
        close(one.value, two.value)
    ours.reset_state()
    theirs.reset_state()
    for one, two in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_array_equal(one.value, two.value)
    if not weighted:
        traced = jax.jit(ours.stateless_update_state)([v.value for v in ours.variables], *batches[0])
        close(ours.stateless_result(traced), theirs(*batches[0]))


@pytest.mark.parametrize("row", ROWS, ids=identify)
def test_config(row):
    name, arguments, _ = row
    ours, theirs = both(name, arguments | {"name": "m"})
    config, known = metrics.serialize(ours), keras.metrics.serialize(theirs)
    if arguments.get("label_weights"):
        known["config"]["label_weights"] = arguments["label_weights"]
    shared = {key: value for key, value in config["config"].items() if key in known["config"]}
    assert {**config, "config": shared} == known
    assert metrics.serialize(metrics.deserialize(config)) == config
    assert metrics.serialize(metrics.deserialize(known))["config"].keys() == config["config"].keys()
    again = keras.metrics.serialize(keras.metrics.deserialize(config))
    assert again["config"].keys() == known["config"].keys()


PLAIN = [(y[:2], p[:2]) for y, p in NUMBERS[:2]]
EXACT = [(np.ones((2, 1)), np.ones((2, 1)))]
WEIGHTED = [  # shapes that weights may have besides the ones above
    ("Accuracy", {}, CLASSES, (6, 4)),
    ("Accuracy", {}, CLASSES, (6, 1)),
    ("MeanSquaredError", {}, [(y[..., None], p[..., None]) for y, p in NUMBERS], (6, 4)),
    ("MeanSquaredError", {}, NUMBERS, ()),
    ("BinaryAccuracy", {}, BITS, (6, 4)),
    ("SparseCategoricalAccuracy", {}, STEPS, (6, 5)),
    ("RootMeanSquaredError", {}, NUMBERS, (6, 4)),
    ("AUC", {"num_thresholds": 5}, BITS, (6,)),
    ("AUC", {"num_thresholds": 5, "multi_label": True}, BITS, (6, 1)),
    ("Precision", {"thresholds": [0.1, 0.6]}, BITS, (6, 1)),
    ("Recall", {"class_id": 1, "top_k": 2}, ONE_HOT, (6,)),
    ("SpecificityAtSensitivity", {"sensitivity": 0.5, "num_thresholds": 5}, BITS, (6,)),
    ("R2Score", {}, NUMBERS, (6, 4)),
    ("R2Score", {"class_aggregation": None}, NUMBERS, (6, 1)),
    ("R2Score", {}, NUMBERS, ()),
    ("R2Score", {}, [(y[:, 0], p[:, :1]) for y, p in NUMBERS], (6,)),
    ("FBetaScore", {"average": "micro", "threshold": 0.4}, BITS, (6,)),
    ("OneHotIoU", {"num_classes": 4, "target_class_ids": [0, 1]}, ONE_HOT, (6, 1)),
    ("MeanIoU", {"num_classes": 4}, CLASSES, ()),
    ("MeanIoU", {"num_classes": 4}, CLASSES, (24,)),
]


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype int64")  # Keras's IoU
@pytest.mark.parametrize(("name", "arguments", "batches", "shape"), WEIGHTED, ids=str)
def test_weights(name, arguments, batches, shape):
    ours, theirs = both(name, arguments)
    rng = np.random.default_rng(3)
    for y_true, y_pred in batches:
        weights = rng.integers(0, 4, shape)
        ours.update_state(y_true, y_pred, weights)
        theirs.update_state(y_true, y_pred, weights)
    close(ours.result(), theirs.result())


@pytest.mark.parametrize(
    ("arguments", "batches", "weights"),
    [
        ({}, EXACT, None),  # not a number
        ({}, [(np.ones((2, 1)), np.zeros((2, 1)))], None),
        ({}, PLAIN, np.zeros(2)),
        ({"num_regressors": 2}, PLAIN[:1], None),
    ],
)
@pytest.mark.filterwarnings("ignore:More independent predictors")
def test_explained_variance_of_next_to_nothing(arguments, batches, weights):
    ours, theirs = both("R2Score", arguments)
    for batch in batches:
        ours.update_state(*batch, weights)
        theirs.update_state(*batch, weights)
    close(ours.result(), theirs.result())


@pytest.mark.parametrize(
    ("name", "arguments", "batches"),
    [
        ("Mean", {}, [(np.ones(3),)]),
        ("Sum", {}, [(np.ones(3),)]),
        ("MeanSquaredError", {}, NUMBERS),
        ("TruePositives", {}, BITS),
        ("Precision", {}, BITS),
        ("AUC", {"num_thresholds": 3}, BITS),
        ("RecallAtPrecision", {"precision": 0.5, "num_thresholds": 3}, BITS),
        ("F1Score", {}, BITS),
        ("R2Score", {}, NUMBERS),
    ],
)
def test_types(name, arguments, batches):
    ours, theirs = both(name, arguments | {"dtype": "float16"})
    ours.update_state(*batches[0])
    theirs.update_state(*batches[0])
    assert ours.dtype == theirs.dtype
    assert ours.result().dtype == theirs.result().dtype
    assert [v.dtype for v in ours.variables] == [v.dtype for v in theirs.variables]


def test_metrics_of_users_have_the_default_type():
    def make(k):
        class Own(k.metrics.Metric):
            def __init__(self):
                super().__init__(dtype="float16", name="own")
                self.a = self.add_weight(initializer="zeros", name="a")
                self.b = self.add_variable((2,), "ones", dtype="int32", name="b")

        return Own()

    ours, theirs = make(hornbeam), make(keras)
    assert [(v.path, v.dtype) for v in ours.variables] == [(v.path, v.dtype) for v in theirs.variables]


@pytest.mark.parametrize("name", ["Mean", "Sum"])
@pytest.mark.parametrize(
    ("values", "weights"),
    [
        (3.0, None),
        (3.0, 2.0),
        ([1.0, 2.0], None),
        ([1.0, 2.0], [0.5, 0.0]),
        ([1.0, 2.0], [[0.5], [1.0]]),
        ([[1.0, 2.0], [3.0, 5.0]], None),
        ([[1.0, 2.0], [3.0, 5.0]], [1.0, 3.0]),
        ([[1.0, 2.0], [3.0, 5.0]], [[1.0], [3.0]]),
        ([[1.0, 2.0], [3.0, 5.0]], [[1.0, 0.0], [3.0, 2.0]]),
        ([[[1.0, 2.0], [3.0, 5.0]]], [[1.0, 0.0]]),
        ([[1.0, 2.0], [3.0, 5.0]], 2.0),
    ],
)
def test_reduction(name, values, weights):
    ours, theirs = both(name, {})
    weights = None if weights is None else np.array(weights)
    close(ours(np.array(values), weights), theirs(np.array(values), weights))
    for one, two in zip(ours.variables, theirs.variables, strict=True):
        close(one.value, two.value)


def distance(y_true, y_pred, scale=1.0):
    return scale * abs(y_true - y_pred)


PER_STEP = (None, np.full((6, 5), 2.0), np.arange(30).reshape(6, 5), np.arange(6)[:, None])
PER_SAMPLE = (None, np.arange(6), np.arange(6)[:, None])
MASKED = [
    *(("SparseCategoricalAccuracy", {}, STEPS, w) for w in PER_STEP),
    *(("SparseCategoricalCrossentropy", {}, STEPS, w) for w in PER_STEP),
    *(("BinaryAccuracy", {}, [(y > 1, p[..., 0]) for y, p in STEPS], w) for w in PER_STEP),
    *(("CategoricalAccuracy", {}, ONE_HOT, w) for w in PER_SAMPLE),
    *(("MeanMetricWrapper", {"fn": distance, "scale": 2.0}, NUMBERS, w) for w in PER_SAMPLE),
    *(("Precision", {}, BITS, w) for w in PER_SAMPLE),  # masks are for means of functions alone, as in Keras
]


@pytest.mark.parametrize(("name", "arguments", "batches", "weights"), MASKED, ids=range(len(MASKED)))
def test_mask(name, arguments, batches, weights):
    shape = (6, 5) if len(batches[0][1][0]) == 5 else (6,)
    mask = np.random.default_rng(2).integers(0, 2, shape).astype(bool)
    ours, theirs = both(name, arguments)
    for y_true, y_pred in batches:
        one, two = jnp.asarray(y_pred), jnp.asarray(y_pred)
        attach_mask(one, jnp.asarray(mask))
        two._keras_mask = jnp.asarray(mask)
        ours.update_state(y_true, one, weights)
        theirs.update_state(y_true, two, weights)
    close(ours.result(), theirs.result())


FUNCTIONS = [
    ("binary_accuracy", {"threshold": 0.3}, BITS[0]),
    ("categorical_accuracy", {}, ONE_HOT[0]),
    ("sparse_categorical_accuracy", {}, STEPS[0]),
    ("sparse_categorical_accuracy", {}, COLUMN[0]),
    ("top_k_categorical_accuracy", {"k": 2}, ONE_HOT[0]),
    ("sparse_top_k_categorical_accuracy", {"k": 2}, LABELS[0]),
    ("pearson_correlation", {"axis": 0}, NUMBERS[0]),
    ("concordance_correlation", {"axis": 0}, NUMBERS[0]),
    ("mean_squared_error", {}, NUMBERS[0]),
]


@pytest.mark.parametrize(("name", "arguments", "data"), FUNCTIONS)
def test_function(name, arguments, data):
    ours, theirs = (getattr(m, name)(*data, **arguments) for m in (metrics, keras.metrics))
    close(ours, theirs)
    assert ours.dtype == theirs.dtype


def test_names():
    for name, found in keras.src.metrics.ALL_OBJECTS_DICT.items():
        arguments = {} if name in metrics._get.FAMILY.table else None
        assert arguments == {}, name
        assert metrics._get.FAMILY.table[name].__name__ == found.__name__
