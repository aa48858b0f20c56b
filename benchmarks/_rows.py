"""What a row of the table is, and how it is measured: sides in turn, medians, ratios round by round."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Literal

from benchmarks._programs import Worker


@dataclass(frozen=True)
class Side:
    """One program of a row.

    `prepare` names a function of this folder, such as "keras_api.fit". It is called in a process of the virtual
    environment `environment` with `arguments`, and returns the function that is asked for one figure each round.
    A `fresh` side gets a new process each round.
    """

    environment: str
    prepare: str
    arguments: tuple[Any, ...] = ()
    fresh: bool = False


@dataclass(frozen=True)
class Target:
    """What to reach: side `of`, divided by side `over` where one is named, at least or at most `bound`."""

    of: str
    sign: Literal[">=", "<="]
    bound: float
    over: str | None = None

    def values(self, figures: Mapping[str, Sequence[float]]) -> list[float]:
        """Return what is compared, for each round."""
        if self.over is None:
            return list(figures[self.of])
        return [a / b for a, b in zip(figures[self.of], figures[self.over], strict=True)]

    def report(self, figures: Mapping[str, Sequence[float]]) -> dict[str, Any]:
        """Return what came out, as it stands in the JSON file."""
        values = self.values(figures)
        what, middle = f"{self.of} / {self.over}" if self.over else self.of, median(values)
        reached = middle >= self.bound if self.sign == ">=" else middle <= self.bound
        best = min(figures[self.of]) / (min(figures[self.over]) if self.over else 1)
        spread = {"median": middle, "least": min(values), "most": max(values), "best to best": best}
        return {"what": what, **spread, "sign": self.sign, "bound": self.bound, "reached": reached}


@dataclass(frozen=True)
class Row:
    """One line of the table: sides that are measured in turn, `rounds` times."""

    name: str
    unit: str
    sides: Mapping[str, Side]
    targets: Sequence[Target] = field(default_factory=tuple)
    rounds: int = 9

    def measure(self) -> dict[str, list[float]]:
        """Return each side's figures, one for each round."""
        figures: dict[str, list[float]] = {name: [] for name in self.sides}
        with ExitStack() as stack:
            live = {
                name: stack.enter_context(Worker(side.environment))
                for name, side in self.sides.items()
                if not side.fresh
            }
            for name, worker in live.items():
                worker.ask(self.sides[name].prepare, self.sides[name].arguments)  # compile, fill caches
            for number in range(self.rounds):
                order = list(self.sides.items())
                for name, side in order if number % 2 == 0 else reversed(order):
                    figures[name].append(_one(side, live.get(name)))
        return figures

    def report(self, figures: Mapping[str, Sequence[float]]) -> dict[str, Any]:
        """Return the row's result as it stands in the JSON file."""
        targets = [target.report(figures) for target in self.targets]
        medians = {name: median(values) for name, values in figures.items()}
        return {"row": self.name, "unit": self.unit, "medians": medians, "targets": targets, "rounds": dict(figures)}


def _one(side: Side, worker: Worker | None) -> float:
    if worker is not None:
        return worker.ask(side.prepare, side.arguments)
    with Worker(side.environment) as fresh:
        return fresh.ask(side.prepare, side.arguments)
