"""What other packages call data, known by what it can do: frames, tensors, tables of columns, datasets.

None of these packages is imported.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hornbeam.data._stored import Rows

TARGETS = ("label", "labels", "target", "targets", "y")  # columns that are targets where no name says more


def is_frame(x: Any) -> bool:
    """Return whether `x` is a table with columns: of pandas or polars."""
    return hasattr(x, "to_numpy") and hasattr(x, "columns")


def is_series(x: Any) -> bool:
    """Return whether `x` is one column of pandas or polars."""
    return hasattr(x, "to_numpy") and not hasattr(x, "columns")


def is_table(x: Any) -> bool:
    """Return whether `x` is a dataset of rows with named columns, read by slices: Hugging Face's."""
    return hasattr(x, "column_names") and hasattr(x, "with_format") and hasattr(x, "__len__")


def to_array(x: Any) -> Any:
    """Return a tensor, a series or another array-like as a NumPy array."""
    if hasattr(x, "detach"):  # torch
        x = x.detach().cpu()
        return (x.float() if str(x.dtype) == "torch.bfloat16" else x).numpy()
    for method in ("to_numpy", "numpy"):
        if callable(getattr(x, method, None)):
            return getattr(x, method)()
    return np.asarray(x)


def columns(x: Any) -> dict[str, Any]:
    """Return the columns of a frame, or those of a table, unread."""
    if is_frame(x):
        return {n: x[n] for n in x.columns}
    return {
        n: Rows(functools.partial(_read, x.select_columns([n]).with_format("numpy"), n), len(x)) for n in x.column_names
    }


def _read(table: Any, name: str, rows: Any) -> Any:
    return table[rows][name]


def inputs_and_targets(found: Mapping[str, Any], inputs: Sequence[str], outputs: Sequence[str]) -> tuple[Any, Any]:
    """Return (x, y) from columns by name: as the model's inputs and outputs are named, else 'label' and the rest.

    A model with one input takes the one column that is left under any name; y is None where no column can be meant.
    """
    named = [n for n in outputs if n in found and n not in inputs]
    targets = named if len(named) == len(outputs) else [n for n in TARGETS if n in found and n not in inputs][:1]
    rest = [n for n in found if n not in targets]
    if not set(inputs) <= set(rest) and len(rest) == 1:
        x = found[rest[0]]
    else:
        x = {n: found[n] for n in (inputs if inputs and set(inputs) <= set(rest) else rest)}
    if not targets:
        return x, None
    return x, found[targets[0]] if len(targets) == 1 else {n: found[n] for n in targets}
