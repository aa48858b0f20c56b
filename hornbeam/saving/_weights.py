"""The weights of a model in `.weights.h5` files, and how those of a file find their way into a model."""

import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hornbeam.saving import _hdf5
from hornbeam.saving._atomic import replacing, writable
from hornbeam.saving._files import HDF5, ZIP, open_file, starts_with, wrong_kind
from hornbeam.saving._hdf5 import Group
from hornbeam.saving._report import LoadReport
from hornbeam.saving._shards import ENDING, read_shards, write_shards
from hornbeam.saving._tree import is_optimizer, walk
from hornbeam.saving._zip import unpack

MEMBER = "model.weights.h5"  # what a `.keras` archive calls its weights
SHOWN = 5  # how many of many mismatches an error lists


def own_variables(obj: Any) -> dict[str, Any]:
    """Return the variables that `obj` itself owns, by their keys in a file."""
    variables = obj.variables if is_optimizer(obj) else obj._saved_weights()
    return {str(i): variable for i, variable in enumerate(variables)}


def _hook(obj: Any, name: str) -> Any:
    """Return the method `name` of the user's class, or None when it is not overridden."""
    method = getattr(obj, name, None)
    return None if method is None or method.__module__.startswith("hornbeam.") else method


def groups_of(model: Any) -> Iterator[tuple[str, Group]]:
    """Yield (place, Group) of everything in a model that files hold; values are fetched one object at a time."""
    for place, obj in walk(model):
        if hook := _hook(obj, "save_own_variables"):
            arrays: dict[str, Any] = {}
            hook(arrays)
        else:
            arrays = {key: variable.numpy() for key, variable in own_variables(obj).items()}
        yield place, Group(obj.name, arrays)


class Match:
    """What loading a file into a model would do: nothing is changed before `apply`."""

    def __init__(self, model: Any, groups: Mapping[str, Group], file: str) -> None:
        self.model, self.groups, self.file = model, groups, file
        self.values: list[tuple[Any, np.ndarray]] = []
        self.hooks: list[tuple[Any, dict[str, Any]]] = []
        self.loaded: list[str] = []
        self.renamed: list[tuple[str, str]] = []
        self.problems: list[tuple[str, str]] = []
        self.skipped: list[tuple[str, str]] = []
        self.asked: set[str] = set()
        for place, obj in walk(model):
            self._match(place, obj, groups.get(place, Group(None, {})))

    def _match(self, place: str, obj: Any, group: Group) -> None:
        self.asked.add(place)
        if hook := _hook(obj, "load_own_variables"):
            self.hooks.append((hook, dict(group.arrays)))
            self.loaded += [f"{obj.path}/{key}" for key in group.arrays]
        elif is_optimizer(obj):
            self._match_optimizer(obj, group)
        else:
            self._match_layer(obj, group)
        if group.name is not None and group.arrays and group.name != obj.name and not is_optimizer(obj):
            self.renamed.append((group.name, obj.path))

    def _match_layer(self, layer: Any, group: Group) -> None:
        """Take the arrays of a layer, or note why none of them is taken."""
        own = own_variables(layer)
        problems = []
        for key, variable in own.items():
            found = group.arrays.get(key)
            if found is None:
                problems.append((variable.path, f"the model has {variable.shape}, the file has no such weight"))
            elif found.shape != variable.shape:
                problems.append((variable.path, f"the model has {variable.shape}, the file {found.shape}"))
        extra = [str(a.shape) for key, a in group.arrays.items() if key not in own]
        if extra:
            problems.append(
                (layer.path, f"the file has {len(extra)} weights more for it, of shapes {', '.join(extra)}")
            )
        self.problems += problems
        if not problems:
            self._take(own, group)

    def _match_optimizer(self, optimizer: Any, group: Group) -> None:
        """Take the state of an optimizer; one that was saved before its first step has only the first variables."""
        if not group.arrays:
            return
        if optimizer is self.model.optimizer and not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        own = own_variables(optimizer)
        agree = all(key in own and own[key].shape == array.shape for key, array in group.arrays.items())
        if agree:
            self._take({key: variable for key, variable in own.items() if key in group.arrays}, group)
        else:
            reason = f"it has {len(own)} variables, the file {len(group.arrays)}; training starts with a new state"
            self.skipped.append((optimizer.name, reason))

    def _take(self, own: Mapping[str, Any], group: Group) -> None:
        self.values += [(variable, group.arrays[key]) for key, variable in own.items()]
        self.loaded += [variable.path for variable in own.values()]

    def refuse_problems(self) -> None:
        """Raise a ValueError when the model asks for weights that the file does not have in that shape."""
        if not self.problems:
            return
        lines = [f"  {path}: {reason}" for path, reason in self.problems[:SHOWN]]
        if len(self.problems) > SHOWN:
            lines.append(f"  ... and {len(self.problems) - SHOWN} more")
        message = (
            f"The weights in {self.file!r} are not those of model {self.model.name!r}:\n"
            + "\n".join(lines)
            + "\nNothing was loaded. Pass skip_mismatch=True to load the layers that fit."
        )
        raise ValueError(message)

    def apply(self) -> LoadReport:
        """Set the weights; warn of what stayed as it was and of layers in the file that the model does not have."""
        for variable, array in self.values:
            variable.assign(array)
        for hook, store in self.hooks:
            hook(store)
        skipped = [*self.problems, *self.skipped]
        unused = [place for place, group in self.groups.items() if group.arrays and place not in self.asked]
        report = LoadReport(self.file, tuple(self.loaded), tuple(self.renamed), tuple(skipped), tuple(sorted(unused)))
        if skipped or any(not place.startswith(("optimizer", "metrics")) for place in unused):
            warnings.warn(repr(report), stacklevel=4)
        return report


