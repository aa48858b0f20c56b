"""The loss of sequences whose places in time are not known."""

from typing import Any

import jax.numpy as jnp

from hornbeam._core.op import op
from hornbeam.losses._loss import LossFunctionWrapper, to_float
from hornbeam.ops.nn import ctc_loss


@op
def ctc(y_true: Any, y_pred: Any) -> Any:
    """Return -log of the probability (batch,) of the label sequences y_true (batch, length).

    `y_pred` is (batch, time, classes) of logits. Class 0 is the blank; zeros at the end of a row of y_true are padding.
    Graves et al., "Connectionist Temporal Classification" (2006).

    >>> import hornbeam as keras
    >>> keras.losses.ctc([[1]], [[[0.0, 0.0]]]).round(4).tolist()
    [0.6930999755859375]
    """
    labels, y_pred = jnp.asarray(y_true).astype("int32"), to_float(y_pred)
    if labels.ndim != 2 or y_pred.ndim != 3:
        expected = "ctc expects y_true (batch, length) and y_pred (batch, time, classes)"
        message = f"{expected}; got shapes {labels.shape} and {y_pred.shape}."
        raise ValueError(message)
    if labels.shape[0] != y_pred.shape[0]:
        message = f"ctc expects as many rows in y_true as in y_pred; got shapes {labels.shape} and {y_pred.shape}."
        raise ValueError(message)
    lengths = jnp.sum(labels != 0, axis=1)
    return ctc_loss(labels, y_pred, lengths, jnp.full(y_pred.shape[:1], y_pred.shape[1]), mask_index=0)


class CTC(LossFunctionWrapper):
    """Minus the log probability of label sequences (batch, length) whose places in time are not known.

    Class 0 of the logits (batch, time, classes) is the blank; zeros at the end of a row of labels are padding.
    Graves et al., "Connectionist Temporal Classification" (2006).

    >>> import hornbeam as keras
    >>> round(float(keras.losses.CTC()([[1]], [[[0.0, 0.0]]])), 4)
    0.6931
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "ctc",
        dtype: Any = None,
    ) -> None:
        super().__init__(ctc, reduction, name, dtype)
