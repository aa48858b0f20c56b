"""What happens before the first step: the model is built, its losses and metrics are matched with its outputs."""

from __future__ import annotations

from typing import Any

from hornbeam._core import config, tree
from hornbeam._core.tracking import Tracked
from hornbeam.data._arrays import Sample
from hornbeam.training import _targets
from hornbeam.training._step import NATURAL, Batch, Steps, is_own, style_of
from hornbeam.training._values import check_first_outputs, check_numbers, warn_of_odd

MOST = 5  # runs of a step that makes new state in each


def prepare(model: Any, sample: Sample, what: str, whole: Sample | None = None) -> None:
    """Build the model on the first batch, and match losses and metrics with its outputs; `whole` is to be checked."""
    objective, kind = model._objective, {"fit": "train", "train_on_batch": "train"}.get(what, "test")
    if objective is not None and what != "predict" and is_own(model, f"{kind}_step"):
        _prepare_own(model, kind, sample)
        return
    if what == "predict" and is_own(model, "predict_step"):
        return
    outputs = _targets.output_specs(model, sample.x)
    if objective is None or what == "predict":
        return
    flat, layout = tree.flatten(outputs), _targets.layout(model, outputs)
    names = tree.flatten(layout)
    y = _targets.in_order(sample.y, names, "y")
    if not is_own(model, "compute_loss"):
        known = y if whole is None else _targets.in_order(whole.y, names, "y")
        _targets.check(model, objective, known, flat, layout)
    if not objective.fitted:
        objective.fit_outputs(layout, y, flat, named=_targets.are_named(model, outputs))
        model._forget_compiled()
    looked = what.endswith("_on_batch") and model._trainer_changes == Tracked.changes
    if model._trainer is None or not (looked or model._trainer.has_all()):
        model._trainer = Steps(model)  # here, so that callbacks find the optimizer with its state
    if config.value_checks():
        check_numbers(model, (whole or sample).x, like=sample.x)
        if what == "fit" and whole is None:
            warn_of_odd(sample)
        if what == "fit" and not is_own(model, "compute_loss"):
            check_first_outputs(model, objective, sample, layout)


def check_held_out(model: Any, sample: Sample, prefix: str) -> None:
    """Refuse what a model that is prepared would misread in arrays to validate on."""
    if is_own(model, "test_step") or is_own(model, "compute_loss") or not model._objective.fitted:
        return
    outputs = _targets.output_specs(model, sample.x)
    layout = _targets.layout(model, outputs)
    y = _targets.in_order(sample.y, tree.flatten(layout), f"{prefix}y")
    _targets.check(model, model._objective, y, tree.flatten(outputs), layout, prefix)
    if config.value_checks():
        check_numbers(model, sample.x)


def _prepare_own(model: Any, kind: str, sample: Sample) -> None:
    """Make the state of a model whose step is its own: losses and metrics if compile() was given any, optimizers."""
    objective = model._objective
    given = (objective.loss, objective.metrics, objective.weighted_metrics)
    if not objective.fitted and any(part is not None for part in given):
        outputs = _targets.output_specs(model, sample.x)
        layout = _targets.layout(model, outputs)
        y = _targets.in_order(sample.y, tree.flatten(layout), "y")
        objective.fit_outputs(layout, y, tree.flatten(outputs), named=_targets.are_named(model, outputs))
        model._forget_compiled()
    if model._trainer is not None and model._trainer.has_all():
        return
    model._trainer = Steps(model)
    if style_of(model, f"{kind}_step") == NATURAL:
        for _ in range(MOST):  # again when it made layers, whose weights an optimizer then sees
            model._trainer.rehearse(kind, Batch(*sample))
            if model._trainer.has_all():
                return
            model._trainer = Steps(model)
        message = f"Model {model.name!r}: {kind}_step makes new variables each time; make them in __init__."
        raise RuntimeError(message)
