"""Opening a file to load from: it is there, it is a file, and it is of a kind that can be read."""

import os
from pathlib import Path
from typing import BinaryIO

from hornbeam._core.registry import suggest

HDF5, ZIP = b"\x89HDF\r\n\x1a\n", b"PK\x03\x04"
_KINDS = {
    HDF5: "an HDF5 file",
    ZIP: "a ZIP archive",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"\x1f\x8b": "a gzip archive",
    b"\x93NUMPY": "a NumPy array",
    b"\x80": "a pickle",
    b"{": "JSON text",
    b"<": "HTML or XML text",
}


def open_file(path: str | os.PathLike[str], expected: str) -> BinaryIO:
    """Return the file at `path`, open for reading; `expected` says in errors what kind of file it should be."""
    place = Path(path)
    if place.is_dir():
        message = f"{expected} is expected; {os.fspath(path)!r} is a folder."
        raise IsADirectoryError(message)
    if not place.exists():
        raise FileNotFoundError(_absent(path, place))
    return place.open("rb")


def starts_with(file: BinaryIO, signature: bytes) -> bool:
    """Return whether a file begins with `signature`."""
    file.seek(0)
    found = file.read(len(signature)) == signature
    file.seek(0)
    return found


def wrong_kind(file: BinaryIO, path: str | os.PathLike[str], expected: str) -> ValueError:
    """Return the error that says what kind of file was found in place of the expected one."""
    kind = next((kind for start, kind in _KINDS.items() if starts_with(file, start)), "a file of an unknown kind")
    if not file.read(1):
        kind = "an empty file"
    return ValueError(f"{expected} is expected; {os.fspath(path)!r} is {kind}.")


def _absent(path: str | os.PathLike[str], place: Path) -> str:
    if not place.parent.is_dir():
        return f"There is no file {os.fspath(path)!r}, and no folder {str(place.parent)!r}."
    siblings = [p.name for p in place.parent.iterdir() if p.is_file() and not p.name.startswith(".")]
    return f"There is no file {os.fspath(path)!r}.{suggest(place.name, siblings) if siblings else ''}"
