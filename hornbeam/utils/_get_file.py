"""Files from the network, kept in the cache folder: whole, checked, downloaded once."""

import contextlib
import hashlib
import os
import shutil
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hornbeam._core.config import home
from hornbeam.saving._atomic import replacing

_BLOCK = 2**16
_SCHEMES = ("http", "https", "ftp", "file")


def get_file(
    fname: str | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str | Iterable[str] | None = "auto",
    cache_dir: str | os.PathLike[str] | None = None,
    force_download: bool = False,
) -> str:
    """Return the path of a file in the cache folder, downloaded from `origin` unless it is there and right.

    A file appears under its name when all of it has arrived and its hash is right: an interrupted download leaves
    nothing. An archive is unpacked into a folder of its own, and nothing in it can lie outside of that folder.

    Args:
        fname: the name in the cache, by default the last part of `origin`.
        origin: the URL.
        untar: unpack a tar archive.
        md5_hash: the expected MD5 hash, as hexadecimal digits.
        file_hash: the expected hash, as hexadecimal digits.
        cache_subdir: folder inside of the cache folder.
        hash_algorithm: 'md5', 'sha256', or 'auto' to tell by the length of `file_hash`.
        extract: unpack a tar or ZIP archive.
        archive_format: 'tar', 'zip', a list of both, 'auto' for both, or None for neither.
        cache_dir: the cache folder, by default `$KERAS_HOME` or `~/.keras`.
        force_download: download even if the file is there.

    Returns:
        The path of the file, or of the folder with what was in the archive.

    Raises:
        ValueError: the hash is wrong, or an argument is.
        OSError: the download failed.
    """
    if origin is None:
        message = "get_file() needs origin, the URL of the file."
        raise ValueError(message)
    name = _name(fname, origin)
    folder = Path(cache_dir or home()) / cache_subdir
    folder.mkdir(parents=True, exist_ok=True)
    unpacks = untar or extract
    file = folder / (f"{name}_archive" if unpacks else name)
    expected = file_hash or md5_hash
    algorithm = "md5" if expected is md5_hash and not file_hash else _algorithm(hash_algorithm, file_hash)
    if force_download or not file.exists() or (expected and _hash(file, algorithm) != expected.lower()):
        _download(origin, file, expected, algorithm)
        shutil.rmtree(folder / name, ignore_errors=True) if unpacks else None
    if unpacks:
        _unpack(file, folder / name, "tar" if untar else archive_format)
    return str(folder / name)


def _name(fname: str | None, origin: str) -> str:
    name = os.fspath(fname) if fname else Path(urlsplit(origin).path).name
    if not name or Path(name).name != name or name in (".", ".."):
        message = f"get_file(): fname must be a name without a folder (see cache_dir and cache_subdir); got {name!r}."
        raise ValueError(message)
    return name


def _algorithm(given: str, digest: str | None) -> str:
    if given == "auto":
        return "md5" if digest is not None and len(digest) == 32 else "sha256"
    if given not in ("md5", "sha256"):
        message = f"get_file(): hash_algorithm must be 'auto', 'md5' or 'sha256'; got {given!r}."
        raise ValueError(message)
    return given


def _hash(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _download(origin: str, path: Path, expected: str | None, algorithm: str) -> None:
    """Download to a temporary sibling, which takes the place of `path` when its hash is right."""
    if urlsplit(origin).scheme not in _SCHEMES:
        message = f"get_file(): origin must be a URL of {', '.join(_SCHEMES)}; got {origin!r}."
        raise ValueError(message)
    sys.stdout.write(f"Downloading data from {origin}\n")
    digest = hashlib.new(algorithm, usedforsecurity=False)
    try:
        with replacing(path) as file, urllib.request.urlopen(origin) as source:  # noqa: S310  # the scheme is checked above
            declared, received = source.headers.get("Content-Length"), 0
            while block := source.read(_BLOCK):
                file.write(block)
                digest.update(block)
                received += len(block)
            if declared is not None and received != int(declared):
                message = f"Download of {origin} ended after {received} of {declared} bytes."
                raise OSError(message)
            if expected and digest.hexdigest() != expected.lower():
                message = f"Download of {origin}: {algorithm} hash {expected} is expected; got {digest.hexdigest()}."
                raise ValueError(message)
    except urllib.error.URLError as error:
        error.add_note(f"This came up while {origin} was downloaded.")
        raise


def _unpack(archive: Path, folder: Path, archive_format: Any) -> None:
    """Unpack an archive into a new folder, which appears under its name when it is complete."""
    if folder.exists():
        return
    formats = ("tar", "zip") if archive_format == "auto" else (archive_format,)
    formats = archive_format if isinstance(archive_format, list | tuple) else formats
    with contextlib.ExitStack() as stack:
        temporary = stack.enter_context(tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}."))
        target = Path(temporary) / folder.name
        if "tar" in formats and tarfile.is_tarfile(archive):
            with tarfile.open(archive) as source:
                source.extractall(target, filter="data")  # the filter keeps members inside of the folder
        elif "zip" in formats and zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as source:
                source.extractall(target)  # noqa: S202  # zipfile strips '..' and absolute paths
        else:
            message = f"get_file(): {str(archive)!r} is no archive of the formats {', '.join(map(str, formats))}."
            raise ValueError(message)
        target.replace(folder)
