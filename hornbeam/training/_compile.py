"""What compile() was given, fitted to the model's outputs: one loss and a list of metrics per output."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from hornbeam import losses as losses_module
from hornbeam import metrics as metrics_module
from hornbeam._core import tree
from hornbeam._core.graph import KerasTensor
from hornbeam._core.infer import infer
from hornbeam._core.registry import suggest
from hornbeam._core.state import HERE, Variable, here
from hornbeam.losses._loss import LossFunctionWrapper, spread
from hornbeam.training._targets import in_order, unique, weights_in_order

ACCURACY = ("accuracy", "acc")
CROSSENTROPY = ("crossentropy", "ce")


class Objective:
    """The losses and metrics of a compiled model, and the running averages of both.

    Made by compile(), which refuses unknown names at once; `fit_outputs` then matches them with the outputs, whose
    number, names and shapes are known from the first batch.
    """

    def __init__(self, loss: Any, loss_weights: Any, metrics: Any, weighted_metrics: Any) -> None:
        self.given_loss, self.loss = loss, tree_of(loss, _get_loss)
        self.loss_weights, self.metrics, self.weighted_metrics = loss_weights, metrics, weighted_metrics
        for given in (metrics, weighted_metrics):
            tree_of(given, _check_metric)
        tree_of(loss_weights, _check_weight)
        self.loss_tracker = metrics_module.Mean(name="loss")
        self.compile_metrics = CompileMetrics(self)
        self.output_names: list[str] = []
        self.prefixes: list[str] | None = None  # what stands before the names of metrics, of several outputs
        self.losses: list[Any] = []
        self.shapes: list[tuple[int | None, ...]] = []  # of the outputs
        self.weights: list[float] = []
        self.output_trackers: list[Any] = []  # one mean per output's loss, when there are several losses
        self.trackers_in_order: list[Any] = []  # the same, as logs have them
        self.by_output: list[list[tuple[Any, bool]]] = []  # (metric, whether sample weights reach it)
        self.fitted = False

    def losses_for(self, layout: Any) -> list[Any]:
        """Return the loss of each output, None where it has none; `layout` is the outputs' structure of names."""
        return _per_output(self.loss, layout, "loss", share=callable(self.loss))

    def fit_outputs(self, layout: Any, y: Any, y_pred: Any, *, named: bool = True) -> None:
        """Assign losses and metrics to the outputs; `y` and `y_pred` are flat lists with shapes.

        `layout` is the outputs' structure of names; outputs that are not `named` are known by their losses in logs.
        """
        self.output_names = names = tree.flatten(layout)
        self.losses = self.losses_for(layout)
        self.shapes = [tuple(output.shape) for output in y_pred]
        weights = _per_output(self.loss_weights, layout, "loss_weights", share=True)
        self.weights = [1.0 if w is None else float(w) for w in weights]
        self.prefixes = names if named and len(names) > 1 else None
        self.output_trackers = [None] * len(names)
        if sum(fn is not None for fn in self.losses) > 1:
            titles = self._paths(layout) if named else self._titles(layout)
            places = [i for i in self._order(layout) if self.losses[i] is not None]
            for i, title in zip(places, unique([titles[i] for i in places]), strict=True):
                self.output_trackers[i] = metrics_module.Mean(name=title)
            self.trackers_in_order = [self.output_trackers[i] for i in places]
        self.by_output = [[] for _ in names]
        for given, weighted in ((self.metrics, False), (self.weighted_metrics, True)):
            for i, listed in enumerate(_metrics_per_output(given, layout)):
                for identifier in listed if y[i] is not None else []:
                    metric = _get_metric(identifier, y[i], y_pred[i])
                    if not metric.variables:  # one that sizes its state by its first batch
                        spec = KerasTensor((None, *y[i].shape[1:]), y[i].dtype.name)
                        infer(metric.update_state, (spec, KerasTensor(y_pred[i].shape, y_pred[i].dtype)), {})
                    self.by_output[i].append((metric, weighted))
        self.fitted = True

    def _paths(self, layout: Any) -> list[str]:
        """Return the name of each output's loss in logs: below the keys that lead to it in a nest."""
        found = []
        for path, name in jax.tree_util.tree_flatten_with_path(layout)[0]:
            *above, last = [str(getattr(key, "key", getattr(key, "idx", key))) for key in path] or [name]
            is_key = bool(path) and hasattr(path[-1], "key")
            found.append("/".join([*above, f"{last if is_key else name}_loss"]))
        return found

    def _titles(self, layout: Any) -> list[str]:
        """Return the names of the losses themselves, as compile() was given them."""
        given = _per_output(tree_of(self.given_loss, _title), layout, "loss", share=callable(self.loss))
        return [f"{title}_loss" for title in given]

    def _order(self, layout: Any) -> list[int]:
        """Return the places of the outputs in the order in which a dict of losses names them."""
        places = list(range(len(self.output_names)))
        if not isinstance(self.loss, Mapping):
            return places
        tops = [name for key, part in _items(layout) for name in [key] * len(tree.flatten(part))]
        order = list(self.loss)
        keys = [top if top in order else name for top, name in zip(tops, self.output_names, strict=True)]
        return sorted(places, key=lambda i: order.index(keys[i]) if keys[i] in order else len(order))

    # ---- the running averages

    def trackers(self) -> list[Any]:
        """Return every metric, the loss first; those that compile() was given are one."""
        several = [self.compile_metrics] if self.metrics or self.weighted_metrics else []
        return [self.loss_tracker, *several, *self.trackers_in_order]

    def names(self) -> list[str]:
        """Return the names of `results`, the loss first."""
        return list(self.results_by_name())

    def results_by_name(self) -> dict[str, Any]:
        """Return each metric by its name in logs: with several outputs, the output's name stands before it."""
        own: dict[str, Any] = {}
        for i, listed in enumerate(self.by_output):
            plain = {metric.name for metric, weighted in listed if not weighted}
            prefix = f"{self.prefixes[i]}_" if self.prefixes else ""
            for metric, weighted in listed:
                base = prefix + (f"weighted_{metric.name}" if weighted and metric.name in plain else metric.name)
                own[unused(base, own)] = metric
        parts = {t.name: t for t in self.trackers_in_order}
        if self.prefixes:
            own = dict(sorted(own.items()))
        unnamed = len(self.output_names) > 1 and not self.prefixes
        return {"loss": self.loss_tracker} | (own | parts if unnamed else parts | own)

    # ---- inside the step

    def total_loss(self, y: Any, y_pred: Sequence[Any], sample_weight: Any, penalties: Sequence[Any]) -> Any:
        """Return the number to minimize: the weighted losses of the outputs plus the penalties of layers."""
        parts = []
        for i, fn in enumerate(self.losses):
            if fn is None:
                continue
            value = fn(y[i], y_pred[i], sample_weight[i]) if sample_weight[i] is not None else fn(y[i], y_pred[i])
            value = jnp.mean(value) if jnp.ndim(value) else value
            if self.output_trackers[i] is not None and HERE.scope is not None:  # a pure step counts by itself
                self.output_trackers[i].update_state(value, sample_weight=rows_that_count(len(y_pred[i])))
            parts.append(value * self.weights[i] if self.weights[i] != 1.0 else value)
        parts += [jnp.sum(p) if jnp.ndim(p) else p for p in penalties]
        total = parts[0] if parts else jnp.zeros(())
        for part in parts[1:]:
            total = total + part
        return total

    def update_metrics(self, y: Sequence[Any], y_pred: Sequence[Any], sample_weight: Sequence[Any]) -> None:
        """Add a batch to the metrics of the outputs; means of functions leave masked steps out."""
        rows = HERE.rows
        for i, listed in enumerate(self.by_output):
            for metric, weighted in listed:
                weight = sample_weight[i] if weighted else None
                if rows is not None:
                    weight = rows.astype(metric.dtype) if weight is None else weight * spread(rows, jnp.asarray(weight))
                with here(rows=None):
                    metric.update_state(y[i], y_pred[i], **({} if weight is None else {"sample_weight": weight}))


