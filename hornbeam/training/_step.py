"""One training, test or prediction step as a pure function, and many of them in one compiled loop.

The state of training is four flat lists of arrays: trainable weights, other Variables, the optimizer's, the metrics'.
They are collected once; every dispatch reads them from the Variables and writes them back, so an exception anywhere
leaves the Variables with the values of the last finished dispatch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from hornbeam._core import tree
from hornbeam._core.state import Scope, Variable, get_mask, here, holding, set_mask
from hornbeam.training._engine import compiled


class Batch(NamedTuple):
    """Inputs as the model takes them; targets and sample weights as flat lists, one per output."""

    x: Any
    y: Any = None
    sample_weight: Any = None


class Steps:
    """The compiled functions of one model, as it is compiled and built now."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.trainable: list[Variable] = model.trainable_variables
        self.rest: list[Variable] = model.non_trainable_variables
        self.optimizer: list[Variable] = []
        self.metrics: list[Variable] = []
        objective = model._objective
        if objective is not None and objective.fitted:
            self.metrics = objective.variables()
            if model.optimizer is not None:
                model.optimizer.build(self.trainable)
                self.optimizer = model.optimizer.variables
        self.seen: set[Any] = set()  # (shape of a sample, dtype) that predict has been checked for
        self._compiled: dict[Any, Callable[..., Any]] = {}

    def is_current(self, model: Any) -> bool:
        """Return whether the Variables are still those of `model`."""
        return _same(self.trainable, model.trainable_variables) and _same(self.rest, model.non_trainable_variables)

    # ---- pure functions

    def _forward(self, values: Sequence[Any], batch: Batch, *, training: bool) -> tuple[Any, list[Any], Any]:
        """Return (loss, predictions, new values of rest and of the metrics of losses)."""
        own = [*self.trainable, *self.rest, *self.metrics]
        added: list[Any] = []
        with holding(Scope(zip(own, values, strict=True))) as scope, here(training=training, losses=added):
            y_pred = self.model(batch.x)
            penalties = [*added, *self.model._penalties()]
            loss = self.model._loss_of(batch, y_pred, penalties)
            return loss, y_pred, [scope[v] for v in own[len(self.trainable) :]]

    def _count(self, metric_values: Sequence[Any], batch: Batch, y_pred: Any, loss: Any) -> list[Any]:
        """Return the metrics' state after this batch."""
        with holding(Scope(zip(self.metrics, metric_values, strict=True))) as scope:
            self.model._count_batch(batch, y_pred, loss)
            return [scope[v] for v in self.metrics]

    def train(self, state: tuple[Any, ...], batch: Batch) -> tuple[Any, ...]:
        """Return the state after one step of gradient descent."""
        trainable, rest, optimizer_values, metric_values = state
        optimizer = self.model.optimizer

        def objective(weights: Sequence[Any]) -> Any:
            loss, y_pred, new = self._forward([*weights, *rest, *metric_values], batch, training=True)
            scaled = optimizer.stateless_scale_loss(optimizer_values, loss) if optimizer.scales_loss else loss
            return scaled, (loss, y_pred, new, _masks_of(y_pred))

        (_, (loss, y_pred, new, masks)), gradients = jax.value_and_grad(objective, has_aux=True)(trainable)
        _restore_masks(y_pred, masks)
        rest, metric_values = new[: len(rest)], new[len(rest) :]
        trainable, optimizer_values = optimizer.stateless_apply(optimizer_values, gradients, trainable)
        return trainable, rest, optimizer_values, self._count(metric_values, batch, y_pred, loss)

    def test(self, state: tuple[Any, ...], batch: Batch) -> tuple[Any, ...]:
        """Return the state after one batch was counted, the weights unchanged."""
        trainable, rest, optimizer_values, metric_values = state
        loss, y_pred, new = self._forward([*trainable, *rest, *metric_values], batch, training=False)
        rest, metric_values = new[: len(rest)], new[len(rest) :]
        return trainable, rest, optimizer_values, self._count(metric_values, batch, y_pred, loss)

    def predict(self, values: Sequence[Any], x: Any) -> Any:
        """Return the outputs for a batch."""
        with holding(Scope(zip([*self.trainable, *self.rest], values, strict=True))), here(training=False, losses=[]):
            return self.model(x)

    # ---- compiled, over the Variables

    def _get(self, kind: str, make: Callable[[], Callable[..., Any]]) -> Callable[..., Any]:
        if kind not in self._compiled:
            self._compiled[kind] = make()
        return self._compiled[kind]

    def _read(self) -> tuple[list[Any], ...]:
        groups = (self.trainable, self.rest, self.optimizer, self.metrics)
        return tuple([v._value for v in group] for group in groups)

    def _write(self, kind: str, state: tuple[list[Any], ...]) -> None:
        """Set the Variables to the new values; a test leaves weights and optimizer as they are."""
        train = kind == "train"
        for group, values in zip((self.trainable, self.rest, self.optimizer, self.metrics), state, strict=True):
            if train or group is self.metrics or group is self.rest:
                for variable, value in zip(group, values, strict=True):
                    variable._value = value

    def run_batch(self, kind: str, batch: Batch) -> None:
        """Do one step ('train' or 'test') on one batch."""
        if self.model.run_eagerly:
            self._write(kind, getattr(self, kind)(self._read(), batch))
            return
        function = self._get(kind, lambda: compiled(getattr(self, kind), self.model))
        self._write(kind, function(self._read(), batch))

    def run_many(
        self, kind: str, data: Batch, order: Any, batch_size: int, start: int, stop: int, guarded: bool
    ) -> Any:
        """Do the steps `start` to `stop` of an epoch in one dispatch; batch i begins at place i * batch_size.

        Returns the step that was reached: a guarded dispatch ends after the first loss that is not finite.
        """

        def make() -> Callable[..., Any]:
            step = getattr(self, kind)

            def many(state: Any, data: Batch, order: Any, start: Any, stop: Any, guarded: Any) -> Any:
                def goes_on(carry: Any) -> Any:
                    i, (*_, metrics) = carry
                    loss = metrics[0]  # the sum of the epoch's losses stands first
                    return (i < stop) & (~guarded | (i == start) | jnp.isfinite(loss))

                def body(carry: Any) -> Any:
                    i, state = carry
                    return i + 1, step(state, _rows(data, order, i, batch_size))

                return lax.while_loop(goes_on, body, (start, state))

            return compiled(many, self.model)

        function = self._get(f"{kind}_many_{batch_size}", make)
        reached, state = function(self._read(), data, order, start, stop, guarded)
        self._write(kind, state)
        return reached

    def run_predict(self, x: Any) -> Any:
        """Return the outputs for one batch."""
        values = [v._value for v in self.trainable] + [v._value for v in self.rest]
        if self.model.run_eagerly:
            return self.predict(values, x)
        return self._get("predict", lambda: compiled(self.predict, self.model))(values, x)


def _rows(data: Batch, order: Any, i: Any, batch_size: int) -> Batch:
    """Return batch `i`: consecutive rows, or those that `order` names."""
    begin = i * batch_size
    if order is None:
        return jax.tree.map(lambda a: lax.dynamic_slice_in_dim(a, begin, batch_size), data)
    rows = lax.dynamic_slice_in_dim(order, begin, batch_size)
    return jax.tree.map(lambda a: jnp.take(a, rows, axis=0, mode="clip"), data)


def _masks_of(y_pred: Any) -> list[Any]:
    return [get_mask(a) for a in tree.flatten(y_pred)]


def _restore_masks(y_pred: Any, masks: list[Any]) -> None:
    """Attach masks to the predictions again: they left a function that was differentiated as other arrays."""
    for a, mask in zip(tree.flatten(y_pred), masks, strict=True):
        if mask is not None:
            set_mask(a, mask)


def _same(a: list[Variable], b: list[Variable]) -> bool:
    return len(a) == len(b) and all(x is y for x, y in zip(a, b, strict=True))
