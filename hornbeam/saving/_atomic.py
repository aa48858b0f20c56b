"""Files that are whole or not there: written to a temporary sibling, flushed to the disk, then renamed.

A process that dies on the way leaves the old file as it was, and at most a temporary one, which the next write to
the same path removes. While it is written, a temporary file is locked, so that the one of a living process stays.
"""

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows has no such locks, and needs none: it refuses to remove a file that is open.
    fcntl = None

SUFFIX = ".unfinished"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # of the disk, of a user's share of it, of a file


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a binary file that takes the place of `path` when the `with` block ends without an exception.

    An unwritable path raises OSError before the block is entered. After an exception the old file is as it was, and
    the new one is gone.
    """
    target = writable(path)
    _remove_leftovers(target)
    try:
        file, temporary = _open_sibling(target)
    except OSError as error:
        error.filename = os.fspath(path)  # not the temporary's name, which says nothing to the user
        raise
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if fcntl is not None:
                temporary.replace(target)  # while the lock is held
        if fcntl is None:
            temporary.replace(target)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in FULL and error.filename is None:
            error.filename = os.fspath(path)
            error.add_note("A file that was there is as it was. Free some space, or write elsewhere.")
        raise
    _flush_folder(target.parent)


def writable(path: str | os.PathLike[str]) -> Path:
    """Return where a write to `path` goes, links followed, or raise the OSError that writing would end in."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        message = f"The name of a file is expected; {os.fspath(path)!r} is a folder."
        raise IsADirectoryError(message)
    if not target.parent.is_dir():
        message = f"Cannot write {os.fspath(path)!r}: there is no folder {str(target.parent)!r}."
        raise FileNotFoundError(message)
    if not os.access(target.parent, os.W_OK):
        message = f"Cannot write {os.fspath(path)!r}: its folder is write-protected."
        raise PermissionError(message)
    if target.exists():
        if not target.is_file():
            message = f"Cannot write {os.fspath(path)!r}: it is a device or a pipe, which a file cannot replace."
            raise OSError(message)
        if not os.access(target, os.W_OK):
            message = f"Cannot write {os.fspath(path)!r}: the file is write-protected."
            raise PermissionError(message)
    return target


def _prefix(target: Path) -> str:
    """Return how the names of temporaries of `target` start, short enough for any file system."""
    return f".{target.name.encode()[:160].decode(errors='ignore')}."


def _open_sibling(target: Path) -> tuple[BinaryIO, Path]:
    """Return a new locked file beside `target`, with the permissions that `target` has or a new file gets."""
    while True:
        temporary = target.parent / f"{_prefix(target)}{secrets.token_hex(4)}{SUFFIX}"
        file = temporary.open("xb+")
        if fcntl is None:
            return file, temporary
        fcntl.flock(file, fcntl.LOCK_EX)
        if temporary.exists():  # else another process removed it before it was locked
            if target.exists():
                os.fchmod(file.fileno(), stat.S_IMODE(target.stat().st_mode))
            return file, temporary
        file.close()


def _remove_leftovers(target: Path) -> None:
    """Remove the temporaries of `target` that dead processes left: those that nobody has locked."""
    prefix = _prefix(target)
    for sibling in target.parent.iterdir():
        if sibling.name.startswith(prefix) and sibling.name.endswith(SUFFIX):
            with contextlib.suppress(OSError), sibling.open("rb+") as file:
                if fcntl is not None:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                sibling.unlink()


def _flush_folder(folder: Path) -> None:
    """Make the renaming last, too, where folders can be flushed."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
