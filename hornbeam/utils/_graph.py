"""Questions about symbolic tensors."""

from typing import Any

from hornbeam._core.graph import order_nodes, symbolic_leaves


def get_source_inputs(tensor: Any) -> list[Any]:
    """Return the Input tensors that symbolic tensors are computed from, in the order in which a search meets them.

    >>> import hornbeam as keras
    >>> x = keras.Input((3,))
    >>> keras.utils.get_source_inputs(keras.layers.Dense(2)(x)) == [x]
    True
    """
    nodes = order_nodes(tensor)
    sources = [t for node in nodes if not node.input_tensors for t in node.output_tensors]
    return sources or symbolic_leaves(tensor)
