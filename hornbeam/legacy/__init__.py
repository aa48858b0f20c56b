"""What Keras 1 and 2 called things and how they behaved: tables of names, arguments and defaults; the K functions."""

# Names in paragraphs:
# isort: off
# fmt: off

from hornbeam.legacy import saving
from hornbeam.legacy._behaviour import (
    Behaviour, LayerBehaviour, ModelBehaviour, OptimizerBehaviour, SequentialBehaviour, mark,
)
from hornbeam.legacy._dialects import KERAS_1, KERAS_2, TF_KERAS, Dialect
from hornbeam.legacy._numerics import classic_hard_sigmoid, register_functions

__all__ = [
    "KERAS_1", "KERAS_2", "TF_KERAS", "Behaviour", "Dialect", "LayerBehaviour", "ModelBehaviour", "OptimizerBehaviour",
    "SequentialBehaviour", "classic_hard_sigmoid", "mark", "register_functions", "saving",
]
