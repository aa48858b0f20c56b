"""How weights are changed so that a loss gets smaller: `keras.optimizers`."""

# Names in paragraphs:
# isort: off
# fmt: off

from hornbeam.optimizers import schedules
from hornbeam.optimizers._adam import (Adam, Adamax, AdamW, Lamb, Nadam, ScheduleFreeAdamW)
from hornbeam.optimizers._get import (deserialize, get, serialize)
from hornbeam.optimizers._matrix import Adafactor, Muon
from hornbeam.optimizers._optax import OptaxOptimizer
from hornbeam.optimizers._optimizer import Optimizer
from hornbeam.optimizers._rules import (SGD, Adadelta, Adagrad, Ftrl, Lion, RMSprop)
from hornbeam.optimizers._wrappers import (LossScaleOptimizer, MultiOptimizer, OptimizerMap)

__all__ = [
    "SGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lamb", "Lion", "LossScaleOptimizer",
    "MultiOptimizer", "Muon", "Nadam", "OptaxOptimizer", "Optimizer", "OptimizerMap", "RMSprop", "ScheduleFreeAdamW",
    "deserialize", "get", "schedules", "serialize",
]