def load_groups(model: Any, groups: Mapping[str, Group], file: str, *, skip_mismatch: bool) -> LoadReport:
    """Put the arrays of `groups` into the model, all or nothing unless mismatches are to be skipped."""
    match = Match(model, groups, file)
    if not skip_mismatch:
        match.refuse_problems()
    return match.apply()


def save_weights(
    model: Any, filepath: str | os.PathLike[str], overwrite: bool = True, max_shard_size: float | None = None
) -> None:
    """Write the weights of a model, and the state of its optimizer, to a file.

    The file is replaced at once when all is written: it is never half of one. Equal weights give equal bytes.

    Args:
        model: a model that is built.
        filepath: where to write: a name that ends in `.weights.h5`, or in `.weights.json` for several files.
        overwrite: whether a file that exists is replaced; otherwise the user is asked, or FileExistsError raised.
        max_shard_size: the largest size of one file in GiB; `filepath` then names their index.

    Raises:
        ValueError: the model is not built, or the name ends otherwise.
        OSError: the file cannot be written; nothing is changed.

    >>> import hornbeam as keras, os, tempfile
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> path = os.path.join(tempfile.mkdtemp(), "my.weights.h5")
    >>> model.save_weights(path)
    >>> model.load_weights(path).loaded
    ('sequential/dense/kernel', 'sequential/dense/bias')
    """
    name, ending = os.fspath(filepath), ".weights.h5" if max_shard_size is None else ENDING
    if not name.endswith(ending):
        message = f"The name of a file of weights must end in {ending!r}; got {name!r}."
        raise ValueError(message)
    if not model.built:
        message = f"Model {model.name!r} has no weights to save yet: call it on data or build() it first."
        raise ValueError(message)
    target = writable(filepath)
    if not may_write(target, filepath, overwrite=overwrite):
        return
    if max_shard_size is not None:
        write_shards(target, groups_of(model), max_shard_size)
        return
    with replacing(target) as file:
        file.writelines(_hdf5.write(groups_of(model)))


def may_write(target: Path, filepath: str | os.PathLike[str], *, overwrite: bool) -> bool:
    """Return whether `target` may be written: it is new, may be replaced, or the user says so."""
    if overwrite or not target.exists():
        return True
    if not sys.stdin.isatty():
        message = f"{os.fspath(filepath)!r} exists, and overwrite is False."
        raise FileExistsError(message)
    return input(f"{os.fspath(filepath)!r} exists. Overwrite it? [y/n] ").strip().lower().startswith("y")


def load_weights(
    model: Any, filepath: str | os.PathLike[str], skip_mismatch: bool = False, **kwargs: Any
) -> LoadReport:
    """Read the weights of a model from a file, and return a report of what was loaded, renamed, skipped and unused.

    Either everything that the model needs is in the file, with the right shapes, or nothing is changed. Layers are
    found by their place in the model, not by their name. What the file holds beyond the model is said in a warning.

    Args:
        model: a model that is built.
        filepath: a `.weights.h5`, `.weights.json` or `.keras` file.
        skip_mismatch: leave layers as they are that do not fit, with a warning, instead of raising an error.
        kwargs: none; arguments of other file formats are refused.

    Raises:
        ValueError: the file is damaged, of another kind, or holds weights of another architecture.
        FileNotFoundError: there is no such file.
    """
    if kwargs:
        given = ", ".join(map(repr, kwargs))
        message = f"load_weights() takes the argument skip_mismatch; got {given} for {os.fspath(filepath)!r}."
        raise ValueError(message)
    if not model.built:
        message = (
            f"Model {model.name!r} has no weights yet to load {os.fspath(filepath)!r} into: call it on data or "
            "build() it first."
        )
        raise ValueError(message)
    groups = _read_groups(filepath)
    return load_groups(model, groups, os.fspath(filepath), skip_mismatch=skip_mismatch)


def _read_groups(filepath: str | os.PathLike[str]) -> dict[str, Group]:
    expected = "A `.weights.h5` or `.keras` file"
    what = f"File {os.fspath(filepath)!r}"
    with open_file(filepath, expected) as file:
        if os.fspath(filepath).endswith(ENDING):
            return read_shards(filepath)
        if starts_with(file, ZIP):
            members, _ = unpack(file, [MEMBER], what)
            if MEMBER not in members:
                message = f"{expected} is expected; {os.fspath(filepath)!r} is a ZIP archive without {MEMBER!r}."
                raise ValueError(message)
            return read_hdf5(members[MEMBER], what)
        if starts_with(file, HDF5):
            return read_hdf5(file.read(), what)
        raise wrong_kind(file, filepath, expected)


def read_hdf5(data: bytes, what: str) -> dict[str, Group]:
    """Return the groups of an HDF5 file that holds a model's weights."""
    groups = _hdf5.read(data, what)
    if not groups:
        message = f"{what} is an HDF5 file, but not one of a model's weights: it has no group 'vars'."
        raise ValueError(message)
    return groups
