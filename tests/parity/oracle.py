"""Keras on JAX, imported once and the right way: `from tests.parity.oracle import keras`."""

import os

os.environ["KERAS_BACKEND"] = "jax"  # read when keras is imported

import keras

RELATIVE = 1e-5  # what "equal" means in float32

__all__ = ["RELATIVE", "keras"]
