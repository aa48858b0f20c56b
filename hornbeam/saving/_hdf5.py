"""Variables in HDF5: groups `<place>/vars` of arrays named '0', '1', ..., as Keras writes them; read with distrust.

Reading follows no link but those that make a tree within the file, allocates no more than the file's own bytes can
explain, and gives plain numbers only.
"""

import io
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from hornbeam._core import dtypes
from hornbeam._core.lazy import lazy

h5py = lazy("h5py")

SIGNATURE = b"\x89HDF\r\n\x1a\n"
MAX_OBJECTS = 1_000_000
MAX_EXPANSION = 100  # how many times larger than the file its arrays may be together
_FILTERS = {1, 2, 3, 32000}  # deflate, shuffle, checksum, LZF: what h5py itself brings
_FOLDERS = {"_layer_checkpoint_dependencies": "layers"}  # older name in files -> present name


class Group(NamedTuple):
    """What one object saved: its own name, and its arrays by key."""

    name: str | None
    arrays: Mapping[str, Any]


def write(groups: Iterable[tuple[str, Group]]) -> memoryview:
    """Return an HDF5 file with the arrays of `groups` (place, Group); equal groups give equal bytes."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for place, group in groups:
            h5 = file.create_group(f"{place}/vars")
            if group.name is not None:
                h5.attrs["name"] = group.name
            for key, value in group.arrays.items():
                _write_array(h5, key, np.asarray(value))
    return buffer.getbuffer()


def _write_array(h5: Any, key: str, array: np.ndarray) -> None:
    """Write one array; a number type that HDF5 lacks, such as bfloat16, is stored as bytes with its name beside it."""
    if array.dtype.kind == "V":
        raw = array.view(f"V{array.dtype.itemsize}")
        h5.create_dataset(key, data=raw).attrs["dtype"] = array.dtype.name
    else:
        h5.create_dataset(key, data=array)


def read(data: bytes, what: str) -> dict[str, Group]:
    """Return the groups of an HDF5 file given as bytes; `what` names the file in errors."""
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            _refuse_other_layouts(file, what)
            groups = _variable_groups(file, what)
            datasets = {place: _datasets(group, what) for place, group in groups.items()}
            _check_size(datasets, MAX_EXPANSION * len(data), what)
            return {place: _read_group(groups[place], found, what) for place, found in datasets.items()}
    except (OSError, RuntimeError, KeyError) as error:  # what h5py raises on damaged files
        message = f"{what} is damaged or truncated: its HDF5 contents cannot be read ({error})."
        raise ValueError(message) from error


def _refuse_other_layouts(file: Any, what: str) -> None:
    if "model_config" in file.attrs or "layer_names" in file.attrs or "model_weights" in file:
        message = (
            f"{what} is a `.h5` file in the layout from before `.keras` and `.weights.h5` files: expected one of these. "
            "Load it with the Keras that wrote it and save it as `.keras`."
        )
        raise ValueError(message)


def _variable_groups(file: Any, what: str) -> dict[str, Any]:
    """Return the groups called 'vars' by the place that they belong to, following hard links only, each object once."""
    found: dict[str, Any] = {}
    seen: set[int] = set()
    stack: list[tuple[str, Any]] = [("", file)]
    while stack:
        place, group = stack.pop()
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                message = f"{what} has a link at '{place}/{name}': a weights file must hold its arrays itself."
                raise ValueError(message)
            child = group[name]
            address = h5py.h5o.get_info(child.id).addr
            if address in seen or len(seen) > MAX_OBJECTS:
                message = f"{what} holds an object twice, at '{place}/{name}', or more than {MAX_OBJECTS} of them."
                raise ValueError(message)
            seen.add(address)
            if isinstance(child, h5py.Group):
                if name == "vars":
                    found[place] = child
                else:
                    part = _FOLDERS.get(name, name)
                    stack.append((f"{place}/{part}" if place else part, child))
    return found


def _datasets(group: Any, what: str) -> dict[str, Any]:
    """Return the arrays in a group called 'vars', unread."""
    for key in group:
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            message = f"{what} has a link at '{group.name}/{key}': a weights file must hold its arrays itself."
            raise ValueError(message)
    return {key: item for key, item in group.items() if isinstance(item, h5py.Dataset)}


def _check_size(datasets: Mapping[str, Mapping[str, Any]], limit: int, what: str) -> None:
    declared = sum(dataset.nbytes for found in datasets.values() for dataset in found.values())
    if declared > limit:
        message = f"{what} declares arrays of {declared} bytes, far more than its own size explains."
        raise ValueError(message)


def _read_group(group: Any, datasets: Mapping[str, Any], what: str) -> Group:
    name = group.attrs.get("name")
    arrays = {key: _read_array(dataset, f"{what}, {dataset.name}") for key, dataset in datasets.items()}
    return Group(name if isinstance(name, str) else None, arrays)


def _read_array(dataset: Any, where: str) -> np.ndarray:
    """Return the numbers of a dataset that is stored in this file and in known filters."""
    if dataset.is_virtual or dataset.external:
        message = f"{where}: the array lies in another file; a weights file must hold its arrays itself."
        raise ValueError(message)
    plan = dataset.id.get_create_plist()
    unknown = {plan.get_filter(i)[0] for i in range(plan.get_nfilters())} - _FILTERS
    if unknown:
        message = f"{where}: the array is packed with the HDF5 filters {sorted(unknown)}, which are not known."
        raise ValueError(message)
    if dataset.dtype.kind not in "biufcV" or dataset.dtype.names or dataset.dtype.subdtype:
        message = f"{where}: numbers are expected; found type {dataset.dtype}."
        raise ValueError(message)
    array = np.asarray(dataset[()])
    if dataset.dtype.kind != "V":
        return array
    name = dataset.attrs.get("dtype")
    if name not in dtypes.ALLOWED - {"string"} or jnp.dtype(name).itemsize != array.itemsize:
        message = f"{where}: raw bytes are expected to say which number type they are; found {name!r}."
        raise ValueError(message)
    return array.view(jnp.dtype(name))
