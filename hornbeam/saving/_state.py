"""What a training knows, in one file: a nest of dicts, lists, numbers, text and arrays, read back exactly as it was."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from hornbeam.saving._atomic import replacing
from hornbeam.saving._zip import pack, unpack

_TEXT, _NUMBERS = "state.json", "arrays.bin"


def write_state(path: Path, state: Any, previous: Path | None = None) -> None:
    """Write `state` to `path`, which is replaced at once; the file that was there becomes `previous`, if given.

    The old file is moved only when the new one is complete on the disk: a full disk costs neither.
    """
    buffers: list[np.ndarray] = []
    text = json.dumps(_encode(state, buffers, "state")).encode()
    with replacing(path) as file:
        pack(file, {_TEXT: [text], _NUMBERS: buffers})
        if previous is not None:
            file.flush()
            os.fsync(file.fileno())
            path.replace(previous)


def read_state(path: Path) -> Any:
    """Return what `write_state` was given; ValueError when the file is not exactly what was written."""
    what = f"File {os.fspath(path)!r}"
    try:
        with path.open("rb") as file:
            members, _ = unpack(file, [_TEXT, _NUMBERS], what)
        return _decode(json.loads(members[_TEXT]), members[_NUMBERS])
    except FileNotFoundError:
        raise
    except Exception as error:  # whatever a damaged file leads to
        message = f"{what} is damaged: {error.__cause__ or error}."
        raise ValueError(message) from error


def _encode(x: Any, buffers: list[np.ndarray], path: str) -> Any:
    """Return `x` as JSON; arrays are put aside, and what JSON lacks is a dict with one key that says what it is."""
    if x is None or (isinstance(x, bool | int | float | str) and not isinstance(x, np.generic)):
        return x
    if isinstance(x, list):
        return [_encode(v, buffers, path) for v in x]
    if isinstance(x, tuple):
        return {"tuple": [_encode(v, buffers, path) for v in x]}
    if isinstance(x, dict):
        return {"dict": [[_encode(k, buffers, path), _encode(v, buffers, f"{path}[{k!r}]")] for k, v in x.items()]}
    if isinstance(x, np.ndarray | np.generic | jax.Array):
        array = np.asarray(x)
        buffers.append(np.ascontiguousarray(array).reshape(-1).view(np.uint8))
        return {"array": [array.dtype.name, list(array.shape), buffers[-1].nbytes]}
    message = f"Numbers, text, arrays, lists and dicts can be saved; {path} is of type {type(x).__name__}."
    raise TypeError(message)


def _decode(x: Any, data: bytes) -> Any:
    """Return what `_encode` was given."""
    at = 0

    def decode(x: Any) -> Any:
        nonlocal at
        if isinstance(x, list):
            return [decode(v) for v in x]
        if not isinstance(x, dict):
            return x
        ((kind, content),) = x.items()
        if kind == "tuple":
            return tuple(decode(v) for v in content)
        if kind == "dict":
            return {decode(k): decode(v) for k, v in content}
        dtype, shape, size = content
        array = np.frombuffer(data, np.uint8, size, at).view(jnp.dtype(dtype)).reshape(shape)
        at += size
        return array if shape else array[()]

    return decode(x)
