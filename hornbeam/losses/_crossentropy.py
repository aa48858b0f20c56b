"""Losses of classes given as probabilities: cross-entropies, of probabilities or logits, and their focal forms."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from hornbeam import ops
from hornbeam._core import config
from hornbeam._core.op import op
from hornbeam.losses._loss import LossFunctionWrapper, pair, to_float, with_mask


def smooth(y_true: jax.Array, label_smoothing: float, target: Any) -> jax.Array:
    """Return targets moved towards `target` by a share of `label_smoothing`."""
    return y_true * (1.0 - label_smoothing) + label_smoothing * target if label_smoothing else y_true


@op
def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """Return the mean over `axis` of -(y_true * log(y_pred) + (1 - y_true) * log(1 - y_pred)).

    `y_pred` holds probabilities, or with `from_logits` any numbers, whose sigmoid is taken. `label_smoothing` moves
    targets towards 1/2.

    >>> import hornbeam as keras
    >>> keras.losses.binary_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(4).tolist()
    [0.6930999755859375]
    """
    y_true, y_pred = pair(y_true, y_pred)
    y_true = smooth(y_true, label_smoothing, 0.5)
    return jnp.mean(ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis=axis)


@op
def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Return the binary cross-entropy times (1 - p)^gamma, p being the probability given to the right class.

    With `apply_class_balancing` class 1 weighs `alpha` and class 0 weighs 1 - alpha.
    Lin et al., "Focal Loss for Dense Object Detection" (2017).

    >>> import hornbeam as keras
    >>> keras.losses.binary_focal_crossentropy([[1.0]], [[0.5]]).round(4).tolist()
    [0.17329999804496765]
    """
    y_true, y_pred = pair(y_true, y_pred)
    y_true = smooth(y_true, label_smoothing, 0.5)
    y_pred = jax.nn.sigmoid(y_pred) if from_logits else y_pred
    right = y_true * y_pred + (1.0 - y_true) * (1.0 - y_pred)
    focal = (1.0 - right) ** gamma * ops.binary_crossentropy(y_true, y_pred)
    if apply_class_balancing:
        focal = focal * (y_true * alpha + (1.0 - y_true) * (1.0 - alpha))
    return jnp.mean(focal, axis=axis)


@op
def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """Return -sum(y_true * log(y_pred)) over the classes along `axis`: (batch, ..., classes) gives (batch, ...).

    `y_pred` holds probabilities, or with `from_logits` any numbers, whose softmax is taken. `label_smoothing` moves
    targets towards 1 / classes.

    >>> import hornbeam as keras
    >>> keras.losses.categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(4).tolist()
    [0.6930999755859375]
    """
    y_pred = to_float(y_pred)
    # Smoothing divides by the length of the last axis whatever `axis` is, as Keras does.
    y_true = smooth(jnp.asarray(y_true, dtype=y_pred.dtype), label_smoothing, 1.0 / y_pred.shape[-1])
    return ops.categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)


