"""From a model to a picture: its layers as boxes, what flows between them as edges, nested models as clusters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from hornbeam._core.graph import KerasTensor, Node, order_nodes
from hornbeam._core.op import FunctionCall
from hornbeam.draw._picture import Box, Cluster, Edge, Picture
from hornbeam.layers._input import InputLayer
from hornbeam.layers._layer import Layer

FAMILIES = {  # family -> what a class of it, or one that it inherits from, is called
    "input": "InputLayer",
    "recurrent": r".*RNN|.*LSTM.*|.*GRU|Bidirectional",
    "attention": r".*Attention",
    "convolution": r".*Conv(\dD)?(Transpose)?|LocallyConnected\dD",
    "pooling": r".*Pool(ing)?(\dD)?",
    "normalization": r".*Normalization|Normalize",
    "activation": r"Activation|.*ReLU|.*Relu|ELU|Elu|Selu|Gelu|Silu|Softmax|Sigmoid|Tanh|Softplus",
    "regularization": r".*Dropout.*|Gaussian.*|ActivityRegularization",
    "merging": r"Add|Subtract|Multiply|Average|Maximum|Minimum|Concatenate|Stack|Dot|Matmul|Divide|TrueDivide",
    "reshaping": r"Flatten|Reshape|Permute|Transpose|RepeatVector|Cropping.*|UpSampling.*|ZeroPadding.*|GetItem",
    "core": r"Dense|EinsumDense|Embedding|Lambda|Masking|Identity",
}


@dataclass(frozen=True, slots=True)
class Options:
    """What a picture says about each layer."""

    shapes: bool = False
    dtype: bool = False
    names: bool = False
    activations: bool = False
    trainable: bool = False
    nested: bool = False


@dataclass(slots=True)
class _Inside:
    """A graph that is drawn: its items, the boxes that each of its inputs goes to, the box that each output is from."""

    items: tuple[Box | Cluster, ...] = ()
    entries: list[list[str]] = field(default_factory=list)
    exits: list[str] = field(default_factory=list)


def read(model: Any, options: Options, rankdir: str = "TB") -> Picture:
    """Return the picture of a built model; one that is no graph of layers is a single box.

    Raises:
        ValueError: the model has no shapes yet.
    """
    if not getattr(model, "built", True):
        message = (
            f"Model {model.name!r} must be built before it can be drawn: give its first layer an input_shape, call"
            " build(), or call the model on a batch of data."
        )
        raise ValueError(message)
    if not is_graph(model):
        return Picture((_box(model, model.name, (), options),), (), rankdir)
    reader = _Reader(options)
    inside = reader.graph(model, "")
    return Picture(inside.items, tuple(dict.fromkeys(reader.edges)), rankdir)


def is_graph(operation: Any) -> bool:
    """Return whether an operation is a functional or sequential model, which has a graph of its own to draw."""
    return bool(getattr(operation, "outputs", None)) and bool(getattr(operation, "layers", None))


class _Reader:
    def __init__(self, options: Options) -> None:
        self.options = options
        self.edges: list[Edge] = []

    def graph(self, model: Any, home: str) -> _Inside:
        """Read what lies between a model's inputs and outputs; the boxes' keys begin with `home`."""
        nodes = order_nodes(model.outputs, model.inputs)
        calls: dict[int, list[Node]] = {}
        for node in nodes:
            calls.setdefault(id(node.operation), []).append(node)
        result = _Inside(entries=[[] for _ in model.inputs])
        made: dict[int, str | int] = {}  # KerasTensor -> the box that it comes from, or the input that it is
        items: list[Box | Cluster] = []
        for place, tensor in enumerate(model.inputs):
            made[id(tensor)] = place
            operation = tensor.node.operation if tensor.node is not None else None
            if not isinstance(operation, InputLayer) or operation in model.layers:  # a sequential model's is not
                items.append(_start(tensor, operation, home, self.options))
                result.entries[place].append(items[-1].key)
                made[id(tensor)] = items[-1].key
        insides = {}
        for operation_calls in calls.values():
            item, inside = self.item(operation_calls, home, {item.key for item in items})
            items.append(item)
            insides[id(operation_calls[0].operation)] = item.key, inside
        for node in nodes:
            key, inside = insides[id(node.operation)]
            for i, tensor in enumerate(node.input_tensors):
                targets = (inside.entries[i] if i < len(inside.entries) else []) if inside.items else [key]
                self.connect(made[id(tensor)], targets, result)
            made |= {id(t): inside.exits[i] if inside.exits else key for i, t in enumerate(node.output_tensors)}
        result.items = tuple(items)
        result.exits = [str(made[id(tensor)]) for tensor in model.outputs]
        return result

    def item(self, calls: Sequence[Node], home: str, taken: set[str]) -> tuple[Box | Cluster, _Inside]:
        """Return the box of an operation, given its calls, or the cluster of a nested model that is drawn open."""
        operation = calls[0].operation
        key = name = home + operation.name
        count = 1
        while key in taken:
            count += 1
            key = f"{name}#{count}"
        if self.options.nested and is_graph(operation):
            inside = self.graph(operation, f"{key}/")
            return Cluster(key, operation.name, inside.items), inside
        return _box(operation, key, calls, self.options), _Inside()

    def connect(self, source: str | int, targets: Iterable[str], here: _Inside) -> None:
        """Add the edges from a box, or note that they come from an input of the graph at hand."""
        for target in targets:
            if isinstance(source, str):
                self.edges.append(Edge(source, target))
            else:
                here.entries[source].append(target)


def _start(tensor: KerasTensor, operation: Any, home: str, options: Options) -> Box:
    """The box of a functional model's input, also where the model begins at a tensor inside another one."""
    if isinstance(operation, InputLayer) and tensor.node is not None:
        return _box(operation, home + operation.name, [tensor.node], options)
    rows = [("output", str(tensor.shape))] if options.shapes else []
    rows += [("dtype", tensor.dtype)] if options.dtype else []
    return Box(home + tensor.name, "Input", tensor.name if options.names else "", tuple(rows), "input")


