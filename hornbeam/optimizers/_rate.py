"""A learning rate: a Variable that may be set, a schedule, or a function."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from hornbeam._core.state import Variable
from hornbeam.optimizers import _checks
from hornbeam.optimizers._schedules import LearningRateSchedule


class HasLearningRate:
    """What an optimizer does about its learning rate."""

    name: str
    _iterations: Variable
    add_variable: Callable[..., Variable]
    _learning_rate: Any
    _variables: list[Variable]

    def _as_learning_rate(self, rate: Any) -> Any:
        if isinstance(rate, LearningRateSchedule) or (callable(rate) and not isinstance(rate, Variable | type)):
            return rate
        number = _checks.check_learning_rate(self.name, rate)
        return self.add_variable(
            (), lambda shape, dtype: np.full(shape, number, dtype), "float32", name="learning_rate"
        )

    @property
    def learning_rate(self) -> Any:
        """The learning rate: a Variable that may be set, or what the schedule or function gives now."""
        if isinstance(self._learning_rate, Variable):
            return self._learning_rate
        return self._current_rate()

    @learning_rate.setter
    def learning_rate(self, rate: Any) -> None:
        own = self._learning_rate
        if callable(rate) and not isinstance(rate, Variable | type):
            self._variables = [v for v in self._variables if v is not own]
            self._learning_rate = rate
        elif isinstance(own, Variable):
            own.assign(rate if isinstance(rate, Variable | jax.Array) else _checks.check_learning_rate(self.name, rate))
        else:
            message = (
                f"{self.name}: learning_rate was given as {type(own).__name__} and cannot be set to a number; make the "
                "optimizer with a number as learning_rate to be able to set it."
            )
            raise TypeError(message)

    def _current_rate(self) -> Any:
        rate = self._learning_rate
        if isinstance(rate, Variable):
            return rate.value
        if not _checks.takes_step(rate):
            return rate()
        return rate(self._iterations.value)  # counts gradients, also where several make one update, as in Keras
