"""Targets and predictions that a loss would take and make nonsense of: looked at on the host, before the arithmetic."""

import warnings
from typing import Any

import numpy as np

from hornbeam.losses import _crossentropy as c
from hornbeam.losses import _margin as m
from hornbeam.losses import _overlap as o
from hornbeam.losses import _regression as r
from hornbeam.losses._loss import Loss, LossFunctionWrapper

_SPARSE = (c.sparse_categorical_crossentropy, c.categorical_generalized_cross_entropy)
_ONE_HOT = (c.categorical_crossentropy, c.categorical_focal_crossentropy)
_BINARY = (c.binary_crossentropy, c.binary_focal_crossentropy)
_ELEMENTWISE = (
    *_BINARY, c.kl_divergence, m.hinge, m.squared_hinge, m.categorical_hinge, o.dice, o.tversky,
    r.mean_squared_error, r.mean_absolute_error, r.mean_absolute_percentage_error, r.mean_squared_logarithmic_error,
    r.huber, r.log_cosh, r.cosine_similarity, r.poisson,
)  # fmt: skip


def check_targets(loss: Any, y: np.ndarray, output_shape: tuple[int | None, ...], y_name: str = "y") -> None:
    """Raise ValueError when targets `y` (batch, ...) cannot be meant for `loss` and outputs of `output_shape`.

    `loss` is a loss or a function; of those that are not Keras's own nothing is known, and nothing is refused.

    >>> import numpy as np
    >>> check_targets(c.SparseCategoricalCrossentropy(), np.array([0, 7, 1]), (None, 3))
    Traceback (most recent call last):
        ...
    ValueError: y for the loss 'sparse_categorical_crossentropy': labels 0..2 expected, found 7 at row 1.
    """
    fn, y = _function(loss), np.asarray(y)
    where = f"{y_name} for the loss {getattr(loss, 'name', None) or fn.__name__!r}"
    classes = classes_of(loss, output_shape)
    if classes is not None:
        _check_label_shape(y, output_shape, where)
        _check_labels(y, classes, getattr(loss, "ignore_class", None), fn, where)
    elif fn in _ONE_HOT:
        _check_one_hot(y, output_shape, where)
    elif fn in _ELEMENTWISE:
        _check_same_shape(y, output_shape, where)


def classes_of(loss: Any, output_shape: tuple[int | None, ...]) -> int | None:
    """Return the number of classes where `loss` takes class numbers as targets, None where it takes other targets.

    >>> classes_of(c.SparseCategoricalCrossentropy(), (None, 3)), classes_of(c.CategoricalCrossentropy(), (None, 3))
    (3, None)
    """
    sparse = _function(loss) in _SPARSE and getattr(loss, "axis", -1) in (-1, len(output_shape) - 1)
    return output_shape[-1] if sparse else None


def _function(loss: Any) -> Any:
    """Return the function that computes `loss`, or the loss itself where a subclass computes it otherwise."""
    own_call = isinstance(loss, LossFunctionWrapper) and type(loss).call is LossFunctionWrapper.call
    return loss.fn if own_call and type(loss).__call__ is Loss.__call__ else loss


