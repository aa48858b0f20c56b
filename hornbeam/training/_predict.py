"""Predictions batch by batch, with callbacks and the progress line."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from hornbeam._core import config, tree
from hornbeam._core.graph import KerasTensor
from hornbeam._core.infer import infer
from hornbeam.callbacks import CallbackList
from hornbeam.callbacks._progress import Progress
from hornbeam.data import _arrays
from hornbeam.data._arrays import Sample
from hornbeam.data._iterable import Stream
from hornbeam.training._filled import can_fill, filled, joined
from hornbeam.training._intake import intake
from hornbeam.training._step import Batch
from hornbeam.training._values import check_numbers


def predict_all(model: Any, x: Any, size: int, verbose: int, steps: int | None, callbacks: CallbackList) -> Any:
    """Return the outputs for all of `x`, joined along the batch axis."""
    data = intake(model, x, None, None, values=False, allow_empty=True)
    if isinstance(data, Sample) and _arrays.rows_of(data) == 0:
        return _predict_nothing(model, data)
    try:
        outputs = _predict_batches(model, data, size, verbose, steps, callbacks)
    finally:
        if isinstance(data, Stream):
            data.close()
    if isinstance(x, np.ndarray):
        model._steps().seen.add((x.shape[1:], x.dtype))
    return outputs


def _predict_batches(
    model: Any, data: Sample | Stream, size: int, verbose: int, steps: int | None, callbacks: CallbackList
) -> Any:
    """Run the batches, with callbacks and the progress line."""
    asked = steps or (data.length if isinstance(data, Stream) else -(-_arrays.rows_of(data) // size))
    total = config.limited("the steps of an epoch", asked, config.max_steps_per_epoch())
    steps = total if total != asked else steps
    callbacks.set_params({"verbose": verbose, "epochs": 1, "steps": total})
    done, parts, length = 0, [], 0
    stride = 1 if model.steps_per_execution == "auto" else model.steps_per_execution
    model.stop_predicting = False
    callbacks.on_predict_begin()
    with Progress(total, 0 if callbacks.draws else verbose) as progress:
        for x, batches in _inputs(model, data, size, steps, alone=callbacks.wants_batches("predict")):
            if (steps is not None and done >= steps) or model.stop_predicting:
                break
            if config.value_checks() and (not done or isinstance(data, Stream)):
                check_numbers(model, x if isinstance(data, Stream) else data.x, like=x)
            if done % stride == 0:
                callbacks.on_predict_batch_begin(done)
            length = length or _arrays.rows_of(x)
            parts.append(_outputs_of(model, x, length))
            done += batches
            _end(callbacks, parts, stride)
            if progress.due(done):
                progress.update(done, {})
        _end(callbacks, parts, stride, over=True)
        progress.finish(done, {})
    callbacks.on_predict_end()
    return _joined(parts)


def _inputs(model: Any, data: Sample | Stream, size: int, steps: int | None, *, alone: bool) -> Iterator[Any]:
    """Yield the inputs of each dispatch and the number of their batches: several of arrays, where that gives the same.

    The model is made ready for the first ones. Where callbacks look at each batch, each is `alone`.
    """
    if isinstance(data, Stream):
        for number, sample in enumerate(data.epoch(steps)):
            if not number:
                model._prepare(sample, "predict")
            yield sample.x, 1
        return
    first = Sample(*(_arrays.take(part, slice(size)) for part in data))
    model._prepare(first, "predict")
    rows = min(_arrays.rows_of(data), size * (steps or sys.maxsize))
    stride = size * (1 if alone else joined(model._steps(), "predict", Batch(first.x), rows // size))
    for begin in range(0, rows, stride):
        x = _arrays.take(data.x, slice(begin, min(begin + stride, rows)))
        yield x, -(-_arrays.rows_of(x) // size)


def _outputs_of(model: Any, x: Any, size: int) -> Any:
    """Return the outputs for a batch; one of fewer than `size` rows is filled up where that changes nothing."""
    rows = _arrays.rows_of(x)
    if rows >= size or not can_fill(model._steps(), "predict", Batch(x)):
        return model._steps().run_predict(x)
    outputs = model._steps().run_predict(filled(x, size))
    return tree.map_structure(lambda a: np.asarray(a)[:rows], outputs)  # JAX would compile a slice for each length


def _joined(parts: Sequence[Any]) -> Any:
    """Return the outputs of several batches as those of one."""
    return tree.map_structure(lambda *a: np.concatenate([np.asarray(part) for part in a], axis=0), *parts)


def _end(callbacks: CallbackList, parts: Sequence[Any], stride: int, *, over: bool = False) -> None:
    """Call the hooks after a batch, if they are due: every `stride` batches, and when it is `over`."""
    rest = -len(parts) % stride
    if (over if rest else not over) and callbacks.wants_batches("predict"):
        since = parts[len(parts) + rest - stride :]
        outputs = since[0] if len(since) == 1 else _joined(since)
        callbacks.on_predict_batch_end(len(parts) + rest - 1, {"outputs": outputs})


def _predict_nothing(model: Any, data: Sample) -> Any:
    """Return outputs of 0 samples for inputs of 0 samples."""
    specs = tree.map_structure(lambda a: KerasTensor((None, *a.shape[1:]), a.dtype.name), data.x)
    outputs = infer(model, (specs,), {})
    return tree.map_structure(lambda t: np.zeros((0, *(d or 0 for d in t.shape[1:])), dtype=t.dtype), outputs)
