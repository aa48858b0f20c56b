"""One call of fit: its epochs, with validation, callbacks, the progress line, and checkpoints to go on from."""

from __future__ import annotations

import contextlib
from typing import Any

from hornbeam.callbacks import CallbackList
from hornbeam.callbacks._progress import Progress
from hornbeam.data._iterable import Stream
from hornbeam.training._intake import is_due
from hornbeam.training._loop import Runner
from hornbeam.training._resume import Keeper


class Fit:
    """What fit() was asked for, and where it stands; an exception leaves the weights of the last finished step."""

    def __init__(
        self,
        model: Any,
        train: Runner,
        test: Runner | None,
        callbacks: CallbackList,
        keeper: Keeper | None,
        **options: Any,
    ) -> None:
        self.model, self.train, self.test, self.callbacks, self.keeper = model, train, test, callbacks, keeper
        self.epochs: int = options["epochs"]
        self.initial_epoch: int = options["initial_epoch"]
        self.verbose: int = 0 if callbacks.draws else options["verbose"]
        train.debugs = options["debug_nan"]
        self.shuffle, self.validation_freq = options["shuffle"], options["validation_freq"]

    def run(self) -> None:
        """Run all epochs."""
        keeper = self.keeper
        if keeper is not None:
            keeper.bind(self.model, self.train, self.test, self.shuffle)
        with contextlib.nullcontext() if keeper is None else keeper.listening():
            try:
                self._run()
            finally:
                for runner in (self.train, self.test):
                    if runner is not None:
                        runner.close()
                if self.model._trainer is not None:
                    self.model._trainer.settle()
        if keeper is not None:
            keeper.finish()

    def _run(self) -> None:
        self.callbacks.on_train_begin()
        first, batch, logs = self._start()
        for epoch in range(first, self.epochs):
            logs = self._epoch(epoch, batch)
            batch = 0
            if self.model.stop_training:
                break
        if self.model.optimizer is not None:
            self.model.optimizer.finalize_variable_values(self.model.trainable_variables)
        self.callbacks.on_train_end(logs)

    def _start(self) -> tuple[int, int, dict[str, Any]]:
        """Return the epoch and the batch to begin with, and the logs of the epoch before."""
        found = None if self.keeper is None else self.keeper.found
        if self.keeper is None or found is None:
            return self.initial_epoch, 0, {}
        epoch, batch = found["epoch"], found["batch"]
        over = found["stopped"] or epoch >= self.epochs
        if self.verbose:
            place = f"epoch {epoch + 1}" + f", after batch {batch}" * bool(batch)
            print("Training was finished already." if over else f"Training goes on from a checkpoint: {place}.")  # noqa: T201
        logs = {} if batch else self.keeper.restore()
        return self.epochs if over else epoch, batch, logs

    def _epoch(self, epoch: int, batch: int) -> dict[str, Any]:
        """Run one epoch from `batch` on."""
        with Progress(self.train.steps, self.verbose, title=f"Epoch {epoch + 1}/{self.epochs}") as progress:
            logs = self._train_and_validate(epoch, batch, progress)
        self.callbacks.on_epoch_end(epoch, logs)
        if isinstance(self.train.data, Stream):
            self.train.data.epoch_ended()
        if self.keeper is not None:
            self.keeper.end_epoch(logs, stopped=self.model.stop_training, last=epoch + 1 == self.epochs)
        return logs

    def _train_and_validate(self, epoch: int, batch: int, progress: Progress) -> dict[str, Any]:
        """Run the batches of an epoch, and return its values."""
        keeper, callbacks = self.keeper, self.callbacks
        self.train.number = epoch
        callbacks.on_epoch_begin(epoch)
        if keeper is not None and batch:
            keeper.restore()
        drawn = None if keeper is None else keeper.begin_epoch(epoch, batch)
        logs = self.train.epoch(progress, shuffle=self.shuffle, first=batch, drawn=drawn)
        if self.test is not None and is_due(self.validation_freq, epoch):
            if keeper is not None:
                keeper.hold()
            progress.validating(self.train.done, logs)
            values = self.model._run_test(self.test, Progress(self.test.steps, 0))
            logs = logs | {f"val_{k}": v for k, v in values.items()}
        progress.finish(self.train.done, logs)
        return logs
