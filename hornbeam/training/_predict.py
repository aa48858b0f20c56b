"""Predictions batch by batch, with callbacks and the progress line."""

from __future__ import annotations

from collections.abc import Sequence
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
from hornbeam.training._filled import can_fill, filled
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
    source = data.epoch(steps) if isinstance(data, Stream) else _arrays.batches(data, size, None)
    callbacks.set_params({"verbose": verbose, "epochs": 1, "steps": total})
    done, parts = 0, []
    stride = 1 if model.steps_per_execution == "auto" else model.steps_per_execution
    model.stop_predicting = False
    callbacks.on_predict_begin()
    with Progress(total, 0 if callbacks.draws else verbose) as progress:
        for sample in source:
            if (steps is not None and done >= steps) or model.stop_predicting:
                break
            if not done:
                model._prepare(sample, "predict")
            if config.value_checks() and (not done or isinstance(data, Stream)):
                check_numbers(model, sample.x if isinstance(data, Stream) else data.x, like=sample.x)
            if done % stride == 0:
                callbacks.on_predict_batch_begin(done)
            size = size if done else _arrays.rows_of(sample.x)
            parts.append(_outputs_of(model, sample.x, size))
            done += 1
            _end(callbacks, parts, stride)
            if progress.due(done):
                progress.update(done, {})
        _end(callbacks, parts, stride, over=True)
        progress.finish(done, {})
    callbacks.on_predict_end()
    return _joined(parts)


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
