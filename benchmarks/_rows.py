"""What a row of the table is, and how it is measured: sides in turn, medians, ratios round by round."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import geometric_mean, median
from typing import Any, Literal

from benchmarks._programs import Worker, Workers


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
    """What to reach: side `of`, divided by side `over` where one is named, at least or at most `bound`.

    `of` may name several sides, as in "keras | torch": then it is the least of them.
    """

    of: str
    sign: Literal[">=", "<="]
    bound: float
    over: str | None = None

    def sides(self, figures: Mapping[str, Sequence[float]]) -> list[str]:
        """Return those of the sides to compare that were measured; none where there is nothing to compare with."""
        return [side for side in self.of.split(" | ") if side in figures and (self.over or side) in figures]

    def values(self, figures: Mapping[str, Sequence[float]]) -> list[float]:
        """Return what is compared, for each round."""
        least = [min(values) for values in zip(*(figures[side] for side in self.sides(figures)), strict=True)]
        return least if self.over is None else [a / b for a, b in zip(least, figures[self.over], strict=True)]

    def report(self, figures: Mapping[str, Sequence[float]]) -> dict[str, Any]:
        """Return what came out, as it stands in the JSON file."""
        values = self.values(figures)
        what, middle = f"{self.of} / {self.over}" if self.over else self.of, median(values)
        reached = middle >= self.bound if self.sign == ">=" else middle <= self.bound
        best = min(min(figures[side]) for side in self.sides(figures)) / (min(figures[self.over]) if self.over else 1)
        spread = {"median": middle, "least": min(values), "most": max(values), "best to best": best}
        return {"what": what, **spread, "sign": self.sign, "bound": self.bound, "reached": reached}


@dataclass(frozen=True)
class Row:
    """One line of the table: sides that are measured in turn, `rounds` times.

    A row that `shares` takes one process for each environment, the same as other such rows: a new one costs seconds.
    """

    name: str
    unit: str
    sides: Mapping[str, Side]
    targets: Sequence[Target] = field(default_factory=tuple)
    rounds: int = 9
    shares: bool = False

    def measure(self, shared: Workers) -> dict[str, list[float]]:
        """Return each side's figures, one for each round; `shared` has the processes that rows share.

        A side that fails is left out, its error on the terminal, and the others go on.
        """
        figures: dict[str, list[float]] = {name: [] for name in self.sides}
        with Workers() as own:
            live = {
                name: shared.of(side.environment) if self.shares else own.of(side.environment, name)
                for name, side in self.sides.items()
                if not side.fresh
            }
            for number in range(-1, self.rounds):  # the first compiles, and fills caches
                order = [name for name in figures if number >= 0 or name in live]
                for name in order if number % 2 == 0 else reversed(order):
                    try:
                        figures[name].append(_one(self.sides[name], live.get(name)))
                    except RuntimeError as error:
                        print(f"\n{self.name}, {name}: {error}")
                        del figures[name]
        return {name: values[-self.rounds :] for name, values in figures.items()}

    def report(self, figures: Mapping[str, Sequence[float]]) -> dict[str, Any]:
        """Return the row's result as it stands in the JSON file."""
        targets = [target.report(figures) for target in self.targets if target.sides(figures)]
        medians = {name: median(values) for name, values in figures.items()}
        return {"row": self.name, "unit": self.unit, "medians": medians, "targets": targets, "rounds": dict(figures)}


def _one(side: Side, worker: Worker | None) -> float:
    if worker is not None:
        return worker.ask(side.prepare, side.arguments)
    with Worker(side.environment) as fresh:
        return fresh.ask(side.prepare, side.arguments)


@dataclass(frozen=True)
class Mean:
    """What rows whose names begin with `rows` are to reach together: the geometric mean of side `of` / side `over`."""

    rows: str
    of: str
    over: str
    bound: float

    def report(self, reports: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
        """Return what came out of the rows that were measured, or None where none was."""
        medians = [report["medians"] for report in reports if report["row"].startswith(self.rows)]
        ratios = [found[self.of] / found[self.over] for found in medians]
        if not ratios:
            return None
        mean = geometric_mean(ratios)
        spread = {"median": mean, "least": min(ratios), "most": max(ratios), "best to best": mean}
        target = {"what": f"{self.of} / {self.over}", **spread, "sign": ">=", "bound": self.bound}
        name = f"{self.rows}: geometric mean of {len(ratios)}"
        return {"row": name, "unit": "", "medians": {}, "targets": [target | {"reached": mean >= self.bound}]}
