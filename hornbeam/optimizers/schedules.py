"""Learning rates that change with the step: `keras.optimizers.schedules`."""

from hornbeam._core.registry import public
from hornbeam._core.serialize import deserialize, serialize
from hornbeam.optimizers._schedules import (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    LearningRateSchedule,
    PiecewiseConstantDecay,
    PolynomialDecay,
)

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]

_CLASSES = (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    LearningRateSchedule,
    PiecewiseConstantDecay,
    PolynomialDecay,
)
public("keras.optimizers.schedules", **{cls.__name__: cls for cls in _CLASSES})
public("keras.optimizers", **{cls.__name__: cls for cls in _CLASSES})  # a file's module is read to two parts
