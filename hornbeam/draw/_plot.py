"""`model_to_dot` and `plot_model`: a model as a graph, and as a picture in a file."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hornbeam._core.lazy import lazy
from hornbeam.draw._draw import FORMATS, draw
from hornbeam.draw._picture import Cluster, Picture
from hornbeam.draw._read import Options, read
from hornbeam.saving._atomic import replacing

_dot = lazy("hornbeam.draw._dot")
display = lazy("IPython.display")

DIRECTIONS = ("TB", "BT", "LR", "RL")


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """Return a model as a pydot graph, which a notebook shows as a picture.

    `graph.create(prog="dot", format="svg")` gives the picture's bytes, `graph.write_png("model.png")` makes a file.
    Graphviz draws it where its program `dot` is on the PATH; without it svg, png, jpg and pdf are drawn all the same.

    Args:
        model: a model that is built.
        show_shapes: whether to show the shapes `(batch, ...)` of inputs and outputs; None is any length.
        show_dtype: whether to show the outputs' data types.
        show_layer_names: whether to show the layers' names besides their classes.
        rankdir: where the graph runs: "TB" (down), "BT" (up), "LR" (right) or "RL" (left).
        expand_nested: whether to draw models within the model open, in a frame.
        dpi: dots per inch of pictures made of pixels.
        subgraph: whether to return a `pydot.Cluster`, to be added to another graph.
        show_layer_activations: whether to show the activation function of layers that have one.
        show_trainable: whether to show if a layer's weights are trained.
        splines: how edges run: "ortho" for right angles, or another value of Graphviz's.
        kwargs: none are known.

    Raises:
        ValueError: the model is not built, or an argument is unknown.
        ModuleNotFoundError: pydot is not installed.

    >>> import hornbeam as keras
    >>> model = keras.Sequential([keras.layers.Dense(8, input_shape=(4,), name="hidden"), keras.layers.Dense(2)])
    >>> graph = keras.utils.model_to_dot(model, show_shapes=True)
    >>> b"hidden" in graph.create(prog="dot", format="svg")
    True
    """
    _check(kwargs, rankdir, dpi)
    options = Options(show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable, expand_nested)
    picture = read(model, options, rankdir)
    if not subgraph:
        return _graph(picture, dpi, splines)
    frame = _dot.cluster(Cluster(model.name, model.name))
    _dot.fill(frame, picture)
    return frame


def plot_model(
    model: Any,
    to_file: str | os.PathLike[str] = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """Draw a model into a file, whose ending says in which format: png, svg, jpg, pdf; png if it has none.

    These are laid out by Hornbeam, so the picture is the same on every machine; other formats are Graphviz's. The
    other arguments are those of `model_to_dot`. In a notebook the picture is returned too, so that it is shown.
    The file is replaced only once the new one is complete.

    >>> import hornbeam as keras
    >>> import os, tempfile
    >>> model = keras.Sequential([keras.layers.Dense(2, input_shape=(4,))])
    >>> path = os.path.join(tempfile.mkdtemp(), "model.svg")
    >>> keras.utils.plot_model(model, path, show_shapes=True)
    >>> os.path.exists(path)
    True
    """
    _check(kwargs, rankdir, dpi)
    options = Options(show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable, expand_nested)
    path, picture = Path(to_file), read(model, options, rankdir)
    kind = path.suffix[1:].lower() or "png"
    by_us = kind in FORMATS
    data = draw(picture, kind, dpi, splines) if by_us else _graph(picture, dpi, splines).create(format=kind)
    with replacing(path) as file:
        file.write(data)
    return _shown(path, kind)


def _graph(picture: Picture, dpi: float, splines: str) -> Any:
    look = {"rankdir": picture.rankdir, "dpi": dpi, "splines": splines, **_dot.LOOK}
    graph = _dot.ModelGraph(graph_type="digraph", **look)
    _dot.fill(graph, picture)
    return graph


def _check(unknown: Mapping[str, Any], rankdir: str, dpi: float) -> None:
    if unknown:
        known = [name for name in inspect.signature(model_to_dot).parameters if name != "kwargs"]
        message = f"A picture of a model takes the arguments {', '.join(known)}; got {', '.join(unknown)}."
        raise ValueError(message)
    if rankdir not in DIRECTIONS:
        message = f"rankdir must be one of {', '.join(DIRECTIONS)}; got {rankdir!r}."
        raise ValueError(message)
    if not dpi > 0:
        message = f"dpi, the dots per inch, must be more than 0; got {dpi!r}."
        raise ValueError(message)


def _shown(path: Path, kind: str) -> Any:
    """What a notebook shows of a file: None outside of one, and for formats that it cannot show."""
    shell = sys.modules.get("IPython")
    if shell is None or shell.get_ipython() is None:
        return None
    if kind == "svg":
        return display.SVG(filename=str(path))
    return display.Image(filename=str(path), format=kind) if kind in {"png", "jpg", "jpeg"} else None
