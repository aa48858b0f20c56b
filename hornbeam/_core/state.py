"""Variables, and the one ambient object: which values they have inside a traced computation.

A `Variable` holds a concrete array. A `Scope` maps Variables to values for the length of one pure computation,
and knows the JAX trace that opened it. Reading a Variable reads the open scope, assigning writes to it; `pure`
turns any function of Variables into a function of arrays. The flags of a call (training, losses, masks) ride on
the same per-thread object, `HERE`.
"""

import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from hornbeam._core import dtypes
from hornbeam._core.lazy import lazy
from hornbeam._core.memory import keep_freed_memory
from hornbeam._core.names import auto_name, check_name

jax_core = lazy("jax.extend.core")  # imports Pallas
Shape = tuple[int | None, ...]

keep_freed_memory()  # before the first array, with which JAX starts its threads


def current_trace() -> Any:
    """Return a token that is equal within one JAX trace and differs between two."""
    return jax_core.get_opaque_trace_state(convention="hornbeam")


class Scope(dict["Variable", Any]):
    """Values of Variables, valid in the JAX trace that opened it.

    An `open_ended` scope (shape inference) takes a write to any Variable, and everything written there is dropped.
    """

    def __init__(self, pairs: Any = (), *, open_ended: bool = False) -> None:
        super().__init__(pairs)
        self.trace = current_trace()
        self.open_ended = open_ended


class _Here(threading.local):
    """What the code that runs now, in this thread, is part of."""

    scope: Scope | None = None
    training: bool | None = None  # what fit, evaluate and predict ask of the layers that they reach
    losses: list[Any] | None = None  # what add_loss and regularizers of activity add, inside a call
    autocast: str | None = None  # float type that Variables are read in, under mixed precision
    calls: tuple[Any, ...] = ()  # the layers whose call is running, outermost first
    prefix: str = ""  # what name_scope puts before the paths of what is made outside of any layer
    remat: Any = None  # the RematScope that layers are made in
    rows: Any = None  # which rows of a batch count, where it was filled up to a size; None: all
    looped: bool = False  # whether what runs is the body of a compiled loop, where XLA convolves slowly on a CPU
    kernels: bool = True  # whether what is traced may hold kernels of this package
    hints: set[str] | None = None  # what operations tell who compiles the program that is being traced

    def __init__(self) -> None:
        # id of an array -> (the array, its mask, the layer in whose `call` a plain op passed it on, or None)
        self.masks: dict[int, tuple[weakref.ref[Any], Any, Any]] = {}
        self.specs: dict[Any, tuple[Shape, str]] = {}  # kind of a layer and input -> shape and dtype of the output


HERE = _Here()


@contextmanager
def holding(scope: Scope) -> Iterator[Scope]:
    """Let Variables take their values from `scope` inside the `with` block."""
    before, HERE.scope = HERE.scope, scope
    try:
        yield scope
    finally:
        HERE.scope = before


