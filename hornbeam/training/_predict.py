"""Predictions batch by batch, with callbacks and the progress line."""

from __future__ import annotations

from typing import Any

import numpy as np

from hornbeam._core import tree
from hornbeam._core.graph import KerasTensor
from hornbeam._core.infer import infer
from hornbeam.callbacks import CallbackList
from hornbeam.data import _arrays
from hornbeam.data._arrays import Sample
from hornbeam.data._iterable import Stream
from hornbeam.training._intake import intake
from hornbeam.training._progress import Progress


def predict_all(model: Any, x: Any, size: int, verbose: int, steps: int | None, callbacks: CallbackList) -> Any:
    """Return the outputs for all of `x`, joined along the batch axis."""
    data = intake(model, x, None, None, training=False, allow_empty=True)
    if isinstance(data, Sample) and _arrays.rows_of(data) == 0:
        return _predict_nothing(model, data)
    source = data.epoch(steps) if isinstance(data, Stream) else _arrays.batches(data, size, None)
    total = steps or (data.length if isinstance(data, Stream) else -(-_arrays.rows_of(data) // size))
    callbacks.set_params({"verbose": verbose, "epochs": 1, "steps": total})
    progress, done, parts = Progress(total, verbose), 0, []
    model.stop_predicting = False
    callbacks.on_predict_begin()
    for sample in source:
        if (steps is not None and done >= steps) or model.stop_predicting:
            break
        if not done:
            model._prepare(sample, "predict")
        callbacks.on_predict_batch_begin(done)
        outputs = model._steps().run_predict(sample.x)
        callbacks.on_predict_batch_end(done, {"outputs": outputs})
        parts.append(outputs)
        done += 1
        if progress.due():
            progress.update(done, {})
    progress.finish(done, {})
    callbacks.on_predict_end()
    if isinstance(data, Sample) and isinstance(x, np.ndarray):
        model._steps().seen.add((x.shape[1:], x.dtype))
    return tree.map_structure(lambda *a: np.concatenate([np.asarray(part) for part in a], axis=0), *parts)


def _predict_nothing(model: Any, data: Sample) -> Any:
    """Return outputs of 0 samples for inputs of 0 samples."""
    specs = tree.map_structure(lambda a: KerasTensor((None, *a.shape[1:]), a.dtype.name), data.x)
    outputs = infer(model, (specs,), {})
    return tree.map_structure(lambda t: np.zeros((0, *(d or 0 for d in t.shape[1:])), dtype=t.dtype), outputs)
