"""How long it takes until something runs: imports, the command's help, a program's first fit the second time."""

import importlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from benchmarks._programs import ROOT, Worker

Measure = Callable[[], float]


def import_time(module: str, attribute: str = "") -> Measure:
    """Prepare the import of `module`, then the touching of a dotted `attribute`: seconds. For a fresh process."""

    def measure() -> float:
        start = perf_counter()
        found = importlib.import_module(module)
        for name in attribute.split(".") if attribute else ():
            found = getattr(found, name)
        return perf_counter() - start

    return measure


def command(*words: str) -> Measure:
    """Prepare a run of one of this environment's commands: seconds."""
    program = [str(Path(sys.executable).with_name(words[0])), *words[1:]]

    def measure() -> float:
        start = perf_counter()
        subprocess.run(program, check=True, stdout=subprocess.DEVNULL)
        return perf_counter() - start

    return measure


def program(workload: str, run: str) -> Measure:
    """Prepare a program's first fit: its "first" run ever, every cache empty, or its "second": seconds."""
    home = ROOT / "build" / "bench-home" / workload

    def measure() -> float:
        if run == "first":
            shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True, exist_ok=True)
        with Worker("hornbeam", home) as worker:
            return worker.ask("keras_api.first_fit", ("hornbeam", workload))

    return measure
