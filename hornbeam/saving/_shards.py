"""Weights in several files with an index: `<name>.weights.json` and `<name>_00000-....weights.h5` beside it.

The shards are named after their contents and the index is written last, so the index always means whole shards.
"""

import functools
import json
import os
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from hornbeam.saving import _hdf5
from hornbeam.saving._atomic import replacing
from hornbeam.saving._files import HDF5, open_file, wrong_kind, starts_with
from hornbeam.saving._hdf5 import Group

ENDING = ".weights.json"
_GIB = 2**30


def write_shards(path: Path, groups: Iterable[tuple[str, Group]], max_shard_size: float) -> None:
    """Write `groups` to files of at most `max_shard_size` GiB of weights each, and their index to `path`."""
    before = _shards_of(path) if path.exists() else set()
    index: dict[str, list[str]] = {}
    total = 0
    for number, (size, shard) in enumerate(_split(groups, max_shard_size * _GIB)):
        parts = _hdf5.write(shard.items())
        checksum = functools.reduce(lambda crc, part: zlib.crc32(part, crc), parts, 0)
        name = f"{path.name.removesuffix(ENDING)}_{number:05d}-{checksum:08x}.weights.h5"
        with replacing(path.with_name(name)) as file:
            file.writelines(parts)
        total += size
        index |= {f"/{place}/vars" if place else "/vars": [name] for place, group in shard.items() if group.arrays}
    with replacing(path) as file:
        file.write(json.dumps({"metadata": {"total_size": total}, "weight_map": index}, indent=4).encode())
    for name in before - {names[0] for names in index.values()}:
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
    for name in sorted(_shards_of(Path(path))):
        shard = Path(path).with_name(name)
        with open_file(shard, "A shard of weights") as file:
            if not starts_with(file, HDF5):
                raise wrong_kind(file, shard, "A shard of weights")
            found = _hdf5.read(file.read(), f"Shard {os.fspath(shard)!r}")
        groups |= {place: group for place, group in found.items() if group.arrays or place not in groups}
    return groups


def _shards_of(path: Path) -> set[str]:
    """Return the names of the files that an index lists, all of them in its own folder."""
    try:
        index = json.loads(path.read_bytes())
        names = {name for names in index["weight_map"].values() for name in ([names] if isinstance(names, str) else names)}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        message = f"{os.fspath(path)!r} is not an index of sharded weights: it needs a 'weight_map' ({error!r})."
        raise ValueError(message) from error
    for name in names:
        if not isinstance(name, str) or os.path.basename(name) != name or name in ("", ".", ".."):  # noqa: PTH119 - a name, not a path
            message = f"{os.fspath(path)!r} lists the shard {name!r}: expected the name of a file in the same folder."
            raise ValueError(message)
    return names
