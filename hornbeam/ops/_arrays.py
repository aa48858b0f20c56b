"""What becomes an array and of which dtype: the conversions that every other op starts with."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from hornbeam._core import config, dtypes
from hornbeam._core.graph import KerasTensor
from hornbeam._core.op import op, read
from hornbeam._core.state import Variable

Tensor: TypeAlias = Any  # an array, a Variable, a KerasTensor, a number, or a nest of lists of numbers
Axis: TypeAlias = int | tuple[int, ...] | list[int] | None

_WHOLE = "biu"  # NumPy's kinds of dtypes without a fraction
_INT32 = np.iinfo(np.int32)
_DEFAULTS = {"i": "int32", "u": "uint32", "c": "complex64"}  # NumPy's kind of Python's numbers -> their dtype


def as_array(x: Any) -> jax.Array:
    """Return `x` as an array; a Python number or a list takes the dtype that it has in Keras."""
    return x if isinstance(x, jax.Array) else _convert(x, None)


def inexact(x: Any) -> jax.Array:
    """Return `x` as an array with a fraction: whole numbers become floatx."""
    x = x if isinstance(x, jax.Array) else _convert(x, None)
    return x.astype(config.floatx()) if x.dtype.kind in _WHOLE else x


def total_dtype(x: jax.Array, dtype: Any = None) -> str | None:
    """Return the dtype of sums over `x`: `dtype` where it is given, 32 bits for whole numbers of at most as many."""
    if dtype is not None:
        return dtypes.canonical(dtype)
    if x.dtype.kind not in _WHOLE or x.dtype.itemsize > 4:
        return None
    return "uint32" if x.dtype.kind == "u" else "int32"


def pair(x1: Any, x2: Any) -> tuple[Any, Any]:
    """Return two operands as arrays; a Python number beside an array stays one, so that it does not widen the dtype."""
    if isinstance(x1, jax.Array) and isinstance(x2, jax.Array):
        return x1, x2
    return beside(x1, x2), beside(x2, x1)


def inexact_pair(x1: Any, x2: Any) -> tuple[Any, Any]:
    """Return two operands of a function whose result has a fraction."""
    x1, x2 = pair(x1, x2)
    if config.floatx() == "float32" or not (_is_whole(x1) and _is_whole(x2)):
        return x1, x2
    return inexact(x1), inexact(x2)


def _is_whole(x: Any) -> bool:
    return isinstance(x, int) or getattr(getattr(x, "dtype", None), "kind", "f") in _WHOLE


def beside(x: Any, other: Any) -> Any:
    """Return operand `x` as it should meet `other`."""
    if isinstance(x, jax.Array):
        return x
    if not isinstance(x, int | float) or isinstance(other, int | float):
        return _convert(x, None)
    if isinstance(x, float) and _is_whole(as_array(other)):
        return _convert(x, None)
    return x


def _convert(x: Any, dtype: str | None) -> jax.Array:
    """Return `x` as an array of `dtype`; None means the dtype it has, or the default one of a Python number."""
    if isinstance(x, Variable):
        x = x.value
    if isinstance(x, jax.Array):
        return x if dtype is None or x.dtype == dtype else x.astype(dtype)
    if isinstance(x, KerasTensor):
        np.asarray(x)  # says what a KerasTensor is and raises
    if isinstance(x, list | tuple) and any(isinstance(leaf, jax.Array | Variable) for leaf in jax.tree.leaves(x)):
        joined = jnp.asarray(read(x))
        return joined if dtype is None else joined.astype(dtype)
    host = np.asarray(x)
    if dtype is None and not hasattr(x, "dtype"):
        dtype = config.floatx() if host.dtype.kind == "f" else _DEFAULTS.get(host.dtype.kind)
    _check_range(host, dtype)
    return jnp.asarray(host, dtype=dtype)


def _check_range(host: np.ndarray, dtype: str | None) -> None:
    """Refuse whole numbers that the dtype, int32 where none is said, would silently wrap."""
    if host.dtype == object:
        message = f"x must hold numbers; got {host.flat[0]!r}." if host.size else "x must hold numbers."
        raise (OverflowError if _all_whole(host) else TypeError)(message)
    wide = config.is_wide_allowed()
    if host.dtype.kind not in "iu" or host.dtype.itemsize < 8 or not host.size or (wide and dtype is None):
        return
    if dtype is None:
        dtype = "uint32" if host.dtype.kind == "u" else "int32"
    if not dtypes.is_int(dtype):
        return
    if not wide:
        dtype = {"int64": "int32", "uint64": "uint32"}.get(dtype, dtype)
    bounds = jnp.iinfo(dtype)
    for value in (host.min(), host.max()):
        if not bounds.min <= value <= bounds.max:
            message = f"x must fit {dtype}, {bounds.min} to {bounds.max}; got {value}."
            raise OverflowError(message)


def _all_whole(host: np.ndarray) -> bool:
    return all(isinstance(v, int) for v in host.flat)


def convert_to_tensor(x: Tensor, dtype: Any = None, sparse: bool | None = None, ragged: bool | None = None) -> Tensor:
    """Return `x` as an array of `dtype`.

    Without `dtype`, Python floats take floatx, whole numbers int32 and arrays keep theirs. Whole numbers that do not
    fit raise OverflowError. `sparse=False` makes a sparse array dense.

    >>> from hornbeam import ops
    >>> ops.convert_to_tensor([1, 2], dtype="float32").tolist()
    [1.0, 2.0]
    """
    if ragged:
        message = "ragged must be None or False: JAX has no ragged arrays; got True."
        raise ValueError(message)
    name = None if dtype is None else dtypes.canonical(dtype)
    if isinstance(x, KerasTensor):
        return x if name is None or name == x.dtype else cast(x, name)
    if hasattr(x, "todense") and not isinstance(x, jax.Array):
        if sparse is not False:
            return x
        x = x.todense()
    return _convert(x, name)


def convert_to_numpy(x: Tensor) -> np.ndarray:
    """Return `x` as a NumPy array.

    >>> from hornbeam import ops
    >>> ops.convert_to_numpy(ops.ones((2,))).tolist()
    [1.0, 1.0]
    """
    if isinstance(x, Variable):
        x = x.value
    if hasattr(x, "todense"):
        x = x.todense()
    return np.array(x)


def is_tensor(x: Any) -> bool:
    """Return whether `x` is an array of JAX.

    >>> from hornbeam import ops
    >>> ops.is_tensor(ops.ones((2,))), ops.is_tensor([1.0])
    (True, False)
    """
    return isinstance(x, jax.Array) or (hasattr(x, "todense") and type(x).__module__.startswith("jax"))


def shape(x: Tensor) -> tuple[int | None, ...]:
    """Return the lengths of the axes; None where a KerasTensor leaves one open.

    >>> from hornbeam import ops
    >>> ops.shape(ops.ones((2, 3)))
    (2, 3)
    """
    return tuple(x.shape) if hasattr(x, "shape") else as_array(x).shape


def dtype(x: Tensor) -> str:
    """Return the name of the dtype.

    >>> from hornbeam import ops
    >>> ops.dtype(ops.ones((2,)))
    'float32'
    """
    return dtypes.canonical(x.dtype) if hasattr(x, "dtype") else as_array(x).dtype.name


def ndim(x: Tensor) -> int:
    """Return the number of axes.

    >>> from hornbeam import ops
    >>> ops.ndim(ops.ones((2, 3)))
    2
    """
    return len(shape(x))


def size(x: Tensor) -> int | None:
    """Return the number of elements; None where a KerasTensor leaves a length open.

    >>> from hornbeam import ops
    >>> ops.size(ops.ones((2, 3)))
    6
    """
    lengths = shape(x)
    return None if None in lengths else math.prod(lengths)  # type: ignore[arg-type]


@op
def cast(x: Tensor, dtype: Any) -> Tensor:
    """Return `x` with the elements converted to `dtype`.

    >>> from hornbeam import ops
    >>> ops.cast([1.7, 0.0], "int32").tolist()
    [1, 0]
    """
    return as_array(x).astype(dtypes.canonical(dtype))


@op
def saturate_cast(x: Tensor, dtype: Any) -> Tensor:
    """Return `x` converted to `dtype`, values beyond its range set to the nearest one inside.

    >>> from hornbeam import ops
    >>> ops.saturate_cast([-3, 300], "uint8").tolist()
    [0, 255]
    """
    x, name = as_array(x), dtypes.canonical(dtype)
    if name == "bool":
        return jnp.clip(x, 0, 1).astype("bool") if x.dtype != bool else x
    if x.dtype == bool or jnp.issubdtype(x.dtype, jnp.complexfloating) or "complex" in name:
        return x.astype(name)
    info = jnp.finfo if dtypes.is_float(name) else jnp.iinfo
    own = jnp.finfo(x.dtype) if dtypes.is_float(x.dtype) else jnp.iinfo(x.dtype)
    low = max(float(own.min), float(info(name).min))
    high = min(float(own.max), float(info(name).max))
    if high >= 2**24 and x.dtype.kind not in _WHOLE and not dtypes.is_float(name):
        high = float(np.nextafter(np.asarray(high, x.dtype), np.asarray(0, x.dtype)))
    bounds = (low, high) if x.dtype.kind not in _WHOLE else (int(low), int(high))
    return jnp.clip(x, *(jnp.asarray(b, x.dtype) for b in bounds)).astype(name)


@op
def view(x: Tensor, dtype: Any = None) -> Tensor:
    """Return the same bytes read as `dtype`; the last axis shrinks or grows with the size of an element.

    >>> from hornbeam import ops
    >>> ops.view(ops.ones((1,), "int32"), "uint8").shape
    (4,)
    """
    return as_array(x).view(dtype and dtypes.canonical(dtype))


@op
def stop_gradient(variable: Tensor) -> Tensor:
    """Return `variable` as a constant to differentiation.

    >>> from hornbeam import ops
    >>> float(ops.stop_gradient(2.0))
    2.0
    """
    return jax.lax.stop_gradient(as_array(variable))
