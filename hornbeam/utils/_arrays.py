"""Small steps between raw data and a model: class vectors as one-hot rows, unit norms, sequences of one length."""

from collections.abc import Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def to_categorical(x: Any, num_classes: int | None = None) -> Any:
    """Return class ids as one-hot rows.

    Args:
        x: whole numbers from 0 to `num_classes` - 1 of shape `(...)`, or `(..., 1)`, whose last axis is dropped.
        num_classes: how many classes there are, by default the largest id + 1.

    Returns:
        Zeros and ones of shape `(..., num_classes)`: a NumPy array of float64, for a JAX array one of float32.

    Raises:
        ValueError: an id is negative, too large, or no whole number; there is nothing to count the classes from.

    >>> import hornbeam as keras
    >>> keras.utils.to_categorical([0, 2, 1], num_classes=3)
    array([[1., 0., 0.],
           [0., 0., 1.],
           [0., 1., 0.]])
    """
    given = np.asarray(x)
    ids = _whole_numbers(given)
    if ids.ndim > 1 and ids.shape[-1] == 1:
        ids = ids[..., 0]
    if not num_classes:
        if not ids.size:
            message = "to_categorical(): x has 0 ids, so num_classes must be given."
            raise ValueError(message)
        num_classes = int(ids.max()) + 1
    wrong = np.flatnonzero((ids < 0) | (ids >= num_classes))
    if wrong.size:
        message = (
            f"to_categorical(): x must hold ids from 0 to num_classes - 1 = {num_classes - 1}; "
            f"got {ids.flat[wrong[0]]} at position {wrong[0]} (num_classes={num_classes})."
        )
        raise ValueError(message)
    rows = np.zeros((*ids.shape, num_classes))
    np.put_along_axis(rows, ids[..., None], 1.0, axis=-1)
    return jnp.asarray(rows, "float32") if isinstance(x, jax.Array) else rows


def _whole_numbers(given: np.ndarray) -> np.ndarray:
    """Return class ids as int64, also those that came as floats or texts of whole numbers."""
    try:
        ids = given.astype("int64")
    except ValueError:  # texts
        ids = None
    if ids is None or (given.dtype.kind not in "biu" and not (given.astype("float64") == ids).all()):
        message = f"to_categorical(): x must hold whole numbers, the ids of classes; got {given.flat[:5]!r}."
        raise ValueError(message)
    return ids


def normalize(x: Any, axis: int = -1, order: float = 2) -> Any:
    """Return `x` with its vectors along `axis` divided by their norm; zero vectors stay zero.

    Args:
        x: numbers of shape `(...)`.
        axis: along which the vectors lie.
        order: which norm: 2 is the length, 1 the sum of absolute values, `np.inf` the largest absolute value.

    >>> import hornbeam as keras
    >>> keras.utils.normalize([[3.0, 4.0]])
    array([[0.6, 0.8]])
    """
    xp = jnp if isinstance(x, jax.Array) else np
    x = xp.asarray(x)
    norms = xp.linalg.norm(x, ord=order, axis=axis, keepdims=True)
    return x / xp.where(norms == 0, 1, norms)


def pad_sequences(
    sequences: Any,
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> np.ndarray:
    """Return sequences of different lengths as one array, shorter ones filled up and longer ones cut.

    Args:
        sequences: lists of steps; each step a number or an array of the same shape `(...)`.
        maxlen: the length of all rows, by default that of the longest sequence.
        dtype: data type of the result.
        padding: 'pre' or 'post': where fillers go.
        truncating: 'pre' or 'post': where steps are cut off.
        value: the filler.

    Returns:
        An array of shape `(len(sequences), maxlen, ...)`.

    >>> import hornbeam as keras
    >>> keras.utils.pad_sequences([[1], [2, 3], [4, 5, 6]])
    array([[0, 0, 1],
           [0, 2, 3],
           [4, 5, 6]], dtype=int32)
    """
    for name, given in (("padding", padding), ("truncating", truncating)):
        if given not in ("pre", "post"):
            message = f"pad_sequences(): {name} must be 'pre' or 'post'; got {given!r}."
            raise ValueError(message)
    rows = _rows(sequences)
    step = next((row.shape[1:] for row in rows if len(row)), ())
    length = max((len(row) for row in rows), default=0) if maxlen is None else maxlen
    is_text = np.issubdtype(np.dtype(dtype), np.str_)
    if is_text:
        if not isinstance(value, str):
            message = f"pad_sequences(): for dtype {dtype!r} value must be a text; got {value!r}."
            raise ValueError(message)
        dtype = object
    result = np.full((len(rows), length, *step), value, dtype)
    for i, row in enumerate(rows):
        kept = (row[-length:] if truncating == "pre" else row[:length]) if length else row[:0]
        if len(kept) and kept.shape[1:] != step:
            shapes = f"{step} in the first sequence and {kept.shape[1:]} in sequence {i}"
            message = f"pad_sequences(): all steps must have one shape; got {shapes}."
            raise ValueError(message)
        if len(kept):
            result[i, slice(-len(kept), None) if padding == "pre" else slice(len(kept))] = kept
    return result.astype(str) if is_text else result


def _rows(sequences: Any) -> list[np.ndarray]:
    if not isinstance(sequences, Iterable):
        message = f"pad_sequences(): sequences must be a list of sequences; got {sequences!r}."
        raise ValueError(message)  # noqa: TRY004  # Keras's kind of error
    rows = list(sequences)
    for i, row in enumerate(rows):
        if not hasattr(row, "__len__"):
            message = f"pad_sequences(): sequences must be a list of sequences; number {i} is {row!r}."
            raise ValueError(message)
    return [np.asarray(row) for row in rows]
