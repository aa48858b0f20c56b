"""Every public name that Keras has too takes the same arguments, in the same order, with the same defaults."""

import importlib
import inspect

import pytest

import hornbeam
from tests.parity.oracle import keras

MODULES = [
    "activations", "callbacks", "config", "constraints", "initializers", "layers", "losses", "metrics", "models", "ops",
    "optimizers", "optimizers.schedules", "random", "regularizers", "saving", "utils",
]  # fmt: skip
METHODS = ["fit", "evaluate", "predict", "compile", "train_on_batch", "test_on_batch", "predict_on_batch", "summary",
           "save", "save_weights", "load_weights", "get_layer", "to_json", "count_params"]  # fmt: skip


def ours_and_theirs():
    """Yield (dotted name, ours, Keras's) of the callables that both have."""
    for module in MODULES:
        ours = importlib.import_module(f"hornbeam.{module}")
        theirs = keras
        for part in module.split("."):
            theirs = getattr(theirs, part)
        for name in sorted(ours.__all__):
            if callable(getattr(theirs, name, None)):
                yield f"{module}.{name}", getattr(ours, name), getattr(theirs, name)
    for name in METHODS:
        yield f"Model.{name}", getattr(hornbeam.Model, name), getattr(keras.Model, name)


def parameters(fn):
    """Return (name, kind, default) of each argument; defaults by their text, for objects of the two packages differ."""
    found = inspect.signature(fn).parameters.values()
    return [(p.name, p.kind.description, "" if p.default is p.empty else repr(p.default)) for p in found]


@pytest.mark.parametrize(("ours", "theirs"), [pytest.param(a, b, id=name) for name, a, b in ours_and_theirs()])
def test_same_arguments(ours, theirs):
    assert parameters(ours) == parameters(theirs)
