"""How functions are compiled: with a cache on disk, so that the second run of a program starts at once."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax


def cache_folder() -> Path | None:
    """Return where compiled programs are kept: `$HORNBEAM_CACHE_DIR`, or the user's cache folder; None if ''."""
    chosen = os.environ.get("HORNBEAM_CACHE_DIR")
    if chosen is not None:
        return Path(chosen) if chosen else None
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "hornbeam" / "compiled"


def use_cache() -> None:
    """Switch JAX's compilation cache on, unless the program or the user has set one, or the folder can't be written."""
    folder = cache_folder()
    if folder is None or jax.config.jax_compilation_cache_dir is not None:  # type: ignore[attr-defined]
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    if os.access(folder, os.W_OK):
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.05)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
        _trim(folder)


CACHE_BYTES = 2 << 30  # the oldest programs go when the folder has grown beyond this


def _trim(folder: Path) -> None:
    """Remove the oldest files of a folder that has grown too large."""
    found = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        found = sorted((entry.stat().st_mtime, entry.stat().st_size, entry.path) for entry in entries)
    excess = sum(size for _, size, _ in found) - CACHE_BYTES
    for _, size, path in found:
        if excess <= 0:
            return
        with contextlib.suppress(OSError):
            Path(path).unlink()
        excess -= size


def compiled(fn: Callable[..., Any], model: Any) -> Callable[..., Any]:  # noqa: ARG001 - the model chooses its options
    """Return `fn` compiled by XLA."""
    use_cache()
    return jax.jit(fn)
