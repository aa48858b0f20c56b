"""Optimizers: `keras.optimizers`."""

from hornbeam.optimizers import schedules
from hornbeam.optimizers._get import deserialize, get, serialize
from hornbeam.optimizers._loss_scale import LossScaleOptimizer
from hornbeam.optimizers._optimizer import Optimizer
from hornbeam.optimizers._rules import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Ftrl,
    Lamb,
    Lion,
    Nadam,
    RMSprop,
)

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]
