"""Training: compile, fit, evaluate and predict."""

from hornbeam.training._gradients import value_and_grad
from hornbeam.training._trainer import Trainer

__all__ = ["Trainer", "value_and_grad"]
