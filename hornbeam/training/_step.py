"""One training, test or prediction step as a pure function, and many of them in one compiled loop.

The state of training is four flat lists of arrays: trainable weights, other Variables, the optimizer's, the metrics';
and the logs of a step that a model defines itself, which are empty otherwise.
They are collected once; every dispatch reads them from the Variables and writes them back, so an exception anywhere
leaves the Variables with the values of the last finished dispatch. Over arrays a dispatch may overwrite the values it
was given, so that there is one copy of the state in memory, not two; those that somebody else holds are copied first.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from hornbeam._core.op import read
from hornbeam._core.state import Scope, Variable, here, holding
from hornbeam.optimizers import Optimizer
from hornbeam.training._compile import flat_logs
from hornbeam.training._engine import compiled, compiled_loop
from hornbeam.training._gradients import masks_of, restore_masks
from hornbeam.training._signals import signals_wait
from hornbeam.training._values import find_lookups


class Batch(NamedTuple):
    """Inputs as the model takes them; targets and sample weights as flat lists, one per output."""

    x: Any
    y: Any = None
    sample_weight: Any = None


PURE, NATURAL = "pure", "natural"  # the styles of a step that a model defines
ALONE = 2  # references to a value that its Variable alone holds: its own, and that of who counts them

HOOKS = ("train_step", "test_step", "compute_loss", "compute_metrics")  # they get batches as fit() was given them


def is_own(model: Any, name: str) -> bool:
    """Return whether a subclass defines the method."""
    return not getattr(type(model), name).__module__.startswith("hornbeam.")


def style_of(model: Any, name: str) -> str | None:
    """Return the style of a model's step: `(self, state, data)` is pure, `(self, data)` natural; None: not its own."""
    if not is_own(model, name):
        return None
    parameters = inspect.signature(getattr(type(model), name)).parameters.values()
    needed = [p for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return PURE if len(needed) == 3 else NATURAL  # `self` is one of them


def optimizers_of(model: Any) -> list[Optimizer]:
    """Return the optimizer that compile() was given, then those in the attributes of the model and its layers."""
    held = [model.optimizer, *(o for part in model._flatten_layers() for o in part._children(Optimizer))]
    return list({id(o): o for o in held if o is not None}.values())


def packed(batch: Batch) -> Any:
    """Return a batch as a step of the model's own takes it: x, (x, y) or (x, y, sample_weight)."""
    if batch.sample_weight is not None:
        return tuple(batch)
    if batch.y is not None:
        return (batch.x, batch.y)
    return (batch.x,) if isinstance(batch.x, list | tuple) else batch.x


def _as_logs(logs: Any) -> dict[str, Any]:
    """Return the logs of a step as arrays, the entries of a dict in place of it."""
    return {name: jnp.asarray(read(value)) for name, value in flat_logs(logs or {}).items()}


class Steps:
    """The compiled functions of one model, as it is compiled and built now."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.trainable: list[Variable] = model.trainable_variables
        self.rest: list[Variable] = model.non_trainable_variables
        self.counted: list[Any] = model.metrics
        self.metrics: list[Variable] = [v for metric in self.counted for v in metric.variables]
        objective, own = model._objective, style_of(model, "train_step")
        if model.optimizer is not None and (
            objective.fitted if own is None else own == PURE and not model.optimizer.built
        ):
            model.optimizer.build(self.trainable)
        self.optimizer: list[Variable] = [v for optimizer in optimizers_of(model) for v in optimizer.variables]
        self.groups = (self.trainable, self.rest, self.optimizer, self.metrics)
        self._predicts_with = [*self.trainable, *self.rest]  # joined once: predict of one sample is short
        first = None if objective is None else objective.loss_tracker.variables[0]  # the sum of the epoch's losses
        self.loss_at = next((i for i, v in enumerate(self.metrics) if v is first), None)
        self.logs: dict[str, Any] = {}  # what the last step returned, if it is the model's own
        self.seen: set[Any] = set()  # (shape of a sample, dtype) that predict has been checked for
        self.fills: dict[str, bool] = {}  # whether short batches can be filled up, by the kind of step
        self.joins: dict[str, int] = {}  # how many rows joined batches may have, likewise
        self.takes_given = any(is_own(model, name) for name in HOOKS)  # whether steps get batches as fit() did
        self._lookups: list[Any] | None = None
        self._compiled: dict[Any, Callable[..., Any]] = {}
        self._before: tuple[Any, ...] | None = None  # what the last batch began with, until it is known to be done

    def is_current(self, model: Any) -> bool:
        """Return whether the Variables are still those of `model`."""
        now = (model.trainable_variables, model.non_trainable_variables)
        return all(map(_same, self.groups, now))

    def has_all(self) -> bool:
        """Return whether there is no state besides: no metric or optimizer was made since."""
        optimizer = [v for o in optimizers_of(self.model) for v in o.variables]
        now = (self.model.metrics_variables, optimizer)
        return self.is_current(self.model) and all(map(_same, (self.metrics, self.optimizer), now))

    def lookups(self, x: Any) -> list[Any]:
        """Return which leaves of a batch like `x` go to which Embedding as they are: found once."""
        if self._lookups is None:
            self._lookups = find_lookups(self.model, x)
        return self._lookups

    # ---- pure functions

    def _forward(self, values: Sequence[Any], batch: Batch, *, training: bool) -> tuple[Any, list[Any], Any]:
        """Return (loss, predictions, new values of rest and of the metrics of losses)."""
        own = [*self.trainable, *self.rest, *self.metrics]
        with holding(Scope(zip(own, values, strict=True))) as scope, here(training=training, losses=[]):
            y_pred = self.model(batch.x)
            loss = self.model._loss_of(batch, y_pred, training)
            return loss, y_pred, [scope[v] for v in own[len(self.trainable) :]]

    def _count(self, metric_values: Sequence[Any], batch: Batch, y_pred: Any, loss: Any) -> tuple[list[Any], Any]:
        """Return the metrics' state after this batch, and logs."""
        with holding(Scope(zip(self.metrics, metric_values, strict=True))) as scope:
            logs = self.model._count_batch(batch, y_pred, loss, self.loss_at is not None)
            return [scope[v] for v in self.metrics], logs

    def train(self, state: tuple[Any, ...], batch: Batch) -> tuple[Any, ...]:
        """Return the state after one step of gradient descent."""
        trainable, rest, optimizer_values, metric_values, _ = state
        optimizer = self.model.optimizer
        count = len(optimizer.variables)  # a model may hold others besides, whose values stay
        optimizer_values, others = optimizer_values[:count], optimizer_values[count:]

        def objective(weights: Sequence[Any]) -> Any:
            loss, y_pred, new = self._forward([*weights, *rest, *metric_values], batch, training=True)
            scaled = optimizer.stateless_scale_loss(optimizer_values, loss) if optimizer.scales_loss else loss
            return scaled, (loss, y_pred, new, masks_of(y_pred))

        (_, (loss, y_pred, new, masks)), gradients = jax.value_and_grad(objective, has_aux=True)(trainable)
        restore_masks(y_pred, masks)
        rest, metric_values = new[: len(rest)], new[len(rest) :]
        trainable, optimizer_values = optimizer.stateless_apply(optimizer_values, gradients, trainable)
        return trainable, rest, [*optimizer_values, *others], *self._count(metric_values, batch, y_pred, loss)

    def test(self, state: tuple[Any, ...], batch: Batch) -> tuple[Any, ...]:
        """Return the state after one batch was counted, the weights unchanged."""
        trainable, rest, optimizer_values, metric_values, _ = state
        loss, y_pred, new = self._forward([*trainable, *rest, *metric_values], batch, training=False)
        rest, metric_values = new[: len(rest)], new[len(rest) :]
        return trainable, rest, optimizer_values, *self._count(metric_values, batch, y_pred, loss)

    def predict(self, values: Sequence[Any], x: Any) -> Any:
        """Return the outputs for a batch; what metrics inside layers count here is dropped."""
        own, counted = [*self.trainable, *self.rest], [(v, v._value) for v in self.metrics]
        style, count = style_of(self.model, "predict_step"), len(self.trainable)
        if style == PURE:
            return self.model.predict_step((list(values[:count]), list(values[count:])), x)[0]
        with holding(Scope([*zip(own, values, strict=True), *counted])), here(training=False, losses=[]):
            return self.model.predict_step(x) if style == NATURAL else self.model(x)

    # ---- steps that the model defines

    def rehearse(self, kind: str, batch: Batch) -> None:
        """Run a step in the natural style without computing: it makes the state that is made at first use."""

        def run(batch: Batch) -> None:
            with holding(Scope(open_ended=True)), here(losses=[]):
                getattr(self.model, f"{kind}_step")(packed(batch))

        jax.eval_shape(run, batch)

    def _pure_step(self, kind: str, state: tuple[Any, ...], batch: Batch) -> tuple[Any, ...]:
        """Return the state after the model's own step in the pure style."""
        groups, places = list(state[:4]), (0, 1, 2, 3) if kind == "train" else (0, 1, 3)
        with here(losses=[]):
            result = getattr(self.model, f"{kind}_step")(tuple(groups[i] for i in places), packed(batch))
        if not (isinstance(result, tuple) and len(result) == 2 and len(result[1]) == len(places)):
            message = (
                f"{kind}_step(self, state, data) must return (logs, state), with {len(places)} lists in the state."
            )
            raise ValueError(message)
        logs, new = result
        for place, values in zip(places, new, strict=True):
            pairs = zip(values, self.groups[place], strict=True)
            groups[place] = [jnp.asarray(value, v.dtype) for value, v in pairs]
        return (*groups, _as_logs(logs))

    def _natural_step(self, kind: str, state: tuple[Any, ...], batch: Batch) -> tuple[Any, ...]:
        """Return the state after the model's own step in the natural style."""
        pairs = [
            pair for group, values in zip(self.groups, state, strict=False) for pair in zip(group, values, strict=True)
        ]
        with holding(Scope(pairs)) as scope, here(losses=[]):
            logs = _as_logs(getattr(self.model, f"{kind}_step")(packed(batch)))
            return (*([scope[v] for v in group] for group in self.groups), logs)

    def step_of(self, kind: str) -> Callable[..., tuple[Any, ...]]:
        """Return the step of a kind ('train' or 'test') as a pure function of (state, batch)."""
        style = style_of(self.model, f"{kind}_step")
        if style is None:
            return getattr(self, kind)
        return functools.partial(self._pure_step if style == PURE else self._natural_step, kind)

    def gives_logs(self, kind: str) -> bool:
        """Return whether a step gives logs of the model's own."""
        return is_own(self.model, f"{kind}_step") or is_own(self.model, "compute_metrics")

    def loss_is_finite(self, state: tuple[Any, ...] | None = None) -> Any:
        """Return whether the sum of the epoch's losses so far, or the loss in the logs, is a number."""
        *_, metrics, logs = self._read() if state is None else state
        loss = logs.get("loss", 0.0 if self.loss_at is None else metrics[self.loss_at])
        return jnp.isfinite(loss)

    def loss_before(self) -> float:
        """Return the sum of the epoch's losses before the last dispatch, which may be under way: without waiting."""
        state = self._read() if self._before is None else self._before
        return 0.0 if self.loss_at is None else float(state[3][self.loss_at])

    def is_finite(self) -> bool:
        """Return whether the loss and all weights are numbers."""
        return bool(self.loss_is_finite()) and all(bool(jnp.isfinite(v._value).all()) for v in self.trainable)

    # ---- compiled, over the Variables

    def _get(self, kind: str, make: Callable[[], Callable[..., Any]]) -> Callable[..., Any]:
        if kind not in self._compiled:
            self._compiled[kind] = make()
        return self._compiled[kind]

    def _read(self) -> tuple[Any, ...]:
        return (*map(_values, self.groups), self.logs)

    def _write(self, kind: str, state: tuple[Any, ...]) -> None:
        """Set the Variables to the new values: all of them, also when Ctrl-C comes on the way."""
        try:
            self._assign(kind, state)
        except KeyboardInterrupt:
            self._assign(kind, state)
            raise

    def _assign(self, kind: str, state: tuple[Any, ...]) -> None:
        """Set the Variables; a test leaves weights and optimizer as they are."""
        train = kind == "train"
        *values_of, self.logs = state
        for group, values in zip(self.groups, values_of, strict=True):
            if train or group is self.metrics or group is self.rest:
                for variable, value in zip(group, values, strict=True):
                    variable._value = value

    def run_batch(self, kind: str, batch: Batch, rows: int | None = None) -> None:
        """Do one step ('train' or 'test') on one batch; of a batch that was filled up, the first `rows` count."""
        if self.model.run_eagerly:
            self._write(kind, self.step_of(kind)((*self._read()[:4], {}), batch))
            return

        def one(state: Any, batch: Batch, rows: Any) -> Any:
            places = None if rows is None else jnp.arange(len(jax.tree.leaves(batch)[0])) < rows
            with here(rows=places):
                return self.step_of(kind)(state, batch)

        function = self._get(kind, lambda: compiled(one))
        self._launch(kind, lambda state: function(state, batch, rows))

    def run_group(self, kind: str, data: Batch, batch_size: int, count: int, rows: int | None) -> None:
        """Do `count` steps on batches that lie one after the other, without waiting for the last of them."""
        function = self._many(kind, batch_size, spends=False)
        self._launch(kind, lambda state: function(0, count, False, state, data, None, rows, ())[1])

    def _launch(self, kind: str, function: Callable[[Any], Any]) -> None:
        """Start a dispatch when the one before is done; if that failed, settle() puts its Variables back."""
        state = (*self._read()[:4], {})
        jax.block_until_ready(state[3][:1])
        self._before = state
        self._write(kind, function(state))

    def settle(self) -> None:
        """Wait for the last batch; if it failed, put the Variables back to what it began with."""
        before, self._before = self._before, None
        if before is not None:
            try:
                jax.block_until_ready(self._read())
            except Exception:  # noqa: BLE001 - whatever it was has been raised, or will be by what comes next
                self._write("train", before)

    def run_many(
        self,
        kind: str,
        data: Batch,
        order: Any,
        batch_size: int,
        start: int,
        stop: int,
        guarded: bool,
        rows: int | None = None,
    ) -> Any:
        """Do the steps `start` to `stop` of an epoch in one dispatch; batch i begins at place i * batch_size.

        With `rows`, the number of samples, the last batch may be short: it is filled up, and its own rows count.
        Returns the step that was reached: a guarded dispatch ends after the first loss that is not finite.
        """
        function = self._many(kind, batch_size, spends=True)
        with signals_wait():  # what is spent is lost, unless the new state arrives
            state, kept = self._split(kind)
            reached, state = function(start, stop, guarded, state, data, order, rows, kept)
            reached = int(reached)  # waits: a dispatch that fails must not reach the Variables
            self._write(kind, _whole(state, kept))
        return reached

    def _split(self, kind: str) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Return the state that a dispatch may overwrite, and what a test leaves alone: weights and optimizer.

        Of values that others hold the Variables get copies first.
        """
        train = kind == "train"
        changed = self.groups if train else (self.rest, self.metrics)
        for variable in itertools.chain(*changed):
            if sys.getrefcount(variable._value) > ALONE:
                variable._value = jnp.copy(variable._value)
        kept = () if train else (_values(self.trainable), _values(self.optimizer))
        return (*map(_values, changed), {}), kept

    def _many(self, kind: str, batch_size: int, *, spends: bool) -> Callable[..., Any]:
        """Return the compiled loop over steps, made at first use."""

        def one(i: Any, state: Any, data: Batch, order: Any, rows: Any, kept: Any) -> Any:
            batch, places = _rows(data, order, i, batch_size, rows)
            with here(rows=places):
                new = self.step_of(kind)(_whole(state, kept), batch)
            return (new[1], *new[3:]) if kept else new

        def complete(state: Any, shapes: Callable[[], Any]) -> Any:
            """Add the logs of a step that gives some: their form is known once it was traced."""
            if not self.gives_logs(kind):
                return state
            return (*state[:-1], jax.tree.map(lambda a: jnp.zeros(a.shape, a.dtype), shapes()[-1]))

        def make() -> Callable[..., Any]:
            return compiled_loop(one, self.loss_is_finite, complete, spends=spends)

        return self._get(f"{kind}_many_{batch_size}_{spends}", make)

    def run_predict(self, x: Any) -> Any:
        """Return the outputs for one batch."""
        values = [v._value for v in self._predicts_with]
        if self.model.run_eagerly:
            return self.predict(values, x)
        return self._get("predict", lambda: compiled(self.predict))(values, x)


def _rows(data: Batch, order: Any, i: Any, batch_size: int, rows: Any) -> tuple[Batch, Any]:
    """Return batch `i`, consecutive rows or those that `order` names; and which of its rows count, None for all.

    At the end of the data a short batch is filled up: with rows before it, or with what `order` names beyond its end.
    """
    begin = i * batch_size
    length = len(jax.tree.leaves(data)[0]) if order is None else len(order)
    places = None
    if rows is not None:
        index = jnp.minimum(begin, length - batch_size) + jnp.arange(batch_size)
        places = (index >= begin) & (index < rows)
    if order is None:
        return jax.tree.map(lambda a: lax.dynamic_slice_in_dim(a, begin, batch_size), data), places
    chosen = lax.dynamic_slice_in_dim(order, begin, batch_size)
    return jax.tree.map(lambda a: jnp.take(a, chosen, axis=0, mode="clip"), data), places


def _values(variables: Sequence[Variable]) -> list[Any]:
    return [v._value for v in variables]


def _whole(state: tuple[Any, ...], kept: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a state with the weights and the optimizer's values that were kept apart from it, if they were."""
    return (kept[0], state[0], kept[1], *state[1:]) if kept else state


def _same(a: list[Variable], b: list[Variable]) -> bool:
    return len(a) == len(b) and all(x is y for x, y in zip(a, b, strict=True))
