import subprocess
import sys
import types
from pathlib import Path
from xml.etree import ElementTree as ET

import pydot
import pytest

import hornbeam as keras
from hornbeam.draw import model_to_dot, plot_model
from tests.draw.test_read import branched, nesting, seed_model

TEXT = "{http://www.w3.org/2000/svg}text"


@pytest.fixture(params=["with dot", "without dot"])
def machine(request, monkeypatch, tmp_path):
    """A machine as it is, with or without Graphviz, and one that has none."""
    if request.param == "without dot":
        monkeypatch.setenv("PATH", str(tmp_path))


def texts(svg):
    return [text.text for text in ET.fromstring(svg).iter(TEXT)]  # noqa: S314  # our own text


@pytest.mark.parametrize("rankdir", ["TB", "LR"])
def test_the_seed_model_as_printed(machine, rankdir):
    """`SVG(model_to_dot(model, show_shapes=True).create(prog='dot', format='svg'))`."""
    model = seed_model()
    graph = model_to_dot(model, show_shapes=True, rankdir=rankdir)
    assert isinstance(graph, pydot.Dot)
    svg = graph.create(prog="dot", format="svg")
    shown = texts(svg)
    for layer in model.layers:
        assert shown.count(layer.name) == 1
    assert shown.count("(None, 8, 8, 2)") == 2
    assert shown.count("(None, 3)") == 1
    display = pytest.importorskip("IPython.display")
    assert display.SVG(svg).data.startswith("<svg")


@pytest.mark.parametrize("make", [seed_model, branched, nesting])
@pytest.mark.parametrize("expand_nested", [False, True])
def test_files(machine, make, expand_nested, tmp_path):
    model = make()
    for kind in ("svg", "png", "pdf", "jpg"):
        assert plot_model(model, tmp_path / f"m.{kind}", show_shapes=True, expand_nested=expand_nested, dpi=60) is None
    assert plot_model(model, str(tmp_path / "plain"), dpi=60) is None
    starts = {path.name: path.read_bytes()[:4] for path in tmp_path.iterdir()}
    assert starts == {
        "m.svg": b"<?xm",
        "m.png": b"\x89PNG",
        "m.pdf": b"%PDF",
        "m.jpg": b"\xff\xd8\xff\xe0",
        "plain": b"\x89PNG",
    }
    ET.fromstring((tmp_path / "m.svg").read_bytes())  # noqa: S314  # our own text


def test_equal_models_give_equal_files(tmp_path):
    for name in ("a", "b"):
        keras._core.names.reset_names()
        plot_model(branched(), tmp_path / f"{name}.png", dpi=50)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_subgraph_goes_into_a_graph_of_the_user():
    part = model_to_dot(seed_model(), subgraph=True)
    assert isinstance(part, pydot.Cluster)
    graph = model_to_dot(branched())
    graph.add_subgraph(part)
    graph.add_edge(pydot.Edge("a", "conv2d"))
    assert "conv2d" in texts(graph.draw("svg"))


def test_a_notebook_shows_pictures(monkeypatch, tmp_path):
    display = pytest.importorskip("IPython.display")
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=object))
    assert isinstance(plot_model(seed_model(), tmp_path / "m.png"), display.Image)
    assert isinstance(plot_model(seed_model(), tmp_path / "m.svg"), display.SVG)
    assert plot_model(seed_model(), tmp_path / "m.pdf") is None
    assert model_to_dot(seed_model())._repr_svg_().startswith("<?xml")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"show_shape": True}, "takes the arguments model, show_shapes, .*; got show_shape"),
        ({"rankdir": "tb"}, "rankdir must be one of TB, BT, LR, RL; got 'tb'"),
        ({"dpi": 0}, "dpi, the dots per inch, must be more than 0; got 0"),
    ],
)
def test_wrong_options_are_refused(options, message, tmp_path):
    for draw in (model_to_dot, lambda *args, **kwargs: plot_model(*args, tmp_path / "m.png", **kwargs)):
        with pytest.raises(ValueError, match=message):
            draw(seed_model(), **options)
    assert not list(tmp_path.iterdir())


def test_an_old_file_survives_a_failure(tmp_path, monkeypatch):
    path = tmp_path / "m.gif"
    path.write_bytes(b"old")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="'gif' with 'dot' needs Graphviz"):
        plot_model(seed_model(), path)
    with pytest.raises(FileNotFoundError, match="no folder"):
        plot_model(seed_model(), tmp_path / "nowhere" / "m.png")
    assert [p.name for p in Path(tmp_path).iterdir()] == ["m.gif"]
    assert path.read_bytes() == b"old"


WITHOUT_PYDOT = """
import sys
sys.modules["pydot"] = None
import hornbeam as keras
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
keras.utils.plot_model(model, sys.argv[1])
try:
    keras.utils.model_to_dot(model)
except ModuleNotFoundError as error:
    print(error)
"""


def test_only_the_graph_needs_pydot(tmp_path):
    command = [sys.executable, "-c", WITHOUT_PYDOT, str(tmp_path / "m.svg")]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603  # this very Python
    assert said == "This needs the package 'pydot': run `pip install 'hornbeam[draw]'`.\n"
    assert (tmp_path / "m.svg").exists()
