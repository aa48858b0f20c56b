"""What compile() was given, fitted to the model's outputs: one loss and a list of metrics per output."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax.numpy as jnp

from hornbeam import losses as losses_module
from hornbeam import metrics as metrics_module
from hornbeam._core import tree
from hornbeam._core.graph import KerasTensor
from hornbeam._core.infer import infer
from hornbeam._core.registry import suggest
from hornbeam._core.state import Variable
from hornbeam.losses._loss import LossFunctionWrapper

ACCURACY = ("accuracy", "acc")
CROSSENTROPY = ("crossentropy", "ce")


class Objective:
    """The losses and metrics of a compiled model, and the running averages of both.

    Made by compile(), which refuses unknown names at once; `fit_outputs` then matches them with the outputs, whose
    number, names and shapes are known from the first batch.
    """

    def __init__(self, loss: Any, loss_weights: Any, metrics: Any, weighted_metrics: Any) -> None:
        self.loss = tree_of(loss, _get_loss)
        self.loss_weights, self.metrics, self.weighted_metrics = loss_weights, metrics, weighted_metrics
        for given in (metrics, weighted_metrics):
            tree_of(given, _check_metric)
        self.loss_tracker = metrics_module.Mean(name="loss")
        self.output_names: list[str] = []
        self.losses: list[Any] = []
        self.weights: list[float] = []
        self.output_trackers: list[Any] = []  # one mean per output's loss, when there are several losses
        self.by_output: list[list[tuple[Any, bool]]] = []  # (metric, whether sample weights reach it)
        self.fitted = False

    def losses_for(self, output_names: Sequence[str]) -> list[Any]:
        """Return the loss of each output, None where it has none."""
        return _per_output(self.loss, list(output_names), "loss", share=callable(self.loss))

    def fit_outputs(self, output_names: Sequence[str], y: Any, y_pred: Any) -> None:
        """Assign losses and metrics to the outputs; `y` and `y_pred` are flat lists with shapes."""
        self.output_names = list(output_names)
        count = len(self.output_names)
        self.losses = self.losses_for(output_names)
        weights = _per_output(self.loss_weights, self.output_names, "loss_weights", share=False)
        if isinstance(self.loss_weights, int | float):
            weights = [self.loss_weights] * count
        self.weights = [1.0 if w is None else float(w) for w in weights]
        several = sum(fn is not None for fn in self.losses) > 1
        self.output_trackers = [
            metrics_module.Mean(name=f"{name}_loss") if several and fn is not None else None
            for name, fn in zip(self.output_names, self.losses, strict=True)
        ]
        self.by_output = [[] for _ in self.output_names]
        for given, weighted in ((self.metrics, False), (self.weighted_metrics, True)):
            for i, listed in enumerate(_metrics_per_output(given, self.output_names)):
                for identifier in listed:
                    metric = _get_metric(identifier, y[i], y_pred[i])
                    if not metric.variables and y[i] is not None:  # one that sizes its state by its first batch
                        spec = KerasTensor((None, *y[i].shape[1:]), y[i].dtype.name)
                        infer(metric.update_state, (spec, KerasTensor(y_pred[i].shape, y_pred[i].dtype)), {})
                    self.by_output[i].append((metric, weighted))
        self.fitted = True

    # ---- the running averages

    def trackers(self) -> list[Any]:
        """Return every metric, the loss first."""
        flat = [metric for listed in self.by_output for metric, _ in listed]
        return [self.loss_tracker, *(t for t in self.output_trackers if t is not None), *flat]

    def variables(self) -> list[Variable]:
        """Return the state of every metric."""
        return [v for metric in self.trackers() for v in metric.variables]

    def names(self) -> list[str]:
        """Return the names of `results`, the loss first."""
        return list(self.results_by_name())

    def results_by_name(self) -> dict[str, Any]:
        """Return each metric by its name in logs: with several outputs, the output's name stands before it."""
        named: dict[str, Any] = {"loss": self.loss_tracker}
        named |= {t.name: t for t in self.output_trackers if t is not None}
        for output, listed in zip(self.output_names, self.by_output, strict=False):
            plain = {metric.name for metric, weighted in listed if not weighted}
            for metric, weighted in listed:
                own = f"weighted_{metric.name}" if weighted and metric.name in plain else metric.name
                name = f"{output}_{own}" if len(self.output_names) > 1 else own
                base, count = name, 1
                while name in named:
                    name, count = f"{base}_{count}", count + 1
                named[name] = metric
        return named

    def results(self) -> dict[str, Any]:
        """Return what each metric has come to, by name; a metric that gives a dict adds its entries."""
        logs: dict[str, Any] = {}
        for name, metric in self.results_by_name().items():
            value = metric.result()
            logs |= value if isinstance(value, Mapping) else {name: value}
        return logs

    def reset(self) -> None:
        """Start all running averages anew."""
        for metric in self.trackers():
            metric.reset_state()

    # ---- inside the step

    def total_loss(self, y: Any, y_pred: Sequence[Any], sample_weight: Any, penalties: Sequence[Any]) -> Any:
        """Return the number to minimize: the weighted losses of the outputs plus the penalties of layers."""
        parts = []
        for i, fn in enumerate(self.losses):
            if fn is None:
                continue
            value = fn(y[i], y_pred[i], sample_weight[i]) if sample_weight[i] is not None else fn(y[i], y_pred[i])
            value = jnp.mean(value) if jnp.ndim(value) else value
            if self.output_trackers[i] is not None:
                self.output_trackers[i].update_state(value, sample_weight=len(y_pred[i]))
            parts.append(value * self.weights[i] if self.weights[i] != 1.0 else value)
        parts += [jnp.sum(p) if jnp.ndim(p) else p for p in penalties]
        total = parts[0] if parts else jnp.zeros(())
        for part in parts[1:]:
            total = total + part
        return total

    def update_metrics(self, y: Sequence[Any], y_pred: Sequence[Any], sample_weight: Sequence[Any]) -> None:
        """Add a batch to the metrics of the outputs; means of functions leave masked steps out."""
        for i, listed in enumerate(self.by_output):
            for metric, weighted in listed:
                weight = sample_weight[i] if weighted else None
                if weight is None:
                    metric.update_state(y[i], y_pred[i])
                else:
                    metric.update_state(y[i], y_pred[i], sample_weight=weight)


