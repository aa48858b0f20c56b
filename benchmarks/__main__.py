"""Run the table, print it row by row as it comes, and write it down: `python -m benchmarks [word ...]`.

With words, only rows whose name begins or ends with one of them are run. Results go to build/bench.json, where they
replace earlier ones of the same rows on the same machine, and to docs/performance.md.
"""

import datetime as dt
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

from benchmarks._performance import write_page
from benchmarks._programs import ROOT, Workers, version_of
from benchmarks.table import MEANS, ROWS

RESULTS = ROOT / "build" / "bench.json"
SCALES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"))


def main(words: list[str]) -> None:
    """Run the rows that `words` pick."""
    rows = [row for row in ROWS if not words or row.name.startswith(tuple(words)) or row.name.endswith(tuple(words))]
    load = os.getloadavg()[0]
    print(f"{_processor()}, {os.cpu_count()} cores, load {load:.1f}; medians; ratios [least..most] of the rounds")
    reports = []
    with Workers() as shared:
        for row in rows:
            reports.append(row.report(row.measure(shared)))
            _show(reports[-1])
            _write(reports)  # after each row, so that a run which is cut short leaves what it has
    for mean in MEANS:
        if (report := mean.report(reports)) is not None:
            reports.append(report)
            _show(report)
    _write(reports)
    reached = [target["reached"] for report in reports for target in report["targets"]]
    print(f"\n{sum(reached)} of {len(reached)} targets reached; load {os.getloadavg()[0]:.1f} at the end; {RESULTS}")


def _write(reports: list[dict[str, Any]]) -> None:
    """Write results down, among those of other rows that were measured with the same machine and versions."""
    names = ("hornbeam", "jax", "keras", "optax", "tensorflow", "tf-keras", "torch")
    versions = ", ".join(f"{name} {found}" for name in names if (found := version_of(name)))
    machine = {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "versions": f"Python {sys.version.split()[0]}, {versions}",
    }
    today = dt.datetime.now(dt.UTC).date().isoformat()
    before = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    kept = before["rows"] if before.get("machine") == machine else []
    found = {report["row"]: report for report in kept} | {row["row"]: row | {"date": today} for row in reports}
    order = [row.name for row in ROWS]
    rows = sorted(found.values(), key=lambda row: order.index(row["row"]) if row["row"] in order else len(order))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n", encoding="utf-8")
    write_page(machine, rows)


def _show(report: dict[str, Any]) -> None:
    print(f"\n{report['row']}")
    figures = (f"{side} {_human(value, report['unit'])}" for side, value in report["medians"].items())
    print("    " + "   ".join(figures))
    for target in report["targets"]:
        found = f"{target['what']}: {target['median']:.2f} [{target['least']:.2f}..{target['most']:.2f}]"
        answer = "reached" if target["reached"] else "NOT REACHED"
        found += f", best to best {target['best to best']:.2f}"
        print(f"    {found}; to reach {target['sign']} {target['bound']:g}: {answer}")


def _human(value: float, unit: str) -> str:
    """Return 0.00013 s/step as '130 us/step'."""
    if not unit.startswith("s"):
        return f"{value:.1f} {unit}"
    factor, name = next(((f, n) for f, n in SCALES if value >= f), SCALES[-1])
    return f"{value / factor:.3g} {name}{unit[1:]}"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    main(sys.argv[1:])
