"""A row is measured as those of `benchmarks/` are, sides in turn; but where a side fails, the others go on."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks._rows import Row
from benchmarks.gpu._worker import GpuWorker
from benchmarks.gpu.table import LIMIT
from benchmarks.gpu.workloads import WORKLOADS

ROUND = 15.0  # seconds, without which no more round is begun
ROUNDS = 0.25  # of a row's time, which is left for rounds however long the sides take to start


@dataclass
class Found:
    """What the sides of a row have answered."""

    figures: dict[str, list[float]] = field(default_factory=dict)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


class Sides:
    """The sides of a row, each in its process, until `deadline`."""

    def __init__(self, row: Row, deadline: float) -> None:
        self.row, self.deadline, self.found = row, deadline, Found()
        self.begin = deadline - ROUNDS * (deadline - perf_counter())  # a side that is not ready by then is given up
        self.live: dict[str, GpuWorker] = {}

    def measure(self) -> Found:
        """Build all models at once, start them one after the other, then take rounds as long as there is time."""
        with ExitStack() as stack:
            self.live = {name: stack.enter_context(GpuWorker()) for name in self.row.sides}
            with ThreadPoolExecutor() as pool:
                answers = pool.map(lambda name: self._ask(name, self.begin), self.row.sides)
                for name, answer in zip(self.row.sides, answers, strict=True):
                    self._take(name, answer)
            for name in list(self.live):
                print(f"    {self.row.name}: {name} starts", flush=True)
                self._take(name, self._ask(name, self.begin))
            for number in range(self.row.rounds):
                if perf_counter() + ROUND < self.deadline:
                    for name in list(self.live) if number % 2 == 0 else reversed(list(self.live)):
                        answer = self._ask(name, self.deadline)
                        self.found.figures.setdefault(name, []).append(answer.get("value", 0.0))
                        self._take(name, answer)
        return self.found

    def _ask(self, name: str, end: float) -> dict[str, Any]:
        side = self.row.sides[name]
        return self.live[name].report(side.prepare, side.arguments, end - perf_counter())

    def _take(self, name: str, answer: Mapping[str, Any]) -> None:
        """Keep what a side says of itself; after an error it is ended, so that its memory is free."""
        self.found.facts.setdefault(name, {}).update(answer)
        if "error" in answer:
            self.found.errors[name] = str(answer["error"])
            self.found.figures.pop(name, None)
            self.live.pop(name).close()


def report(row: Row, size: str, found: Found, limit: float | None) -> dict[str, Any]:
    """Return the row's result: ratios, and what each side's figure means."""
    figures = found.figures
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
