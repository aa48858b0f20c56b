"""Choosing elements by place or by condition, and writing some of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.core import Tracer

from hornbeam._core.op import op
from hornbeam.ops._arrays import Tensor, as_array, pair


@op
def get_item(x: Tensor, key: Any) -> Tensor:
    """Return `x[key]`; key is what NumPy takes: numbers, slices, None, ..., arrays of places or of truth values.

    >>> from hornbeam import ops
    >>> ops.get_item([[1, 2], [3, 4]], (..., 1)).tolist()
    [2, 4]
    """
    return as_array(x)[key]


@op
def take(x: Tensor, indices: Tensor, axis: int | None = None) -> Tensor:
    """Return the elements of `x` at the places `indices`, along `axis` or flat.

    >>> from hornbeam import ops
    >>> ops.take([10, 20, 30], [2, 0]).tolist()
    [30, 10]
    """
    return jnp.take(as_array(x), as_array(indices), axis=axis)


@op
def take_along_axis(x: Tensor, indices: Tensor, axis: int | None = None) -> Tensor:
    """Return for each line of `x` along `axis` the elements at that line of `indices`.

    >>> from hornbeam import ops
    >>> ops.take_along_axis([[1, 2], [3, 4]], [[1], [0]], axis=1).tolist()
    [[2], [3]]
    """
    return jnp.take_along_axis(as_array(x), as_array(indices), axis=axis)


@op
def where(condition: Tensor, x1: Tensor = None, x2: Tensor = None) -> Tensor:
    """Return x1 where `condition` holds and x2 elsewhere; of `condition` alone, the places where it holds.

    >>> from hornbeam import ops
    >>> ops.where([True, False], 1, 2).tolist()
    [1, 2]
    """
    if x1 is None and x2 is None:
        return nonzero(condition)
    return jnp.where(as_array(condition), *pair(x1, x2))


@op
def slice(inputs: Tensor, start_indices: Tensor, shape: Sequence[int]) -> Tensor:
    """Return the block of `inputs` that begins at `start_indices` (one number per axis) and has `shape`.

    >>> from hornbeam import ops
    >>> ops.slice([1, 2, 3, 4], [1], [2]).tolist()
    [2, 3]
    """
    return jax.lax.dynamic_slice(as_array(inputs), start_indices, shape)


@op
def slice_update(inputs: Tensor, start_indices: Tensor, updates: Tensor) -> Tensor:
    """Return `inputs` with the block at `start_indices` replaced by `updates`.

    >>> from hornbeam import ops
    >>> ops.slice_update([1, 2, 3, 4], [1], [8, 9]).tolist()
    [1, 8, 9, 4]
    """
    return jax.lax.dynamic_update_slice(as_array(inputs), as_array(updates), start_indices)


@op
def select(condlist: Sequence[Tensor], choicelist: Sequence[Tensor], default: Tensor = 0) -> Tensor:
    """Return for each element what the first condition that holds chooses, or `default`.

    >>> from hornbeam import ops
    >>> ops.select([[True, False], [True, True]], [[1, 1], [2, 2]]).tolist()
    [1, 2]
    """
    return jnp.select([as_array(c) for c in condlist], [as_array(c) for c in choicelist], default=default)


@op
def nonzero(x: Tensor) -> tuple[Tensor, ...]:
    """Return the places (int32) of the elements that are not 0, one array per axis; not in compiled code.

    >>> from hornbeam import ops
    >>> [places.tolist() for places in ops.nonzero([0, 7, 8])]
    [[1, 2]]
    """
    return tuple(places.astype("int32") for places in jnp.nonzero(as_array(x)))


@op
def unravel_index(indices: Tensor, shape: Sequence[int]) -> tuple[Tensor, ...]:
    """Return the places on each axis that flat places have in an array of `shape`.

    >>> from hornbeam import ops
    >>> [places.tolist() for places in ops.unravel_index([5], (2, 3))]
    [[1], [2]]
    """
    return jnp.unravel_index(as_array(indices), tuple(shape))


@op
def scatter(indices: Tensor, values: Tensor, shape: Sequence[int]) -> Tensor:
    """Return zeros of `shape` with `values` added at `indices` (..., axes).

    >>> from hornbeam import ops
    >>> ops.scatter([[0], [2]], [5, 6], (4,)).tolist()
    [5, 0, 6, 0]
    """
    values, indices = as_array(values), as_array(indices)
    return jnp.zeros(tuple(shape), values.dtype).at[tuple(jnp.moveaxis(indices, -1, 0))].add(values)


@op
def scatter_update(inputs: Tensor, indices: Tensor, updates: Tensor, reduction: str | None = None) -> Tensor:
    """Return `inputs` with the elements (or slices) at `indices` (..., axes) replaced by `updates`.

    `reduction` 'add', 'max', 'min' or 'mul' combines them with what stands there.

    >>> from hornbeam import ops
    >>> ops.scatter_update([1, 2, 3], [[0], [2]], [8, 9]).tolist()
    [8, 2, 9]
    """
    if reduction not in (None, "add", "max", "min", "mul"):
        message = f"reduction must be None, 'add', 'max', 'min' or 'mul'; got {reduction!r}."
        raise ValueError(message)
    inputs, indices = as_array(inputs), as_array(indices)
    place = inputs.at[tuple(jnp.moveaxis(indices, -1, 0))]
    return getattr(place, reduction or "set")(as_array(updates).astype(inputs.dtype))


def _segments(name: str, data: Tensor, segment_ids: Tensor, num_segments: int | None, sorted: bool) -> Tensor:
    data, ids = as_array(data), as_array(segment_ids)
    if num_segments is None and isinstance(ids, Tracer):
        message = f"segment_{name}: num_segments must be given in compiled code, where segment_ids is not known."
        raise ValueError(message)
    return getattr(jax.ops, f"segment_{name}")(data, ids, num_segments, indices_are_sorted=sorted)


@op
def segment_sum(data: Tensor, segment_ids: Tensor, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """Return the sum of the rows of `data` that share a number in `segment_ids` (n,), for each of `num_segments`.

    `sorted` promises that `segment_ids` rises; `num_segments` None means the largest of them plus 1.

    >>> from hornbeam import ops
    >>> ops.segment_sum([4, 5, 7], [0, 0, 1]).tolist()
    [9, 7]
    """
    return _segments("sum", data, segment_ids, num_segments, sorted)


@op
def segment_prod(data: Tensor, segment_ids: Tensor, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """Return the product of the rows of `data` that share a number in `segment_ids` (n,), for each of `num_segments`.

    `sorted` promises that `segment_ids` rises; `num_segments` None means the largest of them plus 1.

    >>> from hornbeam import ops
    >>> ops.segment_prod([4, 5, 7], [0, 0, 1]).tolist()
    [20, 7]
    """
    return _segments("prod", data, segment_ids, num_segments, sorted)


@op
def segment_max(data: Tensor, segment_ids: Tensor, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """Return the largest of the rows of `data` that share a number in `segment_ids` (n,), for each of `num_segments`.

    `sorted` promises that `segment_ids` rises; `num_segments` None means the largest of them plus 1.

    >>> from hornbeam import ops
    >>> ops.segment_max([4, 5, 7], [0, 0, 1]).tolist()
    [5, 7]
    """
    return _segments("max", data, segment_ids, num_segments, sorted)


@op
def segment_min(data: Tensor, segment_ids: Tensor, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """Return the smallest of the rows of `data` that share a number in `segment_ids` (n,), for each of `num_segments`.

    `sorted` promises that `segment_ids` rises; `num_segments` None means the largest of them plus 1.

    >>> from hornbeam import ops
    >>> ops.segment_min([4, 5, 7], [0, 0, 1]).tolist()
    [4, 7]
    """
    return _segments("min", data, segment_ids, num_segments, sorted)
