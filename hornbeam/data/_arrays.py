"""Data that is in memory at once: nested arrays with samples along their first axis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np

from hornbeam._core import config, tree
from hornbeam.data._foreign import columns, is_frame, is_series, to_array
from hornbeam.data._stored import Rows, Stored, rows_stored


class Sample(NamedTuple):
    """Inputs, targets and sample weights, each an array or a nest of arrays, or None."""

    x: Any
    y: Any = None
    sample_weight: Any = None


def as_arrays(data: Any, name: str) -> Any:
    """Return `data` with its leaves as arrays; a list of numbers or of lists of numbers is one array.

    `name` is the argument that the error names: ragged lists, text and objects are refused.
    """
    if data is None or isinstance(data, jax.Array | Stored):
        return data
    if isinstance(data, np.ndarray) and not isinstance(data, np.memmap):
        return _check_kind(data, name)
    if isinstance(data, Mapping):
        return {k: as_arrays(v, f"{name}[{k!r}]") for k, v in data.items()}
    stored = rows_stored(data)
    if stored is not None:
        return _keep(stored, name)
    return _from_list(data, name) if isinstance(data, list | tuple) else _from_other(data, name)


def _from_list(data: Any, name: str) -> Any:
    """Return a list of arrays, or the array of a list of numbers."""
    if not len(data) or any((_is_array(v) and np.ndim(v) > 0) or isinstance(v, Mapping) for v in data):
        return [as_arrays(v, f"{name}[{i}]") for i, v in enumerate(data)]
    return _from_numbers(data, name)


def _from_other(data: Any, name: str) -> np.ndarray:
    """Return a frame, a series, another package's tensor or a number as an array."""
    if is_frame(data):
        parts = [_column(as_arrays(part, f"{name}[{column!r}]")) for column, part in columns(data).items()]
        return np.concatenate(parts, axis=1)
    if not (_is_array(data) or hasattr(data, "__array__") or is_series(data) or np.isscalar(data)):
        message = f"{name} expects arrays, lists of numbers, or a generator of batches; got {type(data).__name__}."
        if hasattr(data, "collect"):
            message += " Call collect() on it first."
        raise TypeError(message)
    array = _check_kind(to_array(data), name)
    return _column(array) if is_series(data) and "sample_weight" not in name else array


def _column(array: np.ndarray) -> np.ndarray:
    """Return numbers (samples,) as (samples, 1)."""
    return array[:, None] if array.ndim == 1 else array


def _keep(stored: Rows, name: str) -> Stored:
    """Return an array that is read when its rows are asked for, and checked then."""

    def read(rows: Any) -> np.ndarray:
        return _check_kind(np.asarray(stored.read(rows)), name)

    first = read(slice(0, 1))
    return Stored(read, (stored.length, *first.shape[1:]), first.dtype)


def _is_array(x: Any) -> bool:
    return hasattr(x, "shape") and hasattr(x, "dtype")


def _from_numbers(data: Any, name: str) -> Any:
    try:
        array = np.asarray(data)
    except ValueError:
        lengths = [len(row) if hasattr(row, "__len__") else 1 for row in data]
        odd = next((i for i, n in enumerate(lengths) if n != lengths[0]), 0)
        message = (
            f"{name} is ragged: row 0 has length {lengths[0]}, row {odd} has {lengths[odd]}. Give all rows one "
            "length, for "
            "example with keras.utils.pad_sequences."
        )
        raise ValueError(message) from None
    return _check_kind(array, name)


def _check_kind(array: np.ndarray, name: str) -> np.ndarray:
    kind = array.dtype.kind
    if kind in "UST":
        raise _text(name, f"dtype {array.dtype}")
    if kind in "mM":
        message = f"{name} expects numbers; got dates or times (dtype {array.dtype}). Turn them into numbers first."
        raise ValueError(message)
    if kind == "O":
        return _from_objects(array, name)
    if kind == "f" and array.dtype.itemsize == 8:
        return array if config.is_wide_allowed() else array.astype(np.float32)
    if kind in "iu" and array.dtype.itemsize == 8:
        return _narrow(array, name)
    return array


