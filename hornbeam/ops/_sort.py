"""Order, ranks, sets and counts."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax.core import Tracer

from hornbeam._core.lazy import lazy
from hornbeam._core.op import op
from hornbeam.ops._arrays import Tensor, as_array, inexact

jax_sparse = lazy("jax.experimental.sparse")


@op
def sort(x: Tensor, axis: int = -1) -> Tensor:
    """Return the elements in rising order along `axis`.

    >>> from hornbeam import ops
    >>> ops.sort([3, 1, 2]).tolist()
    [1, 2, 3]
    """
    return jnp.sort(as_array(x), axis=axis)


@op
def argsort(x: Tensor, axis: int = -1) -> Tensor:
    """Return the places (int32) that would sort `x` along `axis`, equal elements in their order.

    >>> from hornbeam import ops
    >>> ops.argsort([3, 1, 2]).tolist()
    [1, 2, 0]
    """
    return jnp.argsort(as_array(x), axis=axis).astype("int32")


@op
def argpartition(x: Tensor, kth: int, axis: int = -1) -> Tensor:
    """Return places (int32) with those of the `kth` smallest elements first, in no order beyond that.

    >>> from hornbeam import ops
    >>> int(ops.argpartition([3, 1, 2], 0)[0])
    1
    """
    return jnp.argpartition(as_array(x), kth, axis).astype("int32")


@op
def top_k(x: Tensor, k: int, sorted: bool = True) -> tuple[Tensor, Tensor]:  # noqa: ARG001  # they always are
    """Return the `k` largest elements of the last axis in falling order, and their places (int32).

    `sorted` False leaves the order open; here it is the same.

    >>> from hornbeam import ops
    >>> values, places = ops.top_k([1, 3, 2], 2)
    >>> values.tolist(), places.tolist()
    ([3, 2], [1, 2])
    """
    values, places = jax.lax.top_k(as_array(x), k)
    return values, places


@op
def in_top_k(targets: Tensor, predictions: Tensor, k: int) -> Tensor:
    """Return whether the prediction for the class `targets` (batch,) is among the k best of `predictions`.

    `predictions` is (batch, classes); a target shares its rank with equal predictions.

    >>> from hornbeam import ops
    >>> ops.in_top_k([0, 1], [[0.2, 0.8], [0.1, 0.9]], k=1).tolist()
    [False, True]
    """
    targets, predictions = as_array(targets)[..., None], as_array(predictions)
    own = jnp.take_along_axis(predictions, targets, axis=-1)
    own = jnp.where(jnp.isnan(own), -jnp.inf, own)
    return 1 + jnp.sum(predictions > own, axis=-1) <= k


@op
def searchsorted(sorted_sequence: Tensor, values: Tensor, side: str = "left") -> Tensor:
    """Return where in the rising `sorted_sequence` each value belongs (int32): before equal elements, or after.

    >>> from hornbeam import ops
    >>> ops.searchsorted([1, 3, 5], [3, 4]).tolist()
    [1, 2]
    """
    sequence = as_array(sorted_sequence)
    if sequence.ndim != 1:
        message = f"sorted_sequence must have one axis; got shape {sequence.shape}."
        raise ValueError(message)
    return jnp.searchsorted(sequence, as_array(values), side=side)


@op
def digitize(x: Tensor, bins: Tensor) -> Tensor:
    """Return in which bin each element lies (int32): how many of the rising borders `bins` are not above it.

    >>> from hornbeam import ops
    >>> ops.digitize([0.5, 1.0, 9.0], [1.0, 2.0]).tolist()
    [0, 1, 2]
    """
    return jnp.digitize(as_array(x), as_array(bins))


@op
def unique(
    x: Tensor,
    sorted: bool = True,  # noqa: ARG001  # they always are
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: Any = None,
) -> Tensor:
    """Return the different elements (or slices along `axis`) in rising order.

    After them come, where asked for: the place of each one's first, the place of each element of `x` among them, and
    how many each stands for. `size` fixes how many are returned, filled up with `fill_value`; compiled code needs it.

    >>> from hornbeam import ops
    >>> ops.unique([3, 1, 3]).tolist()
    [1, 3]
    """
    found = jnp.unique(as_array(x), return_index, return_inverse, return_counts, axis, size=size, fill_value=fill_value)
    return (found[0], *(places.astype("int32") for places in found[1:])) if isinstance(found, tuple) else found


@op
def isin(x1: Tensor, x2: Tensor, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Return whether each element of `x1` is one of `x2`; with `invert`, whether it is none.

    >>> from hornbeam import ops
    >>> ops.isin([1, 2, 3], [2]).tolist()
    [False, True, False]
    """
    return jnp.isin(as_array(x1), as_array(x2), assume_unique=assume_unique, invert=invert)


@op
def bincount(x: Tensor, weights: Tensor = None, minlength: int = 0, sparse: bool = False) -> Tensor:
    """Return how often each whole number 0, 1, ... occurs in `x`, (n,) or (batch, n), or the sum of its `weights`.

    The result counts up to the largest number in `x`, and at least `minlength` of them; `sparse` gives a sparse array
    of JAX. In compiled code, where `x` is not known, it counts `minlength` of them.

    >>> from hornbeam import ops
    >>> ops.bincount([1, 3, 1]).tolist()
    [0, 2, 0, 1]
    """
    x = as_array(x)
    weights = None if weights is None else as_array(weights)
    length = minlength
    if not isinstance(x, Tracer):
        length = max(minlength, int(jnp.max(x)) + 1 if x.size else 0)
    elif not minlength:
        message = "bincount: minlength must be given in compiled code, where x is not known; got 0."
        raise ValueError(message)

    def count(row: jax.Array, row_weights: jax.Array | None = None) -> jax.Array:
        counts = jnp.bincount(row, row_weights, length=length)
        return counts.astype("int32") if row_weights is None else counts

    if x.ndim == 1:
        counts = count(x, weights)
    else:
        counts = jax.vmap(count)(x) if weights is None else jax.vmap(count)(x, weights)
    return jax_sparse.BCOO.fromdense(counts) if sparse else counts


@op
def histogram(x: Tensor, bins: int = 10, range: tuple[float, float] | None = None) -> tuple[Tensor, Tensor]:
    """Return how many elements fall into each of `bins` equal bins between the limits `range`, and the bins' borders.

    Without `range`, the limits are the smallest and the largest element.

    >>> from hornbeam import ops
    >>> counts, borders = ops.histogram([0.0, 1.0, 4.0], bins=2)
    >>> counts.tolist(), borders.tolist()
    ([2.0, 1.0], [0.0, 2.0, 4.0])
    """
    x = inexact(x)
    if not isinstance(bins, int) or bins <= 0:
        message = f"bins must be a positive whole number; got {bins!r}."
        raise ValueError(message)
    if range is not None and not range[0] < range[1]:
        message = f"range must be two rising numbers; got {range!r}."
        raise ValueError(message)
    counts, borders = jnp.histogram(x, bins=bins, range=range)
    return counts, borders
