"""Predictions batch by batch, with callbacks and the progress line."""

from __future__ import annotations

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


def predict_all(model: Any, x: Any, size: int, verbose: int, steps: int | None, callbacks: CallbackList) -> Any:
    """Return the outputs for all of `x`, joined along the batch axis."""
    data = intake(model, x, None, None, training=False, allow_empty=True)
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
    model.stop_predicting = False
    callbacks.on_predict_begin()
    with Progress(total, 0 if callbacks.draws else verbose) as progress:
        for sample in source:
            if (steps is not None and done >= steps) or model.stop_predicting:
                break
            if not done:
                model._prepare(sample, "predict")
            callbacks.on_predict_batch_begin(done)
            size, rows = size if done else _arrays.rows_of(sample.x), _arrays.rows_of(sample.x)
            if rows < size and can_fill(model._steps(), "predict", Batch(sample.x)):
                outputs = model._steps().run_predict(filled(sample.x, size))
                outputs = tree.map_structure(lambda a, rows=rows: a[:rows], outputs)
            else:
                outputs = model._steps().run_predict(sample.x)
            callbacks.on_predict_batch_end(done, {"outputs": outputs})
            parts.append(outputs)
            done += 1
            if progress.due(done):
                progress.update(done, {})
        progress.finish(done, {})
    callbacks.on_predict_end()
    return tree.map_structure(lambda *a: np.concatenate([np.asarray(part) for part in a], axis=0), *parts)


def _predict_nothing(model: Any, data: Sample) -> Any:
    """Return outputs of 0 samples for inputs of 0 samples."""
    specs = tree.map_structure(lambda a: KerasTensor((None, *a.shape[1:]), a.dtype.name), data.x)
    outputs = infer(model, (specs,), {})
    return tree.map_structure(lambda t: np.zeros((0, *(d or 0 for d in t.shape[1:])), dtype=t.dtype), outputs)
