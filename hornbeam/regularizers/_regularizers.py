"""Penalties on weights and activities, added to the loss."""

import math
from typing import Any

import jax
import jax.numpy as jnp

from hornbeam import ops
from hornbeam._core.op import op
from hornbeam._core.serialize import Configurable


class Regularizer(Configurable):
    """A function of a weight or an activity that gives a scalar, added to the loss.

    Subclasses define `__call__` and store each constructor argument under its own name.

    >>> import hornbeam as keras
    >>> class Spread(keras.Regularizer):
    ...     def __call__(self, x):
    ...         return keras.ops.std(x)
    >>> float(Spread()([1.0, 3.0]))
    1.0
    """

    def __call__(self, x: Any) -> Any:
        """Return the penalty of `x`, here 0."""
        return 0.0


def _factor(owner: str, name: str, value: Any) -> float:
    """Return a factor as a float; None is 0, and what is not a finite number of at least 0 raises ValueError."""
    if value is None:
        return 0.0
    if not isinstance(value, int | float) or not 0 <= value < math.inf:
        message = f"{owner}: {name} must be a finite number of at least 0; got {value!r}."
        raise ValueError(message)
    return float(value)


class L1L2(Regularizer):
    """The penalty `l1 * sum(|x|) + l2 * sum(x^2)`.

    >>> import hornbeam as keras
    >>> float(keras.regularizers.L1L2(l1=1.0, l2=0.5)([1.0, -2.0]))
    5.5
    """

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0) -> None:
        self.l1, self.l2 = _factor("L1L2", "l1", l1), _factor("L1L2", "l2", l2)

    def __call__(self, x: Any) -> Any:
        """Return the penalty of `x`, a scalar."""
        penalty = 0.0
        if self.l1:
            penalty += self.l1 * ops.sum(ops.abs(x))
        if self.l2:
            penalty += self.l2 * ops.sum(ops.square(x))
        return penalty


class L1(Regularizer):
    """The penalty `l1 * sum(|x|)`, which pulls weights to zero exactly.

    >>> import hornbeam as keras
    >>> float(keras.regularizers.L1(0.5)([1.0, -2.0]))
    1.5
    """

    def __init__(self, l1: float | None = 0.01) -> None:
        self.l1 = _factor("L1", "l1", l1)

    def __call__(self, x: Any) -> Any:
        """Return the penalty of `x`, a scalar."""
        return self.l1 * ops.sum(ops.abs(x))


class L2(Regularizer):
    """The penalty `l2 * sum(x^2)`, which keeps weights small.

    >>> import hornbeam as keras
    >>> float(keras.regularizers.L2(0.5)([1.0, -2.0]))
    2.5
    """

    def __init__(self, l2: float | None = 0.01) -> None:
        self.l2 = _factor("L2", "l2", l2)

    def __call__(self, x: Any) -> Any:
        """Return the penalty of `x`, a scalar."""
        return self.l2 * ops.sum(ops.square(x))


class OrthogonalRegularizer(Regularizer):
    """The penalty `factor * mean(|cosine|)` over all pairs of rows (or columns, by `mode`) of a matrix.

    It is 0 where they are orthogonal to each other. An input that is not (rows, columns) raises ValueError.

    >>> import hornbeam as keras
    >>> float(keras.regularizers.OrthogonalRegularizer(0.5)([[1.0, 0.0], [2.0, 0.0]]))
    0.5
    """

    def __init__(self, factor: float | None = 0.01, mode: str = "rows") -> None:
        if mode not in ("rows", "columns"):
            message = f"OrthogonalRegularizer: mode must be 'rows' or 'columns'; got {mode!r}."
            raise ValueError(message)
        self.factor, self.mode = _factor("OrthogonalRegularizer", "factor", factor), mode

    def __call__(self, x: Any) -> Any:
        """Return the penalty of `x` (rows, columns), a scalar."""
        return self.factor * _mean_cosine(x, self.mode)


@op
def _mean_cosine(x: Any, mode: str) -> jax.Array:
    """Return the mean absolute cosine between two rows or columns of a matrix; one of zeros is orthogonal to all."""
    x = jnp.asarray(x)
    if x.ndim != 2:
        message = f"OrthogonalRegularizer needs a matrix (rows, columns); got the shape {x.shape}."
        raise ValueError(message)
    vectors = x if mode == "rows" else x.T
    squares = jnp.sum(jnp.square(vectors), axis=1, keepdims=True)
    vectors = vectors / jnp.sqrt(jnp.where(squares > 0, squares, 1))
    cosines = jnp.abs(vectors @ vectors.T)
    count = len(vectors)
    return jnp.sum(cosines * (1 - jnp.eye(count, dtype=cosines.dtype))) / max(count * (count - 1), 1)
