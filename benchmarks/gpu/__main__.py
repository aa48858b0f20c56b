"""Run the rows on one GPU: `python -m benchmarks.gpu [--tiny] [--minutes 9.5] [word ...]`; words pick rows.

Results go to build/bench-gpu.json and, between markers, to docs/performance.md; those of `--tiny` stay in build/.
"""

import argparse
import datetime as dt
import json
import platform
import sys
from time import perf_counter
from typing import Any

from benchmarks._page import write_section
from benchmarks._programs import ROOT
from benchmarks.gpu._run import Sides, report
from benchmarks.gpu._text import section, shown
from benchmarks.gpu.table import LIMIT, rows


def main() -> int:
    """Run the rows that the command line picks; return 1 where a side failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="toy sizes, on whatever device there is")
    parser.add_argument("--minutes", type=float, default=9.5, help="when to stop, with what there is by then")
    parser.add_argument("words", nargs="*", help="only rows whose names contain one of these")
    given = parser.parse_args()
    size, start = "tiny" if given.tiny else "full", perf_counter()
    chosen = [row for row in rows(size) if row.name.startswith(LIMIT) or _picks(given.words, row.name)]
    limit, reports = None, []
    for number, row in enumerate(chosen):
        now = perf_counter()
        share = (start + 60 * given.minutes - now) / (len(chosen) - number)  # of the time left, the same for each row
        result = report(row, size, Sides(row, now + share).measure(), limit)
        reports.append(result)
        print(shown(result), flush=True)
        if row.name.startswith(LIMIT):
            limit = max((side["flop_s"] for side in result["sides"].values()), default=None)
        _write(size, reports)  # after each row, so that a run which is cut short leaves what it has
    print(f"\n{perf_counter() - start:.0f} s")
    return int(any(result["errors"] for result in reports))


def _picks(words: list[str], name: str) -> bool:
    return not words or any(word in name for word in words)


def _write(size: str, reports: list[dict[str, Any]]) -> None:
    sides = [side for result in reports for side in result["sides"].values()]
    machine = {
        "device": next((side["device"] for side in sides), None),
        "versions": {name: text for side in sides for name, text in side["versions"].items()},
        "python": platform.python_version(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
    }
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    name = "bench-gpu" if size == "full" else "bench-gpu-tiny"
    result = {"machine": machine, "rows": reports}
    (build / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    page = ROOT / "docs" / "performance.md" if size == "full" else build / f"{name}.md"
    write_section(page, "gpu", section(machine, reports))


if __name__ == "__main__":
    sys.exit(main())
