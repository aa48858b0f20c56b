"""The largest element of each window as an operation, with its change and its gradient, which are linear."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.interpreters import ad

from hornbeam.native._operation import operation

Pairs = tuple[tuple[int, int], ...]


def largest(x: jax.Array, window: Sequence[int], strides: Sequence[int], pads: Pairs) -> Any:
    """Return the largest element of each window of `x` (batch, rows, columns, channels), float32; NaN where one is."""
    return LARGEST.bind(x, window=tuple(window), strides=tuple(strides), pads=pads)


def _largest(x: Any, window: Any, strides: Any, pads: Pairs) -> Any:
    low = np.asarray(-np.inf, x.dtype)
    whole = (1, *window, 1), (1, *strides, 1), ((0, 0), *pads, (0, 0))
    return jax.lax.reduce_window(x, low, jax.lax.max, *whole)


def _change(x: Any, y: Any, change: Any, **where: Any) -> Any:
    """Return the change of the results by that of the inputs: of the first element that is equal to the result."""
    total, left = jnp.zeros_like(y), jnp.ones(y.shape, bool)
    for part, its_change in zip(_under(x, -np.inf, y, **where), _under(change, 0, y, **where), strict=True):
        takes = left & ((part == y) | (jnp.isnan(part) & jnp.isnan(y)))
        total, left = total + jnp.where(takes, its_change, 0), left & ~takes
    return total


def _gradient(x: Any, y: Any, g: Any, **where: Any) -> Any:
    return jax.linear_transpose(lambda change: _change(x, y, change, **where), x)(g)[0]


def _under(x: Any, fill: float, y: Any, window: Any, strides: Any, pads: Pairs) -> Iterator[Any]:
    """Give what each element of the windows is, in row-major order."""
    x = jnp.pad(x, ((0, 0), *pads, (0, 0)), constant_values=fill)
    for places in itertools.product(*map(range, window)):
        cuts = zip(places, strides, y.shape[1:3], strict=True)
        yield x[:, *(slice(first, first + (n - 1) * stride + 1, stride) for first, stride, n in cuts)]


WHERE = ("window", "strides", "pads")
LARGEST = operation("largest", _largest, WHERE)
CHANGE = operation("largest_change", _change, WHERE)
GRADIENT = operation("largest_gradient", _gradient, WHERE)

ad.defjvp2(LARGEST, lambda change, y, x, **where: CHANGE.bind(x, y, change, **where))
for linear, back in ((CHANGE, GRADIENT), (GRADIENT, CHANGE)):
    ad.defjvp(linear, None, None, lambda d, x, y, _, it=linear, **where: it.bind(x, y, d, **where))
    ad.primitive_transposes[linear] = lambda g, x, y, _, it=back, **where: (None, None, it.bind(x, y, g, **where))
