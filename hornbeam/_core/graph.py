"""The symbolic graph: tensors without values, the nodes that made them, and replaying them on values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import jax

from hornbeam._core import dtypes
from hornbeam._core.names import auto_name
from hornbeam._core.state import get_mask, set_mask

SYMBOLIC_HINT = (
    "A KerasTensor describes an array without having one: use Keras layers and hornbeam.ops on it, "
    "or call a Model on data to get values."
)


class History(NamedTuple):
    """Where a KerasTensor comes from: the operation, which call of it, which of that call's outputs."""

    operation: Any
    node_index: int
    tensor_index: int


class KerasTensor:
    """A shape and a dtype that stand for an array; None in the shape means any length.

    >>> import hornbeam as keras
    >>> x = keras.KerasTensor((None, 4))
    >>> (x * 2).shape
    (None, 4)
    """

    def __init__(
        self,
        shape: Iterable[int | None],
        dtype: Any = "float32",
        sparse: bool = False,
        ragged: bool = False,
        record_history: bool = True,
        name: str | None = None,
    ) -> None:
        self.shape = tuple(None if d is None else int(d) for d in shape)
        self.dtype = dtypes.canonical(dtype)
        self.sparse, self.ragged, self.record_history = bool(sparse), bool(ragged), record_history
        self.name = name or auto_name("keras_tensor")
        self.node: Node | None = None
        self.index = 0
        self.mask: Any = None

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int | None:
        """The number of elements, None where the shape is not fully known."""
        total = 1
        for d in self.shape:
            if d is None:
                return None
            total *= d
        return total

    @property
    def _keras_history(self) -> History:
        if self.node is None:
            message = f"KerasTensor {self.name!r} was not made by a layer or an operation."
            raise AttributeError(message)
        return History(self.node.operation, self.node.node_index, self.index)

    @property
    def _keras_mask(self) -> Any:
        return self.mask

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"


def _refusal(what: str, error: type[Exception]) -> Any:
    """Return a method that says why a KerasTensor cannot be used as a value."""

    def method(self: KerasTensor, *_: Any, **__: Any) -> Any:
        message = f"{self!r} {what}: {SYMBOLIC_HINT}"
        raise error(message)

    return method


for _name, _what in {
    "len": "has no length",
    "bool": "has no truth value",
    "int": "has no value",
    "float": "has no value",
    "iter": "cannot be iterated",
}.items():
    setattr(KerasTensor, f"__{_name}__", _refusal(_what, TypeError))
for _name, _what in {"array": "cannot become a NumPy array", "jax_array": "cannot be used by a JAX function"}.items():
    setattr(KerasTensor, f"__{_name}__", _refusal(_what, ValueError))


class Node:
    """One call of an operation: its arguments and the KerasTensors that came out."""

    def __init__(self, operation: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], outputs: Any) -> None:
        self.operation, self.args, self.kwargs, self.outputs = operation, args, dict(kwargs), outputs
        self.input_tensors = symbolic_leaves((args, kwargs))
        self.output_tensors = symbolic_leaves(outputs)
        for index, tensor in enumerate(self.output_tensors):
            tensor.node, tensor.index = self, index
        nodes = operation.__dict__.setdefault("_inbound_nodes", [])
        self.node_index = len(nodes)
        nodes.append(self)

    @property
    def parent_nodes(self) -> list[Node]:
        """The nodes whose outputs this one takes."""
        return [t.node for t in self.input_tensors if t.node is not None]

    def __repr__(self) -> str:
        return f"<Node operation={self.operation.name}, id={id(self)}>"


def is_symbolic(x: Any) -> bool:
    """Return whether `x` is a KerasTensor."""
    return isinstance(x, KerasTensor)


def symbolic_leaves(x: Any) -> list[KerasTensor]:
    """Return the KerasTensors among the leaves of `x`."""
    return [leaf for leaf in jax.tree.leaves(x) if isinstance(leaf, KerasTensor)]


def mask_of(x: Any) -> Any:
    """Return the mask of a KerasTensor or of an array, or None."""
    return x.mask if isinstance(x, KerasTensor) else get_mask(x)


def attach_mask(x: Any, mask: Any) -> None:
    """Set the mask of a KerasTensor or of an array."""
    if isinstance(x, KerasTensor):
        x.mask = mask
    else:
        set_mask(x, mask)


def order_nodes(outputs: Any, inputs: Any = ()) -> list[Node]:
    """Return the nodes between `inputs` and `outputs`, parents before children."""
    return _walk(outputs, inputs)[0]


def order_operations(outputs: Any, inputs: Any = ()) -> list[Any]:
    """Return the operations between `inputs` and `outputs`, inputs' first, farthest from the outputs first.

    Operations that are equally far stand in the order in which a search from the outputs meets them: the order of
    layers, and so of weights, that Keras's files have.
    """
    nodes, entered = _walk(outputs, inputs)
    met = {id(op): i for i, op in enumerate(dict.fromkeys(node.operation for node in entered))}
    node_depth: dict[int, int] = {}
    depth: dict[int, int] = {}
    operations = {id(node.operation): node.operation for node in nodes}
    for node in reversed(nodes):
        key = id(node.operation)
        depth[key] = here = max(node_depth.get(id(node), 0), depth.get(key, 0))
        for parent in node.parent_nodes:
            node_depth[id(parent)] = max(here + 1, node_depth.get(id(parent), 0))
    sources = [t.node for t in symbolic_leaves(inputs) if t.node is not None]
    for node in sources:
        key = id(node.operation)
        if key not in operations and not node.input_tensors:
            operations[key] = node.operation
            depth[key], met[key] = node_depth.get(id(node), 0), met.get(key, -1)
    return [operations[key] for key in sorted(operations, key=lambda k: (-depth[k], met[k]))]


def _walk(outputs: Any, inputs: Any) -> tuple[list[Node], list[Node]]:
    """Return the nodes in the order in which a depth-first search leaves them, and in which it enters them.

    A loop over an explicit stack: a chain of ten thousand layers is no deeper than one of ten. A tensor of
    `inputs` ends the search, whatever made it.
    """
    stop = {id(t) for t in symbolic_leaves(inputs)}
    left: list[Node] = []
    entered: list[Node] = []
    done: dict[int, bool] = {}  # id of a node -> whether the search has left it
    stack = [t.node for t in reversed(symbolic_leaves(outputs)) if id(t) not in stop and t.node is not None]
    while stack:
        node = stack[-1]
        if id(node) not in done:
            done[id(node)] = False
            entered.append(node)
            parents = [t.node for t in node.input_tensors if id(t) not in stop and t.node is not None]
            stack.extend(p for p in reversed(parents) if id(p) not in done)
        else:
            stack.pop()
            if not done[id(node)]:
                done[id(node)] = True
                left.append(node)
    return left, entered


def fill(x: Any, values: Mapping[int, Any]) -> Any:
    """Return `x` with each KerasTensor replaced by its value."""
    return jax.tree.map(lambda leaf: values[id(leaf)] if isinstance(leaf, KerasTensor) else leaf, x)


def replay(nodes: Iterable[Node], values: dict[int, Any]) -> None:
    """Run `nodes` in order, adding what they give to `values` (id of a KerasTensor -> array)."""
    for node in nodes:
        args, kwargs = fill(node.args, values), fill(node.kwargs, values)
        result = node.operation(*args, **kwargs)
        for tensor, value in zip(node.output_tensors, jax.tree.leaves(result), strict=True):
            values[id(tensor)] = value
