"""Processes in the peers' virtual environments: started, asked for figures, ended."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

ROOT = Path(__file__).parents[1]


class Environment(NamedTuple):
    """A virtual environment, and the backend that Keras is to use in it."""

    python: Path
    backend: str = ""


ENVIRONMENTS = {
    "hornbeam": Environment(Path(sys.executable)),
    "keras": Environment(ROOT / ".bench/keras/bin/python", "jax"),
    "keras on torch": Environment(ROOT / ".bench/torch/bin/python", "torch"),
    "keras on tensorflow": Environment(ROOT / ".bench/tf/bin/python", "tensorflow"),
    "tf_keras": Environment(ROOT / ".bench/tf/bin/python"),
    "torch": Environment(ROOT / ".bench/torch/bin/python"),
    "jax": Environment(ROOT / ".bench/keras/bin/python"),
}

CLEARED = ("JAX_", "KERAS_", "PYTHONDONTWRITEBYTECODE", "TF_", "XDG_")  # every side starts from what is usual


def version_of(package: str) -> str | None:
    """Return the version of a package in the first environment that has it."""
    for python in dict.fromkeys(environment.python for environment in ENVIRONMENTS.values()):
        code = f"from importlib.metadata import version; print(version({package!r}))"
        found = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
        if not found.returncode:
            return found.stdout.strip()
    return None


class Worker:
    """A Python process of one environment that stays alive and answers one request at a time.

    Its home, and so every cache on disk, is `home` or an empty folder that goes with the process.
    """

    def __init__(self, environment: str, home: Path | None = None) -> None:
        self._own_home = None if home else tempfile.TemporaryDirectory(prefix="bench-home-")
        folder = str(home or self._own_home.name)  # type: ignore[union-attr]  # one of the two is there
        cleared = {key: value for key, value in os.environ.items() if not key.startswith(CLEARED)}
        python, backend = ENVIRONMENTS[environment]
        chosen = {"JAX_PLATFORMS": "cpu", "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
        self._process = subprocess.Popen(
            [python, "-m", "benchmarks._serve"],
            cwd=ROOT,
            env=cleared | {"HOME": folder} | {name: value for name, value in chosen.items() if value},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, prepare: str, arguments: Sequence[Any]) -> float:
        """Return the next figure of the measurement that function `prepare` made from `arguments`."""
        assert self._process.stdin is not None  # noqa: S101  # both are pipes
        assert self._process.stdout is not None  # noqa: S101
        print(json.dumps([prepare, list(arguments)]), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            message = f"The process that measured {prepare}{tuple(arguments)} ended; its error stands above."
            raise RuntimeError(message)
        return json.loads(answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.close()
        self._process.wait()
        if self._own_home is not None:
            self._own_home.cleanup()


class Workers(ExitStack):
    """Processes that end with the `with` block, each started when it is asked for first."""

    def __init__(self) -> None:
        super().__init__()
        self._started: dict[tuple[str, str], Worker] = {}

    def of(self, environment: str, use: str = "") -> Worker:
        """Return the process of an environment that is kept for this use."""
        if (environment, use) not in self._started:
            self._started[environment, use] = self.enter_context(Worker(environment))
        return self._started[environment, use]
