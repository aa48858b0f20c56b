import re
from xml.etree import ElementTree as ET

import pytest

from hornbeam.draw._card import COLOURS, card_size, text_width
from hornbeam.draw._layout import lay_out
from hornbeam.draw._picture import Box, Picture
from hornbeam.draw._svg import to_svg
from tests.draw.pictures import PICTURES, nested

SVG = "{http://www.w3.org/2000/svg}"


def parse(picture, turn=8.0):
    return ET.fromstring(to_svg(lay_out(picture), turn))  # noqa: S314  # our own text


def groups(root, kind):
    return [group for group in root.iter(f"{SVG}g") if group.get("class") == kind]


@pytest.mark.parametrize("name", PICTURES)
def test_every_layer_once_with_its_texts(name):
    picture, root = PICTURES[name], parse(PICTURES[name])
    shown = {group.get("data-key"): [text.text for text in group.iter(f"{SVG}text")] for group in groups(root, "layer")}
    assert len(groups(root, "layer")) == len(shown)
    for box in picture.boxes():
        expected = [box.title, *([box.name] if box.name else []), *(text for row in box.rows for text in row)]
        assert shown[box.key] == expected
    assert len(shown) == len(list(picture.boxes()))
    wires = {group.get("data-source"): group for group in groups(root, "edges")}
    assert set(wires) == {edge.source for edge in picture.edges}
    assert sum(len(group.findall(f"{SVG}polygon")) for group in wires.values()) == len(picture.edges)


def test_wires_are_drawn_where_they_were_laid():
    """Each source's path begins at the start of its wires, and each head's tip is at the end of one."""
    drawing = lay_out(nested())
    root = ET.fromstring(to_svg(drawing, 0.0))  # noqa: S314  # our own text
    for group in groups(root, "edges"):
        lines = [line for line in drawing.lines if line.edge.source == group.get("data-source")]
        starts = re.findall(r"M([-\d.]+),([-\d.]+)", group.find(f"{SVG}path").get("d"))
        assert [tuple(map(float, start)) for start in starts] == [line.points[0] for line in lines]
        tips = [head.get("points").split()[0].split(",") for head in group.findall(f"{SVG}polygon")]
        assert [tuple(map(float, tip)) for tip in tips] == [line.points[-1] for line in lines]


def test_texts_stay_on_their_cards():
    for group in groups(parse(nested()), "layer"):
        rect = group.find(f"{SVG}rect")
        left, width = float(rect.get("x")), float(rect.get("width"))
        for text in group.iter(f"{SVG}text"):
            size = text_width(text.text or "", float(text.get("font-size")), text.get("font-weight") == "bold")
            end = float(text.get("x")) + (0 if text.get("text-anchor") == "end" else size)
            assert left < end - size
            assert end < left + width


@pytest.mark.parametrize(
    "text", ["<a> & \"b\" 'c'", "이미지 분류", "]]>", "a  b", "→β", "x" * 300, "MaxPooling2D", "e\u0301"]
)
def test_any_text(text):
    picture = Picture((Box("k", text, text, ((text, text),)),), ())
    assert [t.text for t in parse(picture).iter(f"{SVG}text")] == [text] * 4
    assert card_size(next(picture.boxes()))[0] > text_width(text, 12.0)


@pytest.mark.parametrize("family", COLOURS)
def test_families_have_colours_of_their_own(family):
    (group,) = groups(parse(Picture((Box("k", "T", family=family),), ())), "layer")
    assert (group.find(f"{SVG}rect").get("fill"), group.find(f"{SVG}rect").get("stroke")) == COLOURS[family]


def test_wide_glyphs_get_more_room():
    assert text_width("한국어", 10.0) > 3 * 10.0 > text_width("abc", 10.0)
