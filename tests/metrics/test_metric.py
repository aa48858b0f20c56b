"""The base of metrics: state, nesting, purity, configuration."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import hornbeam as keras
from hornbeam import metrics
from hornbeam._core.infer import infer


class Nested(metrics.Metric):
    def __init__(self, scale=2.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale
        self.last = keras.Variable(0.0, name="last")
        self.mean = metrics.Mean(name="inner")
        self.seen = self.add_weight(name="seen", initializer="ones")
        self.sums = [metrics.Sum()]

    def update_state(self, values):
        self.last.assign(jnp.max(values))
        self.mean.update_state(values)
        self.seen.assign_add(1.0)

    def result(self):
        return {"last": self.last.value, "mean": self.scale * self.mean.result()}


def test_state_and_nesting():
    metric = Nested(name="n")
    assert [v.path for v in metric.variables] == ["last", "n/seen", "inner/total", "inner/count", "sum/total"]
    result = metric(jnp.array([1.0, 3.0]))
    assert {key: float(value) for key, value in result.items()} == {"last": 3.0, "mean": 4.0}
    metric.reset_state()
    assert [float(v.value) for v in metric.variables] == [0.0] * 5
    assert Nested.from_config(metric.get_config()).scale == 2.0


def test_stateless_methods_change_nothing():
    metric = metrics.Mean()
    metric.update_state([1.0])
    state = jax.jit(metric.stateless_update_state)([v.value for v in metric.variables], jnp.array([3.0, 5.0]))
    assert float(metric.stateless_result(state)) == 3.0
    assert float(metric.result()) == 1.0
    assert [float(x) for x in metric.stateless_reset_state()] == [0.0, 0.0]
    with pytest.raises(ValueError, match="Metric 'mean' has 2 variables; got 1 values"):
        metric.stateless_result(state[:1])


def test_state_made_at_the_first_update_can_be_made_by_inference():
    for metric, shape in (
        (metrics.F1Score(), (None, 3)),
        (metrics.R2Score(), (None, 3)),
        (metrics.AUC(multi_label=True), (None, 3)),
    ):
        infer(metric.update_state, (keras.KerasTensor(shape), keras.KerasTensor(shape)), {})
        made = metric.variables
        assert [v.shape[-1] for v in made if v.ndim] == [3] * 4
        values = jax.jit(metric.stateless_update_state)([v.value for v in made], np.eye(3), np.eye(3))
        assert len(values) == len(made)
        assert all(not v.numpy().any() for v in made)


def test_before_the_first_batch():
    for metric in (
        metrics.Mean(),
        metrics.AUC(),
        metrics.F1Score(),
        metrics.R2Score(),
        metrics.Precision(),
        metrics.MeanIoU(2),
    ):
        assert float(metric.result()) == 0.0


def test_names_are_counted():
    assert [metrics.AUC().name, metrics.AUC().name, metrics.Mean().name, metrics.Mean().name] == [
        "auc",
        "auc_1",
        "mean",
        "mean",
    ]


@pytest.mark.parametrize("wrap", [list, np.array, jnp.array, keras.Variable])
def test_what_is_taken(wrap):
    labels, scores = wrap([0.0, 1.0, 1.0]), wrap([0.2, 0.8, 0.4])
    for metric, expected in (
        (metrics.MeanAbsoluteError(), 1 / 3),
        (metrics.Recall(), 0.5),
        (metrics.AUC(), 1.0),
        (metrics.BinaryIoU(), 0.5),
    ):
        np.testing.assert_allclose(metric(labels, scores), expected, atol=1e-6)


def test_mean_of_an_own_function():
    def gap(y_true, y_pred, power):
        return abs(y_true - y_pred) ** power

    metric = metrics.MeanMetricWrapper(gap, name="gap", power=2)
    assert float(metric(np.array([1.0, 2.0]), np.array([2.0, 4.0]))) == 2.5
    assert metric.get_config()["power"] == 2
    assert metrics.MeanMetricWrapper("mean_squared_error").fn is keras.losses.mean_squared_error


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.Precision(1.5), r"precision: thresholds must lie in \[0, 1\]; got 1.5 in \[1.5\]"),
        (lambda: metrics.AUC(num_thresholds=1), "num_thresholds must be a whole number above 1; got 1"),
        (
            lambda: metrics.AUC(curve="rock"),
            "curve must be one of 'ROC', 'PR', 'PRGAIN'; got 'rock'. Did you mean 'ROC'",
        ),
        (lambda: metrics.AUC(summation_method="x"), "summation_method must be one of 'interpolation'"),
        (lambda: metrics.AUC(label_weights=[-1.0]), "label_weights must not be negative"),
        (lambda: metrics.PrecisionAtRecall(2), r"precision_at_recall: recall must lie in \[0, 1\]; got 2"),
        (
            lambda: metrics.PrecisionAtRecall(0.5, num_thresholds=0),
            "num_thresholds must be a whole number above 0; got 0",
        ),
        (lambda: metrics.F1Score("macroo"), "average must be one of .* got 'macroo'. Did you mean 'macro'"),
        (lambda: metrics.F1Score(threshold=2.0), r"threshold must be None or lie in \(0, 1\], such as 0.5; got 2.0"),
        (lambda: metrics.FBetaScore(beta=-1.0), "beta must be .* got -1.0"),
        (
            lambda: metrics.F1Score()(np.zeros(3), np.zeros(3)),
            r"inputs of shape \(batch, classes\) expected; got \(3,\)",
        ),
        (lambda: metrics.R2Score("x"), "class_aggregation must be one of"),
        (lambda: metrics.R2Score(num_regressors=-1), "num_regressors must be 0 or more; got -1"),
        (
            lambda: metrics.R2Score()(np.zeros(3), np.zeros(3)),
            r"inputs of shape \(batch, outputs\) expected; got \(3,\)",
        ),
        (lambda: metrics.IoU(2, [3]), r"target_class_ids must lie in 0..1; got \[3\]"),
        (lambda: metrics.get("acuracy"), "Unknown metric: 'acuracy'. Did you mean 'accuracy'"),
        (lambda: metrics.get(3), "metric must be a name, .* got 3"),
    ],
)
def test_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("mse", metrics.MeanSquaredError),
        ("AUC", metrics.AUC),
        ("auc", metrics.AUC),
        (metrics.Mean, metrics.Mean),
        ({"class_name": "Precision", "config": {"thresholds": 0.3}}, metrics.Precision),
        ("top_k_categorical_accuracy", metrics.TopKCategoricalAccuracy),
        (None, type(None)),
    ],
)
def test_get(identifier, expected):
    assert type(metrics.get(identifier)) is expected


def test_labels_with_a_weight_per_sample():
    labels, scores = np.array([[0, 1], [1, 1], [1, 0]]), np.array([[0.9, 0.2], [0.8, 0.1], [0.3, 0.5]])
    assert float(metrics.TruePositives()(labels, scores, np.array([1.0, 2.0, 3.0]))) == 2.0