def rows_that_count(length: int) -> Any:
    """Return how many of the `length` rows of a batch are no filling."""
    return length if HERE.rows is None else jnp.sum(HERE.rows)


class CompileMetrics(metrics_module.Metric):
    """The metrics that compile() was given, for all outputs, as one metric whose result is a dict."""

    def __init__(self, objective: Objective) -> None:
        super().__init__(name="compile_metrics")
        self._objective = objective

    @property
    def parts(self) -> list[Any]:
        """The metrics, output by output."""
        return [metric for listed in self._objective.by_output for metric, _ in listed]

    @property
    def variables(self) -> list[Variable]:
        """The state of all of them."""
        return [v for metric in self.parts for v in metric.variables]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch into account; targets and outputs in the structure of the model's outputs."""
        names = self._objective.output_names
        y, weights = in_order(y_true, names, "y_true"), weights_in_order(sample_weight, names)
        self._objective.update_metrics(y, tree.flatten(y_pred), weights)

    def result(self) -> dict[str, Any]:
        """Return the value of each by its name in logs."""
        own = self.parts
        named = self._objective.results_by_name().items()
        return flat_logs({name: m.result() for name, m in named if any(m is metric for metric in own)})

    def reset_state(self) -> None:
        """Start all of them anew."""
        for metric in self.parts:
            metric.reset_state()


