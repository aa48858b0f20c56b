"""The line that shows how an epoch goes: redrawn on a terminal or in a notebook, one line when it ends elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Mapping
from typing import Any

from hornbeam._core import config

WIDTH = 20
INTERVAL, NOTEBOOK_INTERVAL = 0.1, 0.5  # seconds between two drawings; a notebook's file may keep them all


class Progress:
    """Draws one line per epoch: steps done, a bar, time, and the values so far.

    `verbose` 0 draws nothing, 1 a bar, 2 one line when the epoch ends. The `title` stands above a line that is redrawn,
    and at the beginning of any other: a log file has one line an epoch.
    """

    def __init__(
        self, target: int | None, verbose: int, unit: str = "step", width: int = WIDTH, title: str = ""
    ) -> None:
        self.target, self.verbose, self.unit, self.width = target, verbose, unit, width
        self.started = self.drawn = time.monotonic()
        notebook = "ipykernel" in sys.modules
        live = notebook or bool(getattr(sys.stdout, "isatty", lambda: False)())
        self.redraws = verbose == 1 and live and config.is_interactive_logging_enabled()
        self.interval = NOTEBOOK_INTERVAL if notebook else INTERVAL
        self.title = title
        self._first: tuple[int, float] | None = None  # the first step that was drawn, and when: it had to be compiled
        self._drawn_width = 0
        if title and self.redraws:
            self.title = ""
            sys.stdout.write(f"{title}\n")

    def due(self) -> bool:
        """Return whether the line would be drawn now: only then are values fetched from the device."""
        return self.redraws and time.monotonic() - self.drawn > self.interval

    def update(self, step: int, values: Mapping[str, Any]) -> None:
        """Draw the line after `step` steps."""
        self.drawn = time.monotonic()
        self._first = self._first or (step, self.drawn)
        room = shutil.get_terminal_size().columns - 1  # a longer line would wrap, and be drawn anew below
        line = self._line(step, values)
        self._write(line if len(line) <= room else f"{line[: room - 1]}…", end="")

    def finish(self, step: int, values: Mapping[str, Any]) -> None:
        """Draw the last state of the line and end it."""
        self.target = step
        if self.verbose:
            self._write(self._line(step, values), end="\n")

    def _line(self, step: int, values: Mapping[str, Any]) -> str:
        seconds = time.monotonic() - self.started
        shown = [f"{name}: {_number(value)}" for name, value in values.items()]
        clock = f"{_clock(seconds)} {_per_step(seconds / max(step, 1))}/{self.unit}"
        if self.target and step < self.target:
            at, when = self._first or (0, self.started)
            at, when = (at, when) if step > at else (0, self.started)
            clock = f"{_clock((time.monotonic() - when) / max(step - at, 1) * (self.target - step))} left"
        count = f"{step:>{len(str(self.target or ''))}}/{self.target or '?'}"
        if self.redraws:
            return " - ".join([f"{count} {self._bar(step)} {clock}", *shown])
        return " - ".join([*filter(None, [self.title]), count, clock, *shown])

    def _bar(self, step: int) -> str:
        if not self.target:
            return ""
        full = round(self.width * min(step / self.target, 1))
        return "━" * full + "─" * (self.width - full)

    def _write(self, line: str, end: str) -> None:
        if self.redraws:
            padding = " " * max(self._drawn_width - len(line), 0)
            self._drawn_width = len(line)
            line = "\r" + (line if os.environ.get("NO_COLOR") else re.sub("(━+)", "\x1b[32m\\1\x1b[0m", line)) + padding
        sys.stdout.write(line + end)
        sys.stdout.flush()


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
