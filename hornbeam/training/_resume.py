"""Saving where a call of fit stands, and going on from there.

A checkpoint is taken between two steps. What it holds of the random generators makes the data's order and every draw
the same again; streams, which cannot be positioned, are drawn forward to where they were.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import jax
import numpy as np

from hornbeam._core import dtypes
from hornbeam._core.seeds import random_state, set_random_state
from hornbeam._core.state import Variable
from hornbeam.callbacks import BackupAndRestore, CallbackList, History
from hornbeam.data._iterable import Stream
from hornbeam.training._loop import Runner

EVERY = timedelta(seconds=30)  # between two checkpoints of fit(resume="folder")
SHARE = 20  # writing checkpoints takes at most 1/20 of the time, however large the model
EXIT = 128 + signal.SIGTERM


class Keeper:
    """The checkpoints of one call of fit.

    `found` is the checkpoint to go on from, or None. Making a Keeper reads it and puts the random generators where they
    were when the training first began, so that a generator's first batch is drawn as it was then.
    """

    def __init__(self, backup: BackupAndRestore, callbacks: CallbackList, *, keeps_history: bool) -> None:
        self.backup, self.callbacks, self.keeps_history = backup, callbacks, keeps_history
        self.found = backup.read()
        if self.found is not None:
            set_random_state(self.found["random"]["start"])
        self.ahead = self.found  # until it is reached
        self.start = random_state()
        self.random: Any = None  # where the generators stood when this epoch's order was drawn
        self.epoch = self.batch = self.since = 0  # `since`: batches since the last checkpoint
        self.began, self.seconds = time.monotonic(), 0.0  # of the interval, and of the last writing
        self.held: dict[str, Any] | None = None  # the state before validation, which counts with the same metrics
        self.terminated = False

    def bind(self, model: Any, train: Runner, test: Runner | None, shuffle: Any) -> None:
        """Take what is trained; set the Variables, and draw streams forward, if there is a checkpoint."""
        self.model, self.train, self.test = model, train, test
        self.data = {"batch_size": train.batch_size, "steps": train.steps, "shuffle": shuffle}
        train.pulse = self.pulse
        if test is not None:
            test.pulse = self._in_validation
        if self.found is None:
            return
        self._check()
        self._set_variables()
        model._steps().logs = self.found["own"]
        train.at = self.found["at"]
        for runner, (epochs, batches) in zip((train, test), self.found["drawn"], strict=False):
            if runner is not None:
                runner.forward(epochs, batches, shuffle=shuffle)

    def _variables(self) -> list[Variable]:
        """Return everything that training changes, in an order that does not depend on what is trainable."""
        steps = self.model._steps()
        groups = (self.model.variables, steps.trainable, steps.rest, steps.optimizer, steps.metrics)
        return list(dict.fromkeys(v for group in groups for v in group))

    def _check(self) -> None:
        """Raise ValueError when the checkpoint is of another model, or stands in an epoch of other batches."""
        assert self.found is not None  # noqa: S101 - bind() saw it
        file, own = f"The checkpoint {os.fspath(self.backup.path)!r}", self._variables()
        theirs = [f"{path} {tuple(a.shape)} {a.dtype.name}" for path, a in self.found["variables"]]
        ours = [f"{v.path} {tuple(v.shape)} {v.dtype}" for v in own]
        forms = [[text.partition(" ")[2] for text in texts] for texts in (theirs, ours)]
        differ = [i for i, (a, b) in enumerate(zip(*forms, strict=False)) if a != b]
        if differ or len(theirs) != len(ours):
            at = differ[0] if differ else min(len(theirs), len(ours))
            there, here = ((*names[at : at + 1], "no more")[0] for names in (theirs, ours))
            message = (
                f"{file} is of another model: it has {there} where model {self.model.name!r} has {here}. Choose "
                "another folder, or remove the file to start anew."
            )
            raise ValueError(message)
        if self.found["batch"] and self.found["data"] != self.data:
            then = self.found["data"]
            changed = [f"{k}={then[k]!r}, now {v!r}" for k, v in self.data.items() if then[k] != v]
            message = (
                f"{file} stands within an epoch, and the batches are not the same: {'; '.join(changed)}. Go on as the "
                "training began, or remove the file to start anew."
            )
            raise ValueError(message)

    def _set_variables(self) -> None:
        assert self.found is not None  # noqa: S101 - as above
        for variable, (_, array) in zip(self._variables(), self.found["variables"], strict=True):
            variable._value = jax.device_put(np.array(array), variable._value.sharding)

    def restore(self) -> dict[str, Any]:
        """Set Variables and callbacks, after their hooks of the beginning have run; returns the epoch's logs."""
        assert self.found is not None  # noqa: S101 - as above
        self._set_variables()
        states = list(self.found["callbacks"])
        for callback in self._stateful():
            name = type(callback).__name__
            at = next((i for i, (kind, _) in enumerate(states) if kind == name), None)
            if at is not None:
                callback.set_state(states.pop(at)[1])
        self.since = self.found["since"]
        if not self.found["batch"]:
            set_random_state(self.found["random"]["now"])
        return self.found["logs"]

    def _stateful(self) -> list[Any]:
        """Return the callbacks that take part; with Keras's callback, History starts anew."""
        mine = (c for c in self.callbacks.callbacks if hasattr(c, "get_state"))
        return [c for c in mine if self.keeps_history or not isinstance(c, History)]

    # ---- saving

    def _state(self, epoch: int, batch: int, logs: Mapping[str, Any], *, stopped: bool = False) -> dict[str, Any]:
        """Return all there is to save; arrays are not copied, as nothing writes into them."""
        return {
            "epoch": epoch,
            "batch": batch,
            "since": self.since,
            "stopped": stopped,
            "at": self.train.at,
            "own": self.model._steps().logs,
            "logs": dict(logs),
            "data": self.data,
            "drawn": [(r.epochs, r.drawn) for r in (self.train, self.test) if r is not None],
            "variables": [(v.path, v._value) for v in self._variables()],
            "random": {"start": self.start, "epoch": self.random, "now": random_state()},
            "callbacks": [(type(c).__name__, c.get_state()) for c in self._stateful()],
        }

    def _save(self, state: dict[str, Any]) -> None:
        """Write a checkpoint; a full disk costs the checkpoint, not the training."""
        bad = next((f"{v.path} is not finite" for v in self.model.trainable_variables if not _is_finite(v)), None)
        began = time.monotonic()
        try:
            if bad is None:
                self.backup.write(state)
        except OSError as error:
            bad = str(error).removesuffix(".")
        if bad is not None:
            message = f"No checkpoint was written to {os.fspath(self.backup.path)!r}, the one before is kept: {bad}."
            warnings.warn(message, RuntimeWarning, stacklevel=2)
        self.since, self.began, self.seconds = 0, time.monotonic(), time.monotonic() - began

    def _is_due(self) -> bool:
        every = self.backup.save_freq
        if isinstance(every, timedelta):
            return time.monotonic() - self.began >= max(every.total_seconds(), SHARE * self.seconds)
        return isinstance(every, int) and every is not False and self.since >= every

    def _leave_if_asked(self, state: dict[str, Any]) -> None:
        if self.terminated:
            self._save(state)
            raise SystemExit(EXIT)

    # ---- called by the loop

    def begin_epoch(self, epoch: int, batch: int) -> Callable[[], None] | None:
        """Note where the generators stand before the order of the data is drawn.

        Where the order is that of an earlier draw, they are put where they stood then; the function that is returned
        puts them back.
        """
        self.epoch, self.batch = epoch, batch
        self._set_halt()
        found, self.ahead = self.ahead, None
        now, data = random_state(), self.train.data
        if found is not None and (batch or self.train.at):
            self.random, now = found["random"]["epoch"], found["random"]["now"] if batch else now
            if self.random is not None:
                set_random_state(self.random)
            return lambda: set_random_state(now)
        if not self.train.at:
            began = isinstance(data, Stream) and not data.indexed and not self.train.epochs  # its first batch is drawn
            self.random = None if began else now
        return None

    def _set_halt(self) -> None:
        """Let no dispatch go beyond the batch after which a checkpoint is due."""
        every = self.backup.save_freq
        if isinstance(every, int) and every is not False:
            self.train.halt = self.batch + every - self.since

    def pulse(self, batch: int) -> None:
        """Save if it is time, after `batch` batches of this epoch."""
        self.since, self.batch = self.since + batch - self.batch, batch
        if self.terminated or self._is_due():
            self.since = 0
            state = self._state(self.epoch, batch, {})
            self._leave_if_asked(state)
            self._save(state)
        self._set_halt()

    def hold(self) -> None:
        """Note the state before validation, from where to go on if it is interrupted."""
        self.held = self._state(self.epoch, self.batch, {})

    def _in_validation(self, _batch: int) -> None:
        assert self.held is not None  # noqa: S101 - hold() came before
        self._leave_if_asked(self.held)

    def end_epoch(self, logs: Mapping[str, Any], *, stopped: bool, last: bool) -> None:
        """Save if it is time, after an epoch and all its hooks."""
        self.held = None
        if self.terminated or stopped or last or self.backup.save_freq == "epoch" or self._is_due():
            state = self._state(self.epoch + 1, 0, logs, stopped=stopped)
            self._leave_if_asked(state)
            self._save(state)

    def finish(self) -> None:
        """Remove the checkpoints of a training that has come to its end, if that is wanted."""
        if self.backup.delete_checkpoint:
            self.backup.remove()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Inside the `with` block let SIGTERM end the training after the present dispatch; a second one at once."""
        if threading.current_thread() is not threading.main_thread():  # only there signals can be caught
            yield
            return

        def note(_number: int, _frame: Any) -> None:
            self.terminated = True
            signal.signal(signal.SIGTERM, before)

        before = signal.signal(signal.SIGTERM, note) or signal.SIG_DFL
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)


def make_keeper(resume: Any, callbacks: CallbackList) -> Keeper | None:
    """Return the Keeper that `resume` (a folder or a BackupAndRestore) or one of the callbacks asks for."""
    given = [c for c in callbacks.callbacks if isinstance(c, BackupAndRestore)]
    if resume is not None and not isinstance(resume, BackupAndRestore):
        resume = BackupAndRestore(resume, save_freq=EVERY, delete_checkpoint=False)
    wanted = given if resume is None else [*given, resume]
    if len(wanted) > 1:
        message = "A training has one place for its checkpoints: give fit() one BackupAndRestore, or resume, not both."
        raise ValueError(message)
    return Keeper(wanted[0], callbacks, keeps_history=resume is not None) if wanted else None


def _is_finite(variable: Variable) -> bool:
    return not dtypes.is_float(variable.dtype) or bool(np.isfinite(np.asarray(variable._value)).all())
