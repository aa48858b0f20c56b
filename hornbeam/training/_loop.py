"""Epochs and batches: what runs when, with callbacks and the progress line; no JAX here.

An epoch over arrays runs as a few dispatches of many steps each, as long as no callback wants every batch: the first
dispatch is one step, and the next are sized so that each takes about `DISPATCH_SECONDS`.
"""

from __future__ import annotations

import functools
import itertools
import math
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from hornbeam._core import config
from hornbeam.callbacks import CallbackList
from hornbeam.callbacks._progress import Progress
from hornbeam.data._arrays import Sample, batches, bytes_of, rows_of, take
from hornbeam.data._iterable import Stream
from hornbeam.training._debug import explain
from hornbeam.training._filled import MOST, can_fill, filled, gather, is_small, joined, length_of, stacked
from hornbeam.training._step import Batch
from hornbeam.training._values import Watch

DISPATCH_SECONDS = 0.05
FEW_STEPS = 4  # share a dispatch also where they are longer, for it maps memory anew, ...
LONGEST_DISPATCH = 1.5  # ... but not for more than these seconds
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
        asked = steps if steps is not None else self._count_steps()
        self.steps = config.limited("the steps of an epoch", asked, config.max_steps_per_epoch())
        steps = self.steps if self.steps != asked else steps
        self.limit = steps
        self.chunk = 1  # steps in the next dispatch
        self.watched = callbacks.wants_batches(kind)
        self.guarded = kind == "train" and callbacks.wants_bad_batches()
        self.placed: Batch | None = None  # the arrays on the device
        self.head: Batch | None = None  # the first batch of a stream
        self.at, self.order = 0, None  # the place of an epoch's first batch, when epochs of given steps share a pass
        self.last: dict[str, float] = {}  # the values of the last epoch
        self.done = self.drawn = self.epochs = 0  # steps of this epoch; batches of finished epochs, and their number
        self.pulse: Callable[[int], None] | None = None  # called between dispatches with the steps done
        self.halt: float = math.inf  # the step at which a dispatch must end
        self.debugs, self.number = False, 0  # whether to explain what is not finite; the epoch's number
        self.watch: Watch | None = None  # what looks at the values of a stream
        per_call = model.steps_per_execution
        self.stride = per_call if self.watched and per_call != "auto" else None  # steps between calls of batch hooks

    def _count_steps(self) -> int | None:
        if isinstance(self.data, Stream):
            return self.data.length
        return -(-rows_of(self.data) // self.batch_size)

    def first(self) -> Sample:
        """Return the first batch, which stays to be run."""
        if isinstance(self.data, Stream):
            return self.data.peek()
        return Sample(*(take(part, slice(self.batch_size)) for part in self.data))

    def epoch(
        self, progress: Progress, *, shuffle: Any = False, first: int = 0, drawn: Callable[[], None] | None = None
    ) -> dict[str, float]:
        """Run one epoch and return its values; the progress line is left for the caller to finish.

        One that was interrupted goes on with step `first`, and calls `drawn` when its order is drawn once more.
        """
        model = self.model
        if not first:
            model.reset_metrics()
        self.done = first
        order = self.order = self.draw_order(shuffle) if self.order is None or not self.at else self.order
        dispatches = self._dispatches(order, first)
        if drawn is not None:
            drawn()
        for done in dispatches:
            self.done = done
            if progress.due(done):
                progress.update(done, self.values())
            if model.stop_training and self.kind == "train":
                break
            if model.stop_evaluating and self.kind == "test":
                break
            if self.pulse is not None:
                self.pulse(done)
        self._finish()
        return self.last

    def _finish(self) -> None:
        """Take note of where the epoch ended, and of its values."""
        self._check_length()
        self.last = self.values() if self.done else self.last
        if isinstance(self.data, Stream):
            self.steps = self.limit or self.done  # known now, where it was not
        elif self.kind == "train" and self.limit:  # the next epoch goes on where this one ends
            self.at = (self.at + self.done) % -(-rows_of(self.data) // self.batch_size)
        self.drawn, self.epochs = self.drawn + self.done, self.epochs + 1
        if self.watch is not None:
            self.watch.end_epoch(self.last.get("loss", 0.0))

    def _dispatches(self, order: np.ndarray | None, first: int) -> Iterator[int]:
        """Return the epoch's dispatches from step `first` on; each gives the steps done so far."""
        if self._fits_loop():
            return self._many(order, first)
        return self._one_by_one(self._batches(order, first), first)

    def forward(self, epochs: int, batches: int, *, shuffle: Any = False) -> None:
        """Bring a stream to where it is after `epochs` epochs of `batches` batches in all."""
        self.epochs, self.drawn = epochs, batches
        data, train = self.data, self.kind == "train"
        if not isinstance(data, Stream) or not epochs:
            return
        continues = data.once or (train and self.limit is not None)  # an epoch begins where the one before ended
        if not continues:
            data.rewind()
        for _ in range(epochs):
            if continues:
                self.draw_order(shuffle)
                data.forward(batches // epochs)
            if train:
                data.epoch_ended()

    def close(self) -> None:
        """End the workers of a stream."""
        if isinstance(self.data, Stream):
            self.data.close()

    def _fits_loop(self) -> bool:
        """Return whether many steps may share a dispatch: arrays that fit the device, and nobody wants every batch."""
        if self.model.run_eagerly or not isinstance(self.data, Sample) or bytes_of(self.data) > DEVICE_BYTES:
            return False
        return not self.watched or self.model.steps_per_execution != 1

    def values(self) -> dict[str, float]:
        """Fetch the averages so far from the device, in the order of their names."""
        results = self.model._results()
        return {name: _to_float(results[name]) for name in sorted(results)}

    def draw_order(self, shuffle: Any) -> np.ndarray | None:
        """Return the order of the samples in this epoch; None as they are."""
        if isinstance(self.data, Stream):
            self.data.draw_order(shuffle=bool(shuffle))
        if not shuffle or not isinstance(self.data, Sample):
            return None
        count = rows_of(self.data)
        if shuffle != "batch":
            return np.random.permutation(count)  # noqa: NPY002 - seeded by utils.set_random_seed, as Keras's is
        order = np.arange(count)
        for begin in range(0, count, self.batch_size):
            np.random.shuffle(order[begin : begin + self.batch_size])  # noqa: NPY002 - as Keras's is
        return order

    def _begin(self, step: int) -> None:
        """Call the hooks before step `step`, if they are due."""
        if self.watched and (self.stride is None or step % self.stride == 0):
            getattr(self.callbacks, f"on_{self.kind}_batch_begin")(step, {})

    def _end(self, step: int, *, over: bool = False) -> None:
        """Call the hooks after step `step`, if they are due: `over` says that the epoch has no more steps.

        As in Keras, the hooks after fewer steps than `steps_per_execution` count those that are missing.
        """
        rest = 0 if self.stride is None else -(step + 1) % self.stride
        if self.watched and (over if rest else not over):
            getattr(self.callbacks, f"on_{self.kind}_batch_end")(step + rest, self.values())
        elif not over and self.guarded and not self.model._loss_is_finite():
            self.callbacks.on_train_batch_end(step, self.values())

    def _room(self, step: int) -> float:
        """Return how many steps there are to where a dispatch that begins with `step` must end."""
        return min(self.halt - step, math.inf if self.stride is None else self.stride - step % self.stride)

    def _batches(self, order: np.ndarray | None, first: int) -> Iterator[Sample]:
        """Return the batches of an epoch from the one of step `first` on; those before are drawn here."""
        if isinstance(self.data, Stream):
            if self.kind == "test" and self.epochs and not self.data.once:
                self.data.rewind()
            source = self.data.epoch(self.limit)
        else:
            source = batches(self.data, self.batch_size, order)
            first, limit = first + self.at, None if self.limit is None else self.limit + self.at
            source = itertools.islice(source, limit)
        next(itertools.islice(source, first, first), None)
        return source

    def _one_by_one(self, source: Iterator[Sample], first: int) -> Iterator[int]:
        """Run one dispatch a batch, or one a group of small batches where nobody wants every batch."""
        numbered = (self._batch_of(sample, step) for step, sample in enumerate(source, first))
        head = next(numbered, None)
        if head is None:
            self._end(first - 1, over=True)
            return
        if self.head is None:  # the form of all batches but the last
            self.head = head
        fill, step = can_fill(self.model._steps(), self.kind, self.head), first
        self._look_ahead()
        alone = self.stride == 1 or self.guarded or self.debugs or self.model.run_eagerly

        def room() -> int:
            return 1 if alone else int(min(MOST, self._room(step)))  # from where the loop below stands

        for group in gather(itertools.chain([head], numbered), room, self.head, fill=fill):
            run = functools.partial(self._run_group, group, fill=fill, alone=alone)
            while group:
                self._begin(step)
                try:
                    reached = self._dispatch(run, step, step + len(group), group[0])
                except ValueError as error:
                    _place(error, step)
                    raise
                if self.watch is not None:
                    self.watch.note(step, group[: reached - step], self.model._steps().loss_before)
                del group[: reached - step]
                step = reached
                self._end(step - 1)
                yield step
        self._end(step - 1, over=True)

    def _look_ahead(self) -> None:
        """Make ready what looks at the values of a stream's batches."""
        if not isinstance(self.data, Stream) or self.model._steps().takes_given or not config.value_checks():
            self.watch = None
            return
        self.watch = self.watch or Watch(self.model)
        searched = self.kind == "train" and not self.epochs and not self.data.indexed
        self.watch.begin_epoch(int(searched))

    def _batch_of(self, sample: Sample, step: int) -> Batch:
        try:
            if self.class_weight is not None:
                sample = self.model._weighted(sample, self.class_weight)
            return self.model._batch_of(sample)
        except ValueError as error:
            _place(error, step)
            raise

    def _run_group(self, group: list[Batch], start: int, stop: int, *, fill: bool, alone: bool) -> None:
        """Run the first steps of a group; a short batch at its end is filled up where that is the same."""
        group = group[: stop - start]
        steps, size, last = self.model._steps(), length_of(self.head), length_of(group[-1])
        rows = None
        if fill and last <= size:
            rows = (len(group) - 1) * size + last
            group[-1] = filled(group[-1], size) if last < size else group[-1]
        single = alone or not is_small(group[0]) or length_of(group[0]) != size
        data = group[0] if single else stacked(group)
        if self.watch is not None:
            self.watch.look(data)
        if single:
            steps.run_batch(self.kind, data, rows)
        else:
            steps.run_group(self.kind, data, size, len(group), rows)

    def _many(self, order: np.ndarray | None, first: int) -> Iterator[int]:
        """Run dispatches of many steps each; a last, shorter batch that cannot be filled up runs by itself.

        A test takes several batches in one step, where that gives the same.
        """
        model, data, steps = self.model, self.data, self.model._steps()
        assert isinstance(data, Sample)  # noqa: S101 - epoch() chose this way
        if self.placed is None:
            self.placed = model._on_device(model._batch_of(data))
        rows, size, at, limit, each = rows_of(data), self.batch_size, self.at, self.limit, self._joined()
        if each > 1:
            rows, size, limit = min(rows, size * (limit or rows)), size * each, None
        whole, total = rows // size, -(-rows // size)
        fill = size < rows and whole < total and can_fill(steps, self.kind, model._batch_of(self.first()))
        if fill:
            whole = total
            if self.kind == "train":  # its own rows first, as noise is drawn by place
                order = np.resize(np.arange(rows) if order is None else order, total * size)
        total = min(total - at, limit or total)
        places = None if order is None else model._on_device(order.astype(np.int32))
        given, guarded = (self.kind, self.placed, places, size), self.guarded or self.debugs
        filled_rows = rows if fill else None

        def run(start: int, stop: int) -> int:
            return model._steps().run_many(*given, at + start, at + stop, guarded, filled_rows) - at

        step = first
        while step < min(whole - at, total):
            chunk = self.chunk if self.stride is None else self.stride
            stop = int(min(step + min(chunk, self._room(step)), whole - at, total))
            self._begin(step)
            began = time.perf_counter()
            reached = self._dispatch(run, step, stop)
            self._adapt(time.perf_counter() - began, reached - step)
            step = reached
            self._end(step - 1)
            yield step if each == 1 else -(-min(step * size, rows) // self.batch_size)
        if step < total:
            self._begin(step)
            self._dispatch(lambda *_: steps.run_batch(self.kind, self._rows_of(at + step)[0]), step, step + 1)
            step += 1
            self._end(step - 1)
            yield step
        self._end(step - 1, over=True)

    def _joined(self) -> int:
        """Return how many batches of the arrays a step may take."""
        if self.kind == "train" or self.watched or not isinstance(self.data, Sample):
            return 1
        batches = min(rows_of(self.data) // self.batch_size, self.limit or sys.maxsize)
        return joined(self.model._steps(), self.kind, self.model._batch_of(self.first()), batches)

    def _rows_of(self, step: int) -> tuple[Batch, np.ndarray]:
        """Return a batch of the arrays, and the numbers of its samples."""
        assert isinstance(self.data, Sample)  # noqa: S101 - streams have no numbers
        numbers = np.arange(step * self.batch_size, min((step + 1) * self.batch_size, rows_of(self.data)))
        numbers = numbers if self.order is None else self.order[numbers]
        return self.model._batch_of(Sample(*(take(part, numbers) for part in self.data))), numbers

    def _dispatch(self, run: Callable[[int, int], int | None], step: int, stop: int, streamed: Any = None) -> int:
        """Run the steps up to `stop`, and return the one that was reached; a fault loses no step before it."""
        steps = self.model._steps()
        before = steps._read() if self.debugs else None
        try:
            reached = run(step, stop) or stop
        except Exception:
            if stop - step == 1:
                raise
            return self._dispatch(run, step, step + 1)  # one by one, up to the step that fails
        if before is not None and not steps.is_finite():
            steps._write(self.kind, before)
            if reached - step > 1:
                return self._dispatch(run, step, step + 1)
            batch, numbers = self._rows_of(self.at + step) if isinstance(self.data, Sample) else (streamed, None)
            raise explain(steps, before, batch, f"batch {step} of epoch {self.number}, both counted from 0", numbers)
        return reached

    def _adapt(self, seconds: float, steps: int) -> None:
        """Size the next dispatch by how long this one took; grow at most fourfold, since the first one compiled."""
        each = max(seconds / steps, 1e-7)
        wanted = int(max(1, DISPATCH_SECONDS / each, min(FEW_STEPS, LONGEST_DISPATCH / each)))
        self.chunk = min(wanted, self.chunk * 4)

    def _check_length(self) -> None:
        """Warn when there were fewer batches than asked for; an epoch without any ends the training."""
        if self.done == 0 and self.epochs == 0:
            message = "x gave no batch: the generator is empty or used up."
            raise ValueError(message)
        stopped = self.model.stop_training if self.kind == "train" else self.model.stop_evaluating
        if (self.done < (self.limit or 0) or not self.done) and not stopped:
            asked = f"{self.limit} were asked for" if self.limit else "the generator is used up"
            goes_on = "Training goes on with what there was" if self.done else "Training ends here"
            warnings.warn(f"x gave {self.done} batches; {asked}. {goes_on}.", stacklevel=5)
        if not self.done and self.kind == "train":
            self.model.stop_training = True


def _place(error: ValueError, step: int) -> None:
    """Add to an error at which batch it came up."""
    error.add_note(f"This came up in batch {step} of the data (counted from 0).")


def _to_float(value: Any) -> Any:
    array = np.asarray(value)
    return float(array) if array.ndim == 0 else array