@contextmanager
def here(**flags: Any) -> Iterator[None]:
    """Set attributes of the ambient object inside the `with` block."""
    before = {name: getattr(HERE, name) for name in flags}
    for name, value in flags.items():
        setattr(HERE, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(HERE, name, value)


def pure(fn: Callable[..., Any], variables: Sequence["Variable"]) -> Callable[..., tuple[Any, list[Any]]]:
    """Return `fn` as a function of its Variables: (values, *args) -> (result, new values)."""

    def run(values: Sequence[Any], *args: Any, **kwargs: Any) -> tuple[Any, list[Any]]:
        with holding(Scope(zip(variables, values, strict=True))) as scope:
            result = fn(*args, **kwargs)
            return result, [scope[v] for v in variables]

    return run


def set_mask(x: Any, mask: Any, passed_in: Any = None) -> None:
    """Remember that `mask` (batch, time) says which steps of array `x` count; forgotten when `x` goes.

    `passed_in` is the layer in whose `call` a plain op gave `x` its mask.
    """
    masks, key = HERE.masks, id(x)
    if mask is None:
        masks.pop(key, None)
    else:
        masks[key] = (weakref.ref(x, lambda _: masks.pop(key, None)), mask, passed_in)


def get_mask(x: Any) -> Any:
    """Return the mask of array `x`, or None."""
    entry = HERE.masks.get(id(x))
    return entry[1] if entry is not None and entry[0]() is x else None


def forget_passed_masks(arrays: Iterable[Any], layer: Any) -> None:
    """Take from `arrays` the masks that plain ops in the `call` of `layer` gave them."""
    for x in arrays:
        entry = HERE.masks.get(id(x))
        if entry is not None and entry[2] is layer and entry[0]() is x:
            set_mask(x, None)


class Variable:
    """An array that layers, optimizers and metrics own, read through `value` and written through `assign`.

    `initializer` is an array, or a function of (shape, dtype) together with `shape`. A Variable acts as its value in
    arithmetic.

    >>> import hornbeam as keras
    >>> v = keras.Variable([1.0, 2.0], name="v")
    >>> (v + 1).tolist()
    [2.0, 3.0]
    >>> v.assign_add([1.0, 1.0]).tolist()
    [2.0, 3.0]
    """

    def __init__(
        self,
        initializer: Any,
        shape: Sequence[int] | None = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str = "none",
        synchronization: str = "auto",
        name: str | None = None,
    ) -> None:
        self.name = check_name(name or auto_name("variable"), "Variable")
        self.path = f"{HERE.calls[-1].path}/{self.name}" if HERE.calls else HERE.prefix + self.name
        self.trainable, self.autocast = trainable, autocast
        self.aggregation, self.synchronization = aggregation, synchronization
        self.regularizer: Any = None
        self.constraint: Any = None
        self.overwrite_with_gradient = False
        self._value = self._first_value(initializer, shape, dtype)
        self.shape: tuple[int, ...] = tuple(self._value.shape)
        self.dtype: str = self._value.dtype.name

    def _first_value(self, initializer: Any, shape: Sequence[int] | None, dtype: Any) -> Any:
        with jax.ensure_compile_time_eval():  # concrete even when a layer builds itself inside a trace
            if callable(initializer):
                if shape is None:
                    message = f"Variable {self.name!r}: shape is needed when the initializer is a function."
                    raise ValueError(message)
                value = initializer(tuple(shape), dtype=dtypes.canonical(dtype))
            else:
                value = initializer.value if isinstance(initializer, Variable) else initializer
                if dtype is None:
                    dtype = getattr(value, "dtype", None) or ("int32" if _is_whole(value) else None)
                    if isinstance(value, np.ndarray) and dtype == np.float64:
                        dtype = None  # NumPy's default is nobody's choice
            value = self._placed(np.array(value, dtype=jnp.dtype(dtypes.canonical(dtype))))  # a copy: JAX may keep it
        if shape is not None and tuple(value.shape) != tuple(shape):
            message = f"Variable {self.name!r}: shape {tuple(shape)} expected, the initializer gave {value.shape}."
            raise ValueError(message)
        return value

    def _placed(self, host: np.ndarray) -> jax.Array:
        """Return a NumPy array as one of JAX; whole numbers that lose bits by that raise OverflowError."""
        array = jax.device_put(host)
        if host.dtype.kind in "iu" and host.itemsize > array.itemsize and np.any(np.asarray(array) != host):
            wrong = host[np.asarray(array) != host][0]
            message = f"Variable {self.name!r}: whole numbers must fit {array.dtype}; got {wrong}."
            raise OverflowError(message)
        return array

    @property
    def value(self) -> Any:
        """The array: the open scope's value inside a traced computation, the concrete one outside."""
        scope = HERE.scope
        value = self._value if scope is None else scope.get(self, self._value)
        if HERE.autocast is not None and self.autocast and self.dtype != HERE.autocast and dtypes.is_float(self.dtype):
            return value.astype(HERE.autocast)
        return value

    def assign(self, value: Any) -> Any:
        """Set the value; shape `(…)` must stay what it is, the dtype is converted. Returns the new value."""
        if isinstance(value, Variable):
            value = value.value
        if not isinstance(value, jax.Array):
            value = jnp.array(value, dtype=self.dtype)  # a copy: JAX may keep a NumPy array as it is
        elif value.dtype != self.dtype:
            value = value.astype(self.dtype)
        if value.shape != self.shape:
            message = f"Variable {self.path!r} has shape {self.shape}; got a value of shape {value.shape}."
            raise ValueError(message)
        scope = HERE.scope
        if scope is None:
            if isinstance(value, Tracer):
                message = (
                    f"Variable {self.path!r} is assigned a traced value outside of any scope: the value would leak."
                )
                raise RuntimeError(message)
            self._value = value
        elif self not in scope and not scope.open_ended:
            message = f"Variable {self.path!r} is assigned inside a compiled step, but no layer of this model owns it."
            raise RuntimeError(message)
        elif scope.trace != current_trace():
            message = (
                f"Variable {self.path!r} is assigned inside a raw JAX transformation (scan, vmap, jit, ...), where the "
                "new value would be lost; use hornbeam.ops.scan and its like, which carry written Variables."
            )
            raise RuntimeError(message)
        else:
            scope[self] = value
        return value

    def assign_add(self, value: Any) -> Any:
        """Add `value`; returns the new value."""
        return self.assign(self.value + _as_value(value))

    def assign_sub(self, value: Any) -> Any:
        """Subtract `value`; returns the new value."""
        return self.assign(self.value - _as_value(value))

    def numpy(self) -> np.ndarray:
        """Return the value as a NumPy array of the caller's own."""
        return np.array(self.value)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.value, dtype=dtype)

    def __jax_array__(self) -> Any:
        return self.value

    def __len__(self) -> int:
        return len(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __repr__(self) -> str:
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}, value={self._value}>"


def _as_value(x: Any) -> Any:
    """Return a Variable's value, lists as arrays, and anything else as it is."""
    return x.value if isinstance(x, Variable) else np.asarray(x) if isinstance(x, list | tuple) else x


def _is_whole(value: Any) -> bool:
    """Return whether `value` is made of Python's whole numbers alone."""
    return all(isinstance(leaf, int) for leaf in jax.tree.leaves(value))


def find_variables(x: Any) -> list[Variable]:
    """Return the Variables among the leaves of `x`, each once."""
    leaves = jax.tree.leaves(x, is_leaf=lambda leaf: isinstance(leaf, Variable))
    return list(dict.fromkeys(leaf for leaf in leaves if isinstance(leaf, Variable)))
