"""Layered layout, third step: where each spot lies across the ranks.

Spots that a straight line should join (a layer and its only successor, the inner spots of a long wire) are
tied into blocks; the blocks then get the positions that pull wires short, in the sense of least squares,
without touching: a quadratic program that becomes one of non-negative least squares (Lawson and Hanson,
"Solving Least Squares Problems", chapter 23).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from hornbeam._core.lazy import lazy
from hornbeam.draw._ranks import Fall, Item, Web

optimize = lazy("scipy.optimize")

PORT, PORTS = 8.0, 24.0  # between two arrows into one card: at least, and where there is room
CARD_GAP = 26.0  # between two cards of a rank
WIRE_GAP = 16.0  # between a wire and a card, or two wires
PULLS = {"inner": 4.0, "strong": 1.0, "skip": 0.05}
REST = 0.02  # a weak pull to the middle, so that nothing floats


def columns(web: Web, rows: list[list[int]]) -> list[float]:
    """Return the middle of each spot, the middle of all being near 0."""
    falls = web.falls()
    kinds = [_kind(web, fall) for fall in falls]
    block, offset = _blocks(web, rows, falls, kinds)
    count = max(block, default=-1) + 1
    if not count:
        return []
    pulls, aims = [REST * row for row in np.eye(count)], [0.0] * count
    for (upper, lower, shift, _), kind in zip(falls, kinds, strict=True):
        if block[upper] != block[lower]:
            weight = PULLS[kind] ** 0.5
            pull = np.zeros(count)
            pull[block[upper]], pull[block[lower]] = weight, -weight
            pulls.append(pull)
            aims.append(weight * (offset[lower] - offset[upper] - shift))
    apart: dict[tuple[int, int], float] = {}
    for row in rows:
        for p, q in pairwise(row):
            pair, room = (block[p], block[q]), _room(web, p, q) + offset[p] - offset[q]
            apart[pair] = max(room, apart.get(pair, room))
    at = _least_squares(np.array(pulls), np.array(aims), apart)
    return [round(2 * float(at[b])) / 2 + o for b, o in zip(block, offset, strict=True)]


def _kind(web: Web, fall: Fall) -> str:
    """A leg is "inner" between two spots of a long wire, "skip" at the end of one that goes by, else "strong"."""
    count = len(web.items)
    if fall.upper >= count and fall.lower >= count:
        return "inner"
    if fall.upper < count and fall.lower < count:
        return "strong"
    targets = {wire.target for wire, net in zip(web.wires, web.net, strict=True) if net == fall.net}
    return "skip" if len(targets) > 1 else "strong"


def _blocks(web: Web, rows: list[list[int]], falls: list[Fall], kinds: list[str]) -> tuple[list[int], list[float]]:
    """(block of each spot, its offset in the block): no two ties of a gap cross, or share a spot."""
    place = {spot: i for row in rows for i, spot in enumerate(row)}
    ties: dict[int, list[Fall]] = {}
    for fall in _alone(falls, kinds):
        others = ties.setdefault(web.rank[fall.lower], [])
        if all((place[fall.upper] - place[o.upper]) * (place[fall.lower] - place[o.lower]) > 0 for o in others):
            others.append(fall)
    leader = {fall.lower: fall for tied in ties.values() for fall in tied}
    block, offset, count = [0] * len(web.rank), [0.0] * len(web.rank), 0
    for spot in sorted(range(len(web.rank)), key=web.rank.__getitem__):
        if spot in leader:
            upper, _, shift, _ = leader[spot]
            block[spot], offset[spot] = block[upper], offset[upper] + shift
        else:
            block[spot], count = count, count + 1
    return block, offset


def _alone(falls: list[Fall], kinds: list[str]) -> Iterator[Fall]:
    """The legs that should be straight: inner ones, then those that are the only one of their kind at both ends.

    Where several layers come together, or part, the card in question is to lie in the middle instead.
    """
    yield from (fall for fall, kind in zip(falls, kinds, strict=True) if kind == "inner")
    ends = Counter((kind, end) for fall, kind in zip(falls, kinds, strict=True) for end in (fall.upper, ~fall.lower))
    for fall, kind in zip(falls, kinds, strict=True):
        ends_of_leg = (fall.upper, ~fall.lower)
        if kind != "inner" and all(
            ends[kind, end] == 1 and not (kind == "skip" and ends["strong", end]) for end in ends_of_leg
        ):
            yield fall


def _room(web: Web, p: int, q: int) -> float:
    """The least distance between the middles of two spots that are next to each other in a rank."""
    items = [web.items[spot] if spot < len(web.items) else Item() for spot in (p, q)]
    if all(item.edge for item in items):
        return PORTS
    return sum(item.width for item in items) / 2 + (CARD_GAP if all(item.width for item in items) else WIRE_GAP)


def _least_squares(pulls: np.ndarray, aims: np.ndarray, apart: dict[tuple[int, int], float]) -> np.ndarray:
    """Minimise |pulls @ x - aims| where x[q] - x[p] >= apart[p, q]."""
    q, r = np.linalg.qr(pulls)
    start = np.linalg.solve(r, q.T @ aims)
    if not apart:
        return start
    steps = np.zeros((len(apart), len(start)))
    for row, (left, right) in zip(steps, apart, strict=True):
        row[left], row[right] = -1.0, 1.0
    lacks = np.array(list(apart.values())) - steps @ start
    # x = start + inverse(r) z with |z| least, where G z >= lacks and G = steps @ inverse(r)
    slopes = np.linalg.solve(r.T, steps.T)
    system = np.vstack([slopes, lacks])
    goal = np.zeros(len(system))
    goal[-1] = 1.0
    weights, _ = optimize.nnls(system, goal, maxiter=50 * len(apart))
    left_over = system @ weights - goal
    return start + np.linalg.solve(r, -left_over[:-1] / left_over[-1])
