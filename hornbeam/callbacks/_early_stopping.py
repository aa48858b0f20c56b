"""Stopping when training no longer helps."""

from __future__ import annotations

from typing import Any

from hornbeam.callbacks._monitor import Monitoring, say


class EarlyStopping(Monitoring):
    """Stops training when a value of the epochs has not become better for a while.

    Args:
        monitor: the name in the logs to watch.
        min_delta: by how much a value must be better than the best one so far to count.
        patience: how many epochs without a better value stop training.
        verbose: 1 prints when training is stopped and when weights are restored.
        mode: 'min' or 'max' says what is better; 'auto' knows it of losses and of the metrics of the package.
        baseline: a value that must be beaten, too, for patience to start anew.
        restore_best_weights: whether the model gets the weights of its best epoch when training ends.
        start_from_epoch: how many epochs are not watched at first.

    After training, `best` is the best value, `best_epoch` its epoch and `stopped_epoch` the one that stopped training,
    counted from 0; 0 when it was not stopped. Raises ValueError when training begins if `mode` is 'auto' and the
    direction is not known; an epoch without the value is passed over with a warning.

    >>> import hornbeam as keras, numpy as np
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile(keras.optimizers.SGD(0.0), "mse")
    >>> stop = keras.callbacks.EarlyStopping("loss", patience=2)
    >>> len(model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=9, verbose=0, callbacks=[stop]).epoch)
    3
    """

    saved = ("wait", "stopped_epoch", "best_epoch", "best", "best_weights")

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, abs(min_delta))
        self.patience, self.verbose, self.baseline = patience, verbose, baseline
        self.restore_best_weights, self.start_from_epoch = restore_best_weights, start_from_epoch
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best_weights: list[Any] | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Forget earlier training."""
        self.more_is_better()
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best = self.best_weights = None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Compare the epoch with the best one."""
        value = self.get_monitor_value(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self.is_better(value, self.best):
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self.is_better(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Any = None) -> None:
        """Restore the best weights if that is wanted."""
        if self.verbose and self.stopped_epoch:
            say(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose:
                say(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)
