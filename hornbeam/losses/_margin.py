"""Losses of margins: the right side of a boundary, by a distance."""

from typing import Any

import jax
import jax.numpy as jnp

from hornbeam._core.op import op
from hornbeam.losses._loss import LossFunctionWrapper, pair


def signs(y_true: jax.Array) -> jax.Array:
    """Return labels as -1 and 1; labels that are not all 0 or 1 stay as they are."""
    return jnp.where(jnp.all((y_true == 0) | (y_true == 1)), 2.0 * y_true - 1.0, y_true)


@op
def hinge(y_true: Any, y_pred: Any) -> Any:
    """Return mean(max(1 - y_true * y_pred, 0)) over the last axis, for labels -1 and 1, or 0 and 1.

    >>> import hornbeam as keras
    >>> keras.losses.hinge([[-1.0, 1.0]], [[0.5, 0.5]]).tolist()
    [1.0]
    """
    y_true, y_pred = pair(y_true, y_pred)
    return jnp.mean(jnp.maximum(1.0 - signs(y_true) * y_pred, 0.0), axis=-1)


@op
def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """Return mean(max(1 - y_true * y_pred, 0)^2) over the last axis, for labels -1 and 1, or 0 and 1.

    >>> import hornbeam as keras
    >>> keras.losses.squared_hinge([[-1.0, 1.0]], [[0.5, 0.5]]).tolist()
    [1.25]
    """
    y_true, y_pred = pair(y_true, y_pred)
    return jnp.mean(jnp.square(jnp.maximum(1.0 - signs(y_true) * y_pred, 0.0)), axis=-1)


@op
def categorical_hinge(y_true: Any, y_pred: Any) -> Any:
    """Return max(1 + max((1 - y_true) * y_pred) - sum(y_true * y_pred), 0), sum and max over the classes.

    >>> import hornbeam as keras
    >>> keras.losses.categorical_hinge([[0.0, 1.0]], [[0.25, 0.75]]).tolist()
    [0.5]
    """
    y_true, y_pred = pair(y_true, y_pred)
    right, wrong = jnp.sum(y_true * y_pred, axis=-1), jnp.max((1.0 - y_true) * y_pred, axis=-1)
    return jnp.maximum(wrong - right + 1.0, 0.0)


class Hinge(LossFunctionWrapper):
    """The mean of max(1 - y_true * y_pred, 0), for labels -1 and 1, or 0 and 1.

    >>> import hornbeam as keras
    >>> float(keras.losses.Hinge()([[-1.0, 1.0]], [[0.5, 0.5]]))
    1.0
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(hinge, reduction, name, dtype)


class SquaredHinge(LossFunctionWrapper):
    """The mean of max(1 - y_true * y_pred, 0)^2, for labels -1 and 1, or 0 and 1.

    >>> import hornbeam as keras
    >>> float(keras.losses.SquaredHinge()([[-1.0, 1.0]], [[0.5, 0.5]]))
    1.25
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "squared_hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(squared_hinge, reduction, name, dtype)


class CategoricalHinge(LossFunctionWrapper):
    """How much the right class's score lacks to lie 1 above the highest of the others.

    Labels (batch, classes) are one-hot.

    >>> import hornbeam as keras
    >>> float(keras.losses.CategoricalHinge()([[0.0, 1.0]], [[0.25, 0.75]]))
    0.5
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(categorical_hinge, reduction, name, dtype)
