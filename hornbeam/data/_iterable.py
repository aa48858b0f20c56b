"""Data that comes batch by batch: generators, loaders and datasets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hornbeam.data._arrays import Sample, as_arrays


def unpack(batch: Any) -> Sample:
    """Return a batch `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)` as a Sample."""
    if isinstance(batch, list) and len(batch) in (2, 3):
        batch = tuple(batch)
    if not isinstance(batch, tuple):
        batch = (batch,)
    if not 1 <= len(batch) <= 3:
        message = f"A batch is x, (x, y) or (x, y, sample_weight); got a tuple of {len(batch)}."
        raise ValueError(message)
    return Sample(*(as_arrays(part, name) for part, name in zip(batch, Sample._fields, strict=False)))


def is_iterable(x: Any) -> bool:
    """Return whether `x` gives batches: iterable or indexed by batch, and no array, list, tuple or dict."""
    if isinstance(x, list | tuple | dict) or hasattr(x, "dtype") or hasattr(x, "to_numpy"):
        return False
    return hasattr(x, "__iter__") or hasattr(x, "__next__") or (hasattr(x, "__getitem__") and hasattr(x, "__len__"))


class Stream:
    """Batches from a generator (used up once) or from anything that can be started again."""

    def __init__(self, source: Any, name: str = "x") -> None:
        self.source, self.name = source, name
        self.once = hasattr(source, "__next__")
        self.length = len(source) if hasattr(source, "__len__") else None
        self._running: Iterator[Any] | None = None
        self._peeked: list[Any] = []  # the first batch, when it was looked at before its turn

    def peek(self) -> Sample:
        """Return the first batch, which stays to be given."""
        if not self._peeked:
            self._running = self._running or self._start()
            try:
                self._peeked.append(next(self._running))
            except StopIteration:
                message = f"{self.name} gave no batch: the generator is empty or used up."
                raise ValueError(message) from None
        return unpack(self._peeked[0])

    def epoch(self, steps: int | None) -> Iterator[Sample]:
        """Yield the batches of an epoch: `steps` of them, or all there are."""
        if not self._peeked and (self._running is None or (not self.once and steps is None)):
            self._running = self._start()
        done = 0
        while steps is None or done < steps:
            assert self._running is not None  # noqa: S101 - started above
            try:
                batch = self._peeked.pop() if self._peeked else next(self._running)
            except StopIteration:
                self._running = None
                if steps is None or self.once or not done:
                    return
                self._running = self._start()
                continue
            done += 1
            yield unpack(batch)

    def _start(self) -> Iterator[Any]:
        if hasattr(self.source, "on_epoch_end") and hasattr(self.source, "__getitem__"):
            return (self.source[i] for i in range(len(self.source)))
        return iter(self.source)

    def epoch_ended(self) -> None:
        """Tell the source that an epoch is over, where it wants to know."""
        if hasattr(self.source, "on_epoch_end"):
            self.source.on_epoch_end()
