"""Shapes that are remembered: the same as if inferred anew, and only where they follow from what is known."""

import pytest

import hornbeam as keras
from hornbeam._core.state import HERE
from hornbeam.layers import _layer

layers = keras.layers


class Halved(layers.Dense):
    def call(self, inputs):
        return super().call(inputs)[:, ::2]


@pytest.fixture
def traces(monkeypatch):
    HERE.specs.clear()
    made, infer = [], _layer.infer
    monkeypatch.setattr(_layer, "infer", lambda *args: made.append(args) or infer(*args))
    return made


ROWS = {  # two layers, their input's shape, and how many traces they take together
    "equal": (lambda: layers.Dense(8, activation="relu"), lambda: layers.Dense(8, activation="relu"), (4,), 1),
    "another argument": (lambda: layers.Dense(8), lambda: layers.Dense(6), (4,), 2),
    "another function": (lambda: layers.Activation("relu"), lambda: layers.Activation("softmax"), (4,), 2),
    "a user's function": (lambda: layers.Lambda(lambda x: x), lambda: layers.Lambda(lambda x: x[:, :2]), (4,), 2),
    "a user's layer": (lambda: Halved(8), lambda: Halved(8), (4,), 2),
    "another dtype": (lambda: layers.Dense(8), lambda: layers.Dense(8, dtype="float16"), (4,), 2),
    "a layer inside": (
        lambda: layers.TimeDistributed(layers.Dense(8)),
        lambda: layers.TimeDistributed(layers.Dense(6)),
        (3, 4),
        None,
    ),
    "tuples": (lambda: layers.Permute((1, 2)), lambda: layers.Permute((2, 1)), (3, 4), 2),
}


@pytest.mark.parametrize(("one", "other", "shape", "many"), ROWS.values(), ids=ROWS)
def test_traces(traces, one, other, shape, many):
    x = keras.Input(shape)
    found = [layer(x) for layer in (one(), other())]
    assert many is None or len(traces) == many
    HERE.specs.clear()
    assert [(t.shape, t.dtype) for t in found] == [(t.shape, t.dtype) for t in (one()(x), other()(x))]
    assert found[0] is not found[1]


def test_weights_added_later_count(traces):
    x = keras.Input((4,))
    layer = layers.Dense(8)
    layer(x)
    layer.enable_lora(2)
    assert layer(x).shape == (None, 8)
