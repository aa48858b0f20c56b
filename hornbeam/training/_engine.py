"""How functions are compiled: with a cache on disk, so that the second run of a program starts at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax


def cache_folder() -> Path | None:
    """Return where compiled programs are kept: `$HORNBEAM_CACHE_DIR`, or the user's cache folder; None when set to ''."""
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
        jax.config.update("jax_compilation_cache_max_size", CACHE_BYTES)


CACHE_BYTES = 2 << 30  # the least recently used programs go when the folder grows beyond this


def compiled(fn: Callable[..., Any], model: Any) -> Callable[..., Any]:  # noqa: ARG001 - the model chooses its options
    """Return `fn` compiled by XLA."""
    use_cache()
    return jax.jit(fn)
