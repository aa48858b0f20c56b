"""The line that shows how an epoch goes: redrawn on a terminal or in a notebook, one line when it ends elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Mapping
from typing import Any, Self

from hornbeam._core import config
from hornbeam._core.lazy import lazy

display = lazy("IPython.display")

WIDTH = 20
INTERVALS = {"terminal": 0.1, "notebook": 0.5, "log": 0.0}  # seconds between two drawings
FEW = 20  # before one step in so many is done, the time of the first one, which compiles, says nothing of the others
ASCII = str.maketrans({"━": "=", "─": ".", "…": "~"})


class Progress:
    """Draws one line per epoch: steps done, a bar, time, and the values so far.

    `verbose` 0 draws nothing, 1 a bar, 2 one line when the epoch ends. The `title` stands above a line that is redrawn,
    and at the beginning of any other: a log file has one line an epoch. As a context it ends a line that an error, or
    Ctrl-C, leaves open.
    """

    def __init__(
        self, target: int | None, verbose: int, unit: str = "step", width: int = WIDTH, title: str = ""
    ) -> None:
        self.target, self.verbose, self.unit, self.width = target, 0 if sys.stdout is None else verbose, unit, width
        self.started = self.drawn = time.monotonic()
        self.screen = screen() if self.verbose == 1 and config.is_interactive_logging_enabled() else "log"
        self.redraws = self.screen != "log"
        self.interval = INTERVALS[self.screen]
        self.title = title
        self._first: tuple[int, float] | None = None  # the first steps that were seen, and when: they were compiled
        self._trained: float | None = None  # when validation began
        self._drawn_width = 0
        self._cell: Any = None  # the notebook's output that is redrawn
        if title and self.redraws:
            self.title = ""
            self._write(f"{title}\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._drawn_width:
            self._write("\n")

    def due(self, step: int) -> bool:
        """Return whether the line would be drawn now, after `step` steps: only then values come off the device."""
        now = time.monotonic()
        if self._first is None:
            self._first = step, now
        return self.redraws and now - self.drawn > self.interval

    def update(self, step: int, values: Mapping[str, Any]) -> None:
        """Draw the line after `step` steps."""
        self.drawn = time.monotonic()
        line = self._line(step, values)
        self._first = self._first or (step, self.drawn)
        if self.screen == "notebook":
            self._show(line)
            return
        room = shutil.get_terminal_size().columns - 1  # a longer line would wrap, and be drawn anew below
        self._redraw(line if len(line) <= room else f"{line[: room - 1]}…")

    def validating(self, step: int, values: Mapping[str, Any]) -> None:
        """Note that all steps are done: validation counts in the epoch's time, not in that of a step."""
        self.target, self._trained = step, time.monotonic()
        if self.redraws and (self._first or self.due(step)):
            self.update(step, values)

    def finish(self, step: int, values: Mapping[str, Any]) -> None:
        """Draw the last state of the line and end it."""
        self.target = step
        if not self.verbose:
            return
        line = self._line(step, values)
        if self._cell is not None:
            self._show("")
        if self.screen == "terminal":
            self._redraw(line)
            line, self._drawn_width = "", 0
        self._write(f"{line}\n")

    def _line(self, step: int, values: Mapping[str, Any]) -> str:
        shown = [f"{name}: {_number(value)}" for name, value in values.items()]
        count, clock = f"{step:>{len(str(self.target or ''))}}/{self.target or '?'}", self._clock(step)
        if self.redraws:
            return " - ".join([" ".join(filter(None, [count, self._bar(step), clock])), *shown])
        return " - ".join([*filter(None, [self.title]), count, clock, *shown])

    def _clock(self, step: int) -> str:
        """Return the time that is left, or at the end the time that it took, in all and for a step."""
        now = self._trained or time.monotonic()
        at, when = self._first or (0, self.started)
        if not at < step or (step == self.target and at * 2 > step):
            at, when = 0, self.started
        each, seconds = (now - when) / max(step - at, 1), time.monotonic() - self.started
        if not self.target or step >= self.target:
            return f"{_clock(seconds)} {_per_step(each)}/{self.unit}"
        return _clock(seconds) if not at and step * FEW < self.target else f"{_clock(each * (self.target - step))} left"

    def _bar(self, step: int) -> str:
        if not self.target:
            return ""
        width = min(self.width, shutil.get_terminal_size().columns // 4)  # a narrow terminal has room for a value, too
        full = round(width * min(step / self.target, 1))
        return "━" * full + "─" * (width - full)

    def _show(self, line: str) -> None:
        """Redraw a notebook's line, in an output of its own: of a stream, a saved notebook keeps all that was drawn."""
        data = {"text/plain": line}
        if self._cell is None:
            self._cell = display.display(data, raw=True, display_id=True)
        else:
            self._cell.update(data, raw=True)

    def _redraw(self, line: str) -> None:
        padding = " " * max(self._drawn_width - len(line), 0)
        self._drawn_width = len(line)
        line = _encodable(line)
        self._write(
            "\r" + (line if os.environ.get("NO_COLOR") else re.sub("(━+)", "\x1b[32m\\1\x1b[0m", line)) + padding
        )

    def _write(self, text: str) -> None:
        sys.stdout.write(_encodable(text))
        if self.screen != "notebook":  # which shows what is written by itself; a message for each line would flood it
            sys.stdout.flush()


def screen() -> str:
    """Return what the standard output is: a 'terminal', where lines can be redrawn, a 'notebook', or a 'log'."""
    if type(sys.stdout).__module__.startswith("ipykernel"):
        return "terminal" if "spyder_kernels" in sys.modules else "notebook"  # Spyder's console updates no outputs
    live = bool(getattr(sys.stdout, "isatty", lambda: False)()) and os.environ.get("TERM") != "dumb"
    return "terminal" if live else "log"


def _encodable(text: str) -> str:
    """Return the text with what the standard output cannot encode replaced."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(ASCII).encode(encoding, "replace").decode(encoding)
    return text


def _clock(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f}s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def _per_step(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if round(seconds, 6) >= size:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds * 1e6:.0f}us"


def _number(value: Any) -> str:
    try:
        value = float(value)
    except (TypeError, ValueError):
        return str(value)
    return f"{value:.4f}" if abs(value) > 1e-3 or value == 0 else f"{value:.4e}"
