"""Pooling on a CPU, as a chain of slices and comparisons or sums; chosen by static shapes, from measurements.

The gradient of a maximum over blocks of 2x2 in 32x32x32x64 takes 32 ms in XLA and 1 here.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from hornbeam.native import largest, serves
from hornbeam.ops._fast import Geometry, is_on_cpu, under_taps

Combine = Callable[[jax.Array, jax.Array], jax.Array]
LONGEST_WINDOW = 16  # elements of a pooling window along an axis
SMALL = 1 << 15  # elements of inputs whose blocks are pooled axis by axis too


def larger(a: jax.Array, b: jax.Array) -> jax.Array:
    """Return the larger of two, NaN where one is; the gradient of equal ones goes to `a`."""
    return jnp.where(_is_larger(b, a), b, a)


def _is_larger(b: jax.Array, a: jax.Array) -> jax.Array:
    return (b > a) | (b != b)  # noqa: PLR0124  # only NaN differs from itself


def fast_pool(combine: Combine, x: jax.Array, geometry: Geometry, first: int, fill: float) -> jax.Array | None:
    """Return `x` combined over windows, from axis `first` on, or None where XLA's way is to be preferred."""
    if not is_on_cpu(x.shape) or 0 in (*x.shape, *geometry.out):
        return None
    if combine is larger and len(geometry.out) == 2 and first == 1 and serves(x):
        return largest(x, geometry.window, geometry.strides, geometry.pads)
    if max(geometry.window) > LONGEST_WINDOW:
        return None
    return _pooled(x, combine, geometry, first, fill)


@functools.partial(jax.jit, static_argnames=("combine", "geometry", "first", "fill"))
def _pooled(x: jax.Array, combine: Combine, geometry: Geometry, first: int, fill: float) -> jax.Array:
    small = x.size <= SMALL
    if any(map(any, geometry.pads)):
        pads = [(0, 0)] * x.ndim
        pads[first : first + len(geometry.pads)] = geometry.pads
        x = jnp.pad(x, pads, constant_values=np.asarray(fill, x.dtype))
    axes = range(len(geometry.window))
    if geometry.window == geometry.strides and not small:
        whole = [slice(None)] * first + [slice(n * s) for n, s in zip(geometry.out, geometry.window, strict=True)]
        return _blocks(x[tuple(whole)], combine, geometry, first)
    for axis in reversed(axes):  # the last first: of equal elements the first in row-major order stays
        x = functools.reduce(combine, under_taps(x, geometry, [axis], first))
    return x


@functools.partial(jax.custom_jvp, nondiff_argnums=(1, 2, 3))
def _blocks(x: jax.Array, combine: Combine, geometry: Geometry, first: int) -> jax.Array:
    """Return blocks that do not overlap combined, a chain over their places."""
    return functools.reduce(combine, under_taps(x, geometry, range(len(geometry.window)), first))


@_blocks.defjvp
def _blocks_jvp(combine: Combine, geometry: Geometry, first: int, primals: Any, tangents: Any) -> Any:
    """Return the value and its change, written so that the way back is one loop over the inputs."""
    (x,), (dx,) = primals, tangents
    rank = len(geometry.window)
    sizes = zip(geometry.out, geometry.window, strict=True)
    shape = (*x.shape[:first], *(n for pair in sizes for n in pair), *x.shape[first + rank :])
    axes = tuple(first + 1 + 2 * axis for axis in range(rank))
    parts = jnp.reshape(dx, shape)
    value = _blocks(x, combine, geometry, first)
    if combine is larger:
        place = jnp.zeros(value.shape, np.uint8)
        best, *others = under_taps(x, geometry, range(rank), first)
        for number, part in enumerate(others, 1):
            takes = _is_larger(part, best)
            best, place = jnp.where(takes, part, best), jnp.where(takes, np.uint8(number), place)
        numbers = np.arange(math.prod(geometry.window), dtype=np.uint8).reshape(geometry.window)
        others = tuple(axis for axis in range(len(shape)) if axis not in axes)
        parts = jnp.where(jnp.expand_dims(place, axes) == np.expand_dims(numbers, others), parts, 0)
    return value, jnp.sum(parts, axes)
