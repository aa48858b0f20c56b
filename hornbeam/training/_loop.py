"""Epochs and batches: what runs when, with callbacks and the progress line; no JAX here.

An epoch over arrays runs as a few dispatches of many steps each, as long as no callback wants every batch: the first
dispatch is one step, and the next are sized so that each takes about `DISPATCH_SECONDS`.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from hornbeam.callbacks import CallbackList
from hornbeam.data._arrays import Sample, batches, bytes_of, rows_of, take
from hornbeam.data._iterable import Stream
from hornbeam.training._progress import Progress
from hornbeam.training._step import Batch

DISPATCH_SECONDS = 0.05
DEVICE_BYTES = 2 << 30  # larger data goes to the device batch by batch


class Runner:
    """Runs epochs of one kind ('train' or 'test') of a model over arrays or a stream."""

    def __init__(
        self,
        model: Any,
        kind: str,
        data: Sample | Stream,
        batch_size: int,
        steps: int | None,
        callbacks: CallbackList,
        class_weight: Any = None,
    ) -> None:
        self.class_weight = class_weight if isinstance(data, Stream) else None  # in the arrays' weights already
        self.model, self.kind, self.data, self.batch_size, self.callbacks = model, kind, data, batch_size, callbacks
        self.steps = steps if steps is not None else self._count_steps()
        self.limit = steps
        self.chunk = 1  # steps in the next dispatch
        self.watched = callbacks.wants_batches(kind)
        self.guarded = kind == "train" and callbacks.wants_bad_batches()
        self.placed: Batch | None = None  # the arrays on the device

    def _count_steps(self) -> int | None:
        if isinstance(self.data, Stream):
            return self.data.length
        return -(-rows_of(self.data) // self.batch_size)

    def first(self) -> Sample:
        """Return the first batch, which stays to be run."""
        if isinstance(self.data, Stream):
            return self.data.peek()
        return Sample(*(take(part, slice(self.batch_size)) for part in self.data))

    def epoch(self, progress: Progress, *, shuffle: Any = False) -> dict[str, float]:
        """Run one epoch and return its values; the progress line is left for the caller to finish."""
        model, objective = self.model, self.model._objective
        objective.reset()
        self.done = 0
        dispatches = self._many(shuffle) if self._fits_loop() else self._one_by_one(shuffle)
        for done in dispatches:
            self.done = done
            if progress.due():
                progress.update(done, self.values())
            if model.stop_training and self.kind == "train":
                break
            if model.stop_evaluating and self.kind == "test":
                break
        if isinstance(self.data, Stream):
            self._check_length()
        return self.values()

    def _fits_loop(self) -> bool:
        """Return whether many steps may share a dispatch: arrays that fit the device, and nobody wants every batch."""
        if self.model.run_eagerly or not isinstance(self.data, Sample) or bytes_of(self.data) > DEVICE_BYTES:
            return False
        return not self.watched or self.model.steps_per_execution > 1

    def values(self) -> dict[str, float]:
        """Fetch the averages so far from the device, in the order of their names."""
        results = self.model._objective.results()
        return {name: _to_float(results[name]) for name in sorted(results)}

    def draw_order(self, shuffle: Any) -> np.ndarray | None:
        """Return the order of the samples in this epoch; None as they are."""
        if not shuffle or not isinstance(self.data, Sample):
            return None
        count = rows_of(self.data)
        if shuffle != "batch":
            return np.random.permutation(count)  # noqa: NPY002 - seeded by utils.set_random_seed, as Keras's is
        order = np.arange(count)
        for begin in range(0, count, self.batch_size):
            np.random.shuffle(order[begin : begin + self.batch_size])  # noqa: NPY002
        return order

    def _begin(self, step: int) -> None:
        if self.watched:
            getattr(self.callbacks, f"on_{self.kind}_batch_begin")(step, {})

    def _end(self, step: int) -> None:
        if self.watched:
            getattr(self.callbacks, f"on_{self.kind}_batch_end")(step, self.values())
        elif self.guarded and not self.model._loss_is_finite():
            self.callbacks.on_train_batch_end(step, self.values())

    def _one_by_one(self, shuffle: Any) -> Iterator[int]:
        """Run one dispatch a batch."""
        if isinstance(self.data, Stream):
            source: Iterator[Sample] = self.data.epoch(self.limit)
        else:
            source = batches(self.data, self.batch_size, self.draw_order(shuffle))
        for step, sample in enumerate(source):
            if self.limit is not None and step >= self.limit:
                return
            self._begin(step)
            self._run_sample(sample, step)
            self._end(step)
            yield step + 1

    def _run_sample(self, sample: Sample, step: int) -> None:
        try:
            if self.class_weight is not None:
                sample = self.model._weighted(sample, self.class_weight)
            self.model._steps().run_batch(self.kind, self.model._batch_of(sample))
        except ValueError as error:
            error.add_note(f"This came up in batch {step} of the data (counted from 0).")
            raise

    def _many(self, shuffle: Any) -> Iterator[int]:
        """Run dispatches of many steps each, and the last, shorter batch by itself."""
        model, data = self.model, self.data
        assert isinstance(data, Sample)  # noqa: S101 - epoch() chose this way
        if self.placed is None:
            self.placed = model._on_device(model._batch_of(data))
        rows, size = rows_of(data), self.batch_size
        order = self.draw_order(shuffle)
        whole = rows // size
        total = min(whole + bool(rows % size), self.limit or whole + 1)
        places = None if order is None else model._on_device(order.astype(np.int32))
        step = 0
        while step < min(whole, total):
            chunk = model.steps_per_execution if self.watched else self.chunk
            stop = min(step + chunk, whole, total)
            self._begin(step)
            began = time.perf_counter()
            reached = int(model._steps().run_many(self.kind, self.placed, places, size, step, stop, self.guarded))
            self._adapt(time.perf_counter() - began, reached - step)
            step = reached
            self._end(step - 1)
            yield step
        if step < total:
            self._begin(step)
            rest = slice(whole * size, rows) if order is None else order[whole * size :]
            self._run_sample(Sample(*(take(part, rest) for part in data)), step)
            self._end(step)
            yield step + 1

    def _adapt(self, seconds: float, steps: int) -> None:
        """Size the next dispatch by how long this one took; grow at most fourfold, since the first one compiled."""
        wanted = max(1, int(DISPATCH_SECONDS / max(seconds / steps, 1e-7)))
        self.chunk = min(wanted, self.chunk * 4)

    def _check_length(self) -> None:
        if self.done == 0:
            message = "x gave no batch: the generator is empty or used up."
            raise ValueError(message)
        if self.limit is not None and self.done < self.limit and not self.model.stop_training:
            message = f"x gave {self.done} batches; {self.limit} were asked for. Training goes on with what there was."
            warnings.warn(message, stacklevel=4)


def _to_float(value: Any) -> Any:
    array = np.asarray(value)
    return float(array) if array.ndim == 0 else array
