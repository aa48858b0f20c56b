"""The table that `summary()` prints."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import numpy as np

from hornbeam._core.graph import Node
from hornbeam._core.lazy import lazy
from hornbeam._core.op import FunctionCall
from hornbeam._core.state import Variable

console = lazy("rich.console")
table = lazy("rich.table")
box = lazy("rich.box")


def print_summary(
    model: Any,
    line_length: int | None = None,
    positions: Any = None,
    print_fn: Callable[[str], Any] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
) -> None:
    """Print layers, output shapes and numbers of parameters of `model`, then the totals."""
    connected = not _is_row(model)
    grid = table.Table(show_lines=True, box=box.HEAVY_HEAD)
    titles = ["Layer (type)", "Output Shape", "Param #"] + ["Connected to"] * connected + ["Trainable"] * show_trainable
    widths = _widths(line_length or _terminal_width(connected), positions, len(titles))
    for title, width in zip(titles, widths, strict=True):
        grid.add_column(title, width=width, justify="right" if title == "Param #" else "left", overflow="fold")
    for layer, depth in _rows(model, layer_range, expand_nested):
        row = ["   " * depth + f"{layer.name} ({_kind(layer)})", _output_shape(layer), _count(layer)]
        if connected:
            row.append(_sources(layer, model))
        if show_trainable:
            row.append("-" if not getattr(layer, "weights", None) else "Y" if layer.trainable else "N")
        grid.add_row(*(cell.replace("[", r"\[") for cell in row))
    out = io.StringIO()
    printer = console.Console(file=out, width=sum(widths) + 3 * len(widths) + 1, color_system=None, highlight=False)
    printer.print(f'Model: "{model.name}"', markup=False)
    printer.print(grid)
    for line in _totals(model):
        printer.print(line, markup=False)
    (print_fn or print)(out.getvalue())


def _is_row(model: Any) -> bool:
    """Return whether each layer takes the output of the one before, so that nothing need be said about it."""
    if model._function is None or hasattr(model, "_stack"):
        return True
    nodes = [node for node in model._function.nodes if node.input_tensors]
    taken = [id(t) for node in nodes for t in node.input_tensors]
    return len(taken) == len(nodes) == len(set(taken))


def _kind(operation: Any) -> str:
    """Return the class of a layer, or the name of another operation as a class would have it."""
    if isinstance(operation, FunctionCall):
        return "".join(map(str.capitalize, operation.fn.__name__.split("_")))
    return type(operation).__name__


def _terminal_width(connected: bool) -> int:
    return max(min(shutil.get_terminal_size((100, 24)).columns, 100 if connected else 78), 60)


def _widths(total: int, positions: Any, columns: int) -> list[int]:
    shares = {3: (0.46, 0.33, 0.21), 4: (0.31, 0.25, 0.17, 0.27), 5: (0.28, 0.22, 0.15, 0.22, 0.13)}[columns]
    if columns == 4 and positions is not None and len(positions) != 4:
        positions = None
    if positions is not None and len(positions) == columns:
        ends = [round(p * total) if p <= 1 else int(p) for p in positions]
        return [b - a - 3 for a, b in zip([0, *ends], ends, strict=False)]
    return [max(int(share * total) - 3, 7) for share in shares]


def _rows(model: Any, layer_range: Sequence[str] | None, expand: bool, depth: int = 0) -> Iterator[tuple[Any, int]]:
    silent = hasattr(model, "_stack")  # a Sequential's input goes unsaid
    operations = () if silent else getattr(model, "operations", ())
    layers = list(dict.fromkeys([*operations, *model.layers]))
    for layer in _range(layers, layer_range):
        yield layer, depth
        if expand and hasattr(layer, "layers") and layer.layers:
            yield from _rows(layer, None, expand, depth + 1)


def _range(layers: list[Any], layer_range: Sequence[str] | None) -> list[Any]:
    if layer_range is None:
        return layers
    ends = []
    for pattern, found in ((layer_range[0], layers), (layer_range[1], layers[::-1])):
        match = next((x for x in found if re.match(pattern, x.name)), None)
        if match is None:
            message = (
                f"layer_range: no layer's name matches {pattern!r}; the names are {', '.join(x.name for x in layers)}."
            )
            raise ValueError(message)
        ends.append(layers.index(match))
    return layers[ends[0] : ends[1] + 1]


def _output_shape(layer: Any) -> str:
    nodes: list[Node] = layer.__dict__.get("_inbound_nodes", [])
    function = getattr(layer, "_function", None)
    outputs = nodes[0].outputs if nodes else function._outputs_struct if function is not None else None
    if outputs is None:
        shape = layer.__dict__.get("_seen_output_shape")
        return "?" if shape is None else str(shape)
    shapes = [str(t.shape) for t in jax.tree.leaves(outputs)]
    return shapes[0] if len(shapes) == 1 else f"[{', '.join(shapes)}]"


def _count(layer: Any) -> str:
    if not hasattr(layer, "count_params"):
        return "0"
    return f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"


def _sources(layer: Any, model: Any) -> str:
    known = {id(n) for n in model._function.nodes}
    nodes = [n for n in layer.__dict__.get("_inbound_nodes", []) if id(n) in known]
    found = [
        f"{t.node.operation.name}[{t.node.node_index}][{t.index}]" for n in nodes for t in n.input_tensors if t.node
    ]
    return ", ".join(found) or "-"


def _totals(model: Any) -> Iterator[str]:
    trained, fixed = model.trainable_weights, model.non_trainable_weights
    parts = [("Total params", trained + fixed), ("Trainable params", trained), ("Non-trainable params", fixed)]
    if model.optimizer is not None and model.optimizer.built:
        parts.append(("Optimizer params", model.optimizer.variables))
        parts[0] = ("Total params", trained + fixed + model.optimizer.variables)
    for title, variables in parts:
        yield f" {title}: {_numbers(variables):,} ({_size(variables)})"


def _numbers(variables: list[Variable]) -> int:
    return sum(int(np.prod(v.shape)) for v in variables)


def _size(variables: list[Variable]) -> str:
    size = float(sum(int(np.prod(v.shape)) * v._value.dtype.itemsize for v in variables))
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024 or unit == "GB":
            break
        size /= 1024
    return f"{size:.2f} {unit}"
