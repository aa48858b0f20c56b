"""The loss of sequences whose places in time are not known."""

from typing import Any

import jax
import jax.numpy as jnp

from hornbeam._core.op import op
from hornbeam.losses._loss import LossFunctionWrapper, to_float

_NEVER = -1e5  # log of a probability of nothing, finite so that gradients are


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
    return jax.vmap(_minus_log_probability)(labels, jax.nn.log_softmax(y_pred))


def _minus_log_probability(labels: jax.Array, log_p: jax.Array) -> jax.Array:
    """Return -log p of one row of labels (length,), summed over all alignments, from log_p (time, classes).

    The path runs through blank, label, blank, label, ..., blank; `ways[s]` is the log probability of having got to its
    place s, from s, from s - 1, or from s - 2 where that skips a blank between two different labels.
    """
    path = jnp.zeros(2 * labels.shape[0] + 1, dtype=labels.dtype).at[1::2].set(labels)
    skips = (path != 0) & (path != jnp.roll(path, 2)) & (jnp.arange(path.shape[0]) > 1)
    start = jnp.where(jnp.arange(path.shape[0]) < 2, log_p[0, path], _NEVER)

    def step(ways: jax.Array, now: jax.Array) -> tuple[jax.Array, None]:
        before = jnp.concatenate([jnp.full(2, _NEVER, ways.dtype), ways])
        jump = jnp.where(skips, before[:-2], _NEVER)
        return jnp.logaddexp(jnp.logaddexp(ways, before[1:-1]), jump) + now[path], None

    ways, _ = jax.lax.scan(step, start, log_p[1:])
    end = 2 * jnp.sum(labels != 0)
    last_label = jnp.where(end > 0, ways[jnp.maximum(end - 1, 0)], _NEVER)
    return -jnp.logaddexp(ways[end], last_label)


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
