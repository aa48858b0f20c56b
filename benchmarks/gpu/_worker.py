"""Processes that see the GPU, four of them at a time, and that can be ended when time is up."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from threading import Timer
from time import perf_counter
from types import TracebackType
from typing import Any

from benchmarks._programs import CLEARED, ROOT, Worker

INSTALLED = ROOT / ".bench/gpu/bin/python"
CHOSEN = {
    "KERAS_BACKEND": "jax",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "XLA_CLIENT_MEM_FRACTION": ".24",  # of the GPU's memory, as four sides live side by side; JAX would take .75
}


def python() -> str:
    """Return the Python that all sides run in: what `make bench-gpu` installed, or else the one that runs this."""
    return str(INSTALLED) if INSTALLED.exists() else sys.executable


class GpuWorker(Worker):
    """A Python process of the one environment of all sides."""

    def __init__(self) -> None:
        self._own_home = tempfile.TemporaryDirectory(prefix="bench-home-")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(CLEARED)}
        own = {"HOME": self._own_home.name, "TORCHINDUCTOR_CACHE_DIR": f"{self._own_home.name}/inductor"}
        self._process = subprocess.Popen(
            [python(), "-m", "benchmarks._serve"],
            cwd=ROOT,
            env=CHOSEN | kept | own,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def report(self, prepare: str, arguments: Sequence[Any], seconds: float) -> dict[str, Any]:
        """Return what the side answers, or an {"error"} where it ends or is not done after `seconds`."""
        end, timer = perf_counter() + seconds, Timer(max(seconds, 0), self._process.kill)
        timer.start()
        try:
            answer: Any = self.ask(prepare, arguments)
        except (RuntimeError, OSError):
            late = "not done in time" if perf_counter() >= end else "the process ended"
            return {"error": f"{late}; what it printed stands above"}
        else:
            return answer
        finally:
            timer.cancel()

    def close(self) -> None:
        """End the process now, whatever it does; leaving the `with` block after that does nothing more."""
        self._process.kill()
        self._process.wait()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        super().__exit__(kind, error, at)
        assert self._process.stdout is not None  # noqa: S101  # a pipe
        self._process.stdout.close()
