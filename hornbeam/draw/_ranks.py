"""Layered layout, first step: a rank for every item, and the spots where wires pass the ranks between their ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from hornbeam._core.lazy import lazy

optimize = lazy("scipy.optimize")
sparse = lazy("scipy.sparse")


@dataclass(slots=True)
class Item:
    """Something to place: a card, a frame that is already laid out inside, or a frame's inlet or outlet.

    `edge` is "top" for an inlet of the enclosing frame, "bottom" for an outlet, "" for all else.
    """

    width: float = 0.0
    height: float = 0.0
    edge: str = ""


@dataclass(slots=True)
class Wire:
    """An edge between two items; where it leaves and arrives are offsets from the items' middles.

    `inlet` is None where the router may choose the place of the arrow's head.
    """

    source: int
    target: int
    outlet: float = 0.0
    inlet: float | None = None


class Leg(NamedTuple):
    """The part of a wire that runs through one gap, from spot `a` to spot `b`; gap g is the one above rank g.

    Legs of one net (wires that leave one item at one place) from one spot are drawn on one track.
    """

    gap: int
    a: int
    b: int
    net: int


class Fall(NamedTuple):
    """A leg from above to below; where it is straight, `lower` lies `shift` to the right of `upper`."""

    upper: int
    lower: int
    shift: float
    net: int


@dataclass(slots=True)
class Web:
    """The items and the wires of one frame, as spots on ranks; the first spots are the items."""

    items: Sequence[Item]
    wires: Sequence[Wire]
    rank: list[int]  # of each spot
    net: list[int] = field(default_factory=list)  # of each wire
    paths: list[list[Leg]] = field(default_factory=list)  # of each wire, from its source to its target

    def add_spot(self, rank: int) -> int:
        """Return a new spot on `rank`."""
        self.rank.append(rank)
        return len(self.rank) - 1

    def falls(self) -> list[Fall]:
        """The legs that join two ranks, rather than turn back in their gap, each once."""
        falls: dict[Leg, Fall] = {}
        for wire, path in zip(self.wires, self.paths, strict=True):
            for i, leg in enumerate(path):
                start = wire.outlet if i == 0 else 0.0
                end = (wire.inlet or 0.0) if i == len(path) - 1 else 0.0
                if self.rank[leg.a] < self.rank[leg.b]:
                    falls[leg] = Fall(leg.a, leg.b, start - end, leg.net)
                elif self.rank[leg.a] > self.rank[leg.b]:
                    falls[leg] = Fall(leg.b, leg.a, end - start, leg.net)
        return list(falls.values())


def weave(items: Sequence[Item], wires: Sequence[Wire]) -> Web:
    """Return the web of a frame: every item on a rank, every long wire threaded through the ranks it passes."""
    web = Web(items, wires, _ranks(items, wires))
    nets: dict[tuple[int, float], int] = {}
    trunks: dict[tuple[int, int], int] = {}  # (net, rank) -> the spot where the net passes that rank
    for wire in wires:
        net = nets.setdefault((wire.source, wire.outlet), len(nets))
        web.net.append(net)
        first, last = web.rank[wire.source], web.rank[wire.target]
        if first < last:
            spots = [wire.source]
            for rank in range(first + 1, last):
                if (net, rank) not in trunks:
                    trunks[net, rank] = web.add_spot(rank)
                spots.append(trunks[net, rank])
            gaps = range(first + 1, last + 1)
        else:  # a shared layer that feeds an earlier one: out below, up beside the cards, in from above
            spots = [wire.source, *(web.add_spot(rank) for rank in range(first, last - 1, -1))]
            gaps = range(first + 1, last - 1, -1)
        spots.append(wire.target)
        web.paths.append([Leg(g, a, b, net) for g, a, b in zip(gaps, spots[:-1], spots[1:], strict=True)])
    return web


def _ranks(items: Sequence[Item], wires: Sequence[Wire]) -> list[int]:
    """Ranks from 0 that make the wires short in sum, each wire falling by one rank at least (a linear program)."""
    inner = [i for i, item in enumerate(items) if not item.edge]
    place = {i: k for k, i in enumerate(inner)}
    pairs = [(place[w.source], place[w.target]) for w in wires if w.source in place and w.target in place]
    ranks = _solve(len(inner), [pair for pair in dict.fromkeys(pairs) if pair not in _backward(len(inner), pairs)])
    top = 1 if any(item.edge == "top" for item in items) else 0
    below = max(ranks, default=0) + top + 1
    edges = {"top": 0, "bottom": below}
    return [edges[item.edge] if item.edge else ranks[place[i]] + top for i, item in enumerate(items)]


def _solve(count: int, pairs: Sequence[tuple[int, int]]) -> list[int]:
    """Minimise the sum of rank[b] - rank[a] over `pairs`, each at least 1; ties go upwards."""
    if not pairs:
        return [0] * count
    cost = np.full(count, 1e-3)
    rows = np.repeat(np.arange(len(pairs)), 2)
    np.subtract.at(cost, [a for a, _ in pairs], 1)
    np.add.at(cost, [b for _, b in pairs], 1)
    signs = np.tile([1.0, -1.0], len(pairs))
    falls = sparse.csr_array((signs, (rows, np.ravel(pairs))), shape=(len(pairs), count))
    result = optimize.linprog(cost, A_ub=falls, b_ub=-np.ones(len(pairs)), bounds=(0, None), method="highs-ds")
    return [round(rank) for rank in result.x]


def _backward(count: int, pairs: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """The pairs to leave out so that no cycle is left: those against an order that follows the arrows if it can."""
    after: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for a, b in dict.fromkeys(pairs):
        if a != b:
            after[a].append(b)
            waiting[b] += 1
    place: dict[int, int] = {}
    rest, ready = iter(range(count)), [i for i in range(count) if not waiting[i]][::-1]
    while len(place) < count:
        i = ready.pop() if ready else next(rest)  # a cycle is entered at its first item
        if i in place:
            continue
        place[i] = len(place)
        for b in after[i]:
            waiting[b] -= 1
            if not waiting[b]:
                ready.append(b)
    return {(a, b) for a, b in pairs if place[a] >= place[b]}
