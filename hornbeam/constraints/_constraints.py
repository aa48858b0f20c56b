"""Projections of weights, applied after each step of the optimizer."""

from typing import Any

from hornbeam import ops
from hornbeam._core import config
from hornbeam._core.serialize import Configurable

Axis = int | tuple[int, ...] | list[int]


class Constraint(Configurable):
    """A function of a weight that returns it projected to where it may be; this one leaves it as it is.

    Subclasses define `__call__` and store each constructor argument under its own name.

    >>> import hornbeam as keras
    >>> class AtMostOne(keras.constraints.Constraint):
    ...     def __call__(self, w):
    ...         return keras.ops.minimum(w, 1.0)
    >>> AtMostOne()([0.5, 2.0]).tolist()
    [0.5, 1.0]
    """

    def __call__(self, w: Any) -> Any:
        """Return the projection of `w`, of the same shape."""
        return w


def _norms(w: Any, axis: Axis) -> Any:
    """Return the length of each vector of `w` along `axis`, which is kept with length 1."""
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))


class MaxNorm(Constraint):
    """Scales down the vectors along `axis` that are longer than `max_value`.

    In a kernel (inputs, units) of Dense, axis 0 takes the weights that lead to one unit; in one of Conv2D
    (rows, columns, inputs, filters) the axes [0, 1, 2] take the weights of one filter.

    >>> import hornbeam as keras
    >>> keras.constraints.MaxNorm(1.0)([[3.0, 0.3], [4.0, 0.4]]).round(3).tolist()
    [[0.6..., 0.3...], [0.8..., 0.4...]]
    """

    def __init__(self, max_value: float = 2, axis: Axis = 0) -> None:
        self.max_value, self.axis = max_value, axis

    def __call__(self, w: Any) -> Any:
        """Return `w` with its vectors at most `max_value` long."""
        norms = _norms(w, self.axis)
        return ops.multiply(w, ops.clip(norms, 0, self.max_value) / (config.epsilon() + norms))


class NonNeg(Constraint):
    """Sets negative weights to 0.

    >>> import hornbeam as keras
    >>> keras.constraints.NonNeg()([-1.0, 2.0]).tolist()
    [0.0, 2.0]
    """

    def __call__(self, w: Any) -> Any:
        """Return `w` where it is not negative, else 0."""
        return ops.maximum(w, 0)


class UnitNorm(Constraint):
    """Scales the vectors along `axis` to length 1; `axis` is as in MaxNorm.

    >>> import hornbeam as keras
    >>> keras.constraints.UnitNorm()([[3.0], [4.0]]).round(3).tolist()
    [[0.6...], [0.8...]]
    """

    def __init__(self, axis: Axis = 0) -> None:
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        """Return `w` with vectors of length 1."""
        return ops.divide(w, config.epsilon() + _norms(w, self.axis))


class MinMaxNorm(Constraint):
    """Moves the lengths of the vectors along `axis` towards the range from `min_value` to `max_value`.

    The new length is `(1 - rate) * length + rate * clip(length, min_value, max_value)`: with a rate of 1 it is in the
    range at once. `axis` is as in MaxNorm.

    >>> import hornbeam as keras
    >>> keras.constraints.MinMaxNorm(rate=0.5)([[3.0], [4.0]]).round(3).tolist()
    [[1.8...], [2.4...]]
    """

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Axis = 0) -> None:
        self.min_value, self.max_value, self.rate, self.axis = min_value, max_value, rate, axis

    def __call__(self, w: Any) -> Any:
        """Return `w` with its vectors scaled."""
        norms = _norms(w, self.axis)
        wanted = self.rate * ops.clip(norms, self.min_value, self.max_value) + (1 - self.rate) * norms
        return ops.multiply(w, wanted / (config.epsilon() + norms))
