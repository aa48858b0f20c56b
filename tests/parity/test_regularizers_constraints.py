"""Penalties and projections: values, gradients and configurations equal to Keras's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hornbeam import constraints, regularizers
from tests.parity.oracle import RELATIVE, keras

W = jnp.asarray(np.random.default_rng(0).normal(size=(5, 4)).astype("float32"))
KERNEL = jnp.asarray(np.random.default_rng(1).normal(size=(3, 3, 2, 4)).astype("float32"))
PENALTIES = [
    ("L1", {"l1": 0.3}, W),
    ("L2", {"l2": 0.3}, KERNEL),
    ("L1", {}, KERNEL),
    ("L1L2", {"l1": 0.1, "l2": 0.2}, W),
    ("L1L2", {"l1": 0.1}, W),
    ("L1L2", {"l2": 0.1}, W),
    ("OrthogonalRegularizer", {"factor": 0.5}, W),
    ("OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}, W),
]
PROJECTIONS = [
    ("MaxNorm", {}, W),
    ("MaxNorm", {"max_value": 0.5, "axis": 1}, W),
    ("MaxNorm", {"max_value": 1.0, "axis": [0, 1, 2]}, KERNEL),
    ("NonNeg", {}, W),
    ("UnitNorm", {}, W),
    ("UnitNorm", {"axis": [0, 1, 2]}, KERNEL),
    ("MinMaxNorm", {}, W),
    ("MinMaxNorm", {"min_value": 0.5, "max_value": 0.9, "rate": 0.3, "axis": -1}, W),
    ("Constraint", {}, W),
]


def _same(ours, theirs, w):
    def both(fn):
        value, back = jax.vjp(fn, w)
        return value, back(jnp.cos(value))

    for mine, expected in zip(*jax.jit(lambda: (both(ours), both(theirs)))(), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=RELATIVE, atol=1e-6)


@pytest.mark.parametrize(("name", "arguments", "w"), PENALTIES)
def test_penalty(name, arguments, w):
    _same(getattr(regularizers, name)(**arguments), getattr(keras.regularizers, name)(**arguments), w)


@pytest.mark.parametrize(("name", "arguments", "w"), PROJECTIONS)
def test_projection(name, arguments, w):
    _same(getattr(constraints, name)(**arguments), getattr(keras.constraints, name)(**arguments), w)


@pytest.mark.parametrize(
    ("family", "name", "arguments"),
    [("regularizers", *row[:2]) for row in PENALTIES] + [("constraints", *row[:2]) for row in PROJECTIONS],
)
def test_configs_go_both_ways(family, name, arguments):
    package, oracle = {"regularizers": regularizers, "constraints": constraints}[family], getattr(keras, family)
    ours, theirs = (getattr(m, name)(**arguments) for m in (package, oracle))
    our_config, their_config = package.serialize(ours), oracle.serialize(theirs)
    for config in (our_config, their_config):  # Keras rounds some factors to float32
        config["config"] = {k: pytest.approx(v) if isinstance(v, float) else v for k, v in config["config"].items()}
    assert our_config == their_config
    assert package.serialize(package.deserialize(oracle.serialize(theirs))) == our_config
    assert oracle.serialize(oracle.deserialize(package.serialize(ours))) == their_config
