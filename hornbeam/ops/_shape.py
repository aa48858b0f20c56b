"""The same elements in another shape or order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from hornbeam._core.op import op
from hornbeam.ops._arrays import Axis, Tensor, as_array
from hornbeam.ops._reduce import axes as _axes


@op
def reshape(x: Tensor, newshape: int | Sequence[int]) -> Tensor:
    """Return the elements of `x` in shape `newshape`; one length may be -1: what remains.

    >>> from hornbeam import ops
    >>> ops.reshape([1, 2, 3, 4], (2, -1)).tolist()
    [[1, 2], [3, 4]]
    """
    return jnp.reshape(as_array(x), _open_axis(newshape))


def _open_axis(newshape: Any) -> Any:
    """Return a shape that came from a KerasTensor with its None as the -1 that it means."""
    if isinstance(newshape, list | tuple) and None in newshape:
        return tuple(-1 if d is None else d for d in newshape)
    return newshape


@op
def transpose(x: Tensor, axes: Sequence[int] | None = None) -> Tensor:
    """Return `x` with its axes in the order `axes`, or reversed.

    >>> from hornbeam import ops
    >>> ops.transpose([[1, 2], [3, 4]]).tolist()
    [[1, 3], [2, 4]]
    """
    return jnp.transpose(as_array(x), axes)


@op
def expand_dims(x: Tensor, axis: Axis) -> Tensor:
    """Return `x` with a new axis of length 1 at each place in `axis`.

    >>> from hornbeam import ops
    >>> ops.expand_dims([1, 2], 0).shape
    (1, 2)
    """
    return jnp.expand_dims(as_array(x), _axes(axis))  # type: ignore[arg-type]


@op
def squeeze(x: Tensor, axis: Axis = None) -> Tensor:
    """Return `x` without its axes of length 1, all of them or those in `axis`.

    >>> from hornbeam import ops
    >>> ops.squeeze([[1, 2]]).shape
    (2,)
    """
    return jnp.squeeze(as_array(x), _axes(axis))


@op
def ravel(x: Tensor) -> Tensor:
    """Return the elements of `x` on one axis.

    >>> from hornbeam import ops
    >>> ops.ravel([[1, 2], [3, 4]]).tolist()
    [1, 2, 3, 4]
    """
    return jnp.ravel(as_array(x))


@op
def swapaxes(x: Tensor, axis1: int, axis2: int) -> Tensor:
    """Return `x` with two axes exchanged.

    >>> from hornbeam import ops
    >>> ops.swapaxes([[1, 2]], 0, 1).tolist()
    [[1], [2]]
    """
    return jnp.swapaxes(as_array(x), axis1, axis2)


@op
def moveaxis(x: Tensor, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """Return `x` with the axes `source` moved to `destination`, the others in their order.

    >>> from hornbeam import ops
    >>> ops.moveaxis(ops.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    return jnp.moveaxis(as_array(x), source, destination)


@op
def flip(x: Tensor, axis: Axis = None) -> Tensor:
    """Return `x` in reverse order along `axis`, or along all axes.

    >>> from hornbeam import ops
    >>> ops.flip([1, 2, 3]).tolist()
    [3, 2, 1]
    """
    return jnp.flip(as_array(x), _axes(axis))


@op
def fliplr(x: Tensor) -> Tensor:
    """Return `x` in reverse order along its second axis.

    >>> from hornbeam import ops
    >>> ops.fliplr([[1, 2], [3, 4]]).tolist()
    [[2, 1], [4, 3]]
    """
    return jnp.fliplr(as_array(x))


@op
def flipud(x: Tensor) -> Tensor:
    """Return `x` in reverse order along its first axis.

    >>> from hornbeam import ops
    >>> ops.flipud([[1, 2], [3, 4]]).tolist()
    [[3, 4], [1, 2]]
    """
    return jnp.flipud(as_array(x))


@op
def rot90(array: Tensor, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Tensor:
    """Return `array` turned by k quarters, from the first of `axes` towards the second.

    >>> from hornbeam import ops
    >>> ops.rot90([[1, 2], [3, 4]]).tolist()
    [[2, 4], [1, 3]]
    """
    return jnp.rot90(as_array(array), k, axes)


@op
def roll(x: Tensor, shift: int | Sequence[int], axis: Axis = None) -> Tensor:
    """Return `x` with its elements moved on by `shift`, those beyond the end put at the start.

    >>> from hornbeam import ops
    >>> ops.roll([1, 2, 3], 1).tolist()
    [3, 1, 2]
    """
    return jnp.roll(as_array(x), shift, _axes(axis))


@op
def repeat(x: Tensor, repeats: Tensor, axis: int | None = None) -> Tensor:
    """Return `x` with each element repeated, along `axis` or flat; `repeats` is one number or one per element.

    >>> from hornbeam import ops
    >>> ops.repeat([1, 2], 2).tolist()
    [1, 1, 2, 2]
    """
    return jnp.repeat(as_array(x), repeats if isinstance(repeats, int) else as_array(repeats), axis=axis)


@op
def tile(x: Tensor, repeats: int | Sequence[int]) -> Tensor:
    """Return `x` put side by side `repeats` times along each axis.

    >>> from hornbeam import ops
    >>> ops.tile([1, 2], 2).tolist()
    [1, 2, 1, 2]
    """
    return jnp.tile(as_array(x), repeats)


@op
def pad(x: Tensor, pad_width: Any, mode: str = "constant", constant_values: Tensor = None) -> Tensor:
    """Return `x` with `pad_width` more elements before and after each axis.

    `pad_width` is a number, a pair (before, after) for all axes, or a pair per axis; `mode` is 'constant', 'reflect',
    'symmetric', 'edge', 'wrap' ... as in NumPy; `constant_values` (0) goes with 'constant' alone.

    >>> from hornbeam import ops
    >>> ops.pad([1, 2], 1).tolist()
    [0, 1, 2, 0]
    """
    if constant_values is None:
        return jnp.pad(as_array(x), pad_width, mode=mode)
    if mode != "constant":
        message = f"constant_values goes with mode='constant'; got constant_values={constant_values} and mode={mode!r}."
        raise ValueError(message)
    return jnp.pad(as_array(x), pad_width, mode=mode, constant_values=constant_values)


@op
def broadcast_to(x: Tensor, shape: Sequence[int]) -> Tensor:
    """Return `x` repeated along new axes and axes of length 1, to fill `shape`.

    >>> from hornbeam import ops
    >>> ops.broadcast_to([1, 2], (2, 2)).tolist()
    [[1, 2], [1, 2]]
    """
    return jnp.broadcast_to(as_array(x), shape)
