"""What `explain_masks()` returns and prints."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from hornbeam._core.lazy import lazy

console = lazy("rich.console")
table = lazy("rich.table")
box = lazy("rich.box")

NONE, MARKED, MIXED = "none", "marked", "MIXED IN"


class MaskRow(NamedTuple):
    """One line: a layer or an operation, what it does with masks, and where padding is in what it gives."""

    name: str
    kind: str
    mask: str
    padding: str
    origin: str | None  # what mixed the padding with what counts


class MaskReport(NamedTuple):
    """The lines in the order of computation, a sentence for each check, and one for each place that padding reaches."""

    rows: list[MaskRow]
    checks: list[str]
    leaks: list[str]

    def __repr__(self) -> str:
        return f"<MaskReport: {len(self.rows)} lines, {len(self.leaks)} leaks>"


def print_report(report: MaskReport, name: str, line_length: int | None, print_fn: Callable[[str], Any] | None) -> None:
    """Print a table of the lines, then the checks."""
    width = line_length or max(min(shutil.get_terminal_size((100, 24)).columns, 100), 60)
    grid = table.Table(box=box.HEAVY_HEAD, width=width)
    for title in ("Layer (type)", "Mask", "Padding in its output"):
        grid.add_column(title, overflow="fold")
    for row in report.rows:
        grid.add_row(*(cell.replace("[", r"\[") for cell in (f"{row.name} ({row.kind})", row.mask, _where(row))))
    out = io.StringIO()
    printer = console.Console(file=out, width=width, color_system=None, highlight=False)
    printer.print(f'Masks and padding in "{name}"', markup=False)
    printer.print(grid)
    for line in _summary(report):
        printer.print(line, markup=False)
    (print_fn or print)(out.getvalue())


def _where(row: MaskRow) -> str:
    return row.padding if row.origin in (None, row.name) else f"{row.padding} by {row.origin}"


def _summary(report: MaskReport) -> Iterator[str]:
    yield from (f"- {check}" for check in report.checks)
    if not any(row.mask.startswith("begins") for row in report.rows):
        yield "No layer of this model makes a mask, so nothing is known to be padding."
    elif not report.leaks:
        yield "Padding reaches no loss, no metric and no state."
    yield from report.leaks
