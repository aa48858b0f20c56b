"""How a box looks: its colours, its lines of text, the room they need in any sans-serif font. Lengths are points."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from functools import cache

from hornbeam.draw._picture import Box

INK, MUTED, WIRE, FRAME, PAPER = "#0f172a", "#64748b", "#64748b", "#94a3b8", "#ffffff"
FRAME_FILL = "#f8fafc"
COLOURS = {  # family: (fill, border)
    "input": ("#f1f5f9", "#64748b"),
    "core": ("#eef2ff", "#6366f1"),
    "convolution": ("#eff6ff", "#3b82f6"),
    "pooling": ("#ecfeff", "#0891b2"),
    "recurrent": ("#f0fdf4", "#16a34a"),
    "attention": ("#faf5ff", "#a855f7"),
    "activation": ("#fff7ed", "#f97316"),
    "normalization": ("#fefce8", "#ca8a04"),
    "regularization": ("#fff1f2", "#f43f5e"),
    "merging": ("#fdf2f8", "#db2777"),
    "reshaping": ("#f5f5f4", "#78716c"),
    "model": ("#f8fafc", "#334155"),
    "other": ("#f8fafc", "#94a3b8"),
}
TITLE, NAME, ROW = 12.0, 10.0, 10.0  # sizes of the letters
PAD, HEADER, LINE, GAP = 10.0, 26.0, 14.0, 12.0
FRAME_PAD, FRAME_STRIP, FRAME_TITLE = 12.0, 10.0, 10.0
RULE = 4.0  # above and below the rows
ALIKE = 1.7  # cards up to this much wider than the median card get one common width

# Advance widths in em, not below those of DejaVu Sans and Verdana, the widest of the usual sans-serif fonts.
_WIDTHS = {
    "'ijlIJ ,.": 0.34,
    "/:;\\|f-": 0.37,
    "()[]t!r": 0.42,
    '"*_`szc?L': 0.57,
    "FkvxyPTYaoe": 0.63,
    "ESbdghnpqu$0123456789{}": 0.65,
    "KAVBRXZC": 0.71,
    "UHNDG&OQ": 0.80,
    "w#+<=>^~M": 0.87,
}
_ADVANCE = {character: width for characters, width in _WIDTHS.items() for character in characters}
BOLD = 1.15


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text; `x` (of its start, or of its end) and `y` (of the baseline) are from the upper left corner."""

    x: float
    y: float
    text: str
    size: float
    colour: str
    bold: bool = False
    ends: bool = False


@cache
def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return an upper bound of the width of `text` in the usual sans-serif fonts."""
    ems = sum(_ADVANCE.get(c) or (1.0 if ord(c) < 0x1100 else _wide(c)) for c in text)
    return ems * size * (BOLD if bold else 1.0)


def even(length: float) -> float:
    """Return an even number of points, not below `length`: its half, too, adds up without rounding."""
    return 2.0 * math.ceil(length / 2)


def _wide(character: str) -> float:
    return 0.0 if unicodedata.combining(character) else 1.05


def card_texts(box: Box, width: float, height: float) -> list[Text]:
    """Return the lines of a card: a header, its name at the right, and the rows in two columns."""
    middle = (HEADER if box.rows else height) / 2
    texts = [Text(PAD, middle + 4.2, box.title, TITLE, INK, bold=True)]
    if box.name:
        texts.append(Text(width - PAD, middle + 4.0, box.name, NAME, MUTED, ends=True))
    for i, (label, value) in enumerate(box.rows):
        y = HEADER + RULE + LINE * i + 10.5
        texts += [Text(PAD, y, label, ROW, MUTED), Text(PAD + labels_width(box), y, value, ROW, INK)]
    return texts


def labels_width(box: Box) -> float:
    """Return the width of the column of labels."""
    return max((text_width(label, ROW) for label, _ in box.rows), default=0.0) + GAP


def card_size(box: Box) -> tuple[float, float]:
    """Return the (width, height) that a box needs."""
    header = text_width(box.title, TITLE, bold=True) + (GAP + text_width(box.name, NAME) if box.name else 0.0)
    rows = max((labels_width(box) + text_width(value, ROW) for _, value in box.rows), default=0.0)
    return even(max(header, rows) + 2 * PAD), HEADER + (len(box.rows) * LINE + 2 * RULE if box.rows else 0.0)


def card_sizes(boxes: list[Box]) -> dict[str, tuple[float, float]]:
    """Return (width, height) by key; cards that are nearly as wide as each other become equally wide."""
    sizes = {box.key: card_size(box) for box in boxes}
    widths = sorted(width for width, _ in sizes.values())
    limit = widths[len(widths) // 2] * ALIKE if widths else 0.0
    common = max((width for width in widths if width <= limit), default=0.0)
    return {key: (max(width, common), height) for key, (width, height) in sizes.items()}


def frame_title_width(title: str) -> float:
    """Return the width of a frame's title with the room on its two sides."""
    return even(text_width(title, FRAME_TITLE, bold=True) + 2 * FRAME_PAD)


def frame_title(title: str) -> Text:
    """Return the title of a frame, from the frame's upper left corner."""
    return Text(FRAME_PAD, 15.0, title, FRAME_TITLE, MUTED, bold=True)
