"""A row is measured as those of `benchmarks/` are, sides in turn; but where a side fails, the others go on."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks._rows import Row
from benchmarks.gpu._worker import GpuWorker
from benchmarks.gpu.table import LIMIT
from benchmarks.gpu.workloads import WORKLOADS

START, LEAST = 40.0, 15.0  # seconds: without so many a side is not started, or a round


@dataclass
class Found:
    """What the sides of a row have answered."""

    figures: dict[str, list[float]] = field(default_factory=dict)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def measure(row: Row, deadline: float) -> Found:
    """Start the sides one after the other, then take rounds until there are enough or time is up."""
    found, live = Found(), {}
    with ExitStack() as stack:
        for name, side in row.sides.items():
            if perf_counter() + START > deadline:
                found.errors[name] = "not started: no time left"
                continue
            live[name] = stack.enter_context(GpuWorker())
            print(f"    {row.name}: {name} starts", flush=True)
            answer = live[name].report(side.prepare, side.arguments, deadline - perf_counter())
            _take(found, name, answer, live)
            if name in live:
                found.facts[name] = {"start_s": answer["value"]} | answer
        for number in range(row.rounds):
            if perf_counter() + LEAST > deadline:
                break
            order = [(name, side) for name, side in row.sides.items() if name in live]
            for name, side in order if number % 2 == 0 else reversed(order):
                answer = live[name].report(side.prepare, side.arguments, deadline - perf_counter())
                _take(found, name, answer, live)
                if name in live:
                    found.facts[name] |= answer
                    found.figures.setdefault(name, []).append(answer["value"])
    return found


def _take(found: Found, name: str, answer: Mapping[str, Any], live: dict[str, GpuWorker]) -> None:
    """Note an error, and end the side, so that its memory is free."""
    if "error" in answer:
        found.errors[name] = str(answer["error"])
        found.figures.pop(name, None)
        live.pop(name).close()


def report(row: Row, size: str, found: Found, limit: float | None) -> dict[str, Any]:
    """Return the row's result: ratios in rounds that all sides have, and what each side's figure means."""
    full = {name: values for name, values in found.figures.items() if values}
    count = min(map(len, full.values()), default=0)
    figures = {name: values[:count] for name, values in full.items()}
    targets = [target for target in row.targets if {target.of, target.over} <= set(figures)]
    result = replace(row, sides={name: row.sides[name] for name in figures}, targets=targets).report(figures)
    result["errors"] = found.errors
    result["unmet"] = [f"{target.of} / {target.over}" for target in row.targets if target not in targets]
    result["sides"] = {name: _side(row, size, found.facts[name], median(v), limit) for name, v in figures.items()}
    return result


def _side(row: Row, size: str, facts: Mapping[str, Any], seconds: float, limit: float | None) -> dict[str, Any]:
    found = {key: facts.get(key) for key in ("device", "versions", "peak", "loss", "parameters", "start_s")}
    if row.name.startswith(LIMIT):
        side = row.sides["jax"].arguments[-1]
        return found | {"flop_s": 2 * side**3 / seconds}
    workload = WORKLOADS[size][row.name.removeprefix("fit ")]
    rate = workload.flop / seconds
    return found | {
        "counts": workload.counts,
        "items_s": workload.items / seconds,
        "flop_s": rate,
        "of_limit": rate / limit if limit else None,
    }
