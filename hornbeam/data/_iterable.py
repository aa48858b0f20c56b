"""Data that comes batch by batch: generators, loaders and datasets."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping
from typing import Any

from hornbeam.data._arrays import Sample, as_arrays
from hornbeam.data._foreign import inputs_and_targets, is_table
from hornbeam.data._stored import rows_stored
from hornbeam.data._workers import Processes, Threads, in_order


def unpack(batch: Any, names: tuple[list[str], list[str]] | None = None) -> Sample:
    """Return a batch `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)` as a Sample.

    `names` are those of a model's inputs and outputs: with them a dict alone is columns, targets among them.
    """
    if isinstance(batch, list) and len(batch) in (2, 3):
        batch = tuple(batch)
    if names is not None and isinstance(batch, Mapping):
        batch = inputs_and_targets(batch, *names)
    if not isinstance(batch, tuple):
        batch = (batch,)
    if not 1 <= len(batch) <= 3:
        message = f"A batch is x, (x, y) or (x, y, sample_weight); got a tuple of {len(batch)}."
        raise ValueError(message)
    return Sample(*(as_arrays(part, name) for part, name in zip(batch, Sample._fields, strict=False)))


def is_iterable(x: Any) -> bool:
    """Return whether `x` gives batches: iterable or indexed by batch, and no array, list, tuple, dict or table."""
    if isinstance(x, list | tuple | dict | str) or hasattr(x, "dtype") or hasattr(x, "to_numpy"):
        return False
    if is_table(x) or rows_stored(x) is not None:
        return False
    return hasattr(x, "__iter__") or hasattr(x, "__next__") or _is_indexed(x)


def _is_indexed(x: Any) -> bool:
    """Return whether batches are asked for by their numbers: a PyDataset, or a class like it."""
    if not hasattr(x, "__getitem__"):
        return False
    return hasattr(x, "num_batches") or (hasattr(x, "__len__") and hasattr(x, "on_epoch_end"))


class Stream:
    """Batches from a generator (used up once) or from anything that can be started again.

    Epochs of a given number of steps go on where the one before stopped. At its end the source is started again, unless
    it is a generator. Batches that are asked for by their numbers can be shuffled, and made by workers.
    """

    def __init__(self, source: Any, name: str = "x", names: Any = None) -> None:
        self.source, self.name, self.names = source, name, names
        self.once = hasattr(source, "__next__")
        self.indexed = _is_indexed(source)
        self.length = self._count()
        self.workers: Threads | None = None
        self._order: list[int] | None = None  # of the batches, drawn for the next start
        self._running: Iterator[Any] | None = None
        self._peeked: list[Any] = []  # the first batch, when it was looked at before its turn

    def _count(self) -> int | None:
        if self.indexed and hasattr(self.source, "num_batches"):
            return self.source.num_batches
        try:
            return len(self.source)
        except TypeError:  # none, or none that is known
            return None

    def peek(self) -> Sample:
        """Return the first batch, which stays to be given."""
        if self.indexed:  # looked at as Keras does, so that what on_epoch_end draws at random stays the same
            self._tell("on_epoch_begin")
            first = self.source[0]
            self._tell("on_epoch_end")
            return unpack(first, self.names)
        if not self._peeked:
            try:
                self._peeked.append(self._pull())
            except StopIteration:
                message = f"{self.name} gave no batch: the generator is empty or used up."
                raise ValueError(message) from None
        return unpack(self._peeked[0], self.names)

    def epoch(self, steps: int | None) -> Iterator[Sample]:
        """Yield the batches of an epoch: `steps` of them, or all that are left until the source ends."""
        self._tell("on_epoch_begin")
        for done in itertools.count() if steps is None else range(steps):
            try:
                sample = unpack(self._pull(again=not done), self.names)
            except StopIteration:
                return
            except Exception as error:
                error.add_note(f"This came up in batch {done} of {self.name} (counted from 0).")
                raise
            yield sample

    def _pull(self, *, again: bool = True) -> Any:
        """Return the next batch; at the end start the source `again`, or raise StopIteration."""
        if self._peeked:
            return self._peeked.pop()
        if self._running is None:
            self._running, again = self._start(), False
        try:
            return next(self._running)
        except StopIteration:
            self._running = self._running if self.once else None
            if not again or self.once:
                raise
        return self._pull()

    def forward(self, batches: int) -> None:
        """Drop the next `batches` batches."""
        for _ in range(batches):
            self._pull()

    def rewind(self) -> None:
        """Start the source anew with the next batch."""
        self._running, self._order = None, None
        self._peeked.clear()

    def draw_order(self, *, shuffle: bool) -> None:
        """Draw the order of the batches for when the source is started next."""
        if self.indexed and self.length is not None and self._running is None:
            self._order = list(range(self.length))
            if shuffle:
                random.shuffle(self._order)  # seeded by utils.set_random_seed, as Keras's is

    def _start(self) -> Iterator[Any]:
        source = self.source
        if not self.indexed:
            return iter(source.as_numpy_iterator() if hasattr(source, "as_numpy_iterator") else source)
        indices = itertools.count() if self.length is None else iter(self._order or range(self.length))
        self._order = None
        workers, processes = getattr(source, "workers", 1), getattr(source, "use_multiprocessing", False)
        if workers < 1 or (workers == 1 and not processes):
            return map(source.__getitem__, indices)
        self.workers = self.workers or (Processes if processes else Threads)(source, workers)
        return in_order(self.workers, indices, max(getattr(source, "max_queue_size", 10), workers))

    def _tell(self, event: str) -> None:
        if self.indexed and hasattr(self.source, event):
            getattr(self.source, event)()

    def epoch_ended(self) -> None:
        """Tell the source that an epoch is over, where it wants to know."""
        self._tell("on_epoch_end")

    def close(self) -> None:
        """End the workers."""
        if self.workers is not None:
            self._running = None
            self.workers.close()
            self.workers = None