def _text(name: str, what: str) -> ValueError:
    message = f"{name} expects numbers; got text ({what}). Turn text into numbers first, for example with StringLookup."
    return ValueError(message)


def _from_objects(array: np.ndarray, name: str) -> np.ndarray:
    """Return objects that are all numbers as an array; else name the first row that is not."""
    first = None
    for i, row in enumerate(array):
        if isinstance(row, str | bytes):
            raise _text(name, f"row {i} is {row!r}")
        try:
            shape = np.asarray([float(v) for v in np.ravel(row)]).reshape(np.shape(row)).shape
        except (TypeError, ValueError):
            message = f"{name} is an object array: row {i} is {row!r}, not numbers."
            raise ValueError(message) from None
        first = shape if first is None else first
        if shape != first:
            message = f"{name} is an object array whose rows differ: row 0 has shape {first}, row {i} has {shape}."
            raise ValueError(message)
    return np.asarray([np.asarray(row, dtype=np.float32) for row in array])


def _narrow(array: np.ndarray, name: str) -> np.ndarray:
    """Return whole numbers of 64 bits in 32, or raise OverflowError where one would change."""
    limits = np.iinfo(np.int32 if array.dtype.kind == "i" else np.uint32)
    if array.size and (array.min() < limits.min or array.max() > limits.max):
        message = (
            f"{name}: whole numbers must lie in {limits.min}..{limits.max} ({limits.dtype}); got "
            f"{array.min()}..{array.max()}."
        )
        raise OverflowError(message)
    return array.astype(limits.dtype)


def rows_of(data: Any) -> int:
    """Return the number of samples."""
    leaves = [a for a in tree.flatten(data) if a is not None]
    return int(leaves[0].shape[0]) if leaves else 0


def bytes_of(data: Any) -> int:
    """Return the size of nested arrays in bytes."""
    return sum(a.nbytes for a in tree.flatten(data) if a is not None)


def check_rows(sample: Sample) -> int:
    """Return the number of samples, which all arrays must share."""
    found = {
        name: [int(np.shape(a)[0]) if np.ndim(a) else 0 for a in tree.flatten(part) if a is not None]
        for name, part in sample._asdict().items()
    }
    counts = [n for listed in found.values() for n in listed]
    if len(set(counts)) > 1:
        shown = "; ".join(f"{name}: {', '.join(map(str, listed))}" for name, listed in found.items() if listed)
        message = f"All arrays must have the same number of samples; got {shown}."
        raise ValueError(message)
    if not counts or counts[0] == 0:
        message = "x has 0 samples: there is nothing to train on or to evaluate."
        raise ValueError(message)
    return counts[0]


def take(data: Any, rows: Any) -> Any:
    """Return the samples `rows` (a slice or whole numbers) of nested arrays."""
    return tree.map_structure(lambda a: None if a is None else a[rows], data)


def split(sample: Sample, fraction: float) -> tuple[Sample, Sample]:
    """Return the first part of the samples, and the last `fraction` of them, in the order they came."""
    count = check_rows(sample)
    at = int(count * (1 - fraction))
    if at in (0, count):
        message = f"validation_split={fraction} of {count} samples leaves a part empty."
        raise ValueError(message)
    return Sample(*(_part(part, 0, at) for part in sample)), Sample(*(_part(part, at, count) for part in sample))


def _part(data: Any, begin: int, end: int) -> Any:
    """Return consecutive samples, unread where they are stored."""
    return tree.map_structure(
        lambda a: None if a is None else a.part(begin, end) if isinstance(a, Stored) else a[begin:end], data
    )


def batches(sample: Sample, batch_size: int, order: np.ndarray | None) -> Iterator[Sample]:
    """Yield batches of `batch_size` samples, the last one shorter, in the order of `order`."""
    for begin in range(0, rows_of(sample), batch_size):
        rows = slice(begin, begin + batch_size) if order is None else order[begin : begin + batch_size]
        yield Sample(*(take(part, rows) for part in sample))
