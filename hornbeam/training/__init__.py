"""Training: compile, fit, evaluate and predict."""

from hornbeam.training._trainer import Trainer

__all__ = ["Trainer"]
