"""The folder where work is kept that need not be done twice: compiled programs and kernels."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder(name: str) -> Path | None:
    """Return the folder for what is called `name`: in `$HORNBEAM_CACHE_DIR` or the user's cache folder; None if ''."""
    chosen = os.environ.get("HORNBEAM_CACHE_DIR")
    if chosen is not None:
        return Path(chosen) / name if chosen else None
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "hornbeam" / name
