"""Checks of what fit, evaluate and predict are given, before anything is compiled: values, sizes and fractions."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from hornbeam._core import tree


def check_batch_size(batch_size: Any) -> int:
    """Return the batch size, 32 for None; refuse what is no positive whole number."""
    if batch_size is None:
        return 32
    if isinstance(batch_size, bool) or not isinstance(batch_size, int | np.integer) or batch_size < 1:
        message = f"batch_size must be a whole number of 1 or more; got {batch_size!r}."
        raise ValueError(message)
    return int(batch_size)


def check_fraction(validation_split: Any) -> float:
    """Return `validation_split`; refuse what is no number of 0 or more and below 1."""
    if not isinstance(validation_split, int | float) or not 0 <= validation_split < 1:
        message = (
            f"validation_split must be a fraction of the samples, at least 0 and below 1; got {validation_split!r}."
        )
        raise ValueError(message)
    return float(validation_split)


def check_count(value: Any, name: str, least: int = 1) -> int:
    """Return a number of epochs or steps; refuse what is no whole number of `least` or more."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        message = f"{name} must be a whole number of {least} or more; got {value!r}."
        raise ValueError(message)
    return int(value)


MOST_VALUES = 1 << 24  # of an array that are looked at


def warn_of_odd_values(data: Any, name: str) -> None:
    """Warn when `data` holds NaN or infinity: how many, and where the first is; of a huge array in its first rows."""
    for path, leaf in _named(data, name):
        if not isinstance(leaf, np.ndarray | jax.Array) or leaf.dtype.kind != "f":
            continue
        rows = max(1, MOST_VALUES * max(len(leaf), 1) // max(leaf.size, 1)) if leaf.ndim else None
        array = np.asarray(leaf if rows is None else leaf[:rows])
        with np.errstate(all="ignore"):
            if np.isfinite(array.sum()):  # one pass; the rest only where something is wrong, or the sum too large
                continue
        for what, bad in (("NaN", np.isnan(array)), ("infinite", np.isinf(array))):
            count = int(bad.sum())
            if count:
                first = tuple(int(i) for i in np.argwhere(bad)[0])
                message = (
                    f"{path} holds {count} {what} value{'s' * (count > 1)}, the first at index {first}: "
                    "the loss will be NaN."
                )
                warnings.warn(message, RuntimeWarning, stacklevel=5)


def _named(data: Any, name: str) -> list[tuple[str, Any]]:
    if isinstance(data, Mapping):
        return [pair for k, v in data.items() for pair in _named(v, f"{name}[{k!r}]")]
    if isinstance(data, list | tuple):
        return [pair for i, v in enumerate(data) for pair in _named(v, f"{name}[{i}]")]
    return [(name, data)]


def class_weights(
    class_weight: Mapping[Any, float], y: Any, *, rank: int | None = None, name: str = "class_weight"
) -> np.ndarray:
    """Return the weight of each target's class, `(batch,)` or per step or pixel `(batch, ...)`.

    `y` is class numbers, with or without a last axis of 1, or one-hot rows: these have as many axes as the output,
    whose `rank` tells them from a class number per step. Raises ValueError naming a class that has no weight.
    """
    y = np.asarray(y)
    if y.ndim == (rank or 2) and y.ndim > 1 and y.shape[-1] > 1:
        labels = np.argmax(y, axis=-1)
    else:
        labels = y[..., 0] if y.ndim > 1 and y.shape[-1] == 1 else y
    found = np.unique(labels)
    if np.any(found != np.round(found)):
        message = f"{name} needs classes as targets; y holds {found[found != np.round(found)][0]}."
        raise ValueError(message)
    missing = [int(c) for c in found if int(c) not in class_weight]
    if missing:
        message = (
            f"{name} has no weight for class {missing[0]}; it has {sorted(class_weight)}, y holds "
            f"{[int(c) for c in found][:20]}."
        )
        raise ValueError(message)
    table = {int(k): float(v) for k, v in class_weight.items()}
    weights = np.asarray([table[int(c)] for c in found], dtype=np.float32)
    return weights[np.searchsorted(found, labels)]


def first_shapes(data: Any) -> Any:
    """Return the shapes of nested arrays."""
    return tree.map_structure(lambda a: None if a is None else tuple(a.shape), data)
