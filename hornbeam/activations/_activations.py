"""The activations that are more than an op of the same name, or other."""

from typing import Any

from hornbeam import ops
from hornbeam._core.op import op
from hornbeam.ops import _masks


def linear(x: Any) -> Any:
    """Return x.

    >>> import hornbeam as keras
    >>> keras.activations.linear(3.0)
    3.0
    """
    return x


def exponential(x: Any) -> Any:
    """Return exp(x).

    >>> import hornbeam as keras
    >>> keras.activations.exponential([0.0]).tolist()
    [1.0]
    """
    return ops.exp(x)


def gelu(x: Any, approximate: bool = False) -> Any:
    """Return x * P(a standard normal number <= x), exactly or by tanh when `approximate` (Hendrycks and Gimpel 2016).

    >>> import hornbeam as keras
    >>> keras.activations.gelu([0.0, 1.0]).round(3).tolist()
    [0.0, 0.841...]
    """
    return ops.gelu(x, approximate=approximate)


@op
def mish(x: Any) -> Any:
    """Return x * tanh(softplus(x)) (Misra 2019).

    >>> import hornbeam as keras
    >>> keras.activations.mish([0.0, 1.0]).round(3).tolist()
    [0.0, 0.865...]
    """
    return ops.multiply(x, ops.tanh(ops.softplus(x)))


@op
def relu(x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """Return x where x > `threshold`, at most `max_value`, and elsewhere `negative_slope * (x - threshold)`.

    >>> import hornbeam as keras
    >>> keras.activations.relu([-2.0, 2.0, 9.0], max_value=6).tolist()
    [0.0, 2.0, 6.0]
    """
    if negative_slope and max_value is None and not threshold:
        return ops.leaky_relu(x, negative_slope=negative_slope)
    y = ops.where(ops.greater(x, threshold), x, 0) if threshold else ops.relu(x)
    if max_value is not None:
        y = ops.relu6(x) if (max_value, threshold) == (6, 0) else ops.minimum(y, max_value)
    return y - negative_slope * ops.relu(ops.subtract(threshold, x)) if negative_slope else y


_masks.rule_of(_masks.elementwise, mish, relu)
