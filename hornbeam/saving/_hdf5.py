"""The variables of a model in HDF5: groups `<place>/vars` of arrays '0', '1', ..., as Keras lays them out."""

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from hornbeam._core import dtypes
from hornbeam.saving import _hdf5_read
from hornbeam.saving._hdf5_write import Writer

_MAX_DEPTH = 200  # of groups in groups
_FOLDERS = {"_layer_checkpoint_dependencies": "layers"}  # older name in files -> present name
_OTHER_LAYOUTS = ("model_config", "layer_names", "model_weights")


class Group(NamedTuple):
    """What one object saved: its own name, and its arrays by key."""

    name: str | None
    arrays: Mapping[str, Any]


def write(groups: Iterable[tuple[str, Group]]) -> list[Any]:
    """Return the buffers of an HDF5 file with the arrays of `groups` (place, Group); equal groups give equal bytes."""
    tree: dict[str, Any] = {}
    texts = []
    for place, group in groups:
        node = tree
        for part in [*place.split("/"), "vars"] if place else ["vars"]:
            node = node.setdefault(part, {})
        node |= {key: _numbers_only(array, f"{place}/{key}") for key, array in group.arrays.items()}
        node[""] = group.name
        texts += [group.name, *(a.dtype.name for k, a in node.items() if k and _is_raw(a.dtype))]
    writer = Writer([text for text in texts if text is not None])
    return writer.finish(_write_group(writer, tree))


def _numbers_only(array: Any, place: str) -> np.ndarray:
    array = np.asarray(array)
    if array.dtype.kind not in "biufc" and array.dtype.isbuiltin != 2:
        message = f"Files of weights hold numbers; {place!r} has type {array.dtype}."
        raise TypeError(message)
    return array


def _is_raw(dtype: np.dtype) -> bool:
    """Return whether HDF5 has no type for these numbers, so that they are stored as bytes beside the type's name."""
    return dtype.isbuiltin == 2 or dtype.kind == "c"


def _write_group(writer: Writer, tree: Mapping[str, Any]) -> int:
    members = {}
    for name, item in tree.items():
        if isinstance(item, dict):
            members[name] = _write_group(writer, item)
        elif name:
            members[name] = writer.array(item, {"dtype": item.dtype.name} if _is_raw(item.dtype) else {})
    return writer.group(members, {"name": tree[""]} if tree.get("") is not None else {})


def read(data: bytes, what: str) -> dict[str, Group]:
    """Return the groups of an HDF5 file given as bytes; `what` names the file in errors."""
    try:
        file = _hdf5_read.File(data)
        root = file.root()
        other = [name for name in _OTHER_LAYOUTS if name in root.attributes or name in dict(file.members(root))]
        groups = {} if other else dict(_read_groups(file, root, "", 0))
    except (ValueError, IndexError, KeyError, OverflowError, MemoryError, struct.error, zlib.error) as error:
        message = f"{what} is damaged, or not a file of weights: {error}."
        raise ValueError(message) from error
    if other:
        message = (
            f"{what} is a `.h5` file in the layout from before `.keras` and `.weights.h5` files (it has {other[0]!r}): "
            "expected one of these. Load it with the Keras that wrote it and save it as `.keras`."
        )
        raise ValueError(message)
    return groups


def _read_groups(file: _hdf5_read.File, group: _hdf5_read.Group, place: str, depth: int) -> Iterator[tuple[str, Group]]:
    """Yield (place, Group) for each group called 'vars' inside `group`."""
    _hdf5_read.check(depth <= _MAX_DEPTH, "its groups are nested too deeply")
    for name, at in file.members(group):
        item = file.object(at)
        if isinstance(item, _hdf5_read.Group):
            if name == "vars":
                yield place, _read_group(file, item)
            else:
                part = _FOLDERS.get(name, name)
                yield from _read_groups(file, item, f"{place}/{part}" if place else part, depth + 1)


def _read_group(file: _hdf5_read.File, group: _hdf5_read.Group) -> Group:
    arrays = {}
    for key, at in file.members(group):
        item = file.object(at)
        if isinstance(item, _hdf5_read.Array):
            arrays[key] = _numbers(file, item)
    name = group.attributes.get("name")
    return Group(name if isinstance(name, str) else None, arrays)


def _numbers(file: _hdf5_read.File, array: _hdf5_read.Array) -> np.ndarray:
    """Return the numbers of an array, those stored as raw bytes in the type that stands beside them."""
    values = file.values(array)
    if array.dtype.kind != "V":
        return values
    name = array.attributes.get("dtype")
    if name not in dtypes.ALLOWED - {"string"} or jnp.dtype(name).itemsize != values.itemsize:
        message = f"raw bytes are expected to say which number type they are; found {name!r}"
        raise _hdf5_read.FormatError(message)
    return values.view(jnp.dtype(name))
