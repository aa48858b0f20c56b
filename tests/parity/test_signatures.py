"""Every public name that Keras has too takes the same arguments, in the same order, with the same defaults."""

import importlib
import inspect

import pytest

import hornbeam
from tests.parity.oracle import keras
from tests.test_surface import names_of

MODULES = [
    "activations", "callbacks", "config", "constraints", "initializers", "layers", "losses", "metrics", "models", "ops",
    "optimizers", "optimizers.schedules", "random", "regularizers", "saving", "utils",
]  # fmt: skip
METHODS = ["fit", "evaluate", "predict", "compile", "train_on_batch", "test_on_batch", "predict_on_batch", "summary",
           "save", "save_weights", "load_weights", "get_layer", "to_json", "count_params"]  # fmt: skip
DIFFERENT = {
    "callbacks.CallbackList": "The progress bar is the loop's, not a callback that is added.",
    "layers.Layer": "Ours names the arguments that Keras takes as **kwargs.",
    "models.Sequential": "Ours names the arguments that Keras takes as *args and **kwargs.",
}


def ours_and_theirs():
    """Yield (dotted name, ours, Keras's) of the callables that both have."""
    for module in MODULES:
        ours = importlib.import_module(f"hornbeam.{module}")
        theirs = keras
        for part in module.split("."):
            theirs = getattr(theirs, part)
        for name in names_of(ours):
            if callable(getattr(theirs, name, None)):
                yield f"{module}.{name}", getattr(ours, name), getattr(theirs, name)
    for name in METHODS:
        yield f"Model.{name}", getattr(hornbeam.Model, name), getattr(keras.Model, name)


def parameters(fn):
    """Return (name, kind, default) of each argument, `**kwargs` left out; defaults as text, to compare objects."""
    found = [p for p in inspect.signature(fn).parameters.values() if p.kind is not p.VAR_KEYWORD]
    return [(p.name, p.kind.description, "" if p.default is p.empty else repr(p.default)) for p in found]


@pytest.mark.parametrize(("name", "ours", "theirs"), [pytest.param(*row, id=row[0]) for row in ours_and_theirs()])
def test_same_arguments(name, ours, theirs):
    if name in DIFFERENT:
        assert parameters(ours) != parameters(theirs), f"{name} is like Keras's now: strike it from the table."
    else:
        assert parameters(ours) == parameters(theirs)
