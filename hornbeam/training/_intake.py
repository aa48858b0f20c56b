"""What fit, evaluate and predict are given, as arrays or a stream, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hornbeam._core import config
from hornbeam.callbacks import CallbackList
from hornbeam.data import _arrays, _foreign, _iterable
from hornbeam.data._arrays import Sample
from hornbeam.data._iterable import Stream
from hornbeam.training._values import warn_of_odd

HELD_OUT = "validation_data "  # stands before the names of arguments in what is said of it


def intake(
    model: Any,
    x: Any,
    y: Any,
    sample_weight: Any,
    *,
    values: bool,
    prefix: str = "",
    allow_empty: bool = False,
) -> Sample | Stream:
    """Return arrays or a stream; `prefix` stands before the names of arguments in errors.

    `values` says whether to look for NaN and infinity in arrays.
    """
    if _iterable.is_iterable(x):
        if y is not None or sample_weight is not None:
            message = (
                f"{prefix}x is a {type(x).__name__} that gives batches (x, y): y and sample_weight must not be given "
                "beside it."
            )
            raise ValueError(message)
        return Stream(x, f"{prefix}x", names_of(model))
    if isinstance(x, Mapping) and any(map(_foreign.is_table, x.values())):
        splits = ", ".join(map(repr, x))
        message = f"{prefix}x is several datasets ({splits}): pass one of them, such as x[{next(iter(x))!r}]."
        raise ValueError(message)
    if x is None:
        message = f"{prefix}x is missing: give arrays, or a generator of batches."
        raise ValueError(message)
    parts = {"x": x, "y": y, "sample_weight": sample_weight} | _by_columns(model, x, y)
    sample = Sample(*(_arrays.as_arrays(part, f"{prefix}{name}") for name, part in parts.items()))
    if not (allow_empty and _arrays.rows_of(sample.x) == 0):
        _check_inputs(model, sample.x, prefix)
        _arrays.check_rows(sample)
    if values and config.value_checks():
        warn_of_odd(sample, prefix)
    return sample


def names_of(model: Any) -> tuple[list[str], list[str]]:
    """Return the names of a functional model's inputs and outputs; none of another model."""
    function = model._function
    return ([], []) if function is None else (list(function.input_names), list(model.output_names))


def _by_columns(model: Any, x: Any, y: Any) -> dict[str, Any]:
    """Return x and y from the columns of a table, or of a frame for a model with several named inputs."""
    inputs, outputs = names_of(model)
    if _foreign.is_table(x):
        columns = _foreign.columns(x)
        if isinstance(y, str):
            outputs = [y]
        x, found = _foreign.inputs_and_targets(columns, inputs, outputs)
        return {"x": x, "y": found if y is None or isinstance(y, str) else y}
    parts = {}
    for name, frame, wanted in (("x", x, inputs), ("y", y, outputs)):
        if _foreign.is_frame(frame) and len(wanted) > 1 and set(wanted) <= set(frame.columns):
            columns = _foreign.columns(frame)
            parts[name] = {n: columns[n] for n in wanted}
    return parts


def _check_inputs(model: Any, x: Any, prefix: str) -> None:
    """Raise when the shapes of `x` are not what a functional model takes."""
    if model._function is not None:
        try:
            model._function.check(x)
        except ValueError as error:
            error.args = (f"{prefix}x: {error.args[0]}",)
            raise


def hold_out(
    model: Any, data: Sample | Stream, validation_data: Any, validation_split: float
) -> tuple[Sample | Stream, Sample | Stream | None]:
    """Return what to train on and what to validate on."""
    if validation_data is not None:
        return data, intake(model, *_as_three(validation_data), values=True, prefix=HELD_OUT)
    if not validation_split:
        return data, None
    if isinstance(data, Stream):
        message = "validation_split needs arrays; with a generator pass validation_data."
        raise ValueError(message)  # noqa: TRY004 - what Keras raises
    return _arrays.split(data, validation_split)


def _as_three(validation_data: Any) -> tuple[Any, Any, Any]:
    """Return (x, y, sample_weight) from what `validation_data` was given."""
    if isinstance(validation_data, tuple | list):
        if len(validation_data) not in (2, 3):
            message = f"validation_data expects (x, y) or (x, y, sample_weight); got {len(validation_data)} entries."
            raise ValueError(message)
        x, y, *weight = validation_data
        return x, y, weight[0] if weight else None
    return validation_data, None, None


def is_due(validation_freq: Any, epoch: int) -> bool:
    """Return whether to validate after `epoch`, counted from 0."""
    if isinstance(validation_freq, list | tuple | set):
        return epoch + 1 in validation_freq
    return (epoch + 1) % validation_freq == 0


def as_callbacks(callbacks: Any, model: Any, *, add_history: bool = False) -> CallbackList:
    """Return the callbacks as one."""
    if isinstance(callbacks, CallbackList):
        callbacks = callbacks.callbacks
    return CallbackList(callbacks, add_history=add_history, model=model)
