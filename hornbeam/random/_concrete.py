"""Draws whose values are there at once, for initial weights: not compiled, and not staged while JAX traces."""

import math
from collections.abc import Sequence
from typing import Any

import jax

from hornbeam._core import dtypes
from hornbeam.random import _threefry

# Up to so many elements NumPy's slower draw costs less than compiling. Measured on 2 cores: NumPy takes 15 ns an
# element (uniform) or 45 (normal); the compiled draw takes 10 ns, and 110 to 150 ms to compile.
BY_HAND = {"uniform": 1 << 24, "normal": 1 << 22}


def uniform(key: Any, shape: Sequence[int], minval: float, maxval: float, dtype: Any = None) -> Any:
    """Return `shape` numbers, uniform in [minval, maxval), the same as `jax.random.uniform` gives."""
    dtype = _float(dtype)
    if _by_hand("uniform", shape, dtype):
        return _threefry.uniform(key, shape, minval, maxval)
    with jax.ensure_compile_time_eval():
        return jax.random.uniform(key, shape, dtype, minval, maxval)


def normal(key: Any, shape: Sequence[int], mean: float, stddev: float, dtype: Any = None) -> Any:
    """Return `shape` normal numbers, the same as `jax.random.normal` gives."""
    dtype = _float(dtype)
    if _by_hand("normal", shape, dtype):
        return _threefry.normal(key, shape) * stddev + mean
    with jax.ensure_compile_time_eval():
        return jax.random.normal(key, shape, dtype) * stddev + mean


def truncated_normal(key: Any, shape: Sequence[int], mean: float, stddev: float, dtype: Any = None) -> Any:
    """Return `shape` normal numbers within two standard deviations, the same as `jax.random.truncated_normal` gives."""
    dtype = _float(dtype)
    if _by_hand("normal", shape, dtype):
        return _threefry.truncated_normal(key, shape) * stddev + mean
    with jax.ensure_compile_time_eval():
        return jax.random.truncated_normal(key, -2.0, 2.0, shape, dtype) * stddev + mean


def _float(dtype: Any) -> str:
    """Return the float type to draw in; JAX has no float64 unless it is switched on."""
    name = dtypes.canonical(dtype)
    if not dtypes.is_float(name):
        message = f"Random real numbers need a float dtype; got {name!r}."
        raise ValueError(message)
    return jax.dtypes.canonicalize_dtype(name).name


def _by_hand(draw: str, shape: Sequence[int], dtype: str) -> bool:
    return dtype == "float32" and math.prod(shape) <= BY_HAND[draw]
