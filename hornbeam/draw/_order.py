"""Layered layout, second step: the order of the spots within each rank, with few crossings."""

from __future__ import annotations

from itertools import pairwise

from hornbeam.draw._ranks import Web

SWEEPS = 12

Links = list[list[int]]


def order(web: Web) -> list[list[int]]:
    """Return the spots of each rank from left to right: the best of some barycentre sweeps.

    Sweeps start from the order in which the wires reach the items, those from the first item first, with the wires
    that pass on the right, short ones first; this order is kept as it is when nothing crosses.
    """
    spans: dict[int, int] = {}
    for path in web.paths:
        for leg in path:
            for spot in (leg.a, leg.b):
                spans[spot] = max(spans.get(spot, 0), len(path))
    count, reached = len(web.items), _reached(web)
    rows: list[list[int]] = [[] for _ in range(max(web.rank, default=-1) + 1)]
    for spot in sorted(range(len(web.rank)), key=lambda s: (s >= count, spans[s] if s >= count else reached[s], s)):
        rows[web.rank[spot]].append(spot)
    above: Links = [[] for _ in web.rank]
    below: Links = [[] for _ in web.rank]
    for fall in web.falls():
        above[fall.lower].append(fall.upper)
        below[fall.upper].append(fall.lower)
    best, least = [row[:] for row in rows], _crossings(rows, below)
    for sweep in range(SWEEPS):
        if not least:
            break
        down = sweep % 2 == 0
        _sweep(rows if down else rows[::-1], above if down else below)
        _swap(rows, above, below)
        crossings = _crossings(rows, below)
        if crossings < least:
            best, least = [row[:] for row in rows], crossings
    return best


def _reached(web: Web) -> list[int]:
    """The place of each item in a walk along the wires that starts at the first item and goes deep first."""
    after: Links = [[] for _ in web.items]
    for wire in web.wires:
        after[wire.source].append(wire.target)
    places: dict[int, int] = {}
    waiting = list(range(len(web.items)))[::-1]
    while waiting:
        item = waiting.pop()
        if item not in places:
            places[item] = len(places)
            waiting.extend(reversed(after[item]))
    return [places[item] for item in range(len(web.items))]


def _places(row: list[int]) -> dict[int, int]:
    return {spot: place for place, spot in enumerate(row)}


def _sweep(rows: list[list[int]], links: Links) -> None:
    """Sort every row after the first by the mean place of its spots' neighbours in the row before."""
    for before, row in pairwise(rows):
        at, here = _places(before), _places(row)
        scale = len(before) / len(row)
        means = {s: sum(at[n] for n in links[s]) / len(links[s]) if links[s] else here[s] * scale for s in row}
        row.sort(key=means.__getitem__)


def _swap(rows: list[list[int]], above: Links, below: Links) -> None:
    """Swap neighbours in a row as long as that saves crossings."""
    places: dict[int, int] = {}
    for row in rows:
        places |= _places(row)
    better = True
    while better:
        better = False
        for row in rows:
            for i in range(len(row) - 1):
                p, q = row[i], row[i + 1]
                kept = sum(_inversions(links[p], links[q], places) for links in (above, below))
                swapped = sum(_inversions(links[q], links[p], places) for links in (above, below))
                if swapped < kept:
                    row[i], row[i + 1] = q, p
                    places[p], places[q] = i + 1, i
                    better = True


def _inversions(left: list[int], right: list[int], places: dict[int, int]) -> int:
    """The crossings between the links of a spot and those of the spot on its right."""
    return sum(places[a] > places[b] for a in left for b in right)


def _crossings(rows: list[list[int]], below: Links) -> int:
    total = 0
    for row, after in pairwise(rows):
        places = _places(after)
        ends = [places[lower] for spot in row for lower in sorted(below[spot], key=places.__getitem__)]
        total += sum(a > b for i, a in enumerate(ends) for b in ends[i + 1 :])
    return total
