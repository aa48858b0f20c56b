"""The picture as a graph of pydot: Graphviz draws it where it is installed, else our own layout does."""

from __future__ import annotations

import contextlib
import copy
import io
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from hornbeam._core.lazy import lazy
from hornbeam.draw import _card
from hornbeam.draw._draw import FORMATS, draw
from hornbeam.draw._picture import Box, Cluster, Edge, Picture
from hornbeam.saving._atomic import replacing

pydot = lazy("pydot", extra="draw")

FONT = "Helvetica,Arial,sans-serif"
LOOK = {"bgcolor": f'"{_card.PAPER}"', "nodesep": 0.3, "ranksep": 0.35, "pad": 0.15}  # of the whole graph, in inches
CLUSTER = "cluster_"  # what Graphviz wants the name of a frame to begin with
VECTORS = {"svg", "pdf", "ps", "eps"}


class ModelGraph(pydot.Dot):
    """A pydot graph that also draws itself without Graphviz, and shows itself in a notebook."""

    def create(self, prog: Any = None, format: str = "ps", encoding: str | None = None) -> bytes:
        """Return the graph in a format such as 'svg' or 'png', by Graphviz's program `prog` ('dot') if it is there."""
        program = prog or self.prog
        name = str(program if isinstance(program, str | os.PathLike) else program[0])
        ours = Path(name).stem == "dot" and format in FORMATS
        if format != "raw" and shutil.which(name):
            try:
                return self._by_graphviz(program, format, encoding)
            except AssertionError:  # some of its versions fail at right-angled edges
                if not ours:
                    raise
        if format in {"dot", "raw"}:
            return self.to_string().encode(encoding or "utf-8")
        if not ours:
            message = (
                f"Drawing as {format!r} with {name!r} needs Graphviz, which was not found on the PATH;"
                f" without it 'dot' makes {', '.join(FORMATS)}."
            )
            raise FileNotFoundError(message)
        return self.draw(format)

    def _by_graphviz(self, program: Any, format: str, encoding: str | None) -> bytes:
        graph = copy.deepcopy(self)
        if format in VECTORS:  # their unit is the point: a resolution would only enlarge the picture
            graph.obj_dict["attributes"].pop("dpi", None)
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said):
                return super(ModelGraph, graph).create(program, format, encoding)
        except AssertionError as error:
            error.add_note(said.getvalue())
            raise

    def draw(self, format: str = "svg") -> bytes:
        """Return the graph in one of the formats that need no Graphviz, laid out by Hornbeam."""
        return draw(picture_of(self), format, float(self.get("dpi") or 96), self.get("splines"))

    def write(self, path: Any, prog: Any = None, format: str = "raw", encoding: str | None = None) -> bool:
        """Write the graph to a file, which is replaced only once the new one is complete."""
        data = self.create(prog, format, encoding)
        with replacing(os.fsdecode(path)) as file:
            file.write(data)
        return True

    def _repr_svg_(self) -> str:
        return self.draw("svg").decode()


# ---- from a picture


def fill(graph: Any, picture: Picture) -> None:
    """Add the contents of `picture` to a pydot graph or cluster."""
    widths = {key: width for key, (width, _) in _card.card_sizes(list(picture.boxes())).items()}
    _add(graph, picture.items, widths)
    for edge in picture.edges:
        graph.add_edge(
            pydot.Edge(_quoted(edge.source), _quoted(edge.target), color=f'"{_card.WIRE}"', penwidth=1.4, arrowsize=0.7)
        )


def _add(graph: Any, items: tuple[Box | Cluster, ...], widths: dict[str, float]) -> None:
    for item in items:
        if isinstance(item, Box):
            node = pydot.Node(
                _quoted(item.key), label=_label(item, widths[item.key]), shape="plain", fontname=f'"{FONT}"'
            )
            node.obj_dict["box"] = (item, node.get("label"))
            graph.add_node(node)
        else:
            frame = cluster(item)
            _add(frame, item.items, widths)
            graph.add_subgraph(frame)


