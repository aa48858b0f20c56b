"""Datasets made of others: two parts of one, and windows over a time series."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hornbeam._core import tree
from hornbeam.data._arrays import as_arrays, take
from hornbeam.data._pydataset import PyDataset

FORMATS = ("tf", "grain")


class _Part:
    """Some samples of a dataset that gives them by number."""

    def __init__(self, dataset: Any, order: np.ndarray) -> None:
        self.dataset, self.order = dataset, order

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, index: int) -> Any:
        return self.dataset[int(self.order[index])]


def split_dataset(
    dataset: Any,
    left_size: float | None = None,
    right_size: float | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,  # noqa: ARG001 - as Keras has it
) -> tuple[Any, Any]:
    """Return two parts of a dataset: the first samples and the last.

    Args:
        dataset: an array `(samples, ...)`, a list, tuple or dict of them, or a dataset that has a length and gives
            samples by number.
        left_size: the number of samples in the first part, or their fraction; by default what the other leaves.
        right_size: the same for the second part.
        shuffle: whether the samples are put in a new order first.
        seed: what that order is drawn from.
        preferred_backend: accepted for Keras's sake; the parts are what `dataset` is.

    >>> import hornbeam as keras, numpy as np
    >>> (x, y), (x_test, y_test) = keras.utils.split_dataset((np.ones((10, 4)), np.ones(10)), left_size=0.8)
    >>> x.shape, y_test.shape
    ((8, 4), (2,))
    """
    arrays = None
    if isinstance(dataset, list | tuple | dict) or hasattr(dataset, "dtype") or hasattr(dataset, "to_numpy"):
        arrays = as_arrays(dataset, "dataset")
    count = len(dataset) if arrays is None else len(tree.flatten(arrays)[0])
    left, right = _sizes(left_size, right_size, count)
    order = np.random.default_rng(seed).permutation(count) if shuffle else np.arange(count)
    parts = order[:left], order[count - right :]
    if arrays is None:
        return _Part(dataset, parts[0]), _Part(dataset, parts[1])
    first, second = take(arrays, parts[0]), take(arrays, parts[1])
    return (tuple(first), tuple(second)) if isinstance(arrays, list) else (first, second)


def _sizes(left: Any, right: Any, count: int) -> tuple[int, int]:
    """Return the numbers of samples on both sides."""
    if left is None and right is None:
        message = "split_dataset needs left_size or right_size; got neither."
        raise ValueError(message)
    numbers = []
    for name, size in (("left_size", left), ("right_size", right)):
        if size is not None and not isinstance(size, int | float | np.number):
            message = f"{name} must be a number of samples or a fraction of them; got {size!r}."
            raise TypeError(message)
        fraction = isinstance(size, float)
        if size is not None and not 0 < size < (1 if fraction else count):
            message = f"{name} must be a whole number in 1..{count - 1} or a fraction between 0 and 1; got {size!r}."
            raise ValueError(message)
        numbers.append(None if size is None else round(size * count) if fraction else int(size))
    first = count - numbers[1] if numbers[0] is None else numbers[0]
    second = count - first if numbers[1] is None else numbers[1]
    if first + second > count or not first or not second:
        message = f"left_size={left!r} and right_size={right!r} make parts of {first} and {second} of {count} samples."
        raise ValueError(message)
    return first, second


class _Windows(PyDataset):
    """Batches of windows over a series: those that begin at `starts`."""

    def __init__(self, data: Any, targets: Any, starts: np.ndarray, steps: np.ndarray, batch_size: int | None) -> None:
        super().__init__()
        self.data, self.targets, self.starts, self.steps, self.batch_size = data, targets, starts, steps, batch_size

    def __len__(self) -> int:
        return math.ceil(len(self.starts) / (self.batch_size or 1))

    def __getitem__(self, index: int) -> Any:
        starts = self.starts[index]
        if self.batch_size is not None:
            starts = self.starts[index * self.batch_size : (index + 1) * self.batch_size, None]
        windows = self.data[starts + self.steps]
        return windows if self.targets is None else (windows, self.targets[starts[..., 0] if starts.ndim else starts])


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> PyDataset:
    """Return a dataset of windows over a time series: batches `(windows, targets)`, or windows alone without targets.

    Args:
        data: the series `(time, ...)`.
        targets: `targets[i]` belongs to the window that begins at `data[i]`; or None.
        sequence_length: the steps in a window.
        sequence_stride: how far apart windows begin.
        sampling_rate: how far apart the steps of a window are.
        batch_size: windows in a batch; with None the dataset gives single windows.
        shuffle: whether windows come in a random order, drawn once from `seed`.
        seed: see `shuffle`.
        start_index: where in the series the first window may begin.
        end_index: where in the series the last window must have ended.
        format: 'tf' or 'grain', for Keras's sake; the dataset is a `PyDataset` in any case.

    >>> import hornbeam as keras, numpy as np
    >>> series = np.arange(10)
    >>> windows = keras.utils.timeseries_dataset_from_array(series[:-3], series[3:], sequence_length=3, batch_size=2)
    >>> x, y = windows[0]
    >>> x.tolist(), y.tolist()
    ([[0, 1, 2], [1, 2, 3]], [3, 4])
    """
    least = {"sequence_length": sequence_length, "sequence_stride": sequence_stride, "sampling_rate": sampling_rate}
    _check_windows(
        least | ({} if batch_size is None else {"batch_size": batch_size}), start_index, end_index, len(data)
    )
    if format not in FORMATS:
        message = f"format must be 'tf' or 'grain'; got {format!r}."
        raise ValueError(message)
    first, last = start_index or 0, len(data) if end_index is None else end_index
    count = last - first - (sequence_length - 1) * sampling_rate
    if targets is not None:
        count = min(count, len(targets) - first)
    starts = first + np.arange(0, max(count, 0), sequence_stride)
    if shuffle:
        np.random.default_rng(seed).shuffle(starts)
    series, matched = np.asarray(data), None if targets is None else np.asarray(targets)
    return _Windows(series, matched, starts, np.arange(sequence_length) * sampling_rate, batch_size)


def _check_windows(least: dict[str, int], start: int | None, end: int | None, length: int) -> None:
    for name, value in least.items():
        if value < 1:
            message = f"{name} must be a whole number of 1 or more; got {value!r}."
            raise ValueError(message)
    if start is not None and not 0 <= start < length:
        message = f"start_index must lie in 0..{length - 1}, within the data; got {start!r}."
        raise ValueError(message)
    if end is not None and not (start or 0) < end <= length:
        message = f"end_index must lie in {(start or 0) + 1}..{length}, behind start_index; got {end!r}."
        raise ValueError(message)
