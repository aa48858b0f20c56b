"""The shapes that a drawing is made of, for any way of drawing them. Lengths are points."""

from __future__ import annotations

from collections.abc import Sequence

from hornbeam.draw._tracks import Point

CARD_RADIUS, FRAME_RADIUS = 6.0, 10.0
WIRE_WIDTH, BORDER_WIDTH, RULE_WIDTH = 1.4, 1.2, 0.6
HEAD_LENGTH, HEAD_WIDTH = 8.0, 7.0
TURNS = {"ortho": 8.0, "line": 0.0, "polyline": 0.0, "false": 0.0}  # by Graphviz's word for how wires run
WIDE_TURN = 40.0  # for its other words, which ask for curves

Turn = tuple[Point, Point, Point]


def turn_radius(splines: str | bool) -> float:
    """Return the radius of the turns of wires, for a value of Graphviz's attribute `splines`."""
    return TURNS.get(str(splines).strip('"').lower(), WIDE_TURN)


def turns(points: Sequence[Point], radius: float) -> list[Turn]:
    """Return (where it starts, corner, where it ends) for each inner point of a line that turns there."""
    return [
        (_toward(corner, before, radius), corner, _toward(corner, after, radius))
        for before, corner, after in zip(points, points[1:], points[2:], strict=False)
    ]


def _toward(start: Point, end: Point, radius: float) -> Point:
    """The point `radius` away from `start` on the way to `end`, half-way at most."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    share = min(radius / max(abs(dx) + abs(dy), 1e-9), 0.5)
    return start[0] + share * dx, start[1] + share * dy


def shaft_and_head(points: Sequence[Point]) -> tuple[list[Point], list[Point]]:
    """Return the line without the room that the arrow's head takes, and the head, a triangle."""
    (x0, y0), (x, y) = points[-2:]
    length = max(abs(x - x0), abs(y - y0), 1e-9)
    dx, dy = (x - x0) / length, (y - y0) / length
    base = x - dx * HEAD_LENGTH, y - dy * HEAD_LENGTH
    half = HEAD_WIDTH / 2
    head = [(x, y), (base[0] - dy * half, base[1] + dx * half), (base[0] + dy * half, base[1] - dx * half)]
    return [*points[:-1], (base[0] + dx, base[1] + dy)], head