def tree_of(given: Any, fn: Callable[[Any], Any]) -> Any:
    """Return `fn` applied to the entries of a list or dict (nested), or to the one thing given."""
    if isinstance(given, Mapping) and "class_name" not in given:
        return {k: tree_of(v, fn) for k, v in given.items()}
    if isinstance(given, list | tuple):
        return [tree_of(v, fn) for v in given]
    return fn(given)


def _get_loss(identifier: Any) -> Any:
    if identifier is None:
        return None
    loss = losses_module.get(identifier)
    if isinstance(loss, losses_module.Loss):
        return loss
    if not callable(loss):
        message = f"compile(loss=...) takes a name, a Loss or a function (y_true, y_pred); got {identifier!r}."
        raise TypeError(message)
    return LossFunctionWrapper(loss, name=getattr(loss, "__name__", None))


def _check_metric(identifier: Any) -> None:
    if isinstance(identifier, str) and identifier.lower() not in (*ACCURACY, *CROSSENTROPY):
        metrics_module.get(identifier)


def _get_metric(identifier: Any, y_true: Any, y_pred: Any) -> Any:
    """Return the metric for an identifier; 'accuracy' and 'crossentropy' are chosen by the shapes."""
    if isinstance(identifier, str) and identifier.lower() in (*ACCURACY, *CROSSENTROPY):
        classes = y_pred.shape[-1] if len(y_pred.shape) else 1
        accuracy = identifier.lower() in ACCURACY
        if classes == 1:
            made = metrics_module.BinaryAccuracy if accuracy else metrics_module.BinaryCrossentropy
        elif len(y_true.shape) < len(y_pred.shape) or y_true.shape[-1] == 1:
            made = (
                metrics_module.SparseCategoricalAccuracy if accuracy else metrics_module.SparseCategoricalCrossentropy
            )
        else:
            made = metrics_module.CategoricalAccuracy if accuracy else metrics_module.CategoricalCrossentropy
        return made(name=identifier)
    metric = metrics_module.get(identifier)
    if isinstance(metric, metrics_module.Metric):
        if isinstance(identifier, str):
            metric.name = identifier  # logs have the name that compile() was given
        return metric
    if isinstance(metric, losses_module.Loss):
        return metrics_module.MeanMetricWrapper(metric, name=metric.name)
    return metrics_module.MeanMetricWrapper(metric, name=identifier if isinstance(identifier, str) else metric.__name__)


def _per_output(given: Any, names: list[str], what: str, *, share: bool) -> list[Any]:
    """Return one entry per output from one thing, a list in their order, or a dict by their names."""
    if given is None:
        return [None] * len(names)
    if isinstance(given, Mapping):
        unknown = [k for k in given if k not in names]
        if unknown:
            message = (
                f"{what} names the output {unknown[0]!r}; the model's are "
                f"{', '.join(map(repr, names))}.{suggest(unknown[0], names)}"
            )
            raise ValueError(message)
        return [given.get(n) for n in names]
    if isinstance(given, list | tuple):
        flat = tree.flatten(given)
        if len(flat) == 1 and len(names) == 1:
            return flat
        if len(flat) != len(names):
            message = (
                f"{what} expects {len(names)} entries, one per output ({', '.join(map(repr, names))}); got {len(flat)}."
            )
            raise ValueError(message)
        return flat
    return [given] * len(names) if share or len(names) == 1 else [given, *[None] * (len(names) - 1)]


def _metrics_per_output(given: Any, names: list[str]) -> list[list[Any]]:
    """Return the metrics of each output: a flat list goes to a single output, or entry by entry to several."""
    if given is None:
        return [[] for _ in names]
    if isinstance(given, Mapping):
        entries = _per_output(given, names, "metrics", share=False)
    elif not isinstance(given, list | tuple):
        entries = [given] * len(names)
    elif len(names) == 1:
        entries = [given[0] if len(given) == 1 and isinstance(given[0], list | tuple) else list(given)]
    elif len(given) == len(names):
        entries = list(given)
    else:
        entries = [list(given)] * len(names)
    return [[] if e is None else list(e) if isinstance(e, list | tuple) else [e] for e in entries]