@op
def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: float | Sequence[float] = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Return -sum(alpha * (1 - y_pred)^gamma * y_true * log(y_pred)) over the classes along `axis`.

    `alpha` is one number or one per class. Lin et al., "Focal Loss for Dense Object Detection" (2017).

    >>> import hornbeam as keras
    >>> keras.losses.categorical_focal_crossentropy([[0.0, 1.0]], [[0.5, 0.5]], alpha=1.0).round(4).tolist()
    [0.17329999804496765]
    """
    y_pred = to_float(y_pred)
    y_true = smooth(jnp.asarray(y_true, dtype=y_pred.dtype), label_smoothing, 1.0 / y_pred.shape[-1])
    y_pred = jax.nn.softmax(y_pred, axis=axis) if from_logits else y_pred
    p = y_pred / jnp.sum(y_pred, axis=axis, keepdims=True)
    p = jnp.clip(p, config.epsilon(), 1.0 - config.epsilon())
    return jnp.sum(jnp.asarray(alpha, p.dtype) * (1.0 - p) ** gamma * -y_true * jnp.log(p), axis=axis)


@op
def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Any:
    """Return -log(y_pred) at the class that y_true names.

    y_true is (batch, ...) or (batch, ..., 1), y_pred (batch, ..., classes), the result (batch, ...). `y_pred` holds
    probabilities, or with `from_logits` any numbers, whose softmax is taken. Where y_true is `ignore_class` the loss is
    0 and does not count in a mean.

    >>> import hornbeam as keras
    >>> keras.losses.sparse_categorical_crossentropy([1], [[0.5, 0.5]]).round(4).tolist()
    [0.6930999755859375]
    """
    y_pred = to_float(y_pred)
    labels = jnp.asarray(y_true)
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(labels, y_pred, from_logits=from_logits, axis=axis)
    valid = labels != ignore_class
    values = ops.sparse_categorical_crossentropy(
        jnp.where(valid, labels, 0), y_pred, from_logits=from_logits, axis=axis
    )
    valid = valid.reshape(values.shape)
    return with_mask(jnp.where(valid, values, 0.0), valid)


@op
def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Any:
    """Return (1 - p^q) / q, p being the probability (batch, classes) given to the class number y_true (batch,).

    `q` lies in (0, 1): towards 0 this is the cross-entropy, towards 1 the absolute error, which noisy labels hurt less.
    Zhang and Sabuncu, "Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels" (2018).

    >>> import hornbeam as keras
    >>> keras.losses.categorical_generalized_cross_entropy([1], [[0.75, 0.25]], q=0.5).tolist()
    [1.0]
    """
    y_pred = to_float(y_pred)
    labels = jax.nn.one_hot(jnp.asarray(y_true).astype("int32"), y_pred.shape[-1], dtype=y_pred.dtype)
    return (1.0 - jnp.sum(labels * y_pred, axis=-1) ** q) / q


@op
def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """Return sum(y_true * log(y_true / y_pred)) over the last axis, both clipped to epsilon..1.

    >>> import hornbeam as keras
    >>> keras.losses.kl_divergence([[0.5, 0.5]], [[0.5, 0.5]]).tolist()
    [0.0]
    """
    y_true, y_pred = (jnp.clip(y, config.epsilon(), 1.0) for y in pair(y_true, y_pred))
    return jnp.sum(y_true * jnp.log(y_true / y_pred), axis=-1)


class BinaryCrossentropy(LossFunctionWrapper):
    """The cross-entropy of independent yes-or-no labels (batch, ...) and probabilities, or logits, of the same shape.

    With `from_logits` predictions have not been through a sigmoid; `label_smoothing` s makes labels y (1 - s) + s / 2;
    the mean over `axis` is a sample's loss.

    >>> import hornbeam as keras
    >>> round(float(keras.losses.BinaryCrossentropy(from_logits=True)([[1.0]], [[0.0]])), 4)
    0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            binary_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class BinaryFocalCrossentropy(LossFunctionWrapper):
    """The binary cross-entropy times (1 - p)^gamma: samples that are already right count less.

    Lin et al., "Focal Loss for Dense Object Detection" (2017).

    With `from_logits` predictions have not been through a sigmoid; `label_smoothing` s makes labels y (1 - s) + s / 2;
    the mean over `axis` is a sample's loss.

    >>> import hornbeam as keras
    >>> round(float(keras.losses.BinaryFocalCrossentropy()([[1.0]], [[0.5]])), 4)
    0.1733
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            binary_focal_crossentropy,
            reduction,
            name,
            dtype,
            apply_class_balancing=apply_class_balancing,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class CategoricalCrossentropy(LossFunctionWrapper):
    """The cross-entropy of one-hot labels (batch, ..., classes) and probabilities, or logits, of the same shape.

    With `from_logits` predictions have not been through a softmax; `label_smoothing` s makes labels
    y (1 - s) + s / classes; `axis` is that of the classes.

    >>> import hornbeam as keras
    >>> round(float(keras.losses.CategoricalCrossentropy(from_logits=True)([[0.0, 1.0]], [[3.0, 3.0]])), 4)
    0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            categorical_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class CategoricalFocalCrossentropy(LossFunctionWrapper):
    """The categorical cross-entropy times alpha * (1 - p)^gamma: samples that are already right count less.

    Lin et al., "Focal Loss for Dense Object Detection" (2017).

    With `from_logits` predictions have not been through a softmax; `label_smoothing` s makes labels
    y (1 - s) + s / classes; `axis` is that of the classes.

    >>> import hornbeam as keras
    >>> round(float(keras.losses.CategoricalFocalCrossentropy(alpha=1.0)([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.1733
    """

    def __init__(
        self,
        alpha: float | Sequence[float] = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            categorical_focal_crossentropy,
            reduction,
            name,
            dtype,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """The cross-entropy of class numbers (batch, ...) and probabilities, or logits, (batch, ..., classes).

    Samples of class `ignore_class` do not count.

    >>> import hornbeam as keras
    >>> loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)
    >>> round(float(loss([1, -1], [[0.5, 0.5], [0.9, 0.1]])), 4)
    0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            sparse_categorical_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )


class CategoricalGeneralizedCrossEntropy(LossFunctionWrapper):
    """The mean of (1 - p^q) / q, p being the probability (batch, classes) of the class number (batch,) given as label.

    The nearer `q` is to 1, the less wrong labels hurt.

    Zhang and Sabuncu, "Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels" (2018).

    >>> import hornbeam as keras
    >>> float(keras.losses.CategoricalGeneralizedCrossEntropy(q=0.5)([1], [[0.75, 0.25]]))
    1.0
    """

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: Any = None,
    ) -> None:
        if not 0 < q < 1:
            message = f"{name}: q must be between 0 and 1, both excluded; got {q!r}."
            raise ValueError(message)
        super().__init__(categorical_generalized_cross_entropy, reduction, name, dtype, q=q)


class KLDivergence(LossFunctionWrapper):
    """The sum of y_true * log(y_true / y_pred), two probability distributions (batch, ..., classes).

    >>> import hornbeam as keras
    >>> float(keras.losses.KLDivergence()([[0.5, 0.5]], [[0.5, 0.5]]))
    0.0
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "kl_divergence",
        dtype: Any = None,
    ) -> None:
        super().__init__(kl_divergence, reduction, name, dtype)
