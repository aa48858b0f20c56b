"""Targets and sample weights matched with the outputs of a model, and checked against them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hornbeam._core import config, tree
from hornbeam._core.graph import KerasTensor
from hornbeam._core.infer import infer
from hornbeam.data._arrays import Sample
from hornbeam.data._check import class_weights
from hornbeam.losses._checks import check_predictions, check_targets


def output_specs(model: Any, x: Any) -> Any:
    """Return the outputs' KerasTensors for data like `x`; builds a model that is not built."""
    function = model._function
    if function is not None:
        return function._outputs_struct
    specs = tree.map_structure(lambda a: None if a is None else KerasTensor((None, *a.shape[1:]), a.dtype.name), x)
    return infer(model, (specs,), {})


def output_names(model: Any, outputs: Any) -> list[str]:
    """Return a name per output: the keys of a dict, the layers that made them, or output_1, output_2, ..."""
    if isinstance(outputs, Mapping):
        return sorted(outputs)
    if model._function is not None:
        return unique(model.output_names)
    return [f"output_{i + 1}" for i in range(len(tree.flatten(outputs)))]


def unique(names: Sequence[str]) -> list[str]:
    """Return `names` with repeated ones counted."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        count = seen[name] = seen.get(name, 0) + 1
        result.append(name if count == 1 else f"{name}_{count - 1}")
    return result


def in_order(given: Any, names: Sequence[str], what: str) -> list[Any]:
    """Return one entry per output from an array, a list in their order, or a dict by their names."""
    if given is None:
        return [None] * len(names)
    if isinstance(given, Mapping):
        missing = [n for n in names if n not in given]
        if missing and not len(given) == len(names) == 1:
            message = (
                f"{what} is a dict with {', '.join(map(repr, given))}; the model's outputs are "
                f"{', '.join(map(repr, names))}."
            )
            raise ValueError(message)
        return list(given.values()) if missing else [given[n] for n in names]
    flat = tree.flatten(given)
    if len(flat) != len(names):
        message = (
            f"{what} expects {len(names)} arrays, one per output ({', '.join(map(repr, names))}); got {len(flat)}."
        )
        raise ValueError(message)
    return flat


def weights_in_order(given: Any, names: Sequence[str]) -> list[Any]:
    """Return one sample weight per output; a single array serves all of them."""
    if isinstance(given, Mapping):
        return [given.get(n) for n in names]
    flat = tree.flatten(given)
    return flat * len(names) if len(flat) == 1 else in_order(given, names, "sample_weight")


def with_class_weight(model: Any, sample: Sample, class_weight: Any) -> Sample:
    """Return `sample` with each sample's class weight multiplied into its weights."""
    if class_weight is None:
        return sample
    if not isinstance(class_weight, Mapping):
        message = f"class_weight must be a dict class -> weight; got {class_weight!r}."
        raise TypeError(message)
    nested = any(isinstance(v, Mapping) for v in class_weight.values())
    outputs = output_names(model, output_specs(model, sample.x))
    if not nested and len(outputs) > 1:
        message = (
            "class_weight of a model with several outputs is a dict output name -> dict; its outputs are "
            f"{', '.join(map(repr, outputs))}."
        )
        raise ValueError(message)
    tables = class_weight if nested else {outputs[0]: class_weight}
    y, given = in_order(sample.y, outputs, "y"), weights_in_order(sample.sample_weight, outputs)
    combined = [
        _times(class_weights(tables[name], target), weight) if name in tables else weight
        for name, target, weight in zip(outputs, y, given, strict=True)
    ]
    return sample._replace(sample_weight=combined if len(combined) > 1 else combined[0])


def _times(own: np.ndarray, weight: Any) -> np.ndarray:
    """Return class weights `(batch, ...)` times sample weights `(batch,)`, where there are any."""
    if weight is None:
        return own
    weight = np.asarray(weight)
    return own * weight.reshape(weight.shape + (1,) * (own.ndim - weight.ndim))


def check(model: Any, objective: Any, y: Sequence[Any], outputs: Sequence[Any], names: Sequence[str]) -> None:
    """Refuse targets that the losses would misread, before anything is compiled."""
    losses = objective.losses if objective.fitted else objective.losses_for(names)
    for name, loss, target, output in zip(names, losses, y, outputs, strict=True):
        if loss is None:
            continue
        shown = "y" if len(names) == 1 else f"y[{name!r}]"
        if target is None:
            message = (
                f"Model {model.name!r}: loss {loss.name!r} needs {shown}; got none. Pass y, or a generator of (x, y)."
            )
            raise ValueError(message)
        if config.value_checks():
            check_targets(loss, np.asarray(target), tuple(output.shape), shown)
    if not any(loss is not None for loss in losses) and not model.losses and objective.loss is None:
        warnings.warn(f"Model {model.name!r} was compiled without a loss: nothing will be learned.", stacklevel=4)


def check_first_outputs(model: Any, objective: Any, sample: Sample, names: Sequence[str]) -> None:
    """Warn when the first batch's outputs are not the probabilities that a cross-entropy takes.

    Only looked at where an output's last layer does not end in a function that gives probabilities.
    """
    doubtful = [
        (i, loss)
        for i, loss in enumerate(objective.losses_for(names))
        if "crossentropy" in str(getattr(loss, "name", ""))
        and not getattr(loss, "from_logits", False)
        and not _gives_probabilities(model, i)
    ]
    if doubtful:
        outputs = tree.flatten(model._steps().run_predict(sample.x))
        for i, loss in doubtful:
            check_predictions(loss, np.asarray(outputs[i]), "y_pred" if len(names) == 1 else f"y_pred[{names[i]!r}]")


def _gives_probabilities(model: Any, output: int) -> bool:
    layer = model.outputs[output].node.operation if model.outputs else None
    activation = getattr(layer, "activation", None)
    return getattr(activation, "__name__", type(activation).__name__).lower() in ("sigmoid", "softmax", "hard_sigmoid")
