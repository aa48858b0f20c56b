import inspect

import numpy as np
import pytest

import hornbeam as keras
from hornbeam import ops, saving
from hornbeam._core import registry
from hornbeam.saving import _operations
from hornbeam.saving._objects import for_file, prepare

DATA = np.random.default_rng(0).normal(size=(2, 5, 4, 3)).astype("float32")

CASES = {
    "two tensors": lambda x, y: x + y,
    "a number right": lambda x, y: x * 2 - y,
    "a number left": lambda x, y: 1 - x / y,
    "an array": lambda x, y: x + np.ones((4, 3), "float32") + y,
    "an index": lambda x, y: x[:, 0] + y[:, -1],
    "a long index": lambda x, y: x[..., None, 1:3] + y[..., None, ::2],
    "options by position": lambda x, y: ops.mean(x, 1, True) + y,
    "options by name": lambda x, y: ops.sum(x, keepdims=True, axis=(1, 2)) + y,
    "data by name": lambda x, y: ops.add(x1=x, x2=y),
    "a list of tensors": lambda x, y: ops.concatenate([x, y], axis=-1),
    "options before data": lambda x, y: ops.einsum("bij,bkj->bik", x, y),
    "several outputs": lambda x, y: ops.split(x, 2, axis=1)[0] + ops.split(y, 2, 1)[1],
    "other modules": lambda x, y: (
        ops.logsumexp(ops.relu(x), axis=1) + ops.softmax(ops.cast(y, "float32"), axis=-1)[:, 0]
    ),
    "the same twice": lambda x, y: ops.relu(x) + ops.relu(y),
}


@pytest.mark.parametrize("name", CASES)
def test_round_trip_through_the_form_of_files(name):
    x, y = keras.Input((4, 3), name="x"), keras.Input((4, 3), name="y")
    model = keras.Model([x, y], CASES[name](x, y))
    config = for_file(saving.serialize_keras_object(model))
    assert "FunctionCall" not in str(config)
    assert "FunctionCall" in str(prepare(config))
    twin = saving.deserialize_keras_object(config)
    np.testing.assert_array_equal(twin(list(DATA)), model(list(DATA)))
    assert [op.name for op in twin._function.operations] == [op.name for op in model._function.operations]


def test_operations_of_the_users_are_left_alone():
    layer = {"module": "mine", "class_name": "Add", "config": {"name": "a"}, "inbound_nodes": []}
    assert _operations.from_file(layer) == layer
    unknown = {"module": "keras.src.ops.numpy", "class_name": "Nothing", "config": {"name": "a"}, "inbound_nodes": []}
    assert _operations.from_file(unknown) == unknown


def test_tables_name_operations_that_exist_or_are_to_come():
    known = set(registry.public_names("keras.ops"))
    options = {
        o: inspect.signature(registry.public_object("keras.ops", o)).parameters
        for o in _operations._OPTIONS
        if o in known
    }
    assert all(_operations._OPTIONS[o] in parameters for o, parameters in options.items())
