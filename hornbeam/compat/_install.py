"""Installing the import hook, and taking it out again."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hornbeam.compat._finder import Finder

ERAS = (1, 2, 3)


def install(era: int | str = "auto") -> None:
    """Make `import keras` and `import tensorflow.keras` Hornbeam's, with the words and habits of an era.

    Args:
        era: 1, 2 or 3, the main version of the Keras that a program was written for; "auto" decides it at the
            first import, by the source of the program that imports (`detect` gives the rules).

    Neither package needs to be there. Where they are, they are left alone: modules of theirs that were imported come
    back with `uninstall`.
    """
    if era != "auto" and era not in ERAS:
        message = f"era must be 1, 2, 3 or 'auto'; got {era!r}."
        raise ValueError(message)
    uninstall()
    Finder(None if era == "auto" else int(era)).install()


def uninstall() -> None:
    """Take the import hook out: `import keras` finds what it found before; nothing happens where none is installed."""
    for finder in [f for f in sys.meta_path if isinstance(f, Finder)]:
        finder.uninstall()


@contextmanager
def installed(era: int | str = "auto") -> Iterator[None]:
    """Install the import hook for the length of a `with` block."""
    install(era)
    try:
        yield
    finally:
        uninstall()
