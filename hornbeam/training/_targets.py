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
from hornbeam.data._stored import Stored
from hornbeam.losses._checks import check_targets
from hornbeam.training._values import known


def output_specs(model: Any, x: Any) -> Any:
    """Return the outputs' KerasTensors for data like `x`; builds a model that is not built."""
    function = model._function
    if function is not None:
        return function._outputs_struct
    if model.run_eagerly:  # with values, as its steps will be run
        return model(x)
    specs = tree.map_structure(lambda a: None if a is None else KerasTensor((None, *a.shape[1:]), a.dtype.name), x)
    return infer(model, (specs,), {})


def output_names(model: Any, outputs: Any) -> list[str]:
    """Return a name per output: the keys of a dict, the layers that made them, or output_1, output_2, ..."""
    if isinstance(outputs, Mapping) and not any(map(tree.is_nested, outputs.values())):
        return sorted(outputs)
    if model._function is not None:
        return unique(model.output_names)
    return [f"output_{i + 1}" for i in range(len(tree.flatten(outputs)))]


def layout(model: Any, outputs: Any) -> Any:
    """Return the outputs' structure with the name of each in its place."""
    return tree.pack_sequence_as(outputs, output_names(model, outputs))


def are_named(model: Any, outputs: Any) -> bool:
    """Return whether logs name the outputs: those of a list that `call` returns have no names."""
    return model._function is not None or isinstance(outputs, Mapping)


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
    if isinstance(given, Mapping) and not any(map(tree.is_nested, given.values())):
        known = [n for n in given if n in names]
        if not known and not len(given) == len(names) == 1:
            message = (
                f"{what} is a dict with {', '.join(map(repr, given))}; the model's outputs are "
                f"{', '.join(map(repr, names))}."
            )
            raise ValueError(message)
        return [given.get(n) for n in names] if known else list(given.values())
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
    specs = output_specs(model, sample.x)
    outputs, ranks = output_names(model, specs), [len(t.shape) for t in tree.flatten(specs)]
    nested = any(isinstance(v, Mapping) for v in class_weight.values())
    if not nested and len(outputs) > 1:
        message = (
            "class_weight of a model with several outputs is a dict output name -> dict; its outputs are "
            f"{', '.join(map(repr, outputs))}."
        )
        raise ValueError(message)
    tables = class_weight if nested else {outputs[0]: class_weight}
    unknown = [name for name in tables if name not in outputs]
    if unknown:
        message = f"class_weight names the output {unknown[0]!r}; the model's are {', '.join(map(repr, outputs))}."
        raise ValueError(message)
    y, given = in_order(sample.y, outputs, "y"), weights_in_order(sample.sample_weight, outputs)
    combined = [
        _weighted(tables[name], target, weight, rank) if name in tables and target is not None else weight
        for name, target, weight, rank in zip(outputs, y, given, ranks, strict=True)
    ]
    return sample._replace(sample_weight=combined if len(combined) > 1 else combined[0])


def _weighted(table: Mapping[Any, float], y: Any, weight: Any, rank: int) -> Any:
    """Return the weights of the classes of `y`, times sample weights; those of targets on disk when they are read."""
    if not isinstance(y, Stored):
        return _times(class_weights(table, y, rank=rank), weight)

    def read(rows: Any) -> np.ndarray:
        return _times(class_weights(table, y[rows], rank=rank), None if weight is None else weight[rows])

    return Stored(read, (len(y), *read(slice(0, 1)).shape[1:]), np.float32)


def _times(own: np.ndarray, weight: Any) -> np.ndarray:
    """Return class weights `(batch, ...)` times sample weights `(batch,)` or like them, where there are any."""
    if weight is None:
        return own
    weight = np.asarray(weight)
    if weight.ndim > own.ndim and weight.shape[-1] == 1:
        weight = weight[..., 0]
    return own * weight.reshape(weight.shape + (1,) * (own.ndim - weight.ndim))


def check(model: Any, objective: Any, y: Sequence[Any], outputs: Sequence[Any], layout: Any, prefix: str = "") -> None:
    """Refuse targets that the losses would misread, before anything is compiled."""
    losses, names = objective.losses if objective.fitted else objective.losses_for(layout), tree.flatten(layout)
    for name, loss, target, output in zip(names, losses, y, outputs, strict=True):
        if loss is None:
            continue
        shown = prefix + ("y" if len(names) == 1 else f"y[{name!r}]")
        if target is None:
            message = (
                f"Model {model.name!r}: loss {loss.name!r} needs {shown}; got none. Pass y, or a generator of (x, y)."
            )
            raise ValueError(message)
        if config.value_checks():
            check_targets(loss, known(target), tuple(output.shape), shown)
    if not any(loss is not None for loss in losses) and not model.losses and objective.loss is None:
        warnings.warn(f"Model {model.name!r} was compiled without a loss: nothing will be learned.", stacklevel=4)
