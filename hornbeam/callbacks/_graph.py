"""The layers of a model as TensorBoard draws them, read from the model itself, with a configuration or without."""

from __future__ import annotations

import json
from typing import Any

from hornbeam.layers import Layer


def graph_of(model: Any) -> str | None:
    """Return the JSON that TensorBoard draws a model from; None for a model without layers.

    That is the model's own JSON where it can be described in full. Else it has names, classes and connections alone;
    of a model whose `call` says what follows what, there are no connections.
    """
    function = model._function
    if function is not None:
        try:
            return model.to_json()
        except (NotImplementedError, TypeError, ValueError):  # a layer has no configuration: only connections are known
            nodes = _connected(function)
    else:
        nodes = [_nested(layer) for layer in model._children(Layer)]
    return json.dumps(_entry(model, layers=nodes)) if nodes else None


def _entry(layer: Any, **more: Any) -> dict[str, Any]:
    return {"class_name": type(layer).__name__, "config": {"name": layer.name, **more}, "inbound_nodes": []}


def _connected(function: Any) -> list[dict[str, Any]]:
    """Return the operations of a graph, each with those before it."""
    found = {}
    for operation in function.operations:
        found[id(operation)] = _entry(operation)
    for node in function.nodes:
        before = [[t.node.operation.name, 0, 0] for t in node.input_tensors]
        if before and id(node.operation) in found:
            args = [{"config": {"keras_history": history}} for history in before]
            found[id(node.operation)]["inbound_nodes"].append({"args": args})
    return list(found.values())


def _nested(layer: Any) -> dict[str, Any]:
    """Return a layer with the layers in it."""
    inner = [_nested(part) for part in layer._children(Layer)]
    return _entry(layer, layers=inner) if inner else _entry(layer)
