"""Changing the learning rate between epochs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from hornbeam.callbacks._callback import Callback
from hornbeam.callbacks._monitor import Monitoring, say
from hornbeam.optimizers._checks import check_learning_rate


class ReduceLROnPlateau(Monitoring):
    """Multiplies the learning rate by `factor` when a value of the epochs has not become better for a while.

    The rate of each epoch is added to its logs as `learning_rate`.

    Args:
        monitor: the name in the logs to watch.
        factor: what the rate is multiplied by, below 1.
        patience: how many epochs without a better value reduce the rate.
        verbose: 1 prints each reduction.
        mode: 'min' or 'max' says what is better; 'auto' knows it of losses and of the metrics of the package.
        min_delta: by how much a value must be better than the best one so far to count.
        cooldown: how many epochs after a reduction do not count for the next one.
        min_lr: the rate that is not gone below.

    Raises ValueError when made for `factor` >= 1, and when training begins if `mode` is 'auto' and the direction is not
    known; an epoch without the value is passed over with a warning. A schedule as learning rate cannot be reduced:
    TypeError.

    >>> import hornbeam as keras, numpy as np
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile(keras.optimizers.SGD(0.5), lambda y, p: 0 * p)
    >>> halve = keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1)
    >>> history = model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=3, verbose=0, callbacks=[halve])
    >>> history.history["learning_rate"]
    [0.5, 0.5, 0.25]
    """

    saved = ("wait", "cooldown_counter", "best")

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, abs(min_delta))
        if factor >= 1:
            message = f"ReduceLROnPlateau expects a factor below 1; got {factor}."
            raise ValueError(message)
        self.factor, self.patience, self.verbose = factor, patience, verbose
        self.cooldown, self.min_lr = cooldown, min_lr
        self.wait = self.cooldown_counter = 0

    def in_cooldown(self) -> bool:
        """Return whether the last reduction is too recent for another one."""
        return self.cooldown_counter > 0

    def on_train_begin(self, logs: Any = None) -> None:
        """Forget earlier training."""
        self.more_is_better()
        self.wait = self.cooldown_counter = 0
        self.best = None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Compare the epoch with the best one, and reduce the rate when it is time."""
        rate = _rate_of(self.model)
        if logs is not None:
            logs["learning_rate"] = rate
        value = self.get_monitor_value(logs)
        if value is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.is_better(value, self.best):
            self.best, self.wait = value, 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and rate > np.float32(self.min_lr):
                self._reduce(epoch, rate)

    def _reduce(self, epoch: int, rate: float) -> None:
        rate = max(rate * self.factor, self.min_lr)
        self.model.optimizer.learning_rate = rate
        if self.verbose:
            say(f"Epoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {rate}.")
        self.cooldown_counter, self.wait = self.cooldown, 0


class LearningRateScheduler(Callback):
    """Sets the learning rate at the beginning of each epoch.

    The rate of each epoch is added to its logs as `learning_rate`.

    Args:
        schedule: a function of the epoch, counted from 0, or of the epoch and the rate so far, that returns the rate.
        verbose: 1 prints each rate.

    Raises ValueError when the function returns anything but a number of at least 0.

    >>> import hornbeam as keras, numpy as np
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile(keras.optimizers.SGD(0.5), "mse")
    >>> halve = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    >>> history = model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=2, verbose=0, callbacks=[halve])
    >>> history.history["learning_rate"]
    [0.25, 0.125]
    """

    def __init__(self, schedule: Callable[..., Any], verbose: int = 0) -> None:
        super().__init__()
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Set the rate."""
        before = _rate_of(self.model)
        given = self.schedule(epoch, before) if _takes_two(self.schedule) else self.schedule(epoch)
        try:
            rate = check_learning_rate("LearningRateScheduler", given)
        except ValueError as error:
            error.add_note(f"The schedule returned it for epoch {epoch}.")
            raise
        self.model.optimizer.learning_rate = rate
        if self.verbose:
            say(f"Epoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}.")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Add the rate to the logs."""
        if logs is not None:
            logs["learning_rate"] = _rate_of(self.model)


def _rate_of(model: Any) -> float:
    return float(np.asarray(model.optimizer.learning_rate))


def _takes_two(schedule: Callable[..., Any]) -> bool:
    """Return whether the function can be called with epoch and rate."""
    try:
        inspect.signature(schedule).bind(0, 0.0)
    except TypeError:
        return False
    return True
