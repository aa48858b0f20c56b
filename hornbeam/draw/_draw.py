"""From a picture to a file's bytes, without Graphviz."""

from __future__ import annotations

from hornbeam.draw import _raster
from hornbeam.draw._layout import lay_out
from hornbeam.draw._picture import Picture
from hornbeam.draw._shapes import turn_radius
from hornbeam.draw._svg import to_svg

FORMATS = ("svg", *_raster.FORMATS)


def draw(picture: Picture, kind: str, dpi: float, splines: str | bool) -> bytes:
    """Return `picture` in one of `FORMATS`; `dpi` is the resolution of pixels, `splines` Graphviz's word for wires."""
    drawing, turn = lay_out(picture), turn_radius(splines)
    return to_svg(drawing, turn) if kind == "svg" else _raster.to_pixels(drawing, kind, dpi, turn)
