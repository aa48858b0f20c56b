"""The three parts of a batch: inputs, targets, weights of the samples."""

from typing import Any

from hornbeam._core.tree import is_nested


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """Return inputs, targets and sample weights as a custom training loop's data has them; absent ones are left out.

    >>> import hornbeam as keras
    >>> keras.utils.pack_x_y_sample_weight(1, 2)
    (1, 2)
    """
    if y is None:
        return (x,) if is_nested(x) and not isinstance(x, dict) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """Return inputs, targets and sample weights, None for those that `data` does not have.

    `data` is x, (x,), (x, y) or (x, y, sample_weight).

    >>> import hornbeam as keras
    >>> keras.utils.unpack_x_y_sample_weight((1, 2))
    (1, 2, None)
    """
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if not 1 <= len(data) <= 3:
        message = f"Data is x, (x,), (x, y) or (x, y, sample_weight); got a tuple of {len(data)}."
        raise ValueError(message)
    x, y, sample_weight = (*data, None, None)[:3]
    return x, y, sample_weight
