"""The picture as a graph of pydot: Graphviz draws it where it is installed, else our own layout does."""

from __future__ import annotations

import copy
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from hornbeam._core.lazy import lazy
from hornbeam.draw import _card, _raster, _shapes
from hornbeam.draw._layout import lay_out
from hornbeam.draw._picture import Box, Cluster, Edge, Picture
from hornbeam.draw._svg import to_svg

pydot = lazy("pydot", extra="draw")

FONT = "Helvetica"
LOOK = {"bgcolor": f'"{_card.PAPER}"', "nodesep": 0.3, "ranksep": 0.35, "pad": 0.15}  # of the whole graph, in inches
VECTORS = {"svg", "pdf", "ps", "eps"}
OWN_FORMATS = ("svg", *_raster.FORMATS)


class ModelGraph(pydot.Dot):
    """A pydot graph that also draws itself without Graphviz, and shows itself in a notebook."""

    def create(self, prog: Any = None, format: str = "ps", encoding: str | None = None) -> bytes:
        """Return the graph in a format such as 'svg' or 'png', drawn by Graphviz's `prog` ('dot') if it is there."""
        program = prog or self.prog
        name = str(program if isinstance(program, str | os.PathLike) else program[0])
        if format in {"raw", "dot"} and not shutil.which(name):
            return self.to_string().encode(encoding or "utf-8")
        if shutil.which(name):
            graph = copy.deepcopy(self)
            if format in VECTORS:  # a length in points: resolution would only enlarge the picture
                graph.obj_dict["attributes"].pop("dpi", None)
            return super(ModelGraph, graph).create(program, format, encoding)
        if Path(name).stem != "dot" or format not in OWN_FORMATS:
            message = (
                f"The format {format!r} by the program {name!r} needs Graphviz, which is not on the PATH;"
                f" 'dot' draws {', '.join(OWN_FORMATS)} without it."
            )
            raise FileNotFoundError(message)
        drawing = lay_out(picture_of(self))
        turn = _shapes.TURNS.get(str(self.get("splines")).lower(), _shapes.WIDE_TURN)
        if format == "svg":
            return to_svg(drawing, turn)
        return _raster.to_pixels(drawing, format, float(self.get("dpi") or 96), turn)

    def write(self, path: Any, prog: Any = None, format: str = "raw", encoding: str | None = None) -> bool:
        """Write the graph to a file, which is replaced only once the new one is complete."""
        data = self.to_string().encode(encoding or "utf-8") if format == "raw" else self.create(prog, format, encoding)
        write_whole(Path(os.fsdecode(path)), data)
        return True

    def _repr_svg_(self) -> str:
        return self.create(format="svg").decode()


def write_whole(path: Path, data: bytes) -> None:
    """Write `data` beside `path`, then put it in its place."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


# ---- from a picture


def fill(graph: Any, picture: Picture) -> None:
    """Add the contents of `picture` to a pydot graph or cluster."""
    _add(graph, picture.items)
    for edge in picture.edges:
        graph.add_edge(
            pydot.Edge(_quoted(edge.source), _quoted(edge.target), color=f'"{_card.WIRE}"', penwidth=1.4, arrowsize=0.7)
        )


def _add(graph: Any, items: tuple[Box | Cluster, ...]) -> None:
    for item in items:
        if isinstance(item, Box):
            node = pydot.Node(_quoted(item.key), label=_label(item), shape="plain", fontname=FONT)
            node.obj_dict["box"] = item
            graph.add_node(node)
        else:
            frame = cluster(item)
            _add(frame, item.items)
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
        "fontname": f'"{FONT} bold"',
        "fontsize": _card.FRAME_TITLE,
        "margin": _card.FRAME_PAD,
    }
    return pydot.Cluster(_quoted(item.key)[1:-1].replace('"', ""), **look)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _label(box: Box) -> str:
    """The card of a box in Graphviz's HTML."""
    fill, border = _card.COLOURS[box.family]
    title = f'<FONT POINT-SIZE="{_card.TITLE}" COLOR="{_card.INK}"><B>{_html(box.title)}</B></FONT>'
    name = f'<FONT POINT-SIZE="{_card.NAME}" COLOR="{_card.MUTED}">{_html(box.name)}</FONT>' if box.name else ""
    rows = [f'<TR><TD ALIGN="LEFT">{title}</TD><TD ALIGN="RIGHT">{name}</TD></TR>']
    if box.rows:
        rows.append("<HR/>")
    for label, value in box.rows:
        texts = ((label, _card.MUTED), (value, _card.INK))
        cells = "".join(
            f'<TD ALIGN="LEFT"><FONT POINT-SIZE="{_card.ROW}" COLOR="{colour}">{_html(text)}</FONT></TD>'
            for text, colour in texts
        )
        rows.append(f"<TR>{cells}</TR>")
    table = (
        f'<TABLE STYLE="ROUNDED" BGCOLOR="{fill}" COLOR="{border}" BORDER="1" CELLBORDER="0" CELLSPACING="0"'
        f' CELLPADDING="4">{"".join(rows)}</TABLE>'
    )
    return f"<{table}>"


def _html(text: str) -> str:
    return escape(text) or " "


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
            items.append(Cluster(name, _plain(part.get("label")) or name, _items(part, seen)))
    return tuple(items)


def _edges(graph: Any) -> Iterator[Any]:
    yield from graph.get_edges()
    for part in graph.get_subgraphs():
        yield from _edges(part)


def _box(node: Any, name: str) -> Box:
    """The box that a node was made from; a new one if a user made the node, or gave it another label."""
    box = node.obj_dict.get("box")
    if box is not None and node.get("label") == _label(box):
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
