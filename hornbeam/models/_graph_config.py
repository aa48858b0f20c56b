"""A graph as JSON and back: each layer once, with the calls of it that the graph has, in Keras 3's form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax

from hornbeam._core import tree
from hornbeam._core.graph import Node, symbolic_leaves
from hornbeam._core.serialize import deserialize, serialize
from hornbeam.models._function import Function


def function_to_config(function: Function) -> dict[str, Any]:
    """Return the layers of a graph with their calls, and where its inputs and outputs are."""
    calls: dict[int, list[Node]] = {}  # id of an operation -> its calls within this graph
    sources = [t.node for t in function.inputs if t.node is not None]
    for node in [*sources, *function.nodes]:
        kept = calls.setdefault(id(node.operation), [])
        if node not in kept:
            kept.append(node)
    place = {id(n): i for nodes in calls.values() for i, n in enumerate(sorted(nodes, key=lambda n: n.node_index))}

    def refer(structure: Any) -> Any:
        """Replace KerasTensors by their place in this graph."""
        data = serialize(structure)
        for tensor, entry in zip(symbolic_leaves(structure), _references(data), strict=True):
            entry["config"]["keras_history"][1] = place[id(tensor.node)]
        return data

    def where(structure: Any) -> Any:
        return jax.tree.map(lambda t: [t.node.operation.name, place[id(t.node)], t.index], structure)

    layers = []
    for operation in function.operations:
        nodes = sorted(calls[id(operation)], key=lambda n: n.node_index)
        inbound = [{"args": refer(list(n.args)), "kwargs": refer(n.kwargs)} for n in nodes if n.input_tensors]
        layers.append({**serialize(operation), "name": operation.name, "inbound_nodes": inbound})
    return {
        "layers": layers,
        "input_layers": where(function._inputs_struct),
        "output_layers": where(function._outputs_struct),
    }


def _is_reference(x: Any) -> bool:
    return isinstance(x, Mapping) and x.get("class_name") == "__keras_tensor__"


def _references(data: Any) -> list[Any]:
    return [x for x in jax.tree.leaves(data, is_leaf=_is_reference) if _is_reference(x)]


def function_from_config(config: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the inputs and outputs of the graph that a config describes; its layers are new."""
    made: dict[str, list[Any]] = {}  # name of a layer -> the outputs of its calls, in order
    waiting: list[tuple[str, Any, dict[str, Any]]] = []
    for data in config["layers"]:
        operation = deserialize({k: v for k, v in data.items() if k not in ("name", "inbound_nodes")})
        name = data.get("name") or operation.name
        nodes = operation.__dict__.get("_inbound_nodes", []) if not data["inbound_nodes"] else []
        made[name] = [n.outputs for n in nodes]
        waiting += [(name, operation, call) for call in data["inbound_nodes"]]
    while waiting:
        left = []
        for name, operation, call in waiting:
            blocked = any(other == name for other, _, _ in left)  # calls of one layer keep their order
            if blocked or not all(_known(made, r["config"]["keras_history"]) for r in _references(call)):
                left.append((name, operation, call))
                continue
            args, kwargs = _resolve(made, call["args"]), _resolve(made, call["kwargs"])
            made[name].append(operation(*args, **kwargs))
        if len(left) == len(waiting):
            message = (
                f"The graph's configuration refers to tensors that no layer makes: {sorted({n for n, _, _ in left})}."
            )
            raise ValueError(message)
        waiting = left
    return _find(made, config["input_layers"]), _find(made, config["output_layers"])


def _known(made: Mapping[str, list[Any]], history: list[Any]) -> bool:
    return history[0] in made and history[1] < len(made[history[0]])


def _tensor(made: Mapping[str, list[Any]], history: Any) -> Any:
    name, node_index, tensor_index = history
    return tree.flatten(made[name][node_index])[tensor_index]


def _resolve(made: Mapping[str, list[Any]], data: Any) -> Any:
    """Return arguments of a call, references replaced by the tensors that they mean."""
    if _is_reference(data):
        return _tensor(made, data["config"]["keras_history"])
    if isinstance(data, Mapping) and not ("class_name" in data and "config" in data):
        return {k: _resolve(made, v) for k, v in data.items()}
    if isinstance(data, list | tuple):
        return type(data)(_resolve(made, v) for v in data)
    return deserialize(data)


def _is_place(x: Any) -> bool:
    return (
        isinstance(x, list | tuple) and len(x) == 3 and isinstance(x[0], str) and all(isinstance(i, int) for i in x[1:])
    )


def _find(made: Mapping[str, list[Any]], places: Any) -> Any:
    """Return the tensors at `places`, in their structure."""
    return jax.tree.map(lambda p: _tensor(made, p), places, is_leaf=_is_place)