def cluster(item: Cluster) -> Any:
    """Return an empty pydot cluster that looks like the frame of a nested model."""
    look = {
        "label": _quoted(item.title),
        "labeljust": "l",
        "style": '"rounded,filled"',
        "color": f'"{_card.FRAME}"',
        "fillcolor": f'"{_card.FRAME_FILL}"',
        "fontcolor": f'"{_card.MUTED}"',
        "fontname": f'"{FONT}"',
        "fontsize": _card.FRAME_TITLE,
        "margin": _card.FRAME_PAD,
    }
    frame = pydot.Cluster(**look)
    frame.set_name(_quoted(CLUSTER + item.key))
    return frame


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _label(box: Box, width: float) -> str:
    """The card of a box in Graphviz's HTML, `width` points wide."""
    fill, border = _card.COLOURS[box.family]
    title = _cell(f"<B>{escape(box.title)}</B>", _card.TITLE, _card.INK)
    name = _cell(escape(box.name), _card.NAME, _card.MUTED, 'ALIGN="RIGHT"') if box.name else ""
    inner = width - 2 * _card.PAD
    header = f'<TD COLSPAN="2" CELLPADDING="0" WIDTH="{inner:.0f}">{_table(f"<TR>{title}{name}</TR>", 4, 0)}</TD>'
    labels = _card.labels_width(box)
    rows = [
        _cell(escape(label), _card.ROW, _card.MUTED, f'ALIGN="LEFT" CELLPADDING="4" WIDTH="{labels:.0f}"')
        + _cell(escape(value), _card.ROW, _card.INK, f'ALIGN="LEFT" CELLPADDING="1" WIDTH="{inner - labels:.0f}"')
        for label, value in box.rows
    ]
    side = f'<TD WIDTH="{_card.PAD / 2:.0f}"></TD>'
    lines = [f"<TR>{side}{row}{side}</TR>" for row in (header, *rows)]
    look = f'STYLE="ROUNDED" BGCOLOR="{fill}" COLOR="{border}"'
    return f"<{_table(lines[0] + ('<HR/>' if rows else '') + ''.join(lines[1:]), 1, 1, look)}>"


def _table(rows: str, padding: int, border: int, look: str = "") -> str:
    return f'<TABLE BORDER="{border}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{padding}" {look}>{rows}</TABLE>'


def _cell(text: str, size: float, colour: str, look: str = 'ALIGN="LEFT"') -> str:
    return f'<TD {look}><FONT POINT-SIZE="{size:g}" COLOR="{colour}">{text or " "}</FONT></TD>'


# ---- to a picture


def picture_of(graph: Any) -> Picture:
    """Return what a pydot graph shows: the layers of a model, and what a user added or changed since."""
    items = _items(graph, set())
    known = {box.key for box in Picture(items, ()).boxes()}
    edges = [Edge(_name(edge.get_source()), _name(edge.get_destination())) for edge in _edges(graph)]
    ends = dict.fromkeys(end for edge in edges for end in (edge.source, edge.target))
    strays = tuple(Box(end, end) for end in ends if end not in known)
    rankdir = str(graph.get("rankdir") or "TB").strip('"')
    return Picture((*items, *strays), tuple(dict.fromkeys(edges)), rankdir)


def _items(graph: Any, seen: set[str]) -> tuple[Box | Cluster, ...]:
    """The nodes and clusters of a graph in the order in which they were added, each node once."""
    items: list[Box | Cluster] = []
    for part in sorted([*graph.get_nodes(), *graph.get_subgraphs()], key=lambda part: part.get_sequence()):
        name = _name(part.get_name())
        if isinstance(part, pydot.Node):
            if name not in seen and name not in {"node", "edge", "graph", "\\n"}:
                seen.add(name)
                items.append(_box(part, name))
        else:
            name = name.removeprefix(CLUSTER)
            items.append(Cluster(name, _plain(part.get("label")) or name, _items(part, seen)))
    return tuple(items)


def _edges(graph: Any) -> Iterator[Any]:
    yield from graph.get_edges()
    for part in graph.get_subgraphs():
        yield from _edges(part)


def _box(node: Any, name: str) -> Box:
    """The box that a node was made from; a new one if a user made the node, or gave it another label."""
    box, label = node.obj_dict.get("box", (None, None))
    if box is not None and node.get("label") == label:
        return box
    return Box(name, _plain(node.get("label")) or name)


def _name(name: Any) -> str:
    """A node's name without quotes, or without the port that an edge ends at."""
    name = str(name)
    return _plain(name) if name.startswith('"') else name.split(":")[0]


def _plain(label: Any) -> str:
    """A label's text without quotes or tags."""
    text = "" if label is None else str(label)
    if text.startswith("<"):
        return " ".join(re.sub(r"<[^>]*>", " ", text[1:-1]).split())
    if text.startswith('"'):
        text = text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return text
