"""Running a program as `python` would, with `keras` and `tensorflow.keras` being Hornbeam's."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import linecache
import os
import runpy
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType, TracebackType

from hornbeam.compat._install import install
from hornbeam.compat._magics import without_magics

HERE = str(Path(__file__).parent)


def run_script(path: str, arguments: Sequence[str] = (), era: int | str = "auto") -> int:
    """Run the program in file `path` as `__main__` and return its exit status.

    As with `python path arguments...`: `sys.argv`, `sys.path[0]` and `__name__` are the program's, and an exception
    that it does not catch is printed and gives 1. The process is the program's from then on. Lines for notebooks, such
    as `%matplotlib inline`, are skipped with a notice.
    """
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        sys.stderr.write(f"hornbeam: can't open file {path!r}: {error.strerror}\n")
        return 2
    install(era)
    sys.argv = [path, *arguments]
    if not sys.flags.safe_path:
        sys.path[0] = str(Path(path).resolve().parent)
    linecache.getlines(path)  # now: the program may change the folder
    main = ModuleType("__main__")
    main.__dict__.update(__file__=path, __builtins__=__builtins__, __cached__=None)
    main.__loader__ = importlib.machinery.SourceFileLoader("__main__", path)
    sys.modules["__main__"] = main

    def run() -> None:
        source, magics = without_magics(importlib.util.decode_source(raw))
        for number, line in magics:
            sys.stderr.write(f"hornbeam: {path}, line {number}: skipped {line!r}, which is for notebooks.\n")
        exec(compile(source, path, "exec", dont_inherit=True), main.__dict__)  # noqa: S102  # running it is the point

    return _status(run)


def run_module(name: str, arguments: Sequence[str] = (), era: int | str = "auto") -> int:
    """Run module `name` as `python -m name arguments...` would, and return its exit status."""
    install(era)
    sys.argv = ["-m", *arguments]
    sys.path[0] = str(Path.cwd())
    return _status(lambda: runpy.run_module(name, run_name="__main__", alter_sys=True))


def _status(run: Callable[[], object]) -> int:
    """Run a program; print an exception that it did not catch, without the frames of this module, as python does."""
    try:
        run()
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001  # whatever the program raised
        sys.excepthook(type(error), error.with_traceback(_own_frames(error.__traceback__)), error.__traceback__)
        if isinstance(error, KeyboardInterrupt):
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)
        return 1
    return 0


def _own_frames(traceback: TracebackType | None) -> TracebackType | None:
    """Return the part of a traceback that is the program's."""
    while traceback is not None and _is_machinery(traceback.tb_frame.f_code.co_filename):
        traceback = traceback.tb_next
    return traceback


def _is_machinery(file: str) -> bool:
    return file.startswith((HERE, "<frozen runpy")) or file == runpy.__file__
