"""The page of results: what the rows of whole models came to, as tables in docs/performance.md."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks._page import write_section
from benchmarks._programs import ROOT
from benchmarks._workloads import WORKLOADS

PAGE = ROOT / "docs" / "performance.md"
METHOD = """\
What `make bench` found, the sides of each line in turn in one run: medians of the rounds and, in brackets, how many
times as long as Hornbeam a side takes (above 1 it is slower; of memory, how many times as much). The models are in
`benchmarks/keras_models.py`, `torch_models.py` and `jax_models.py`; all train with Adam. *JAX by hand* is the quicker
of two loops with optax, of compiled steps and of a whole epoch compiled. *Compiled* PyTorch has `torch.compile` and the
fused Adam. *Of limit* is the arithmetic of a step over what one product of two float32 matrices of 2,048 reaches on
the same machine: nothing could be faster than 100 %, but for convolutions of 3x3, which Hornbeam computes with fewer
multiplications."""
TABLES = {
    "fit": ("Training: milliseconds per step of `fit`", 1e3),
    "predict": ("`predict` of one sample: milliseconds", 1e3),
    "evaluate rows": ("`evaluate` of many rows: seconds", 1),
    "predict rows": ("`predict` of many rows: seconds", 1),
    "memory of fit": ("Memory of a process that trains, at its peak: MiB", 1),
}
COLUMNS = ("hornbeam", "keras", "keras on torch", "keras on tensorflow", "tf_keras", "torch", "torch, compiled", "jax")
HEADS = ("Hornbeam", "Keras on JAX", "on PyTorch", "on TensorFlow", "tf_keras", "PyTorch", "compiled", "JAX by hand")


def write_page(machine: Mapping[str, Any], reports: Sequence[Mapping[str, Any]]) -> None:
    """Write the section of the CPU from the reports of rows."""
    arithmetic = [report["medians"]["hornbeam"] for report in reports if report["row"] == "arithmetic"]
    limit = arithmetic[0] if arithmetic else None
    dates = sorted({report["date"] for report in reports})
    lines = [
        "## On a CPU",
        "",
        METHOD,
        "",
        f"{machine['processor']}, {machine['cores']} cores; {machine['versions']}; ",
    ]
    lines[-1] += f"measured {' to '.join(dict.fromkeys((dates[0], dates[-1])))}."
    if limit is not None:
        lines[-1] += f" The product reaches {1e-9 / limit:.0f} GFLOP/s."
    for kind, (title, factor) in TABLES.items():
        rows = [(workload, report) for report in reports for workload in WORKLOADS if _is_of(report, kind, workload)]
        if rows:
            with_limit = limit if kind == "fit" else None
            lines += ["", f"### {title}", "", *_table(rows, factor, with_limit)]
    lines += ["", *_singles(reports)]
    write_section(PAGE, "cpu", "\n".join(lines))


def _is_of(report: Mapping[str, Any], kind: str, workload: str) -> bool:
    name = report["row"]
    if kind.endswith(" rows"):
        return name.startswith(kind.split(maxsplit=1)[0]) and name.endswith(f" rows, {workload}")
    return name == f"{kind} {workload}"


def _table(rows: Sequence[tuple[str, Mapping[str, Any]]], factor: float, limit: float | None) -> list[str]:
    lines = [f"| | {' | '.join(HEADS)} |" + (" of limit |" if limit else "")]
    lines.append("|---" + "|--:" * (len(HEADS) + bool(limit)) + "|")
    for workload, report in rows:
        ours = report["medians"]["hornbeam"]
        cells = [_cell(report["medians"], name, factor) for name in COLUMNS]
        count = report["row"].split()[1] if "rows" in report["row"] else ""
        line = f"| {workload}{f', {int(count):,}' if count else ''} | {' | '.join(cells)} |"
        lines.append(line + (f" {WORKLOADS[workload].flop * limit / ours:.0%} |" if limit else ""))
    return lines


def _cell(medians: Mapping[str, float], name: str, factor: float) -> str:
    """Return a side's figure and how many times Hornbeam's it is; of several sides by hand the least."""
    found = [value for side, value in medians.items() if side == name or (name == "jax" and side.startswith("jax, "))]
    if not found:
        return ""
    ratio = "" if name == "hornbeam" else f" ({min(found) / medians['hornbeam']:.2f})"
    return f"{min(found) * factor:.3g}{ratio}" if min(found) * factor < 1e3 else f"{min(found) * factor:.0f}{ratio}"


def _singles(reports: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the targets of every row with what came out."""
    lines = ["### What was to be reached", "", "| row | figure | to reach | found | |", "|---|---|--:|--:|---|"]
    for report in reports:
        for target in report["targets"]:
            bound, answer = f"{target['sign']} {target['bound']:.3g}", "yes" if target["reached"] else "**no**"
            what = target["what"].replace(" | ", ", ")
            lines.append(f"| {report['row']} | {what} | {bound} | {target['median']:.2f} | {answer} |")
    return lines