def _box(operation: Any, key: str, calls: Sequence[Node], options: Options) -> Box:
    rows: list[tuple[str, str]] = []
    activation = getattr(operation, "activation", None)
    if options.activations and activation is not None:
        rows.append(("activation", getattr(activation, "__name__", type(activation).__name__)))
    if options.shapes:
        rows += _shape_rows("input", [node.input_tensors for node in calls])
        rows += _shape_rows("output", [node.output_tensors for node in calls])
    if options.dtype and calls:
        rows.append(("dtype", ", ".join(dict.fromkeys(t.dtype for node in calls for t in node.output_tensors))))
    if options.trainable and getattr(operation, "weights", None):
        rows.append(("weights", "Trainable" if operation.trainable else "Non-trainable"))
    return Box(key, _title(operation), operation.name if options.names else "", tuple(rows), _family(operation))


def _shape_rows(label: str, calls: Iterable[Sequence[KerasTensor]]) -> list[tuple[str, str]]:
    """One row for each shape; equal ones that follow each other share a row, and so do equal calls."""
    rows = []
    for shapes in dict.fromkeys(tuple(t.shape for t in tensors) for tensors in calls):
        for shape, equal in groupby(shapes):
            count = len(list(equal))
            rows.append((label if not rows else "", f"{count} x {shape}" if count > 1 else str(shape)))
    return rows


def _kinds(operation: Any) -> list[str]:
    """The names of an operation's class and of those that it inherits from; that of the function it calls."""
    if isinstance(operation, FunctionCall):
        return ["".join(word.capitalize() for word in operation.fn.__name__.split("_"))]
    return [kind.__name__ for kind in type(operation).__mro__]


def _title(operation: Any) -> str:
    title = _kinds(operation)[0]
    wrapped = getattr(operation, "layer", None)
    return f"{title}({type(wrapped).__name__})" if isinstance(wrapped, Layer) else title


def _family(operation: Any) -> str:
    if getattr(operation, "layers", None):
        return "model"
    wrapped = getattr(operation, "layer", None)
    if isinstance(wrapped, Layer):
        return _family(wrapped)
    found = (
        family for kind in _kinds(operation) for family, pattern in FAMILIES.items() if re.fullmatch(pattern, kind)
    )
    return next(found, "other")
