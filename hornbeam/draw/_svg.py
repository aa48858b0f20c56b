"""A drawing as SVG: plain shapes and text, without scripts, styles or ids that could meet those of a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from hornbeam.draw import _card, _shapes
from hornbeam.draw._layout import Area, Card, Drawing, Frame, Line
from hornbeam.draw._tracks import Point

FONTS = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"


def to_svg(drawing: Drawing, turn: float) -> bytes:
    """Return the SVG file of `drawing`, in UTF-8; `turn` is the radius of the wires' turns."""
    width, height = _n(drawing.width), _n(drawing.height)
    size = f'width="{width}pt" height="{height}pt" viewBox="0 0 {width} {height}"'
    lines = sorted(drawing.lines, key=lambda line: line.edge.source)
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FONTS}">',
        f'<rect class="paper" width="{width}" height="{height}" fill="{_card.PAPER}"/>',
        *(_frame(area) for area in drawing.frames),
        *(_wires(source, list(lines), turn) for source, lines in groupby(lines, key=lambda line: line.edge.source)),
        *(_layer(area) for area in drawing.cards),
        "</svg>",
    ]
    return ("\n".join(parts) + "\n").encode()


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _points(points: Iterable[Point]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _rect(area: Area, radius: float, fill: str, stroke: str) -> str:
    return (
        f'<rect x="{_n(area.x)}" y="{_n(area.y)}" width="{_n(area.width)}" height="{_n(area.height)}" '
        f'rx="{_n(radius)}" fill="{fill}" stroke="{stroke}" stroke-width="{_n(_shapes.BORDER_WIDTH)}"/>'
    )


def _text(text: _card.Text, area: Area) -> str:
    look = ' font-weight="bold"' if text.bold else ""
    look += ' text-anchor="end"' if text.ends else ""
    return (
        f'<text x="{_n(area.x + text.x)}" y="{_n(area.y + text.y)}" font-size="{_n(text.size)}" '
        f'fill="{text.colour}"{look} xml:space="preserve">{escape(text.text)}</text>'
    )


def _frame(area: Frame) -> str:
    rect = _rect(area, _shapes.FRAME_RADIUS, _card.FRAME_FILL, _card.FRAME)
    title = _text(_card.frame_title(area.shows.title), area)
    return f'<g class="model" data-key={quoteattr(area.shows.key)}>\n{rect}\n{title}\n</g>'


def _layer(area: Card) -> str:
    fill, border = _card.COLOURS[area.shows.family]
    parts = [f'<g class="layer" data-key={quoteattr(area.shows.key)}>', _rect(area, _shapes.CARD_RADIUS, fill, border)]
    if area.shows.rows:
        y = area.y + _card.HEADER
        parts.append(
            f'<path d="M{_n(area.x)},{_n(y)}H{_n(area.x + area.width)}" stroke="{border}" '
            f'stroke-width="{_n(_shapes.RULE_WIDTH)}"/>'
        )
    parts += [_text(text, area) for text in _card.card_texts(area.shows, area.width, area.height)]
    return "\n".join([*parts, "</g>"])


def _wires(source: str, lines: Sequence[Line], turn: float) -> str:
    """All that leaves one layer: one path, since pieces that lie on each other would look bolder than the rest."""
    shapes = [_shapes.shaft_and_head(line.points) for line in lines]
    heads = [f'<polygon points="{_points(head)}" fill="{_card.WIRE}"/>' for _, head in shapes]
    return (
        f'<g class="edges" data-source={quoteattr(source)}>\n<path d="{"".join(_way(s, turn) for s, _ in shapes)}" '
        f'fill="none" stroke="{_card.WIRE}" stroke-width="{_n(_shapes.WIRE_WIDTH)}"/>\n' + "\n".join(heads) + "\n</g>"
    )


def _way(shaft: Sequence[Point], turn: float) -> str:
    ways = [f"M{_points(shaft[:1])}"]
    ways += [f"L{_points([start])}Q{_points([corner, end])}" for start, corner, end in _shapes.turns(shaft, turn)]
    return "".join([*ways, f"L{_points(shaft[-1:])}"])
