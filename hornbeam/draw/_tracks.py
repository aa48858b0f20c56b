"""Layered layout, last step: tracks for the wires in the gaps between ranks, and what follows from them: heights.

Inside a rank wires run straight down, beside the cards; they turn in the gaps only. So no wire can touch a card
that it does not end at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from hornbeam.draw._columns import PORT, PORTS
from hornbeam.draw._ranks import Leg, Web

TRACK = 11.0  # between two tracks of a gap
HEAD = 17.0  # from the last track to the card below: the arrow's head
TAIL = 12.0  # from the card above to the first track
CLEAR = 28.0  # between two ranks, at least
SHOULDER = 5.0  # from a card's corner to an arrow into it, at least
OVERLAP = 20  # an overlap of two wires is as bad as so many crossings

Point = tuple[float, float]


@dataclass(slots=True)
class _Run:
    """What is drawn on one track of a gap: one spot's way to one or more others of its net."""

    tops: set[float] = field(default_factory=set)  # where it comes from above, or leaves upwards
    bottoms: set[float] = field(default_factory=set)
    level: int = 0

    @property
    def low(self) -> float:
        return min(self.tops | self.bottoms)

    @property
    def high(self) -> float:
        return max(self.tops | self.bottoms)

    @property
    def straight(self) -> bool:
        return self.high - self.low < 0.5

    def cost_above(self, other: _Run) -> int:
        """The crossings and overlaps that come from this run lying above the other."""
        cost = sum(other.low < x < other.high for x in self.bottoms) + sum(self.low < x < self.high for x in other.tops)
        return cost + OVERLAP * sum(abs(x - y) < TRACK / 2 for x in self.bottoms for y in other.tops)


def inlets(web: Web, at: list[float]) -> list[float]:
    """Where each wire arrives, as an offset from its target's middle: apart, in the order in which they come."""
    found = [wire.inlet or 0.0 for wire in web.wires]
    arrivals: dict[int, list[tuple[float, int]]] = {}  # target -> (where the wire comes from, wire)
    for i, (wire, path) in enumerate(zip(web.wires, web.paths, strict=True)):
        if wire.inlet is None:
            start = at[path[-1].a] + (wire.outlet if len(path) == 1 else 0.0)
            arrivals.setdefault(wire.target, []).append((start - at[wire.target], i))
    for target, comers in arrivals.items():
        comers.sort()
        reach = max(web.items[target].width / 2 - SHOULDER, 0.0)
        for (_, i), x in zip(comers, _spread([x for x, _ in comers], reach), strict=True):
            found[i] = x
    return found


def _spread(wanted: list[float], reach: float) -> list[float]:
    """The wanted places, if they are apart and on the card; else even ones, around one near the middle that stays."""
    apart = all(b - a >= PORT for a, b in pairwise(wanted))
    if apart and max(abs(wanted[0]), abs(wanted[-1])) <= reach:
        return wanted
    last = len(wanted) - 1
    pivot = min(range(len(wanted)), key=lambda i: abs(wanted[i]))
    room = reach - abs(wanted[pivot])
    step = min(PORTS, room / max(pivot, last - pivot, 1) // 0.5 * 0.5)
    if abs(wanted[pivot]) <= PORTS and step >= PORT:
        return [wanted[pivot] + (i - pivot) * step for i in range(len(wanted))]
    step = min(PORTS, 2 * reach / max(last, 1) // 0.5 * 0.5)
    return [(i - last / 2) * step for i in range(len(wanted))]


def route(web: Web, at: list[float], ports: list[float]) -> tuple[list[float], list[list[Point]], float]:
    """(middle of each item from the top, points of each wire, height of it all)."""
    runs, ends = _runs(web, at, ports)
    heights = [0.0] * (max(web.rank, default=0) + 1)
    for item, rank in zip(web.items, web.rank, strict=False):
        heights[rank] = max(heights[rank], item.height)
    middles, tracks, y = [], {}, 0.0
    for gap in range(len(heights) + 1):
        mine = [run for (g, _, _), run in runs.items() if g == gap]
        levels = _assign(mine)
        tracks[gap] = y + TAIL
        if levels or 0 < gap < len(heights):
            y += max(TAIL + TRACK * (levels - 1) + (HEAD if gap < len(heights) else 0.0), CLEAR)
        if gap < len(heights):
            middles.append(y + heights[gap] / 2)
            y += heights[gap]
    paths = []
    for i, (wire, path) in enumerate(zip(web.wires, web.paths, strict=True)):
        points = [(at[wire.source] + wire.outlet, middles[web.rank[wire.source]] + web.items[wire.source].height / 2)]
        for leg in path:
            run = runs[leg.gap, leg.a, leg.net]
            if not run.straight:
                level = tracks[leg.gap] + TRACK * run.level
                points += [(x, level) for x in ends[i, leg]]
        points.append((at[wire.target] + ports[i], middles[web.rank[wire.target]] - web.items[wire.target].height / 2))
        paths.append(tidy(points))
    return [middles[rank] for rank in web.rank[: len(web.items)]], paths, y


def _runs(
    web: Web, at: list[float], ports: list[float]
) -> tuple[dict[tuple[int, int, int], _Run], dict[tuple[int, Leg], Point]]:
    """(the run of each gap, first spot and net; where each leg of each wire begins and ends across)."""
    runs: dict[tuple[int, int, int], _Run] = {}
    ends: dict[tuple[int, Leg], Point] = {}
    for i, (wire, path) in enumerate(zip(web.wires, web.paths, strict=True)):
        for k, leg in enumerate(path):
            run = runs.setdefault((leg.gap, leg.a, leg.net), _Run())
            start = at[leg.a] + (wire.outlet if k == 0 else 0.0)
            end = at[leg.b] + (ports[i] if k == len(path) - 1 else 0.0)
            (run.tops if web.rank[leg.a] < leg.gap else run.bottoms).add(start)
            (run.tops if web.rank[leg.b] < leg.gap else run.bottoms).add(end)
            ends[i, leg] = (start, end)
    return runs, ends


def _assign(runs: list[_Run]) -> int:
    """Give each run of a gap a level from the top, with few crossings; return how many levels there are."""
    rest = sorted((run for run in runs if not run.straight), key=lambda run: (run.low, run.high))
    placed: list[_Run] = []
    while rest:
        costs = [sum(a.cost_above(b) - b.cost_above(a) for b in rest if b is not a) for a in rest]
        run = rest.pop(costs.index(min(costs)))
        blockers = [p.level for p in placed if p.low - TRACK < run.high and run.low < p.high + TRACK]
        run.level = max(blockers, default=-1) + 1
        placed.append(run)
    return max((run.level for run in placed), default=-1) + 1


def tidy(points: list[Point]) -> list[Point]:
    """The points without those on a straight line between their neighbours."""
    kept: list[Point] = []
    for point in points:
        if kept and abs(kept[-1][0] - point[0]) < 1e-6 and abs(kept[-1][1] - point[1]) < 1e-6:
            continue
        if len(kept) > 1 and _straight(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    return kept


def _straight(a: Point, b: Point, c: Point) -> bool:
    return abs(a[0] - b[0]) + abs(b[0] - c[0]) < 1e-6 or abs(a[1] - b[1]) + abs(b[1] - c[1]) < 1e-6
