"""Data that is made batch by batch on demand, by one's own class, with workers if wanted."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any


class PyDataset:
    """A dataset of batches: subclasses define `__getitem__(index)`, which returns one batch, and `__len__`.

    A batch is `(inputs, targets)` or `(inputs, targets, sample_weights)`, arrays `(batch, ...)` or nests of them. A
    dataset without an end defines the property `num_batches` as None instead of `__len__`.

    Args:
        workers: how many threads or processes make batches ahead; with 1 thread they are made when they are needed.
        use_multiprocessing: whether the workers are processes. They are spawned: the program's own steps belong under
            `if __name__ == "__main__":`, and the dataset must be picklable.
        max_queue_size: how many batches may be ready or under way ahead of the one in use.

    In `fit(shuffle=True)` the batches come in a new order every epoch.

    >>> import hornbeam as keras, numpy as np
    >>> class Squares(keras.utils.PyDataset):
    ...     def __len__(self):
    ...         return 3
    ...
    ...     def __getitem__(self, index):
    ...         x = np.arange(4.0)[:, None] + index
    ...         return x, x**2
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile(loss="mse")
    >>> history = model.fit(Squares(workers=2), epochs=2, verbose=0)
    >>> len(history.history["loss"])
    2
    """

    workers = 1
    use_multiprocessing = False
    max_queue_size = 10

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self.workers, self.use_multiprocessing, self.max_queue_size = workers, use_multiprocessing, max_queue_size

    @property
    def num_batches(self) -> int | None:
        """The number of batches; None for a dataset without an end."""
        length = getattr(self, "__len__", None)
        if length is not None:
            return length()
        message = f"{type(self).__name__} must define __len__, or num_batches as None for a dataset without an end."
        raise NotImplementedError(message)

    def __getitem__(self, index: int) -> Any:
        """Return batch `index`."""
        message = f"{type(self).__name__} must define __getitem__(index)."
        raise NotImplementedError(message)

    def __iter__(self) -> Iterator[Any]:
        count = self.num_batches
        return (self[i] for i in (itertools.count() if count is None else range(count)))

    def on_epoch_begin(self) -> None:
        """Prepare the dataset for an epoch, called before it starts."""

    def on_epoch_end(self) -> None:
        """Change the dataset between epochs, called after each of them."""
