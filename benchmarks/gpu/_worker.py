"""Processes that see the GPU, four of them at a time, and that can be ended when time is up."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from threading import Timer
from typing import Any

from benchmarks._programs import CLEARED, ROOT, Worker

INSTALLED = ROOT / ".bench/gpu/bin/python"
CHOSEN = {
    "KERAS_BACKEND": "jax",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",  # JAX would take three quarters of the GPU, and the others wait beside it
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
            env=kept | own | CHOSEN,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def report(self, prepare: str, arguments: Sequence[Any], seconds: float) -> dict[str, Any]:
        """Return what the side answers, or an {"error"} where it ends or is not done after `seconds`."""
        timer = Timer(max(seconds, 0), self._process.kill)
        timer.start()
        try:
            answer: Any = self.ask(prepare, arguments)
        except (RuntimeError, OSError):
            late = "was not done in time" if timer.finished.is_set() else "its process ended"
            return {"error": f"{late}; what it printed stands above"}
        else:
            return answer
        finally:
            timer.cancel()

    def close(self) -> None:
        """End the process now; leaving the `with` block after that does nothing more."""
        self._process.kill()
        self._process.wait()
