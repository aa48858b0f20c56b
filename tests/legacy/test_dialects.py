"""The tables of each era, whole: every argument that a class then took has a meaning in today's class."""

import inspect

import pytest

from hornbeam.compat._paths import SPACES
from hornbeam.compat._world import modules_of, public_names
from hornbeam.legacy import KERAS_1, KERAS_2, TF_KERAS
from hornbeam.legacy._dialects import _signatures
from hornbeam.legacy._rules import parse_signature

BASE = {"name", "dtype", "trainable", "weights", "input_shape", "batch_input_shape", "input_dim", "input_length"}


def rows():
    """Yield (dialect, space, name, today's class or function) for each signature whose target is here."""
    for dialect in (KERAS_1, KERAS_2, TF_KERAS):
        for space, table in _signatures(dialect.signatures).items():
            for name in table:
                today = dialect.today(space, name)
                homes = [module for module in modules_of(space) if today in public_names(module)]
                if homes:
                    yield pytest.param(dialect, space, name, getattr(homes[0], today), id=f"{dialect.name} {name}")


@pytest.mark.parametrize(("dialect", "space", "name", "today"), list(rows()))
def test_each_argument_of_then_means_something_today(dialect, space, name, today):
    old = parse_signature(dialect.signature(space, name)).parameters
    values = {
        n: None if p.default is p.empty else p.default for n, p in old.items() if p.kind is p.POSITIONAL_OR_KEYWORD
    }
    translated = dialect.translation(space, name, today)((), values)
    takes = {
        n for c in getattr(today, "__mro__", ()) for n in inspect.signature(c.__init__).parameters if c is not object
    }
    takes |= set(inspect.signature(today).parameters)
    if isinstance(today, type) or "kwargs" not in takes:
        assert set(translated) <= takes | BASE
    required = {
        n
        for n, p in inspect.signature(today).parameters.items()
        if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
    }
    assert required <= set(translated)


@pytest.mark.parametrize("dialect", [KERAS_1, KERAS_2, TF_KERAS], ids=lambda d: d.name)
def test_tables_speak_of_what_is_here(dialect):
    here = {space: {name for module in modules_of(space) for name in public_names(module)} for space in SPACES}
    for space, table in _signatures(dialect.signatures).items():
        assert {dialect.today(space, name) for name in table} <= here[space]
    for space, table in dialect.names.items():
        assert set(table.values()) <= here[space]
    for key in (*dialect.rules, *dialect.methods, *dialect.formulas):
        space, _, name = key.rpartition(".")
        assert space in {"Model", "Sequential", "Layer"} or name == "*" or dialect.today(space, name) in here[space], (
            key
        )
    assert all(map(parse_signature, dialect.methods.values()))


@pytest.mark.parametrize(
    ("dialect", "space", "name", "then", "today"),
    [
        (KERAS_1, "layers", "Conv2D", "Convolution2D", "Conv2D"),
        (KERAS_1, "layers", "AtrousConvolution2D", "AtrousConvolution2D", "Conv2D"),
        (KERAS_1, "layers", "TimeDistributedDense", "TimeDistributedDense", "Dense"),
        (KERAS_2, "layers", "Convolution2D", "Conv2D", "Conv2D"),
        (KERAS_2, "layers", "CuDNNLSTM", "CuDNNLSTM", "LSTM"),
        (KERAS_2, "optimizers", "adam", "Adam", "Adam"),
        (KERAS_1, "regularizers", "WeightRegularizer", "L1L2Regularizer", "L1L2"),
        (KERAS_1, "losses", "mse", "mean_squared_error", "mean_squared_error"),
    ],
)
def test_names_then_and_today(dialect, space, name, then, today):
    assert (dialect.then(space, name), dialect.today(space, name)) == (then, today)
