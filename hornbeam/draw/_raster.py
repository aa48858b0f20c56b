"""A drawing in pixels, by Pillow: drawn three times too large, strip by strip, and reduced, for smooth edges."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from hornbeam._core.lazy import lazy
from hornbeam.draw import _card, _shapes
from hornbeam.draw._layout import Area, Card, Drawing, Line
from hornbeam.draw._tracks import Point

image = lazy("PIL.Image", extra="draw")
image_draw = lazy("PIL.ImageDraw", extra="draw")
image_font = lazy("PIL.ImageFont", extra="draw")

FORMATS = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "pdf": "PDF"}
FINE = 3  # how much larger it is drawn than asked for
STRIP = 1024  # the height of a strip, in pixels of the result
LONGEST = 32_000  # pixels of a side: few programs open pictures with longer ones
FALLBACKS = (  # fonts with the characters that Pillow's own lacks, where some systems have them
    "DejaVuSans.ttf",
    "Arial Unicode.ttf",
    "NotoSansCJK-Regular.ttc",
    "NotoSansKR-Regular.otf",
    "AppleSDGothicNeo.ttc",
    "malgun.ttf",
    "msyh.ttc",
    "meiryo.ttc",
    "segoeui.ttf",
)


def to_pixels(drawing: Drawing, kind: str, dpi: float, turn: float) -> bytes:
    """Return the file of `drawing` in the format `kind` of `FORMATS`; `turn` is the radius of the wires' turns."""
    scale = min(dpi / 72, LONGEST / max(drawing.width, drawing.height))
    width, height = round(drawing.width * scale), round(drawing.height * scale)
    picture = image.new("RGB", (width, height), _card.PAPER)
    for top in range(0, height, STRIP):
        rows = min(STRIP, height - top)
        strip = image.new("RGB", (width * FINE, rows * FINE), _card.PAPER)
        _Pen(image_draw.Draw(strip), scale * FINE, top * FINE, rows * FINE).draw(drawing, turn)
        picture.paste(strip.reduce(FINE), (0, top))
    file = io.BytesIO()
    picture.save(file, FORMATS[kind], **({"resolution": 72 * scale} if kind == "pdf" else {"dpi": (72 * scale,) * 2}))
    return file.getvalue()


class _Pen:
    """Draws on one strip, which begins `top` pixels below the picture's upper edge."""

    def __init__(self, canvas: Any, scale: float, top: int, rows: int) -> None:
        self.canvas, self.scale, self.top, self.rows = canvas, scale, top, rows

    def at(self, x: float, y: float) -> Point:
        return x * self.scale, y * self.scale - self.top

    def shows(self, y: float, height: float) -> bool:
        """Whether something from `y` on, of such a height, is on this strip."""
        (_, low), (_, high) = self.at(0, y - 2), self.at(0, y + height + 2)
        return high > 0 and low < self.rows

    def draw(self, drawing: Drawing, turn: float) -> None:
        for area in (area for area in drawing.frames if self.shows(area.y, area.height)):
            self.rectangle(area, _shapes.FRAME_RADIUS, _card.FRAME_FILL, _card.FRAME)
            self.text(_card.frame_title(area.shows.title), area)
        for line in drawing.lines:
            heights = [y for _, y in line.points]
            if self.shows(min(heights), max(heights) - min(heights)):
                self.wire(line, turn)
        for area in (area for area in drawing.cards if self.shows(area.y, area.height)):
            self.card(area)

    def rectangle(self, area: Area, radius: float, fill: str, border: str) -> None:
        edge = _shapes.BORDER_WIDTH / 2
        corners = self.at(area.x - edge, area.y - edge) + self.at(
            area.x + area.width + edge, area.y + area.height + edge
        )
        width = round(_shapes.BORDER_WIDTH * self.scale)
        self.canvas.rounded_rectangle(corners, (radius + edge) * self.scale, fill, border, width)

    def card(self, area: Card) -> None:
        fill, border = _card.COLOURS[area.shows.family]
        self.rectangle(area, _shapes.CARD_RADIUS, fill, border)
        if area.shows.rows:
            y = area.y + _card.HEADER
            ends = self.at(area.x, y) + self.at(area.x + area.width, y)
            self.canvas.line(ends, border, round(_shapes.RULE_WIDTH * self.scale))
        for text in _card.card_texts(area.shows, area.width, area.height):
            self.text(text, area)

    def text(self, text: _card.Text, area: Area) -> None:
        font = _font(text.text, text.size * self.scale)
        stroke = round(text.size * self.scale / 40) if text.bold else 0
        anchor = "rs" if text.ends else "ls"
        place = self.at(area.x + text.x, area.y + text.y)
        self.canvas.text(place, text.text, text.colour, font, anchor, stroke_width=stroke)

    def wire(self, line: Line, turn: float) -> None:
        shaft, head = _shapes.shaft_and_head(line.points)
        points = [self.at(x, y) for x, y in _flat(shaft, turn)]
        self.canvas.line(points, _card.WIRE, round(_shapes.WIRE_WIDTH * self.scale), "curve")
        self.canvas.polygon([self.at(x, y) for x, y in head], _card.WIRE)


def _flat(shaft: Sequence[Point], turn: float, steps: int = 12) -> Iterator[Point]:
    """The points of a line with round turns (quadratic Bezier curves)."""
    yield shaft[0]
    for start, corner, end in _shapes.turns(shaft, turn):
        for i in range(steps + 1):
            b = i / steps
            a = 1 - b
            x, y = (a * a * p + 2 * a * b * q + b * b * r for p, q, r in zip(start, corner, end, strict=True))
            yield x, y
    yield shaft[-1]


@cache
def _has(name: str, character: str) -> bool:
    """Whether a font has a character: its picture is not the one for characters that it lacks."""
    font = _load(name, 20.0)
    return font is not None and bytes(font.getmask(character)) != bytes(font.getmask("\uffff"))


@cache
def _load(name: str, size: float) -> Any:
    """A font by the name of its file, None where the system lacks it; Pillow's own for an empty name."""
    if not name:
        return image_font.load_default(size)
    try:
        return image_font.truetype(name, size)
    except OSError:
        return None


def _font(text: str, size: float) -> Any:
    """The first font that has all of `text`, Pillow's own if none has."""
    wanted = {character for character in text if not character.isspace()}
    name = next((name for name in ("", *FALLBACKS) if all(_has(name, c) for c in wanted)), "")
    return _load(name, size)
