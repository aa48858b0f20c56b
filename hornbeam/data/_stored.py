"""Arrays that stay where they are, on disk or in another's hands, and are read a batch at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Rows(NamedTuple):
    """A way to read an array of `length` rows: by a slice, or by increasing row numbers."""

    read: Callable[[Any], Any]
    length: int


class Stored:
    """Rows `start` to `stop` of something that is read by slices: a memmap, an HDF5 or zarr array, a table's column.

    `read(rows)` returns the rows of a slice, or those of increasing row numbers, as an array.
    """

    nbytes = math.inf  # never to be put on the device whole

    def __init__(self, read: Callable[[Any], Any], shape: tuple[int, ...], dtype: Any, start: int = 0) -> None:
        self.read, self.shape, self.dtype, self.start = read, tuple(shape), np.dtype(dtype), start
        self.ndim = len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def part(self, begin: int, end: int) -> Stored:
        """Return rows `begin` to `end`, unread."""
        return Stored(self.read, (end - begin, *self.shape[1:]), self.dtype, self.start + begin)

    def __getitem__(self, rows: Any) -> Any:
        if isinstance(rows, slice):
            begin, end, step = rows.indices(len(self))
            return self.read(slice(self.start + begin, self.start + max(begin, end), step))
        rows = np.asarray(rows)
        low, high = int(rows.min()), int(rows.max()) + 1
        if high - low <= 2 * len(rows):  # near each other: read what lies between, too
            return self[low:high][rows - low]
        each, places = np.unique(rows, return_inverse=True)
        return self.read(each + self.start)[places]


def rows_stored(x: Any) -> Rows | None:
    """Return how to read what stays on disk: a memmap, an array kept in `chunks` (HDF5, zarr), a table's column."""
    if isinstance(x, Rows):
        return x
    if isinstance(x, np.memmap) or (hasattr(x, "chunks") and hasattr(x, "dtype") and hasattr(x, "shape")):
        return Rows(x.__getitem__, x.shape[0])
    if hasattr(x, "column_name") and hasattr(x, "source"):  # Hugging Face's
        return Rows(x.__getitem__, len(x))
    return None
