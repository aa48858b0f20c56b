"""New arrays from a shape or a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from hornbeam._core import dtypes
from hornbeam._core.op import op
from hornbeam.ops._arrays import Tensor, as_array, convert_to_tensor, inexact_pair

Shape = int | Sequence[int]


def array(x: Tensor, dtype: Any = None) -> Tensor:
    """Return `x` as an array, as `convert_to_tensor` does.

    >>> from hornbeam import ops
    >>> ops.array([1, 2]).tolist()
    [1, 2]
    """
    return convert_to_tensor(x, dtype=dtype)


@op
def zeros(shape: Shape, dtype: Any = None) -> Tensor:
    """Return an array of zeros; `dtype` None means floatx.

    >>> from hornbeam import ops
    >>> ops.zeros((2,)).tolist()
    [0.0, 0.0]
    """
    return jnp.zeros(shape, dtypes.canonical(dtype))


@op
def ones(shape: Shape, dtype: Any = None) -> Tensor:
    """Return an array of ones; `dtype` None means floatx.

    >>> from hornbeam import ops
    >>> ops.ones((2,)).tolist()
    [1.0, 1.0]
    """
    return jnp.ones(shape, dtypes.canonical(dtype))


@op
def empty(shape: Shape, dtype: Any = None) -> Tensor:
    """Return an array whose elements are to be replaced (JAX makes them 0).

    >>> from hornbeam import ops
    >>> ops.empty((2,)).shape
    (2,)
    """
    return jnp.empty(shape, dtypes.canonical(dtype))


@op
def full(shape: Shape, fill_value: Tensor, dtype: Any = None) -> Tensor:
    """Return an array of `fill_value`; `dtype` None means floatx.

    >>> from hornbeam import ops
    >>> ops.full((2,), 7).tolist()
    [7.0, 7.0]
    """
    return jnp.full(shape, fill_value, dtypes.canonical(dtype))


@op
def zeros_like(x: Tensor, dtype: Any = None) -> Tensor:
    """Return zeros in the shape of `x`, and of its dtype unless `dtype` is given.

    >>> from hornbeam import ops
    >>> ops.zeros_like([1, 2]).tolist()
    [0, 0]
    """
    return jnp.zeros_like(as_array(x), dtype=dtype and dtypes.canonical(dtype))


@op
def ones_like(x: Tensor, dtype: Any = None) -> Tensor:
    """Return ones in the shape of `x`, and of its dtype unless `dtype` is given.

    >>> from hornbeam import ops
    >>> ops.ones_like([1, 2]).tolist()
    [1, 1]
    """
    return jnp.ones_like(as_array(x), dtype=dtype and dtypes.canonical(dtype))


@op
def empty_like(x: Tensor, dtype: Any = None) -> Tensor:
    """Return an array in the shape of `x` whose elements are to be replaced (JAX makes them 0).

    >>> from hornbeam import ops
    >>> ops.empty_like([1, 2]).shape
    (2,)
    """
    return jnp.empty_like(as_array(x), dtype=dtype and dtypes.canonical(dtype))


@op
def full_like(x: Tensor, fill_value: Tensor, dtype: Any = None) -> Tensor:
    """Return `fill_value` in the shape of `x`, and of its dtype unless `dtype` is given.

    >>> from hornbeam import ops
    >>> ops.full_like([1, 2], 7).tolist()
    [7, 7]
    """
    return jnp.full_like(as_array(x), fill_value, dtype=dtype and dtypes.canonical(dtype))


@op
def arange(start: Tensor, stop: Tensor = None, step: Tensor = None, dtype: Any = None) -> Tensor:
    """Return start, start + step, ... up to but without `stop`; of one argument, 0, 1, ... up to it.

    >>> from hornbeam import ops
    >>> ops.arange(3).tolist()
    [0, 1, 2]
    """
    given = [v for v in (start, stop, step) if v is not None]
    name = dtypes.canonical(dtype) if dtype is not None else dtypes.result_type(*(_dtype_of(v) for v in given))
    return jnp.arange(start, stop, step, dtype=name)


def _dtype_of(v: Any) -> Any:
    return getattr(v, "dtype", type(v))


@op
def linspace(
    start: Tensor,
    stop: Tensor,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Tensor:
    """Return `num` evenly spaced numbers from `start` to `stop`, and the step too where `retstep` asks for it.

    >>> from hornbeam import ops
    >>> ops.linspace(0.0, 1.0, num=3).tolist()
    [0.0, 0.5, 1.0]
    """
    start, stop, name = _ends(start, stop, dtype)
    return jnp.linspace(start, stop, num, endpoint, retstep, dtype=name, axis=axis)


def _ends(start: Any, stop: Any, dtype: Any) -> tuple[Any, Any, str | None]:
    """Return two numbers between which others lie, and the dtype: that of floatx where neither is an array."""
    if dtype is not None or not (hasattr(start, "dtype") or hasattr(stop, "dtype")):
        return start, stop, dtypes.canonical(dtype)
    return *inexact_pair(start, stop), None


@op
def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:  # noqa: N803 (Keras's names)
    """Return an N by M matrix (M None: N) with ones on its k-th diagonal and zeros elsewhere.

    >>> from hornbeam import ops
    >>> ops.eye(2).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    return jnp.eye(N, M, k, dtype=dtypes.canonical(dtype))


@op
def identity(n: int, dtype: Any = None) -> Tensor:
    """Return the identity matrix of n rows.

    >>> from hornbeam import ops
    >>> ops.identity(2).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    return jnp.identity(n, dtype=dtypes.canonical(dtype))


@op
def logspace(
    start: Tensor,
    stop: Tensor,
    num: int = 50,
    endpoint: bool = True,
    base: float = 10,
    dtype: Any = None,
    axis: int = 0,
) -> Tensor:
    """Return `base` to the power of `num` evenly spaced numbers from `start` to `stop`.

    >>> from hornbeam import ops
    >>> ops.logspace(0.0, 2.0, num=3, base=2).tolist()
    [1.0, 2.0, 4.0]
    """
    start, stop, name = _ends(start, stop, dtype)
    return jnp.logspace(start, stop, num, endpoint, base, dtype=name, axis=axis)


@op
def geomspace(
    start: Tensor, stop: Tensor, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Tensor:
    """Return `num` numbers from `start` to `stop`, each the same multiple of the one before.

    >>> from hornbeam import ops
    >>> ops.geomspace(1.0, 4.0, num=3).round(4).tolist()
    [1.0, 2.0, 4.0]
    """
    start, stop, name = _ends(start, stop, dtype)
    return jnp.geomspace(start, stop, num, endpoint, dtype=name, axis=axis)
