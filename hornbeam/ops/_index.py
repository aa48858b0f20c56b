"""Choosing elements by place or by condition, and writing some of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from hornbeam._core import dtypes
from hornbeam._core.op import op
from hornbeam.ops._arrays import Tensor, as_array, pair


@op
def get_item(x: Tensor, key: Any) -> Tensor:
    """Return `x[key]`; key is what NumPy takes: numbers, slices, None, ..., arrays of places or of truth values.

    >>> from hornbeam import ops
    >>> ops.get_item([1, 2, 3], slice(1, None)).tolist()
    [2, 3]
    """
    return as_array(x)[tuple(key) if isinstance(key, list) and any(isinstance(k, slice) for k in key) else key]


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
        return jnp.where(as_array(condition))
    return jnp.where(as_array(condition), *pair(x1, x2))


@op
def slice(inputs: Tensor, start_indices: Tensor, shape: Sequence[int]) -> Tensor:
    """Return the block of `inputs` that begins at `start_indices` (one number per axis) and has `shape`.

    >>> from hornbeam import ops
    >>> ops.slice([1, 2, 3, 4], [1], [2]).tolist()
    [2, 3]
    """
    inputs = as_array(inputs)
    return jax.lax.dynamic_slice(inputs, start_indices, [n if d == -1 else d for d, n in zip(shape, inputs.shape, strict=True)])


@op
def slice_update(inputs: Tensor, start_indices: Tensor, updates: Tensor) -> Tensor:
    """Return `inputs` with the block at `start_indices` replaced by `updates`.

    >>> from hornbeam import ops
    >>> ops.slice_update([1, 2, 3, 4], [1], [8, 9]).tolist()
    [1, 8, 9, 4]
    """
    return jax.lax.dynamic_update_slice(as_array(inputs), as_array(updates), start_indices)
