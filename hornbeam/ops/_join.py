"""Arrays joined, and split."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp

from hornbeam._core.op import op
from hornbeam.ops._arrays import Tensor, as_array


@op
def concatenate(xs: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Return the arrays `xs` one after another along `axis`.

    >>> from hornbeam import ops
    >>> ops.concatenate([[1, 2], [3]]).tolist()
    [1, 2, 3]
    """
    return jnp.concatenate([as_array(x) for x in xs], axis)


@op
def stack(x: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Return arrays of one shape joined along a new axis.

    >>> from hornbeam import ops
    >>> ops.stack([[1, 2], [3, 4]], axis=1).tolist()
    [[1, 3], [2, 4]]
    """
    return jnp.stack([as_array(v) for v in x], axis)


@op
def hstack(xs: Sequence[Tensor]) -> Tensor:
    """Return the arrays `xs` joined along the second axis, or the first where they have but one.

    >>> from hornbeam import ops
    >>> ops.hstack([[1], [2]]).tolist()
    [1, 2]
    """
    return jnp.hstack([as_array(x) for x in xs])


@op
def vstack(xs: Sequence[Tensor]) -> Tensor:
    """Return the arrays `xs` joined along the first axis, those of one axis as rows.

    >>> from hornbeam import ops
    >>> ops.vstack([[1], [2]]).tolist()
    [[1], [2]]
    """
    return jnp.vstack([as_array(x) for x in xs])


@op
def dstack(xs: Sequence[Tensor]) -> Tensor:
    """Return the arrays `xs` joined along the third axis.

    >>> from hornbeam import ops
    >>> ops.dstack([[1, 2], [3, 4]]).tolist()
    [[[1, 3], [2, 4]]]
    """
    return jnp.dstack([as_array(x) for x in xs])


@op
def append(x1: Tensor, x2: Tensor, axis: int | None = None) -> Tensor:
    """Return `x2` after `x1`, along `axis` or both flat.

    >>> from hornbeam import ops
    >>> ops.append([1, 2], [3]).tolist()
    [1, 2, 3]
    """
    return jnp.append(as_array(x1), as_array(x2), axis)


@op
def split(x: Tensor, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Tensor]:
    """Return `x` cut along `axis` into so many equal parts, or at the given places.

    >>> from hornbeam import ops
    >>> [part.tolist() for part in ops.split([1, 2, 3, 4], 2)]
    [[1, 2], [3, 4]]
    """
    return jnp.split(as_array(x), indices_or_sections, axis)


@op
def array_split(x: Tensor, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Tensor]:
    """Return `x` cut along `axis` as `split` does, the first parts one longer where it does not divide.

    >>> from hornbeam import ops
    >>> [part.tolist() for part in ops.array_split([1, 2, 3], 2)]
    [[1, 2], [3]]
    """
    return jnp.array_split(as_array(x), indices_or_sections, axis)


@op
def hsplit(x: Tensor, indices_or_sections: int | Sequence[int]) -> list[Tensor]:
    """Return `x` split along its second axis, or its first where it has but one.

    >>> from hornbeam import ops
    >>> [part.tolist() for part in ops.hsplit([[1, 2]], 2)]
    [[[1]], [[2]]]
    """
    return jnp.hsplit(as_array(x), indices_or_sections)  # type: ignore[arg-type]


@op
def vsplit(x: Tensor, indices_or_sections: int | Sequence[int]) -> list[Tensor]:
    """Return `x` split along its first axis.

    >>> from hornbeam import ops
    >>> [part.tolist() for part in ops.vsplit([[1], [2]], 2)]
    [[[1]], [[2]]]
    """
    return jnp.vsplit(as_array(x), indices_or_sections)  # type: ignore[arg-type]


@op
def dsplit(x: Tensor, indices_or_sections: int | Sequence[int]) -> list[Tensor]:
    """Return `x` split along its third axis.

    >>> from hornbeam import ops
    >>> [part.shape for part in ops.dsplit(ops.zeros((1, 1, 4)), 2)]
    [(1, 1, 2), (1, 1, 2)]
    """
    return jnp.dsplit(as_array(x), indices_or_sections)  # type: ignore[arg-type]


@op
def unstack(x: Tensor, num: int | None = None, axis: int = 0) -> list[Tensor]:
    """Return the slices of `x` along `axis`, which goes; `num` says how many, where the shape does not.

    >>> from hornbeam import ops
    >>> [part.tolist() for part in ops.unstack([[1, 2], [3, 4]])]
    [[1, 2], [3, 4]]
    """
    x = as_array(x)
    length = x.shape[axis]
    return [jnp.take(x, i, axis) for i in range(length if num is None or isinstance(length, int) else num)]
