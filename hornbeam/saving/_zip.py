"""The ZIP archive around a model: few members with fixed names, stored as they are, equal bytes for equal contents."""

import zipfile
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO

MAX_EXPANSION = 100  # how many times larger than its packed bytes a member may be
_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that the format can say: when a file was made is none of its contents
_MODE = 0o600 << 16


def pack(file: BinaryIO, members: Mapping[str, list[Any]]) -> None:
    """Write a ZIP archive with `members`, name -> buffers that follow each other, to `file`."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, parts in members.items():
            info = zipfile.ZipInfo(name, _DATE)
            info.create_system, info.external_attr = 3, _MODE
            info.file_size = sum(memoryview(part).nbytes for part in parts)
            with archive.open(info, "w") as member:
                member.writelines(parts)


def unpack(file: BinaryIO, names: Iterable[str], what: str) -> tuple[dict[str, bytes], list[str]]:
    """Return those of the members `names` that the archive has, and the names of the others; nothing is extracted."""
    found: dict[str, bytes] = {}
    others: list[str] = []
    try:
        with zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                if info.filename not in names:
                    others.append(info.filename)
                elif info.filename in found:
                    message = f"{what} holds {info.filename!r} twice."
                    raise ValueError(message)
                else:
                    found[info.filename] = _read(archive, info, what)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        message = f"{what} is damaged or truncated: its ZIP archive cannot be read ({error})."
        raise ValueError(message) from error
    return found, others


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, what: str) -> bytes:
    if info.file_size > MAX_EXPANSION * max(info.compress_size, 1024):
        message = f"{what}: member {info.filename!r} would unpack {info.compress_size} bytes into {info.file_size}."
        raise ValueError(message)
    return archive.read(info)
