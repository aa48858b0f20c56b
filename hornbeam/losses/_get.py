"""Losses by name, class, function or configuration."""

from collections.abc import Mapping
from typing import Any

from hornbeam._core.family import Family
from hornbeam._core.serialize import serialize as _serialize
from hornbeam.losses import _crossentropy as c
from hornbeam.losses import _ctc
from hornbeam.losses import _margin as m
from hornbeam.losses import _overlap as o
from hornbeam.losses import _regression as r
from hornbeam.losses._loss import Loss, LossFunctionWrapper

_CLASSES = (
    Loss, LossFunctionWrapper, r.MeanSquaredError, r.MeanAbsoluteError, r.MeanAbsolutePercentageError,
    r.MeanSquaredLogarithmicError, r.Huber, r.LogCosh, r.CosineSimilarity, r.Poisson, c.BinaryCrossentropy,
    c.BinaryFocalCrossentropy, c.CategoricalCrossentropy, c.CategoricalFocalCrossentropy,
    c.SparseCategoricalCrossentropy, c.CategoricalGeneralizedCrossEntropy, c.KLDivergence, m.Hinge, m.SquaredHinge,
    m.CategoricalHinge, o.Dice, o.Tversky, o.Circle, _ctc.CTC,
)  # fmt: skip
_FUNCTIONS = (
    r.mean_squared_error, r.mean_absolute_error, r.mean_absolute_percentage_error, r.mean_squared_logarithmic_error,
    r.huber, r.log_cosh, r.cosine_similarity, r.poisson, c.binary_crossentropy, c.binary_focal_crossentropy,
    c.categorical_crossentropy, c.categorical_focal_crossentropy, c.sparse_categorical_crossentropy,
    c.categorical_generalized_cross_entropy, c.kl_divergence, m.hinge, m.squared_hinge, m.categorical_hinge, o.dice,
    o.tversky, o.circle, _ctc.ctc,
)  # fmt: skip
_SHORT = {
    "mse": r.mean_squared_error,
    "mae": r.mean_absolute_error,
    "mape": r.mean_absolute_percentage_error,
    "msle": r.mean_squared_logarithmic_error,
    "bce": c.binary_crossentropy,
    "kld": c.kl_divergence,
}

FAMILY = Family(
    "loss",
    "keras.losses",
    {x.__name__: x for x in (*_CLASSES, *_FUNCTIONS)} | _SHORT | {name.upper(): fn for name, fn in _SHORT.items()},
)


def get(identifier: Any) -> Any:
    """Return the loss that `identifier` stands for: a name, a class, a function, a configuration or a loss.

    None stays None. Anything else, and an unknown name, raises ValueError.

    >>> import hornbeam as keras
    >>> keras.losses.get("mse").__name__
    'mean_squared_error'
    """
    return None if identifier is None else FAMILY.get(identifier)


def serialize(loss: Any) -> Any:
    """Return the configuration of `loss`, with its class, as JSON has it.

    >>> import hornbeam as keras
    >>> keras.losses.serialize(keras.losses.Huber(delta=2.0))["config"]["delta"]
    2.0
    """
    return _serialize(loss)


def deserialize(name: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the loss that a name or `serialize`'s result describes; `custom_objects` names losses of yours.

    >>> import hornbeam as keras
    >>> keras.losses.deserialize({"class_name": "Huber", "config": {"delta": 2.0}}).delta
    2.0
    """
    return FAMILY.deserialize(name, custom_objects)
