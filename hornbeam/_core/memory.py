"""Freed memory is kept for the next step of a training, where the C library would hand it back to the system.

XLA on a CPU takes the memory of a step, hundreds of megabytes, from the C library and frees it after the step. Glibc
maps such sizes anew each time, and the system clears every page at its first touch: a third of the time of an LSTM's
step, a fifth of a CNN's. So blocks of up to `MAPPED` stay, in one arena for all threads (blocks of other arenas are
mapped whatever their size), until `TRIMMED` are free at its end. Peak memory grows: by a tenth for an LSTM, by half for
a ResNet.

`HORNBEAM_KEEP_MEMORY=0` switches it off, and so does whoever sets glibc's own MALLOC_ variables or tunables.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform

MAPPED = 256 << 20  # larger blocks go back to the system when they are freed
TRIMMED = 512 << 20
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # glibc's malloc.h


def keep_freed_memory() -> bool:
    """Tell glibc to keep what is freed; return whether it was told. Threads of JAX's that run already heed it less."""
    chosen = os.environ.get("HORNBEAM_KEEP_MEMORY", "1") != "0"
    own = any(name.startswith("MALLOC_") for name in os.environ) or "malloc" in os.environ.get("GLIBC_TUNABLES", "")
    if not chosen or own or platform.libc_ver()[0] != "glibc":
        return False
    with contextlib.suppress(OSError, AttributeError):  # another C library after all
        mallopt = ctypes.CDLL(None).mallopt
        for setting in ((_M_ARENA_MAX, 1), (_M_MMAP_THRESHOLD, MAPPED), (_M_TRIM_THRESHOLD, TRIMMED)):
            mallopt(*setting)
        return True
    return False


def give_back() -> None:
    """Hand all that is free to the system, also between what is in use: compiling leaves holes, too small for a step.

    Costs a few milliseconds, and what is needed again is mapped anew. Other C libraries than glibc have no such call.
    """
    if platform.libc_ver()[0] == "glibc":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
