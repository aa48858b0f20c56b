import io

import pytest
from PIL import Image, ImageFont

from hornbeam.draw import _raster
from hornbeam.draw._card import COLOURS, PAPER, WIRE, card_texts, text_width
from hornbeam.draw._layout import lay_out
from hornbeam.draw._picture import Box, Picture
from hornbeam.draw._raster import to_pixels
from tests.draw.pictures import PICTURES, nested, picture


def opened(drawing, kind="png", dpi=100):
    return Image.open(io.BytesIO(to_pixels(drawing, kind, dpi, 8.0)))


def colour(text):
    return tuple(bytes.fromhex(text[1:]))


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("dpi", [40, 96])
def test_size(name, dpi):
    drawing = lay_out(PICTURES[name])
    image = opened(drawing, dpi=dpi)
    assert image.size == (round(drawing.width * dpi / 72), round(drawing.height * dpi / 72))
    assert image.info["dpi"] == pytest.approx((dpi, dpi), abs=0.1)


def test_cards_and_wires_are_where_they_were_laid():
    drawing = lay_out(nested())
    image = opened(drawing, dpi=144)
    assert image.getpixel((0, 0)) == colour(PAPER)
    for card in drawing.cards:
        assert image.getpixel((2 * (card.x + 2.5), 2 * (card.y + card.height / 2))) == colour(COLOURS["other"][0])
    for line in drawing.lines:
        x, y = line.points[0]
        assert image.getpixel((2 * x, 2 * (y + 3))) == colour(WIRE), line


def test_strips_fit_together():
    """A picture of several strips has the same pixels as its parts have in pictures of one strip."""
    tall = opened(lay_out(picture(" ".join(f"k{i}>k{i + 1}" for i in range(12)))), dpi=144)
    short = opened(lay_out(picture("k0>k1 k1>k2")), dpi=144)
    assert tall.height > 1024 > short.height
    top = (0, 0, short.width, 140)
    assert tall.crop(top).tobytes() == short.crop(top).tobytes()


def test_a_very_long_picture_is_made_smaller(monkeypatch):
    monkeypatch.setattr(_raster, "LONGEST", 900)
    assert opened(lay_out(PICTURES["chain"])).height == 900


@pytest.mark.parametrize(("kind", "start"), [("jpg", b"\xff\xd8\xff"), ("jpeg", b"\xff\xd8\xff"), ("pdf", b"%PDF")])
def test_formats(kind, start):
    assert to_pixels(lay_out(picture("a>b")), kind, 50, 8.0).startswith(start)


def test_letters_fit_in_the_room_reckoned():
    box = Box("k", "GlobalAveragePooling2D", "global_average_pooling2d", (("output", "(None, 128, 128, 64)"),))
    for text in card_texts(box, 400.0, 60.0):
        font = ImageFont.load_default(text.size)
        assert font.getlength(text.text) < text_width(text.text, text.size, text.bold)


def test_characters_that_the_font_lacks():
    image = opened(lay_out(Picture((Box("k", "이미지", "é"),), ())))
    assert image.size[0] > 60