def _squeezed(shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
    """Return the axes of one sample, without one of length 1 at the end."""
    return shape[1:-1] if len(shape) > 1 and shape[-1] == 1 else shape[1:]


def _fits(given: tuple[int | None, ...], expected: tuple[int | None, ...]) -> bool:
    return len(given) == len(expected) and all(
        e is None or g is None or g == e for g, e in zip(given, expected, strict=True)
    )


def _shape(shape: tuple[int | None, ...]) -> str:
    return f"(batch, {', '.join('any' if d is None else str(d) for d in shape[1:])}".rstrip(" ") + ")"


def _check_same_shape(y: np.ndarray, output_shape: tuple[int | None, ...], where: str) -> None:
    if not _fits(_squeezed(y.shape), _squeezed(output_shape)):
        message = f"{where}: shape {_shape(output_shape)} expected, as the model's output has; got {y.shape}."
        raise ValueError(message)


def _is_whole(y: np.ndarray) -> bool:
    return y.dtype.kind in "iub" or (y.dtype.kind == "f" and bool(np.all(y == np.floor(y))))


def _check_one_hot(y: np.ndarray, output_shape: tuple[int | None, ...], where: str) -> None:
    if _fits(y.shape[1:], output_shape[1:]):
        return
    message = (
        f"{where}: one-hot labels of shape {_shape(output_shape)} expected, as the model's output has; got {y.shape}."
    )
    if _fits(_squeezed(y.shape), output_shape[1:-1]) and _is_whole(y):
        message += " For class numbers use the loss 'sparse_categorical_crossentropy'."
    raise ValueError(message)


def _check_label_shape(y: np.ndarray, output_shape: tuple[int | None, ...], where: str) -> None:
    if _fits(y.shape[1:], output_shape[1:-1]) or _fits(y.shape[1:], (*output_shape[1:-1], 1)):
        return
    message = f"{where}: class numbers of shape {_shape(output_shape[:-1])} expected; got {y.shape}."
    if _fits(y.shape[1:], output_shape[1:]):
        message += " For one-hot labels use the loss 'categorical_crossentropy'."
    raise ValueError(message)


def _check_labels(y: np.ndarray, classes: int, ignore_class: int | None, fn: Any, where: str) -> None:
    if not y.size or y.dtype.kind not in "iubf":
        return
    low, high = (-1, -1) if y.dtype.kind == "b" else (y.min(), y.max())
    if low >= 0 and high < classes and _is_whole(y):
        return
    bad = ~((y >= 0) & (y < classes)) | (y != np.floor(y))
    if ignore_class is not None:
        bad &= y != ignore_class
    if not bad.any():
        return
    place = tuple(int(i) for i in np.argwhere(bad)[0])
    found = y[place].item()
    message = f"{where}: labels 0..{classes - 1} expected, found {found!r} at row {place[0]}"
    message += f" (index {list(place)})." if y.ndim > 1 and y.shape[1:] != (1,) else "."
    if classes == 1:
        message += " A model with one output per sample takes the loss 'binary_crossentropy'."
    elif found == -1 and fn is c.sparse_categorical_crossentropy:
        message += " To leave such samples out, use SparseCategoricalCrossentropy(ignore_class=-1)."
    raise ValueError(message)


def check_predictions(loss: Any, y_pred: np.ndarray, y_name: str = "y_pred") -> None:
    """Warn when predictions (batch, ...) are not the probabilities that the cross-entropy `loss` expects.

    >>> import warnings
    >>> import numpy as np
    >>> with warnings.catch_warnings(action="error"):
    ...     check_predictions(c.BinaryCrossentropy(), np.array([[3.0]]))
    Traceback (most recent call last):
        ...
    UserWarning: y_pred for the loss 'binary_crossentropy': probabilities in [0, 1] expected, found 3 at row 0. ...
    """
    fn = _function(loss)
    if getattr(loss, "from_logits", False) or fn not in (*_BINARY, *_ONE_HOT, *_SPARSE):
        return
    y_pred = np.asarray(y_pred)
    # One-of-many probabilities are scaled to sum to 1 first, so that only negative ones are wrong.
    bad = (y_pred < 0) | (y_pred > 1) if fn in _BINARY else y_pred < 0
    if bad.any():
        place = tuple(int(i) for i in np.argwhere(bad)[0])
        warnings.warn(
            f"{y_name} for the loss {getattr(loss, 'name', None) or fn.__name__!r}: probabilities in [0, 1] "
            f"expected, found {y_pred[place].item():.4g} at row {place[0]}. If the model's output is logits, use "
            f"{_class_name(fn)}(from_logits=True); else end the model with a sigmoid or a softmax.",
            stacklevel=2,
        )


def _class_name(fn: Any) -> str:
    return "".join(word.capitalize() for word in fn.__name__.split("_"))
