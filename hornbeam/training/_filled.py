"""Batches of one size: a short one is filled up with rows that do not count, several share a dispatch or a step.

A short batch would need a compiled program of its own. Where a model, its losses and its metrics treat each row by
itself (`_byrow.py` reads it from their program), the batch is filled up with rows of its own instead, and losses and
metrics leave these out (`HERE.rows`): the numbers are those of the short batch. Where rows meet, as in batch
normalization in training, the short batch gets its own program. Where besides nothing counts batches, tests and
predictions take several at once (`joined`), as products of few rows are slow.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import numpy as np

from hornbeam._core import tree
from hornbeam._core.state import Scope, get_mask, here, holding
from hornbeam.losses import Loss
from hornbeam.metrics import MeanMetricWrapper
from hornbeam.training._byrow import is_by_row
from hornbeam.training._engine import equations
from hornbeam.training._step import Batch, Steps, is_own

MOST = 16  # batches in a group
SMALL = 1 << 16  # bytes of a batch that is worth copying to save a dispatch
PATIENCE = 1e-3  # seconds that a batch, or a group, may take
JOINED_ROWS = 1024  # at most, in batches that are computed as one, ...
JOINED_BYTES = 48 << 20  # ... and bytes of the largest array on the way
SPLIT_BYTES = 1 << 18  # XLA splits the work on larger arrays among threads: what is too small for it should stay so
ENOUGH = 8  # such steps at least: the last one is filled up with little then, and there are two programs at most
OWN = ("train_step", "test_step", "predict_step", "compute_loss", "compute_metrics")


def can_fill(steps: Steps, kind: str, batch: Batch) -> bool:
    """Return whether rows can be added to a batch without changing what the others come to, in a step of this kind."""
    if kind not in steps.fills:
        steps.fills[kind] = _can_fill(steps, kind, batch)
    return steps.fills[kind]


def joined(steps: Steps, kind: str, batch: Batch, batches: int) -> int:
    """Return how many batches like this one, of so many, a test or a prediction may compute as one."""
    length = length_of(batch)
    if batches < 2 * ENOUGH or 2 * length > JOINED_ROWS or not can_fill(steps, kind, batch):
        return 1
    if kind not in steps.joins:
        steps.joins[kind] = _rows_joined(steps, kind, batch)
    most = max(1, min(steps.joins[kind], JOINED_ROWS) // length)
    return most if batches >= ENOUGH * most else 1


def _rows_joined(steps: Steps, kind: str, batch: Batch) -> int:
    """Return how many rows a joined batch may have: none where something counts batches, or takes a mean over one."""
    reductions = {loss.reduction for loss in steps.model._objective.losses if loss} if kind == "test" else set()
    if not reductions <= {"sum_over_batch_size", "mean"}:
        return 0
    apart: list[bool] = []

    def run(batch: Batch) -> Any:
        own = [*steps.trainable, *steps.rest]
        with holding(Scope((v, v._value) for v in own)) as scope, here(training=False, losses=[]):
            flat = tree.flatten(steps.model(batch.x))
            values = _values(steps.model._objective, batch.y, flat) if kind == "test" else []
            masks = [get_mask(x) for x in (*flat, *values)] if kind == "test" else []  # the mean is of what they leave
            apart.append(all(scope[v] is v._value for v in own) and not any(m is not None for m in masks))
            return flat, values

    with here(kernels=False):  # the operations, not what runs them
        found = list(equations(jax.make_jaxpr(run)(batch)))
    if not apart[0]:
        return 0
    made = [v.aval for eqn in found for v in eqn.outvars if hasattr(v.aval, "size")]  # tokens have none
    largest = max((a.size * a.dtype.itemsize for a in made), default=1)
    is_large = largest >= SPLIT_BYTES and all(eqn.primitive.name != "conv_general_dilated" for eqn in found)
    limit = JOINED_BYTES if is_large else SPLIT_BYTES - 1
    return limit * length_of(batch) // max(largest, 1)


def _can_fill(steps: Steps, kind: str, batch: Batch) -> bool:
    model, objective = steps.model, steps.model._objective
    if model.run_eagerly or any(is_own(model, name) for name in OWN):
        return False
    counts = kind != "predict"
    if counts and not all(map(_takes_row_weights, objective.by_output, batch.y)):
        return False
    if counts and len(steps.counted) != len(objective.trackers()):  # metrics of layers, too, count rows
        return False

    def by_row(batch: Batch) -> Any:
        own, added = [*steps.trainable, *steps.rest, *steps.metrics], []
        with holding(Scope((v, v._value) for v in own)), here(training=kind == "train", losses=added):
            outputs = model(batch.x)
            flat = tree.flatten(outputs)
            values = _values(objective, batch.y, flat) if counts else []
            return outputs, added, values

    return is_by_row(by_row, batch)


def _takes_row_weights(listed: Sequence[Any], target: Any) -> bool:
    """Return whether the metrics of an output leave out rows of weight 0, given a weight per row."""
    for metric, _ in listed:
        module = type(metric).__module__
        if not isinstance(metric, MeanMetricWrapper) and (
            not module.startswith("hornbeam.metrics.") or module.endswith("_overlap") or target.ndim > 2
        ):
            return False
    return True


def _values(objective: Any, y: Sequence[Any], y_pred: Sequence[Any]) -> list[Any]:
    """Return what losses and metrics take the mean of: a value per row."""
    values = []
    for loss, target, output in zip(objective.losses, y, y_pred, strict=True):
        if loss is not None:
            if type(loss).__call__ is not Loss.__call__:
                message = f"{loss} is computed in a way of its own."
                raise TypeError(message)
            values.append(loss.call(jax.numpy.asarray(target, loss.dtype), jax.numpy.asarray(output, loss.dtype)))
    for listed, target, output in zip(objective.by_output, y, y_pred, strict=True):
        means = [m for m, _ in listed if isinstance(m, MeanMetricWrapper)]
        values += [m.fn(target, output, **m._kwargs()) for m in means]
    return values


def length_of(batch: Any) -> int:
    """Return the number of rows of a batch."""
    return next(len(a) for a in jax.tree.leaves(batch))


def filled(batch: Any, length: int) -> Any:
    """Return a batch of `length` rows: those of a shorter one, again and again."""
    rows = np.arange(length) % length_of(batch)
    return jax.tree.map(lambda a: a[rows], batch)


def is_small(batch: Batch) -> bool:
    """Return whether a batch is worth copying: a few rows, not on the device yet."""
    leaves = jax.tree.leaves(batch)
    return all(isinstance(a, np.ndarray) and a.ndim for a in leaves) and sum(a.nbytes for a in leaves) <= SMALL


def stacked(group: Sequence[Batch]) -> Batch:
    """Return the batches of a group one after the other, and the first again until there are `MOST`."""
    whole = [*group, *[group[0]] * (MOST - len(group))]
    return jax.tree.map(lambda *a: np.concatenate(a), *whole)


def gather(source: Iterator[Batch], room: Callable[[], int], first: Batch, *, fill: bool) -> Iterator[list[Batch]]:
    """Yield groups of at most `room()` small batches like the `first`, and others alone.

    With `fill` a shorter batch ends its group. Where batches take longer than `PATIENCE`, a group has one. What
    `source` raises is raised after what came before was given.
    """
    length, small = length_of(first), is_small(first)
    form = [(a.shape[1:], a.dtype) for a in jax.tree.leaves(first)]
    group: list[Batch] = []
    began = 0.0
    while True:
        asked = time.perf_counter()
        try:
            batch = next(source, None)
        except BaseException:
            if group:
                yield group
            raise
        if batch is None:
            break
        now, leaves = time.perf_counter(), jax.tree.leaves(batch)
        rows = len(leaves[0])
        alone = not small or rows > length or (rows < length and not fill) or not _has_form(leaves, form)
        if alone and group:
            yield group
            group = []
        began = began if group else now
        group.append(batch)
        if alone or rows < length or len(group) >= room() or max(now - asked, now - began) > PATIENCE:
            yield group
            group = []
    if group:
        yield group


def _has_form(leaves: Sequence[Any], form: Sequence[Any]) -> bool:
    """Return whether arrays have the shapes, but for their lengths, and dtypes of `form`."""
    return len(leaves) == len(form) and all(
        a.dtype == dtype and a.shape[1:] == shape for a, (shape, dtype) in zip(leaves, form, strict=True)
    )
