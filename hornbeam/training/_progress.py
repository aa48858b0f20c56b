"""The line that shows how an epoch goes: redrawn on a terminal or in a notebook, printed once elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

from hornbeam._core import config

WIDTH = 20
INTERVAL = 0.1  # seconds between two drawings


class Progress:
    """Draws one line per epoch: steps done, a bar, time, and the values so far.

    `verbose` 0 draws nothing, 1 a bar, 2 one line when the epoch ends.
    """

    def __init__(self, target: int | None, verbose: int, unit: str = "step") -> None:
        self.target, self.verbose, self.unit = target, verbose, unit
        self.started = self.drawn = time.monotonic()
        self.redraws = verbose == 1 and config.is_interactive_logging_enabled() and _is_live()
        self.width = 0

    def due(self) -> bool:
        """Return whether the line would be drawn now: only then are values fetched from the device."""
        return self.redraws and time.monotonic() - self.drawn > INTERVAL

    def update(self, step: int, values: Mapping[str, Any]) -> None:
        """Draw the line after `step` steps."""
        self.drawn = time.monotonic()
        self._write(self._line(step, values), end="")

    def finish(self, step: int, values: Mapping[str, Any]) -> None:
        """Draw the last state of the line and end it."""
        self.target = step
        if self.verbose:
            self._write(self._line(step, values), end="\n")

    def _line(self, step: int, values: Mapping[str, Any]) -> str:
        seconds = time.monotonic() - self.started
        shown = " - ".join(f"{name}: {_number(value)}" for name, value in values.items())
        done = self.target is not None and step >= self.target
        clock = f"{_clock(seconds)} {_per_step(seconds / max(step, 1))}/{self.unit}"
        if not done and self.target:
            clock = f"{_clock(seconds / max(step, 1) * (self.target - step))} left"
        if self.verbose == 2:
            parts = [f"{step}/{self.target}", clock, shown]
        else:
            parts = [f"{step}/{self.target or '?'} {self._bar(step)} {clock}", shown]
        return " - ".join(p for p in parts if p)

    def _bar(self, step: int) -> str:
        if not self.target:
            return ""
        full = round(WIDTH * step / self.target)
        return "━" * full + "─" * (WIDTH - full)

    def _write(self, line: str, end: str) -> None:
        if self.redraws:
            padding = " " * max(self.width - len(line), 0)
            self.width = len(line)
            line = f"\r{line}{padding}"
        sys.stdout.write(line + end)
        sys.stdout.flush()


def _is_live() -> bool:
    """Return whether a line can be drawn over: a terminal or a notebook's output."""
    return bool(getattr(sys.stdout, "isatty", lambda: False)()) or "ipykernel" in sys.modules


def _clock(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f}s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def _per_step(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds * 1e6:.0f}us"


def _number(value: Any) -> str:
    try:
        value = float(value)
    except (TypeError, ValueError):
        return str(value)
    return f"{value:.4f}" if abs(value) > 1e-3 or value == 0 else f"{value:.4e}"