def flat_logs(logs: Mapping[str, Any]) -> dict[str, Any]:
    """Return logs with the entries of a dict in place of it."""
    flat: dict[str, Any] = {}
    for name, value in logs.items():
        flat |= value if isinstance(value, Mapping) else {name: value}
    return flat


def unused(name: str, taken: Collection[str]) -> str:
    """Return `name`, or the first of name_1, name_2, ... that is not taken."""
    return next(n for i in itertools.count() if (n := f"{name}_{i}" if i else name) not in taken)


def _title(identifier: Any) -> Any:
    """Return the name of a loss as compile() was given it."""
    if identifier is None or isinstance(identifier, str):
        return identifier
    return str(getattr(identifier, "name", getattr(identifier, "__name__", "loss"))).strip("<>")


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


def _check_weight(weight: Any) -> None:
    if weight is not None and not hasattr(weight, "__float__"):
        message = f"loss_weights takes numbers; got {weight!r}."
        raise TypeError(message)


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


def _items(layout: Any) -> list[tuple[Any, Any]]:
    """Return (key, part) of the top of a nest, in the order of its leaves."""
    if isinstance(layout, Mapping):
        return sorted(layout.items())
    return list(enumerate(layout)) if isinstance(layout, list | tuple) else [(None, layout)]


def _is_nested(layout: Any) -> bool:
    """Return whether there are nests in the nest."""
    return any(tree.is_nested(part) for _, part in _items(layout))


def _per_output(given: Any, layout: Any, what: str, *, share: bool) -> list[Any]:
    """Return one entry per output from one thing, a list in their order, or a dict by their names."""
    names = tree.flatten(layout)
    if given is None:
        return [None] * len(names)
    if isinstance(given, Mapping) and (_is_nested(layout) and set(given) <= {key for key, _ in _items(layout)}):
        return [e for key, part in _items(layout) for e in _per_output(given.get(key), part, what, share=True)]
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
        if len(flat) != len(names):
            message = (
                f"{what} expects {len(names)} entries, one per output ({', '.join(map(repr, names))}); got {len(flat)}."
            )
            raise ValueError(message)
        return flat
    return [given] * len(names) if share or len(names) == 1 else [given, *[None] * (len(names) - 1)]


def _metrics_per_output(given: Any, layout: Any) -> list[list[Any]]:
    """Return the metrics of each output: a flat list goes to a single output, or entry by entry to several."""
    names, items = tree.flatten(layout), _items(layout)
    if given is None:
        return [[] for _ in names]
    if _is_nested(layout) and (
        {key for key, _ in items} >= set(given) if isinstance(given, Mapping) else len(given) == len(items)
    ):
        parts = given if isinstance(given, Mapping) else dict(enumerate(given))
        return [listed for key, part in items for listed in _metrics_per_output(parts.get(key), part)]
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
