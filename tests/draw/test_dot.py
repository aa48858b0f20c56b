import copy
import pickle
import shutil
from xml.etree import ElementTree as ET

import pydot
import pytest

from hornbeam.draw import _dot
from hornbeam.draw._dot import LOOK, ModelGraph, picture_of
from hornbeam.draw._picture import Box, Edge
from tests.draw.pictures import PICTURES, picture

with_dot = pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz is not installed")


def graph_of(picture, **options):
    graph = ModelGraph(
        graph_type="digraph", **{"rankdir": picture.rankdir, "splines": "ortho", "dpi": 200, **LOOK, **options}
    )
    _dot.fill(graph, picture)
    return graph


@pytest.fixture
def no_dot(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.parametrize("name", PICTURES)
def test_a_graph_keeps_the_picture(name):
    graph = graph_of(PICTURES[name])
    assert isinstance(graph, pydot.Dot)
    for twin in (graph, copy.deepcopy(graph), pickle.loads(pickle.dumps(graph))):  # noqa: S301  # our own bytes
        assert picture_of(twin) == PICTURES[name]


def test_changes_by_the_user_are_drawn():
    graph = graph_of(picture("aa>bb"))
    graph.add_node(pydot.Node("mine", label="<A <B>thing</B>>"))
    graph.add_edge(pydot.Edge("bb", "mine:n"))
    graph.add_edge(pydot.Edge("mine", "implied"))
    graph.get_node('"aa"')[0].set("label", '"Start \\"here\\""')
    graph.set("rankdir", "LR")
    seen = picture_of(graph)
    assert [(box.key, box.title) for box in seen.boxes()] == [
        ("aa", 'Start "here"'),
        ("bb", "Bb"),
        ("mine", "A thing"),
        ("implied", "implied"),
    ]
    assert seen.edges == (Edge("aa", "bb"), Edge("bb", "mine"), Edge("mine", "implied"))
    assert seen.rankdir == "LR"
    assert b">A thing<" in graph.draw("svg")


@pytest.mark.parametrize("name", ["x:y", 'a"b', "back\\slash", "node", "딥러닝", "<tag>", "a b", "1"])
def test_any_name(name, no_dot):
    graph = graph_of(picture(""))
    _dot.fill(graph, type(PICTURES["none"])((Box(name, "T"), Box("b", "T")), (Edge(name, "b"),)))
    assert picture_of(graph).edges == (Edge(name, "b"),)
    assert len(list(picture_of(graph).boxes())) == 2
    ET.fromstring(graph.create(prog="dot", format="svg"))  # noqa: S314  # our own text


@pytest.mark.parametrize("prog", [None, "dot", ["dot", "-Gsize=4"], "/usr/bin/dot.exe"])
@pytest.mark.parametrize(
    ("format", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("jpg", b"\xff\xd8"), ("pdf", b"%PDF")]
)
def test_without_graphviz(no_dot, prog, format, start):
    assert graph_of(PICTURES["fork"]).create(prog=prog, format=format).startswith(start)


def test_all_ways_to_the_same_picture_without_graphviz(no_dot, tmp_path):
    graph = graph_of(PICTURES["fork"])
    svg = graph.create(prog="dot", format="svg")
    assert svg == graph.create_svg() == graph._repr_svg_().encode() == graph_of(PICTURES["fork"]).create_svg()
    graph.write_svg(str(tmp_path / "a.svg"))
    assert graph.write(str(tmp_path / "b.svg"), format="svg")
    graph.write_png(tmp_path / "c.png")
    assert graph.write(str(tmp_path / "d.dot"))
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes() == svg
    assert (tmp_path / "c.png").read_bytes() == graph.create_png()
    assert (tmp_path / "d.dot").read_text(encoding="utf-8") == graph.to_string() == graph.create(format="dot").decode()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.svg", "b.svg", "c.png", "d.dot"]


@pytest.mark.parametrize(("prog", "format"), [("dot", "gif"), ("neato", "svg"), (None, "ps")])
def test_what_needs_graphviz_says_so(no_dot, prog, format):
    with pytest.raises(FileNotFoundError, match=f"'{format}' with '{prog or 'dot'}' needs Graphviz.* svg, png"):
        graph_of(PICTURES["fork"]).create(prog=prog, format=format)


def test_a_failing_graphviz_is_replaced(monkeypatch, tmp_path):
    """Some versions end with an assertion at right-angled edges."""
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\necho broken >&2\nexit 134\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    graph = graph_of(PICTURES["fork"])
    assert graph.create(format="svg") == graph.draw("svg")
    with pytest.raises(AssertionError, match="134") as caught:
        graph.create(format="gif")
    assert "broken" in caught.value.__notes__[0]


@with_dot
@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("splines", ["ortho", "spline"])
def test_with_graphviz(name, splines):
    root = ET.fromstring(graph_of(PICTURES[name], splines=splines).create(prog="dot", format="svg"))  # noqa: S314
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    for box in PICTURES[name].boxes():
        assert texts.count(box.title) >= 1
        assert all(value in texts for row in box.rows for value in row)


@with_dot
def test_graphviz_gets_the_resolution_for_pixels_only():
    small, large = (graph_of(PICTURES["fork"], dpi=dpi) for dpi in (50, 100))
    assert small.create_svg() == large.create_svg()
    sizes = [int.from_bytes(graph.create_png()[16:20]) for graph in (small, large)]
    assert sizes[1] == pytest.approx(2 * sizes[0], abs=2)
    assert "dpi=100" in large.to_string()
