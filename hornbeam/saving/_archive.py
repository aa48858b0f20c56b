"""Whole models in `.keras` files: a ZIP archive of the architecture, the weights, and how the model was compiled."""

import json
import os
import warnings
from collections.abc import Mapping
from typing import Any

from hornbeam._core import registry
from hornbeam._core.serialize import deserialize, serialize
from hornbeam.saving import _hdf5
from hornbeam.saving._atomic import replacing, writable
from hornbeam.saving._files import HDF5, ZIP, open_file, starts_with, wrong_kind
from hornbeam.saving._objects import for_file, prepare
from hornbeam.saving._tree import walk
from hornbeam.saving._weights import MEMBER, groups_of, load_groups, may_write, read_hdf5
from hornbeam.saving._zip import pack, unpack

FORMAT = "3.15.1"  # the version of Keras whose files these are
MAX_CONFIG = 2**28  # bytes of JSON


def save_model(
    model: Any, filepath: str | os.PathLike[str], overwrite: bool = True, zipped: bool | None = None, **kwargs: Any
) -> None:
    """Write a model to a `.keras` file: its architecture, its weights, how it was compiled, its optimizer's state.

    The file is replaced at once when all is written, so it is never half of one. Keras 3 reads it. The same model gives
    the same bytes: no date, no path, no name of a machine is inside.

    Args:
        model: the model.
        filepath: where to write, a name that ends in `.keras`.
        overwrite: whether a file that exists is replaced; otherwise the user is asked, or FileExistsError raised.
        zipped: True or None; a folder in place of the archive is not written.
        kwargs: `include_optimizer`, whether the file says how the model was compiled and holds its optimizer's state
            (default True); arguments of other file formats are refused.

    Raises:
        ValueError: the name ends otherwise.
        TypeError: a part of the model has a configuration that JSON cannot hold; its layer is named.
        OSError: the file cannot be written; nothing is changed.

    >>> import hornbeam as keras, os, tempfile
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> path = os.path.join(tempfile.mkdtemp(), "my.keras")
    >>> model.save(path)
    >>> keras.saving.load_model(path).count_params()
    8
    """
    name, include_optimizer = os.fspath(filepath), kwargs.pop("include_optimizer", True)
    if kwargs:
        given = ", ".join(map(repr, kwargs))
        message = f"A `.keras` file is written without the arguments {given}; got them for {name!r}."
        raise ValueError(message)
    if not name.endswith(".keras") or zipped is False:
        message = f"A model is saved to one file whose name ends in '.keras'; got {name!r}, zipped={zipped}."
        raise ValueError(message)
    target = writable(filepath)
    if not may_write(target, filepath, overwrite=overwrite):
        return
    if not model.built:
        message = f"Model {model.name!r} is saved without weights: it was not called on data or built yet."
        warnings.warn(message, stacklevel=3)
    metadata = json.dumps({"keras_version": FORMAT, "written_by": "hornbeam"})
    config = for_file(serialize(model))
    if not include_optimizer:
        config.pop("compile_config", None)
    text = json.dumps(config)
    with replacing(target) as file:
        weights = _hdf5.write((place, g) for place, g in groups_of(model) if include_optimizer or place != "optimizer")
        pack(file, {"metadata.json": [metadata.encode()], "config.json": [text.encode()], MEMBER: weights})


def load_model(
    filepath: str | os.PathLike[str],
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,  # noqa: ARG001  # Keras's argument; there is no other mode
) -> Any:
    """Return the model in a `.keras` file, of Hornbeam's or of Keras 3's, with its weights.

    Loading runs no code from the file and imports nothing that it names: classes and functions are Hornbeam's own, the
    registered ones, and those in `custom_objects`. The model's attribute `load_report` says what was loaded.

    Args:
        filepath: a `.keras` file.
        custom_objects: dict name -> class or function of yours that the file names; a Lambda layer's function is
            found under the layer's name.
        compile: whether to compile the model as it was, with the state of its optimizer.
        safe_mode: accepted for Keras's sake: code in a file is never run, whatever this says.

    Raises:
        ValueError: the file is damaged, of another kind, or names something unknown; the error says what to pass.
        FileNotFoundError: there is no such file; the error lists the nearest names.
    """
    name, what = os.fspath(filepath), f"File {os.fspath(filepath)!r}"
    members = _read_members(filepath, what)
    config = _parse(members["config.json"], what)
    if not compile:
        config.pop("compile_config", None)
    with registry.custom_object_scope(custom_objects or {}):
        try:
            model = deserialize(prepare(config))
        except RecursionError as error:
            message = f"{what}: its configuration is nested too deeply."
            raise ValueError(message) from error
        except Exception as error:
            error.add_note(f"This came up while {name!r} was loaded.")
            raise
    if not hasattr(model, "load_weights"):
        message = f"{what} describes an object of type {type(model).__name__}; a model is expected."
        raise ValueError(message)
    groups = read_hdf5(members[MEMBER], what) if MEMBER in members else {}
    for place, layer in walk(model):
        if getattr(layer, "quantizable", False) and place in groups:
            layer._quantize_like(groups[place].arrays)
    model.load_report = load_groups(model, groups, name, skip_mismatch=False)
    return model


def _read_members(filepath: str | os.PathLike[str], what: str) -> dict[str, bytes]:
    """Return the parts of a `.keras` archive that loading needs."""
    expected = "A `.keras` file"
    with open_file(filepath, expected) as file:
        if not starts_with(file, ZIP):
            if starts_with(file, HDF5):
                message = (
                    f"{expected} is expected; {os.fspath(filepath)!r} is an HDF5 file: build the model and call "
                    "model.load_weights() on it if it is a `.weights.h5` file, or let the Keras that wrote it save it "
                    "as `.keras`."
                )
                raise ValueError(message)
            raise wrong_kind(file, filepath, expected)
        members, others = unpack(file, ["config.json", "metadata.json", MEMBER], what)
    if "config.json" not in members:
        shown = ", ".join(map(repr, others[:5])) or "nothing else"
        message = (
            f"{expected} is expected; {os.fspath(filepath)!r} is a ZIP archive without 'config.json' (it has {shown})."
        )
        raise ValueError(message)
    return members


def _parse(text: bytes, what: str) -> dict[str, Any]:
    if len(text) > MAX_CONFIG:
        message = f"{what}: its configuration has {len(text)} bytes; at most {MAX_CONFIG} are read."
        raise ValueError(message)
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"{what}: its 'config.json' is not valid JSON ({error})."
        raise ValueError(message) from error
    if not isinstance(config, dict) or "class_name" not in config or "config" not in config:
        message = f"{what}: its 'config.json' does not describe a model."
        raise ValueError(message)
    return config
