"""Weights in several files with an index: `<name>.weights.json`, and `<name>_00000.weights.h5` and so on beside it.

All shards are written before the first takes its name, and the index takes its name last. It holds their checksums, so
that shards of two different saves are never taken for one.
"""

import contextlib
import functools
import json
import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hornbeam.saving import _hdf5
from hornbeam.saving._atomic import replacing
from hornbeam.saving._files import HDF5, open_file, starts_with, wrong_kind
from hornbeam.saving._hdf5 import Group

ENDING = ".weights.json"
_GIB = 2**30


def write_shards(path: Path, groups: Iterable[tuple[str, Group]], max_shard_size: float) -> None:
    """Write `groups` to files of at most `max_shard_size` GiB of weights each, and their index to `path`."""
    before = _read_index(path)[0] if path.exists() else set()
    index: dict[str, list[str]] = {}
    total, checksums = 0, {}
    with contextlib.ExitStack() as stack:  # left in the opposite order: the index takes its name after all shards
        index_file = stack.enter_context(replacing(path))
        for number, (size, shard) in enumerate(_split(groups, max_shard_size * _GIB)):
            parts = _hdf5.write(shard.items())
            name = f"{path.name.removesuffix(ENDING)}_{number:05d}.weights.h5"
            stack.enter_context(replacing(path.with_name(name))).writelines(parts)
            total, checksums[name] = total + size, functools.reduce(lambda crc, part: zlib.crc32(part, crc), parts, 0)
            index |= {f"/{place}/vars" if place else "/vars": [name] for place, group in shard.items() if group.arrays}
        metadata = {"total_size": total, "checksums": checksums}
        index_file.write(json.dumps({"metadata": metadata, "weight_map": index}, indent=4).encode())
    for name in before - checksums.keys():
        path.with_name(name).unlink(missing_ok=True)


def _split(groups: Iterable[tuple[str, Group]], limit: float) -> Iterable[tuple[int, dict[str, Group]]]:
    """Yield (bytes, groups) of each shard; an object's arrays stay together."""
    shard: dict[str, Group] = {}
    size = 0
    for place, group in groups:
        own = sum(array.nbytes for array in group.arrays.values())
        if own > limit:
            message = (
                f"max_shard_size is {limit / _GIB:g} GiB, but the weights of {place!r} alone take {own / _GIB:g} GiB: "
                "pass a larger max_shard_size."
            )
            raise ValueError(message)
        if size + own > limit:
            yield size, shard
            shard, size = {}, 0
        shard[place] = group
        size += own
    yield size, shard


def read_shards(path: str | os.PathLike[str]) -> dict[str, Group]:
    """Return the groups of all shards that the index at `path` names."""
    groups: dict[str, Group] = {}
    names, checksums = _read_index(Path(path))
    for name in sorted(names):
        shard = Path(path).with_name(name)
        what, expected = f"Shard {os.fspath(shard)!r}", "A shard of weights"
        with open_file(shard, expected) as file:
            if not starts_with(file, HDF5):
                raise wrong_kind(file, shard, expected)
            data = file.read()
        if checksums.get(name, zlib.crc32(data)) != zlib.crc32(data):
            message = f"{what} is not the one that {os.fspath(path)!r} was written with: a save was interrupted."
            raise ValueError(message)
        found = _hdf5.read(data, what)
        groups |= {place: group for place, group in found.items() if group.arrays or place not in groups}
    return groups


def _read_index(path: Path) -> tuple[set[str], dict[str, Any]]:
    """Return the names of the files that an index lists, all of them in its own folder, and their checksums."""
    try:
        index = json.loads(path.read_bytes())
        listed = [[names] if isinstance(names, str) else names for names in index["weight_map"].values()]
        names = {name for names in listed for name in names}
        checksums = dict(index.get("metadata", {}).get("checksums", {}))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        message = f"{os.fspath(path)!r} is not an index of sharded weights: it needs a 'weight_map' ({error!r})."
        raise ValueError(message) from error
    for name in names:
        if not isinstance(name, str) or Path(name).name != name:
            message = f"{os.fspath(path)!r} lists the shard {name!r}: expected the name of a file in the same folder."
            raise ValueError(message)
    return names, checksums
