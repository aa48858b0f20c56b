"""Metrics by name, class, function or configuration."""

from collections.abc import Mapping
from typing import Any

from hornbeam import losses
from hornbeam._core import registry
from hornbeam._core.family import Family
from hornbeam._core.names import snake_case
from hornbeam._core.serialize import serialize as _serialize
from hornbeam.metrics import _accuracy as a
from hornbeam.metrics import _confusion as c
from hornbeam.metrics import _curve as u
from hornbeam.metrics import _losses as m
from hornbeam.metrics import _mean as n
from hornbeam.metrics import _overlap as o
from hornbeam.metrics import _regression as r
from hornbeam.metrics._metric import Metric

_CLASSES = (
    Metric, n.Mean, n.Sum, n.MeanMetricWrapper, a.Accuracy, a.BinaryAccuracy, a.CategoricalAccuracy,
    a.SparseCategoricalAccuracy, a.TopKCategoricalAccuracy, a.SparseTopKCategoricalAccuracy, m.MeanSquaredError,
    m.MeanAbsoluteError, m.MeanAbsolutePercentageError, m.MeanSquaredLogarithmicError, m.LogCoshError,
    m.BinaryCrossentropy, m.CategoricalCrossentropy, m.SparseCategoricalCrossentropy, m.KLDivergence, m.Poisson,
    m.Hinge, m.SquaredHinge, m.CategoricalHinge, r.RootMeanSquaredError, r.CosineSimilarity, r.PearsonCorrelation,
    r.ConcordanceCorrelation, r.R2Score, c.TruePositives, c.FalsePositives, c.TrueNegatives, c.FalseNegatives,
    c.Precision, c.Recall, u.AUC, u.SensitivityAtSpecificity, u.SpecificityAtSensitivity, u.PrecisionAtRecall,
    u.RecallAtPrecision, o.FBetaScore, o.F1Score, o.IoU, o.BinaryIoU, o.MeanIoU, o.OneHotIoU, o.OneHotMeanIoU,
)  # fmt: skip
_FUNCTIONS = (
    a.binary_accuracy, a.categorical_accuracy, a.sparse_categorical_accuracy, a.top_k_categorical_accuracy,
    a.sparse_top_k_categorical_accuracy, r.pearson_correlation, r.concordance_correlation, losses.binary_crossentropy,
    losses.binary_focal_crossentropy, losses.categorical_crossentropy, losses.categorical_focal_crossentropy,
    losses.categorical_hinge, losses.hinge, losses.huber, losses.kl_divergence, losses.log_cosh,
    losses.mean_absolute_error, losses.mean_absolute_percentage_error, losses.mean_squared_error,
    losses.mean_squared_logarithmic_error, losses.poisson, losses.sparse_categorical_crossentropy,
    losses.squared_hinge,
)  # fmt: skip
_SHORT = {
    "mse": m.MeanSquaredError,
    "mae": m.MeanAbsoluteError,
    "mape": m.MeanAbsolutePercentageError,
    "msle": m.MeanSquaredLogarithmicError,
    "bce": m.BinaryCrossentropy,
}

FAMILY = Family("metric", "keras.metrics", {x.__name__: x for x in _CLASSES})
FAMILY.table |= {snake_case(x.__name__): x for x in _CLASSES} | _SHORT | {k.upper(): v for k, v in _SHORT.items()}
registry.public("keras.metrics", **{x.__name__: x for x in _FUNCTIONS})


def get(identifier: Any) -> Any:
    """Return the metric that `identifier` stands for: a name, a class, a function, a configuration or a metric.

    None stays None. Anything else, and an unknown name, raises ValueError.

    >>> import hornbeam as keras
    >>> keras.metrics.get("mse")
    <MeanSquaredError name=mean_squared_error>
    """
    return None if identifier is None else FAMILY.get(identifier)


def serialize(metric: Any) -> Any:
    """Return the configuration of `metric`, with its class, as JSON has it.

    >>> import hornbeam as keras
    >>> keras.metrics.serialize(keras.metrics.AUC())["class_name"]
    'AUC'
    """
    return _serialize(metric)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the metric that a name or `serialize`'s result describes; `custom_objects` names metrics of yours.

    >>> import hornbeam as keras
    >>> keras.metrics.deserialize({"class_name": "Mean", "config": {"name": "average"}})
    <Mean name=average>
    """
    return FAMILY.deserialize(config, custom_objects)
