"""The symbolic graph: order, replay, depth and errors."""

import numpy as np
import pytest

import hornbeam as keras
from hornbeam._core.graph import order_nodes, order_operations, replay


def test_a_chain_of_five_thousand_operations_replays():
    x = keras.KerasTensor((None, 2))
    y = x
    for _ in range(5000):
        y = y + 1
    values = {id(x): np.zeros((1, 2), "float32")}
    replay(order_nodes(y, x), values)
    np.testing.assert_array_equal(values[id(y)], [[5000, 5000]])


def test_parents_come_before_children_and_each_node_once():
    x = keras.KerasTensor((None, 2))
    a = x * 2
    b = a + a * 3
    nodes = order_nodes(b, x)
    assert [n.operation.name.split("_")[0] for n in nodes] == ["multiply", "multiply", "add"]
    for node in nodes:
        assert all(nodes.index(p) < nodes.index(node) for p in node.parent_nodes if p in nodes)


def test_operations_stand_in_the_order_of_their_depth():
    x = keras.Input((4,))
    left = keras.layers.Dense(3, name="left")(x)
    right = keras.layers.Dense(3, name="right_two")(keras.layers.Dense(3, name="right_one")(x))
    y = keras.layers.Add(name="sum")([left, right])
    names = [op.name for op in order_operations(y, x)]
    assert names[1:] == ["right_one", "left", "right_two", "sum"]


@pytest.mark.parametrize("use", [bool, float, int, len, iter, np.asarray])
def test_using_a_symbol_as_a_value_says_what_it_is(use):
    with pytest.raises((TypeError, ValueError), match="KerasTensor"):
        use(keras.KerasTensor((3,)))


def test_history_names_operation_call_and_output():
    x = keras.Input((4,), name="in")
    dense = keras.layers.Dense(2)
    dense(x)
    second = dense(x)
    operation, node_index, tensor_index = second._keras_history
    assert operation is dense
    assert (node_index, tensor_index) == (1, 0)
