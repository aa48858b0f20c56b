"""Connectionist temporal classification: labels without their times (Graves et al., 2006)."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp

from hornbeam._core.op import op
from hornbeam.ops._arrays import Tensor, as_array, inexact

_NEVER = -1e30  # the logarithm of a chance of 0, finite so that gradients stay so


@op
def ctc_loss(
    target: Tensor, output: Tensor, target_length: Tensor, output_length: Tensor, mask_index: int = 0
) -> Tensor:
    """Return -log of the chance that `output` reads `target`, (batch,): over all times that its labels may have.

    `target` is (batch, labels) of class numbers, `output` (batch, time, classes) of logits, the lengths (batch,) say
    how much of each counts; `mask_index` is the class that means no label.

    >>> from hornbeam import ops
    >>> round(float(ops.ctc_loss([[1]], [[[0.0, 0.0]]], [1], [1])[0]), 4)
    0.6931
    """
    target, output = as_array(target).astype("int32"), inexact(output)
    target_length, output_length = as_array(target_length), as_array(output_length)
    log = jax.nn.log_softmax(output)
    batch, labels = target.shape
    extended = jnp.full((batch, 2 * labels + 1), mask_index, "int32").at[:, 1::2].set(target)
    # A label may follow the one before it at once, unless it is the same; the blank between may not be jumped to.
    jumps = (extended != mask_index) & (extended != jnp.roll(extended, 2, axis=1)) & (jnp.arange(2 * labels + 1) >= 2)
    emitted = jnp.take_along_axis(log, extended[:, None, :], axis=2)  # (batch, time, states)
    first = jnp.where(jnp.arange(2 * labels + 1) < 2, emitted[:, 0], _NEVER)

    def step(alpha: jax.Array, at: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        emission, time = at
        one = jnp.pad(alpha, ((0, 0), (1, 0)), constant_values=_NEVER)[:, :-1]
        two = jnp.where(jumps, jnp.pad(alpha, ((0, 0), (2, 0)), constant_values=_NEVER)[:, :-2], _NEVER)
        moved = jnp.logaddexp(jnp.logaddexp(alpha, one), two) + emission
        return jnp.where((time < output_length)[:, None], moved, alpha), None

    times = jnp.arange(1, output.shape[1])
    alpha, _ = jax.lax.scan(step, first, (jnp.moveaxis(emitted, 1, 0)[1:], times))
    end = 2 * target_length[:, None]
    last = jnp.take_along_axis(alpha, end, axis=1)[:, 0]
    before = jnp.take_along_axis(alpha, jnp.maximum(end - 1, 0), axis=1)[:, 0]
    return -jnp.where(target_length > 0, jnp.logaddexp(last, before), last)


@op
def ctc_decode(
    inputs: Tensor,
    sequence_lengths: Tensor,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int = 0,
) -> tuple[Tensor, Tensor]:
    """Return the labels (paths, batch, time), filled up with -1, that `inputs` most likely read, and their scores.

    `inputs` is (batch, time, classes) of logits, of which `sequence_lengths` (batch,) steps count; `mask_index` is the
    class that means no label. 'greedy' takes the best class at each step, repeated ones merged where `merge_repeated`
    says so; its scores (batch, 1) are minus the sum of the inputs taken. 'beam_search' keeps the `beam_width` best
    label sequences and returns `top_paths` of them; its scores (batch, paths) are logarithms of their chances.

    >>> from hornbeam import ops
    >>> labels, scores = ops.ctc_decode([[[0.0, 9.0], [9.0, 0.0], [0.0, 9.0]]], [3])
    >>> labels.tolist(), scores.tolist()
    ([[[1, 1, -1]]], [[-27.0]])
    """
    inputs, lengths = inexact(inputs), as_array(sequence_lengths).astype("int32")
    if strategy == "greedy":
        return _greedy(inputs, lengths, merge_repeated, mask_index)
    if strategy == "beam_search":
        search = partial(_beam_search, width=beam_width, paths=top_paths, blank=mask_index)
        labels, scores = jax.vmap(search)(jax.nn.log_softmax(inputs), lengths)
        return jnp.moveaxis(labels, 1, 0), scores
    message = f"ctc_decode: strategy must be 'greedy' or 'beam_search'; got {strategy!r}."
    raise ValueError(message)


def _greedy(inputs: jax.Array, lengths: jax.Array, merge: bool, blank: int) -> tuple[jax.Array, jax.Array]:
    best = jnp.argmax(inputs, axis=-1).astype("int32")
    time = jnp.arange(inputs.shape[1])
    counts = time < lengths[:, None]
    scores = -jnp.sum(jnp.where(counts, jnp.max(inputs, axis=-1), 0), axis=1, keepdims=True)
    kept = counts & (best != blank)
    if merge:
        kept &= (time == 0) | (best != jnp.roll(best, 1, axis=1))
    order = jnp.argsort(~kept, axis=1)  # stable: those kept come first, in their order
    packed = jnp.take_along_axis(jnp.where(kept, best, -1), order, axis=1)
    return packed[None], scores


Beams = tuple[jax.Array, jax.Array, jax.Array, jax.Array]  # labels (width, time), lengths, log chances of two ends


def _beam_search(
    log: jax.Array, length: jax.Array, *, width: int, paths: int, blank: int
) -> tuple[jax.Array, jax.Array]:
    """Return the best label sequences (paths, time) of one sample (time, classes) and the log of their chances."""
    steps = log.shape[0]
    first: Beams = (
        jnp.full((width, steps), -1, "int32"),
        jnp.zeros(width, "int32"),
        jnp.full(width, _NEVER, log.dtype).at[0].set(0),
        jnp.full(width, _NEVER, log.dtype),
    )

    def step(beams: Beams, at: tuple[jax.Array, jax.Array]) -> tuple[Beams, None]:
        row, time = at
        new = _extend(beams, row, blank)
        return jax.tree.map(lambda a, b: jnp.where(time < length, a, b), new, beams), None

    (labels, _, ended, open_), _ = jax.lax.scan(step, first, (log, jnp.arange(steps)))
    scores, places = jax.lax.top_k(jnp.logaddexp(ended, open_), paths)
    return labels[places], scores


def _extend(beams: Beams, row: jax.Array, blank: int) -> Beams:
    """Return the best beams after one more step with log chances `row` (classes,)."""
    labels, lengths, ended, open_ = beams
    width, classes = labels.shape[0], row.shape[0]
    total = jnp.logaddexp(ended, open_)
    last = jnp.take_along_axis(labels, jnp.maximum(lengths - 1, 0)[:, None], axis=1)[:, 0]
    has_last = lengths > 0
    # A beam stays as it is through a blank or its last label again; it grows by any label, the same only after a blank.
    stay_ended = total + row[blank]
    stay_open = jnp.where(has_last, open_ + row[last], _NEVER)
    same = has_last[:, None] & (jnp.arange(classes) == last[:, None])
    grown = jnp.where(same, ended[:, None], total[:, None]) + row
    grown = jnp.where(jnp.arange(classes) == blank, _NEVER, grown)
    # Beam i grown by the last label of beam j may be beam j: the two are one.
    shorter = jnp.where(jnp.arange(labels.shape[1]) == (lengths - 1)[:, None], -1, labels)
    parent = jnp.all(labels[:, None] == shorter[None], axis=-1) & has_last & (lengths[:, None] + 1 == lengths)
    merged = jnp.where(parent, grown[:, last], _NEVER)
    stay_open = jnp.logaddexp(stay_open, jax.nn.logsumexp(merged, axis=0))
    taken = jnp.zeros_like(grown, bool).at[:, last].max(parent)
    grown = jnp.where(taken, _NEVER, grown)
    scores = jnp.concatenate([jnp.logaddexp(stay_ended, stay_open), grown.ravel()])
    _, places = jax.lax.top_k(scores, width)
    stays = places < width
    source = jnp.where(stays, places, (places - width) // classes)
    label = ((places - width) % classes).astype("int32")
    here = jnp.arange(labels.shape[1]) == lengths[source][:, None]
    new_labels = jnp.where(~stays[:, None] & here, label[:, None], labels[source])
    return (
        new_labels,
        lengths[source] + ~stays,
        jnp.where(stays, stay_ended[source], _NEVER),
        jnp.where(stays, stay_open[source], scores[places]),
    )
