"""Items of a dataset made by several threads or processes, in order, a few ahead of what is asked for.

Processes are spawned, never forked: a fork copies JAX's threads in whatever state they are. Arrays come back through
shared memory. A block has a name that this process chose, so it can be removed even when its maker was ended.
"""

from __future__ import annotations

import collections
import contextlib
import functools
import itertools
import multiprocessing
import pickle
import signal
import uuid
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.shared_memory import SharedMemory
from typing import Any


class Threads:
    """Makes the items of `source` in `workers` threads."""

    def __init__(self, source: Any, workers: int) -> None:
        self.source = source
        self.pool: Executor = ThreadPoolExecutor(workers, thread_name_prefix="hornbeam-data")

    def refresh(self) -> None:
        """Take notice that the source may have changed: threads see it as it is."""

    def submit(self, index: int) -> Future[Any]:
        """Start to make item `index`."""
        return self.pool.submit(self.source.__getitem__, index)

    def receive(self, future: Future[Any]) -> Any:
        """Return a finished item, or raise what its making raised."""
        return future.result()

    def close(self) -> None:
        """End the threads, after the items that they are at."""
        self.pool.shutdown(cancel_futures=True)


class Processes(Threads):
    """Makes the items of `source` in `workers` spawned processes, each with a copy of it."""

    def __init__(self, source: Any, workers: int) -> None:
        self.source = source
        self.prefix, self.count = f"hb{uuid.uuid4().hex[:12]}", itertools.count()
        self.held: SharedMemory | None = None  # the pickled source
        self.size = 0
        self.pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _ignore_interrupts)
        self.pending: dict[Future[Any], str] = {}

    def refresh(self) -> None:
        """Give the processes a new copy of the source, if it is not as it was."""
        try:
            data = pickle.dumps(self.source, protocol=5)
        except Exception as error:
            error.add_note(f"use_multiprocessing=True needs a {type(self.source).__name__} that can be pickled.")
            raise
        if self.held is not None and self.size == len(data) and _memory(self.held)[: self.size] == data:
            return
        self._drop_held()
        self.held, self.size = SharedMemory(self._name(), create=True, size=len(data)), len(data)
        _memory(self.held)[: self.size] = data

    def _name(self) -> str:
        return f"{self.prefix}_{next(self.count)}"

    def submit(self, index: int) -> Future[Any]:
        """Start to make item `index`."""
        assert self.held is not None  # noqa: S101 - refresh() came first
        name = self._name()
        future = self.pool.submit(_make, self.held.name, self.size, name, index)
        self.pending[future] = name
        return future

    def receive(self, future: Future[Any]) -> Any:
        """Return a finished item, or raise what its making raised."""
        try:
            data, sizes = future.result()
        except BrokenProcessPool as error:
            error.add_note(
                "A worker process ended. Where it could not start, look at what it printed: the program's own steps "
                "belong under `if __name__ == '__main__':`, and the dataset's class into a module."
            )
            raise
        parts = []
        if sizes:
            block = SharedMemory(self.pending[future])
            ends = list(itertools.accumulate(sizes))
            parts = [bytearray(_memory(block)[end - size : end]) for end, size in zip(ends, sizes, strict=True)]
            block.close()
            block.unlink()
        del self.pending[future]
        return pickle.loads(data, buffers=parts)  # noqa: S301 - from a process that we started

    def close(self) -> None:
        """End the processes at once, and remove what is in shared memory."""
        for process in list((getattr(self.pool, "_processes", None) or {}).values()):
            process.terminate()  # the pool takes notice, and ends itself
        self.pool.shutdown(cancel_futures=True)
        for name in self.pending.values():
            with contextlib.suppress(FileNotFoundError):
                block = SharedMemory(name)
                block.close()
                block.unlink()
        self.pending.clear()
        self._drop_held()

    def _drop_held(self) -> None:
        if self.held is not None:
            self.held.close()
            self.held.unlink()
            self.held = None


def _memory(block: SharedMemory) -> memoryview:
    assert block.buf is not None  # noqa: S101 - it is only when the block was closed
    return block.buf


def _ignore_interrupts() -> None:
    """In a worker: Ctrl-C is for the main process, which ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@functools.lru_cache(maxsize=1)
def _source(held: str, size: int) -> Any:
    """In a worker: return the dataset, unpickled once."""
    block = SharedMemory(held)
    data = bytes(_memory(block)[:size])
    block.close()
    return pickle.loads(data)  # noqa: S301 - from the process that started this one


def _make(held: str, size: int, name: str, index: int) -> tuple[bytes, list[int]]:
    """In a worker: make an item; its arrays go into shared memory `name`, one after the other."""
    item, buffers = _source(held, size)[index], []
    data = pickle.dumps(item, protocol=5, buffer_callback=buffers.append)
    raw = [buffer.raw() for buffer in buffers]
    sizes = [len(part) for part in raw]
    if not sum(sizes):
        return pickle.dumps(item), []
    block = SharedMemory(name, create=True, size=sum(sizes))
    end = 0
    for part in raw:
        _memory(block)[end : end + len(part)] = part
        end += len(part)
    block.close()
    return data, sizes


def in_order(workers: Threads, indices: Iterator[int], ahead: int) -> Iterator[Any]:
    """Yield the items at `indices`, while the workers are at the next `ahead` of them."""
    workers.refresh()
    waiting = collections.deque((i, workers.submit(i)) for i in itertools.islice(indices, ahead))
    while waiting:
        index, future = waiting.popleft()
        try:
            item = workers.receive(future)
        except Exception as error:
            error.add_note(f"A worker of {type(workers.source).__name__} raised this while making batch {index}.")
            raise
        waiting.extend((i, workers.submit(i)) for i in itertools.islice(indices, 1))
        yield item
