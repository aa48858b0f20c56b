"""Functions of `keras.backend` with state: variables, phases, functions of a graph, settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from hornbeam import layers, models, ops
from hornbeam._core import config
from hornbeam._core.names import reset_names
from hornbeam._core.op import op
from hornbeam._core.state import HERE, Variable, here

DIM_ORDERINGS = {"th": "channels_first", "tf": "channels_last"}
reset_uids = reset_names

# ---- variables


def variable(value: Any, dtype: str | None = None, name: str | None = None, constraint: Any = None) -> Variable:
    """Return a Variable that begins as `value`.

    >>> from hornbeam.legacy import backend as K
    >>> K.eval(K.variable([1.0, 2.0]) * 3).tolist()
    [3.0, 6.0]
    """
    made = Variable(np.asarray(value), dtype=dtype or config.floatx(), name=name)
    made.constraint = constraint
    return made


def get_value(x: Any) -> Any:
    """Return the value of a Variable as a NumPy array."""
    return np.asarray(x.value if isinstance(x, Variable) else x)


eval = get_value


def batch_get_value(xs: Iterable[Any]) -> list[Any]:
    """Return the values of several Variables."""
    return [get_value(x) for x in xs]


def set_value(x: Variable, value: Any) -> None:
    """Set the value of a Variable."""
    x.assign(np.asarray(value))


def batch_set_value(tuples: Iterable[tuple[Variable, Any]]) -> None:
    """Set the values of several Variables: pairs (variable, value)."""
    for x, value in tuples:
        set_value(x, value)


def update(x: Variable, new_x: Any) -> Any:
    """Set a Variable, also inside a layer's call; return the new value."""
    return x.assign(new_x)


def update_add(x: Variable, increment: Any) -> Any:
    """Add to a Variable; return the new value."""
    return x.assign(x.value + jnp.asarray(increment))


def update_sub(x: Variable, decrement: Any) -> Any:
    """Subtract from a Variable; return the new value."""
    return x.assign(x.value - jnp.asarray(decrement))


def moving_average_update(x: Variable, value: Any, momentum: float) -> Any:
    """Move a Variable towards `value`: momentum * x + (1 - momentum) * value."""
    return x.assign(x.value * momentum + value * (1.0 - momentum))


def placeholder(
    shape: Sequence[int | None] | None = None,
    ndim: int | None = None,
    dtype: str | None = None,
    sparse: bool = False,
    name: str | None = None,
) -> Any:
    """Return a symbolic tensor of `shape`, or of `ndim` unknown lengths, for `function`."""
    shape = (None,) * (ndim or 0) if shape is None else tuple(shape)
    return layers.Input(batch_shape=shape, dtype=dtype, sparse=sparse or None, name=name)


# ---- phases and functions


class LearningPhase:
    """Stands for 1 while a model trains and 0 otherwise, among the inputs of `function`."""


_PHASE = LearningPhase()


def learning_phase() -> LearningPhase | int:
    """Return 1 or 0 inside a computation that trains or does not, and a symbol for `function` elsewhere."""
    return _PHASE if HERE.training is None else int(HERE.training)


def set_learning_phase(value: int) -> None:
    """Say whether layers called from now on train (1) or not (0)."""
    HERE.training = bool(value)


def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """Return `x` in training and `alt` otherwise; each may be a function without arguments."""
    chosen = x if (HERE.training if training is None or training is _PHASE else training) else alt
    return chosen() if callable(chosen) else chosen


def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """Return `alt` in training and `x` otherwise."""
    return in_train_phase(alt, x, training)


def function(
    inputs: Sequence[Any],
    outputs: Any,
    updates: Sequence[Any] = (),  # noqa: ARG001  # `K.update` has made them already
    **kwargs: Any,  # noqa: ARG001  # options of other engines
) -> Callable[..., list[Any]]:
    """Return a function from a list of arrays to the list of `outputs`, all symbolic; `learning_phase` can be an input.

    >>> import hornbeam as keras
    >>> from hornbeam.legacy import backend as K
    >>> x = keras.Input((3,))
    >>> double = K.function([x], [x * 2])
    >>> double([[[1.0, 2.0, 3.0]]])[0].tolist()
    [[2.0, 4.0, 6.0]]
    """
    symbols = [x for x in inputs if x is not _PHASE]
    graph = models.Model(symbols, list(outputs) if isinstance(outputs, list | tuple) else [outputs])

    def run(values: Sequence[Any]) -> list[Any]:
        given = list(zip(inputs, values, strict=True))
        phase = next((bool(v) for x, v in given if x is _PHASE), None)
        arrays = [jnp.asarray(v, x.dtype) for x, v in given if x is not _PHASE]
        with here(training=phase):
            return [np.asarray(y) for y in jax.tree.leaves(graph(arrays))]

    return run


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """Return one of two tensors by a condition, elementwise where it has a shape; each may be a function."""
    then = then_expression() if callable(then_expression) else then_expression
    other = else_expression() if callable(else_expression) else else_expression
    return _switch(condition, then, other)


@op
def _switch(condition: Any, then: Any, other: Any) -> Any:
    condition = jnp.asarray(condition, bool)
    return jnp.where(condition.reshape(condition.shape + (1,) * (jnp.ndim(then) - condition.ndim)), then, other)


def map_fn(fn: Callable[[Any], Any], elems: Any, name: str | None = None, dtype: str | None = None) -> Any:  # noqa: ARG001  # labels for graphs
    """Return `fn` of each row of `elems`, stacked."""
    return _map(fn, elems)


@op
def _map(fn: Callable[[Any], Any], elems: Any) -> Any:
    return jax.vmap(fn)(elems)


def print_tensor(x: Any, message: str = "") -> Any:
    """Print the value of `x` whenever it is computed, and return it."""
    return _print(x, message)


@op
def _print(x: Any, message: str) -> Any:
    jax.debug.print("{}{}", message, x)
    return x


def identity(x: Any, name: str | None = None) -> Any:  # noqa: ARG001  # labels for graphs
    """Return `x`, as a tensor of its own."""
    return ops.copy(x)


@contextmanager
def name_scope(name: str) -> Iterator[None]:  # noqa: ARG001  # labels for graphs
    """Group the operations in the `with` block: a name for the reader of the program."""
    yield


# ---- settings


def backend() -> str:
    """Return 'tensorflow': whose conventions programs of Keras 1 and 2 get here (kernels, axes, names)."""
    return "tensorflow"


def image_dim_ordering() -> str:
    """Return 'th' where channels come first, 'tf' where they come last."""
    return next(old for old, new in DIM_ORDERINGS.items() if new == config.image_data_format())


def set_image_dim_ordering(dim_ordering: str) -> None:
    """Set the order of an image's axes: 'th' for channels first, 'tf' for channels last."""
    if dim_ordering not in DIM_ORDERINGS:
        message = f"dim_ordering must be 'tf' or 'th'; got {dim_ordering!r}."
        raise ValueError(message)
    config.set_image_data_format(DIM_ORDERINGS[dim_ordering])
