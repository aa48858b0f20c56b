"""The base of all optimizers: a rule gives the new weight from gradient and slots; everything else wraps it, once.

A rule is a class with a table `slots` (names of its accumulators) and one method `update`, a formula on arrays. Around
it, for every rule alike: loss scaling, clipping, gradient accumulation, weight decay, moving averages, constraints.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from hornbeam._core.names import auto_name, snake_case
from hornbeam._core.serialize import constructor_arguments, deserialize, serialize
from hornbeam._core.state import Scope, Variable, holding
from hornbeam.optimizers._schedules import LearningRateSchedule

Arrays = Sequence[Any]


class Optimizer:
    """Changes weights step by step along their gradients.

    Args:
        learning_rate: a number above 0, a LearningRateSchedule, or a function without arguments.
        weight_decay: the share of each weight that a step takes away, times the learning rate.
        clipnorm: the largest norm of a gradient; longer ones are shortened.
        clipvalue: the largest absolute value in a gradient.
        global_clipnorm: the largest norm of all gradients together.
        use_ema: keep a moving average of the weights, and put it in their place when training ends.
        ema_momentum: how much of the average each step keeps.
        ema_overwrite_frequency: put the average in the weights' place every so many steps.
        loss_scale_factor: what the loss is multiplied by, and the gradients divided by.
        gradient_accumulation_steps: average the gradients of so many steps before the weights change.
        name: a name.
    """

    slots: tuple[tuple[str, ...], ...] = ()  # the accumulators that the rule keeps for each weight, in files' groups
    defaults: Mapping[str, float] = {}  # slot -> its first value, where that is not 0

    def __init__(
        self,
        learning_rate: Any,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.name = name or auto_name(snake_case(type(self).__name__))
        if kwargs:
            known = ", ".join(constructor_arguments(type(self)))
            message = f"{type(self).__name__} takes the arguments {known}; got {', '.join(sorted(kwargs))}."
            raise ValueError(message)
        _check_options(
            type(self).__name__, clipnorm, clipvalue, global_clipnorm, gradient_accumulation_steps, ema_momentum
        )
        self.weight_decay, self.clipnorm, self.clipvalue, self.global_clipnorm = (
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
        )
        self.use_ema, self.ema_momentum, self.ema_overwrite_frequency = use_ema, ema_momentum, ema_overwrite_frequency
        self.loss_scale_factor, self.gradient_accumulation_steps = loss_scale_factor, gradient_accumulation_steps
        self.built = False
        self._undecayed: set[int] = set()
        self._trainable: list[Variable] = []
        self.iterations = Variable(0, dtype="int32", trainable=False, name="iteration")
        self._schedule: Any = None
        if isinstance(learning_rate, LearningRateSchedule) or callable(learning_rate):
            self._schedule = learning_rate
            self._variables = [self.iterations]
        else:
            self._learning_rate = Variable(
                _check_rate(type(self).__name__, learning_rate), dtype="float32", trainable=False, name="learning_rate"
            )
            self._variables = [self.iterations, self._learning_rate]

    # ---- state

    @property
    def variables(self) -> list[Variable]:
        """The state: the number of steps, the learning rate, and the accumulators."""
        return list(self._variables)

    @property
    def learning_rate(self) -> Any:
        """The learning rate now; assign a number to change it."""
        if self._schedule is None:
            return self._learning_rate
        if isinstance(self._schedule, LearningRateSchedule):
            return self._schedule(self.iterations.value)
        return self._schedule()

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if isinstance(value, LearningRateSchedule):
            self._schedule = value
        elif self._schedule is not None:
            message = f"{type(self).__name__} follows a learning rate schedule; its rate cannot be set to {value!r}."
            raise TypeError(message)
        else:
            self._learning_rate.assign(value)

    def build(self, variables: Iterable[Variable]) -> None:
        """Make the accumulators for the weights `variables`; a second call does nothing."""
        if self.built:
            return
        self._trainable = list(variables)
        self._sums = (
            [self.add_variable_from_reference(v, "gradient_accumulator") for v in self._trainable]
            if self.gradient_accumulation_steps
            else []
        )
        self._variables += self._sums
        self._accumulators: dict[str, list[Variable]] = {}
        for group in self.slots:
            made = [[self._slot(v, slot) for slot in group] for v in self._trainable]
            self._accumulators |= {slot: [row[i] for row in made] for i, slot in enumerate(group)}
            self._variables += [slot for row in made for slot in row]  # weight by weight, as files have them
        self._averages = (
            [self.add_variable_from_reference(v, "average", initializer=v.value) for v in self._trainable]
            if self.use_ema
            else []
        )
        self._variables += self._averages
        self.built = True

    def _slot(self, variable: Variable, slot: str) -> Variable:
        return self.add_variable_from_reference(variable, slot, initializer=self.defaults.get(slot, 0.0))

    def add_variable_from_reference(
        self, reference_variable: Variable, name: str | None = None, initializer: Any = 0.0
    ) -> Variable:
        """Return a new Variable with the shape and dtype of a weight."""
        value = np.broadcast_to(
            np.asarray(initializer, dtype=jnp.dtype(reference_variable.dtype)), reference_variable.shape
        )
        made = Variable(value, dtype=reference_variable.dtype, trainable=False, name="slot")
        made.name = f"{reference_variable.path.replace('/', '_')}_{name}"
        made.path = f"{self.name}/{made.name}"
        return made

    def exclude_from_weight_decay(self, var_list: Any = None, var_names: Any = None) -> None:
        """Leave weights out of weight decay: those in `var_list`, and those whose path matches a pattern of `var_names`."""
        if self.built and not self._trainable:
            return
        self._undecayed |= {id(v) for v in var_list or ()}
        self._undecayed_names = [*getattr(self, "_undecayed_names", ()), *(var_names or ())]

    def _decays(self, variable: Variable) -> bool:
        patterns = getattr(self, "_undecayed_names", ())
        return id(variable) not in self._undecayed and not any(re.search(p, variable.path) for p in patterns)

    # ---- one step

    @property
    def scales_loss(self) -> bool:
        """Whether the loss is multiplied before its gradient is taken."""
        return self.loss_scale_factor is not None

    def scale_loss(self, loss: Any) -> Any:
        """Return what the gradient is taken of."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> Any:
        """Change weights along gradients, given as pairs."""
        gradients, variables = zip(*grads_and_vars, strict=True)
        return self.apply(gradients, variables)

    def apply(self, grads: Arrays, trainable_variables: Sequence[Variable] | None = None) -> Any:
        """Change the weights along `grads`, one gradient per weight; None leaves a weight as it is."""
        if trainable_variables is not None:
            self.build(trainable_variables)
        elif not self.built:
            message = f"{type(self).__name__}: pass trainable_variables to the first apply(), or call build()."
            raise ValueError(message)
        chosen = self._trainable if trainable_variables is None else list(trainable_variables)
        places = {id(v): i for i, v in enumerate(self._trainable)}
        unknown = [v.path for v in chosen if id(v) not in places]
        if unknown:
            message = f"{type(self).__name__} was built for other weights; it does not know {unknown[0]!r}."
            raise ValueError(message)
        by_place: list[Any] = [None] * len(self._trainable)
        for gradient, variable in zip(grads, chosen, strict=True):
            by_place[places[id(variable)]] = gradient
        values = [v.value for v in self._trainable]
        for variable, value in zip(self._trainable, self._step(by_place, values), strict=True):
            variable.assign(value)
        return self.iterations

    def stateless_apply(
        self, optimizer_variables: Arrays, grads: Arrays, trainable_variables: Arrays
    ) -> tuple[list[Any], list[Any]]:
        """Return (new weights, new state) as arrays, from arrays; nothing is changed."""
        with holding(Scope(zip(self._variables, optimizer_variables, strict=True))) as scope:
            weights = self._step(list(grads), list(trainable_variables))
            return weights, [scope[v] for v in self._variables]

    def _step(self, gradients: list[Any], weights: list[Any]) -> list[Any]:
        """Return the weights after one step; the state goes through the Variables."""
        if self.loss_scale_factor is not None:
            gradients = [None if g is None else g / self.loss_scale_factor for g in gradients]
        if not self.gradient_accumulation_steps:
            return self._move(gradients, weights)
        return self._accumulate(gradients, weights)

    def _move(self, gradients: list[Any], weights: list[Any]) -> list[Any]:
        gradients = self.clip_gradients(gradients)
        rate = jnp.asarray(_value(self.learning_rate), "float32")
        step = self.iterations.value // (self.gradient_accumulation_steps or 1) + 1
        names = list(self._accumulators)
        shared = self.before_step(rate, step)
        new = []
        for i, (variable, gradient, weight) in enumerate(zip(self._trainable, gradients, weights, strict=True)):
            if gradient is None:
                new.append(weight)
                continue
            if variable.overwrite_with_gradient:
                new.append(gradient)
                continue
            own_rate = rate.astype(weight.dtype)
            if self.weight_decay is not None and self._decays(variable):
                weight = weight - weight * jnp.asarray(self.weight_decay, weight.dtype) * own_rate
            slots = {n: self._accumulators[n][i] for n in names}
            values = {n: v.value for n, v in slots.items()}
            weight, values = self.update(gradient.astype(weight.dtype), weight, values, own_rate, step, shared)
            for n, value in values.items():
                slots[n].assign(value)
            new.append(weight)
        self.iterations.assign(self.iterations.value + 1)
        self.after_step(shared)
        return self._finish(new)

    def _finish(self, weights: list[Any]) -> list[Any]:
        """Return the weights with constraints applied, and averages put in their place when that is due."""
        pairs = zip(self._trainable, weights, strict=True)
        weights = [v.constraint(w) if v.constraint is not None else w for v, w in pairs]
        if not self.use_ema:
            return weights
        step = self.iterations.value
        keep = jnp.where(step == 1, 0.0, self.ema_momentum)
        for average, weight in zip(self._averages, weights, strict=True):
            average.assign(keep * average.value + (1 - keep) * weight)
        if self.ema_overwrite_frequency:
            due = step % self.ema_overwrite_frequency == 0
            weights = [jnp.where(due, a.value, w) for a, w in zip(self._averages, weights, strict=True)]
        return weights

    def _accumulate(self, gradients: list[Any], weights: list[Any]) -> list[Any]:
        """Move the weights on every n-th step, along the mean of the last n gradients."""
        count = self.gradient_accumulation_steps
        assert count is not None  # noqa: S101 - the caller asked
        step = self.iterations.value
        due = (step + 1) % count == 0
        before = [v.value for v in self._variables]
        sums = [s.value + (0.0 if g is None else g) for s, g in zip(self._sums, gradients, strict=True)]
        moved = self._move([s / count for s in sums], weights)
        for variable, old in zip(self._variables, before, strict=True):
            if variable is not self.iterations:
                variable.assign(jnp.where(due, variable.value, old))
        for variable, value in zip(self._sums, sums, strict=True):
            variable.assign(jnp.where(due, jnp.zeros_like(value), value))
        return [jnp.where(due, new, old) for new, old in zip(moved, weights, strict=True)]

    def clip_gradients(self, gradients: list[Any]) -> list[Any]:
        """Return the gradients shortened as the clipping options say."""
        if self.clipnorm:
            return [None if g is None else _shorten(g, jnp.sqrt(jnp.sum(g * g)), self.clipnorm) for g in gradients]
        if self.global_clipnorm:
            norm = jnp.sqrt(sum(jnp.sum(g * g) for g in gradients if g is not None))
            return [None if g is None else _shorten(g, norm, self.global_clipnorm) for g in gradients]
        if self.clipvalue:
            return [None if g is None else jnp.clip(g, -self.clipvalue, self.clipvalue) for g in gradients]
        return gradients

    # ---- what a rule defines

    def before_step(self, rate: Any, step: Any) -> Any:  # noqa: ARG002 - for rules that share something between weights
        """Return what all weights of a step share."""
        return None

    def after_step(self, shared: Any) -> None:
        """Write what all weights share."""

    def update(
        self, gradient: Any, value: Any, slots: dict[str, Any], rate: Any, step: Any, shared: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Return (new weight, new slots): the rule's formula. `step` counts from 1."""
        message = f"{type(self).__name__} must define update()."
        raise NotImplementedError(message)

    # ---- the end of training, and configuration

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        """Put the moving averages in the weights' place, when there are any; called when training ends."""
        if self.use_ema and self.built:
            averages = {id(v): a for v, a in zip(self._trainable, self._averages, strict=True)}
            for variable in var_list:
                variable.assign(averages[id(variable)].value)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments, so that `from_config` makes an equal optimizer without its state."""
        names = [*constructor_arguments(Optimizer), *constructor_arguments(type(self))]
        config = {n: serialize(getattr(self, n)) for n in dict.fromkeys(names) if n != "learning_rate"}
        rate = self._schedule if self._schedule is not None else float(np.asarray(self._learning_rate._value))
        return {"name": config.pop("name"), "learning_rate": serialize(rate), **config}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        """Return an optimizer made from what `get_config` returned."""
        return cls(**{name: deserialize(value, custom_objects) for name, value in config.items()})

    def save_own_variables(self, store: Any) -> None:
        """Write the state into `store` under '0', '1', ..."""
        for i, variable in enumerate(self.variables):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Read the state from what `save_own_variables` wrote."""
        for i, variable in enumerate(self.variables):
            variable.assign(np.asarray(store[str(i)]))


def _value(x: Any) -> Any:
    return x.value if isinstance(x, Variable) else x


def _shorten(gradient: Any, norm: Any, limit: float) -> Any:
    return gradient * (limit / jnp.maximum(norm, limit))


def _check_rate(owner: str, rate: Any) -> float:
    if isinstance(rate, Variable | jax.Array | np.ndarray):
        rate = float(np.asarray(_value(rate)))
    if isinstance(rate, bool) or not isinstance(rate, int | float | np.number) or rate < 0:
        message = (
            f"{owner}: learning_rate must be a number of 0 or more, a LearningRateSchedule or a function; got {rate!r}."
        )
        raise ValueError(message)
    return float(rate)


def _check_options(
    owner: str, clipnorm: Any, clipvalue: Any, global_clipnorm: Any, accumulation: Any, ema_momentum: Any
) -> None:
    if sum(c is not None for c in (clipnorm, clipvalue, global_clipnorm)) > 1:
        message = f"{owner}: only one of clipnorm, clipvalue and global_clipnorm can be set; got {clipnorm}, {clipvalue}, {global_clipnorm}."
        raise ValueError(message)
    if accumulation is not None and accumulation < 2:
        message = f"{owner}: gradient_accumulation_steps must be 2 or more; got {accumulation}."
        raise ValueError(message)
    if not 0 <= ema_momentum <= 1:
        message = f"{owner}: ema_momentum must lie in 0..1; got {ema_momentum}."
        raise ValueError(message)
