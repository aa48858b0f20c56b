"""Losses of whole sets: overlap of regions, distances among embeddings."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from hornbeam._core import config
from hornbeam._core.op import op
from hornbeam.losses._loss import LossFunctionWrapper, pair, to_float, with_mask

Axis = int | Sequence[int] | None


def _axes(axis: Axis) -> int | tuple[int, ...] | None:
    return axis if axis is None or isinstance(axis, int) else tuple(axis)


@op
def dice(y_true: Any, y_pred: Any, axis: Axis = None) -> Any:
    """Return 1 - 2 * sum(y_true * y_pred) / (sum(y_true) + sum(y_pred)), sums along `axis` or of everything.

    Milletari et al., "V-Net" (2016).

    >>> import hornbeam as keras
    >>> float(keras.losses.dice([[1.0, 0.0]], [[0.0, 1.0]]))
    1.0
    """
    y_true, y_pred = pair(y_true, y_pred)
    both = jnp.sum(y_true * y_pred, axis=_axes(axis))
    each = jnp.sum(y_true, axis=_axes(axis)) + jnp.sum(y_pred, axis=_axes(axis))
    return 1.0 - 2.0 * both / (each + config.epsilon())


@op
def tversky(y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Axis = None) -> Any:
    """Return 1 - tp / (tp + alpha * fn + beta * fp), the overlap with false negatives and positives weighed apart.

    Salehi et al., "Tversky loss function for image segmentation" (2017).

    >>> import hornbeam as keras
    >>> float(keras.losses.tversky([[1.0, 0.0]], [[0.0, 1.0]]))
    1.0
    """
    y_true, y_pred = pair(y_true, y_pred)
    right = jnp.sum(y_true * y_pred, axis=_axes(axis))
    false_positive = jnp.sum((1.0 - y_true) * y_pred, axis=_axes(axis))
    false_negative = jnp.sum(y_true * (1.0 - y_pred), axis=_axes(axis))
    return 1.0 - right / (right + alpha * false_negative + beta * false_positive + config.epsilon())


@op
def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Any:
    """Return the circle loss (batch,) of embeddings (batch, d) of length 1 with class numbers y_true (batch,).

    Each is compared with `ref_embeddings` (n, d) of classes `ref_labels` (n,), by default with the batch itself, then
    without its own pair (`remove_diagonal`). Zeros do not count in a mean.
    Sun et al., "Circle Loss: A Unified Perspective of Pair Similarity Optimization" (2020).

    >>> import hornbeam as keras
    >>> keras.losses.circle([0, 0, 1], [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]).round(1).tolist()
    [54.400001525878906, 134.40000915527344, 0.0]
    """
    y_pred = to_float(y_pred)
    labels = jnp.asarray(y_true).astype("int32").reshape(-1)
    others = labels if ref_labels is None else jnp.asarray(ref_labels).astype("int32").reshape(-1)
    embeddings = y_pred if ref_embeddings is None else to_float(ref_embeddings)
    similarity = jnp.clip(y_pred @ embeddings.T, -1.0, 1.0)
    same = labels[:, None] == others
    alike = same & ~jnp.eye(*same.shape, dtype=bool) if remove_diagonal else same
    pull = -gamma * jnp.maximum(1.0 + margin - similarity, 0.0) * (similarity - (1.0 - margin))
    push = gamma * jnp.maximum(similarity + margin, 0.0) * (similarity - margin)
    values = jax.nn.softplus(_logsumexp(pull, alike) + _logsumexp(push, ~same))
    return with_mask(values, values > 0)


def _logsumexp(x: jax.Array, where: jax.Array) -> jax.Array:
    return jax.nn.logsumexp(jnp.where(where, x, -jnp.inf), axis=1)


class Dice(LossFunctionWrapper):
    """One minus the share that two regions have in common, 2 * overlap / (one + other).

    Milletari et al., "V-Net" (2016).

    >>> import hornbeam as keras
    >>> float(keras.losses.Dice()([[1.0, 0.0]], [[0.0, 1.0]]))
    1.0
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "dice",
        axis: Axis = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(dice, reduction, name, dtype, axis=axis)


class Tversky(LossFunctionWrapper):
    """One minus the overlap of two regions, with weights `alpha` of false negatives and `beta` of false positives.

    Salehi et al., "Tversky loss function for image segmentation" (2017).

    >>> import hornbeam as keras
    >>> float(keras.losses.Tversky()([[1.0, 0.0]], [[0.0, 1.0]]))
    1.0
    """

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "tversky",
        axis: Axis = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(tversky, reduction, name, dtype, alpha=alpha, beta=beta, axis=axis)


class Circle(LossFunctionWrapper):
    """Pulls embeddings (batch, d) of one class together and pushes those of others apart, the harder the further off.

    Sun et al., "Circle Loss: A Unified Perspective of Pair Similarity Optimization" (2020).

    >>> import hornbeam as keras
    >>> round(float(keras.losses.Circle()([0, 0, 1], [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])), 1)
    94.4
    """

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "circle",
        dtype: Any = None,
    ) -> None:
        super().__init__(circle, reduction, name, dtype, gamma=gamma, margin=margin, remove_diagonal=remove_diagonal)
