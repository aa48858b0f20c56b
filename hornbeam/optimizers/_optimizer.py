"""The base of all optimizers: state, learning rate, and what every rule is wrapped in, once.

A rule is a table of slots and one formula, `update(gradient, value, slots, learning_rate, step)`, of arrays. Clipping,
weight decay, accumulation of gradients, moving averages of weights, loss scaling and constraints stand here, around it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from hornbeam import initializers
from hornbeam._core import dtypes
from hornbeam._core.names import auto_name, snake_case
from hornbeam._core.op import read
from hornbeam._core.serialize import Configurable, constructor_config, serialize
from hornbeam._core.state import Variable, pure
from hornbeam.optimizers import _checks
from hornbeam.optimizers._arithmetic import clip, when
from hornbeam.optimizers._rate import HasLearningRate

Slots = dict[str, Any]  # name of a slot -> its first value: a number, or an array of the variable's shape


class Optimizer(HasLearningRate, Configurable):
    """Changes variables, step by step, so that a loss gets smaller.

    Subclasses store each constructor argument under its own name and define `update` and `slots`; or, working on
    Variables, `build(variables)` and `update_step(gradient, variable, learning_rate)`.

    Args:
        learning_rate: a number above 0; a schedule or another function of the step; or a function without arguments.
        weight_decay: before each update, weights are multiplied by 1 - weight_decay * learning_rate.
        clipnorm: the largest norm that the gradient of one variable may have.
        clipvalue: the largest magnitude that an element of a gradient may have.
        global_clipnorm: the largest norm that all gradients together may have.
        use_ema: whether to keep an exponential moving average of each variable.
        ema_momentum: the share of the average that stays at each step.
        ema_overwrite_frequency: after this many steps, the variables are set to their averages; None: only when
            training ends.
        loss_scale_factor: what the loss is multiplied by, and the gradients are divided by.
        gradient_accumulation_steps: the number of steps whose mean gradient makes one update.
        name: a name; by default the class name in snake case, counted.
        kwargs: none is known; given for a clear error.

    >>> import hornbeam as keras
    >>> class Signs(keras.optimizers.Optimizer):
    ...     def update(self, gradient, value, slots, learning_rate, step):
    ...         return value - learning_rate * keras.ops.sign(gradient), {}
    >>> v = keras.Variable([1.0, 2.0])
    >>> Signs(learning_rate=0.5).apply([keras.ops.array([3.0, -1.0])], [v])
    >>> v.numpy().tolist()
    [0.5, 2.5]
    """

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
        _checks.refuse_unknown(self.name, kwargs)
        self.weight_decay, self.clipnorm, self.clipvalue, self.global_clipnorm = (
            weight_decay, clipnorm, clipvalue, global_clipnorm,
        )  # fmt: skip
        self.use_ema, self.ema_momentum, self.ema_overwrite_frequency = use_ema, ema_momentum, ema_overwrite_frequency
        self.loss_scale_factor, self.gradient_accumulation_steps = loss_scale_factor, gradient_accumulation_steps
        _checks.check_arguments(self)
        self.built = False
        self._variables: list[Variable] = []
        self._trainable: list[Variable] = []  # what the last build was given
        self._places: dict[Variable, int] = {}  # variable -> its place in the lists of slots
        self._slots: list[dict[str, Variable]] = []
        self._averages: list[Variable] = []
        self._accumulators: list[Variable] = []
        self._decay_excluded: tuple[set[Variable], list[str]] = set(), []
        self._iterations = self.add_variable((), dtype="int32", name="iteration")
        self._learning_rate = self._as_learning_rate(learning_rate)

    # ---- the rule

    def slots(self, variable: Variable) -> list[Slots]:
        """Return the slots that `variable` needs, in groups: a group is made for all variables before the next one."""
        return []

    def update(
        self, gradient: jax.Array, value: jax.Array, slots: Mapping[str, jax.Array], learning_rate: Any, step: Any
    ) -> tuple[jax.Array, dict[str, jax.Array]]:
        """Return the new value of a variable and of its slots; `step` counts from 1."""
        message = f"{type(self).__name__} must define update() or update_step()."
        raise NotImplementedError(message)

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Change `variable` and its slots by `update`, computed in float32 at least."""
        dtype = jnp.promote_types(variable.dtype, "float32")
        gradient, value, rate = (jnp.asarray(read(x), dtype) for x in (gradient, variable, learning_rate))
        slots = self._slots[self._places[variable]] if self._slots else {}
        old = {name: v.value.astype(dtype) if dtypes.is_float(v.dtype) else v.value for name, v in slots.items()}
        value, new = self.update(gradient, value, old, rate, self._step().astype(dtype))
        variable.assign(value)
        for name, slot in new.items():
            slots[name].assign(slot)

    def update_all(self, gradients: Sequence[Any], variables: Sequence[Variable], learning_rate: Any) -> None:
        """Change all `variables`, one by one."""
        for gradient, variable in zip(gradients, variables, strict=True):
            self.update_step(gradient, variable, learning_rate)

    # ---- state

    @property
    def variables(self) -> list[Variable]:
        """The state: iteration, learning rate where it is a number, then the slots."""
        return [*self._variables, *(v for part in self._parts() for v in part.variables)]

    def _parts(self) -> Iterable["Optimizer"]:
        """Return the optimizers inside this one."""
        return ()

    def add_variable(
        self,
        shape: Sequence[int],
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: str = "none",
        layout: Any = None,
        name: str | None = None,
    ) -> Variable:
        """Return a new Variable that belongs to the state."""
        first = initializers.get(initializer)
        variable = Variable(
            first, shape=tuple(shape), dtype=dtype, trainable=False, autocast=False, aggregation=aggregation
        )
        variable.name = name or variable.name
        variable.path = f"{self.name}/{variable.name}"
        self._variables.append(variable)
        return variable

    def add_variable_from_reference(
        self, reference_variable: Variable, name: str | None = None, initializer: Any = "zeros"
    ) -> Variable:
        """Return a new Variable of the state, of the shape and dtype of `reference_variable` and named after it."""
        full = _slot_name(reference_variable, name or "slot")
        return self.add_variable(reference_variable.shape, initializer, reference_variable.dtype, name=full)

    def add_optimizer_variables(
        self, trainable_variables: Iterable[Variable], name: Any, initializer: Any = "zeros"
    ) -> Any:
        """Return a list with a new Variable of the state for each variable; a tuple of lists for several names."""
        if isinstance(name, str):
            return [self.add_variable_from_reference(v, name, initializer) for v in trainable_variables]
        firsts = [initializer] * len(name) if isinstance(initializer, str) else initializer
        lists: tuple[list[Variable], ...] = tuple([] for _ in name)
        for v in trainable_variables:
            for own, one, first in zip(lists, name, firsts, strict=True):
                own.append(self.add_variable_from_reference(v, one, first))
        return lists

    def build(self, variables: Iterable[Variable]) -> None:
        """Make the state for `variables`; what a variable already has is kept."""
        self._trainable = list(variables)
        new = [v for v in self._trainable if v not in self._places]
        self._places |= {v: len(self._places) + i for i, v in enumerate(new)}
        if self.use_ema:
            self._averages += self.add_optimizer_variables(new, "average")
        if self.gradient_accumulation_steps:
            self._accumulators += self.add_optimizer_variables(new, "gradient_accumulator")
        groups = [self.slots(v) for v in new]
        made: list[dict[str, Variable]] = [{} for _ in new]
        for number in range(max(map(len, groups), default=0)):
            for variable, own, slots in zip(new, groups, made, strict=True):
                for name, first in (own[number] if number < len(own) else {}).items():
                    slots[name] = self._make_slot(variable, name, first)
        self._slots += made
        self.built = True

    def _make_slot(self, variable: Variable, name: str, first: Any) -> Variable:
        if isinstance(first, int | float):
            return self.add_variable_from_reference(variable, name, initializers.Constant(first))
        return self.add_variable(first.shape, first, first.dtype, name=_slot_name(variable, name))

    def _get_variable_index(self, variable: Variable) -> int:
        return self._places[variable]

    @property
    def iterations(self) -> Any:
        """The number of updates so far: a Variable, or where gradients are accumulated an array."""
        if self.gradient_accumulation_steps:
            return self._iterations.value // self.gradient_accumulation_steps
        return self._iterations

    def _step(self) -> jax.Array:
        """Return the number of the update that is being made, from 1."""
        return read(self.iterations) + 1

    # ---- a step

    def apply(self, grads: Iterable[Any], trainable_variables: Iterable[Variable] | None = None) -> None:
        """Change variables by one step, given the gradient of each; by default those given to `build`.

        A gradient may be None: its variable stays, with a warning. Raises ValueError for another number of gradients
        than variables, for a variable unknown to `build`, and where all gradients are None.
        """
        grads = list(grads)
        if not grads:
            return
        if trainable_variables is not None:
            trainable_variables = list(trainable_variables)
            if not self.built:
                self.build(trainable_variables)
        variables = self._trainable if trainable_variables is None else trainable_variables
        _checks.check_pairs(self, grads, variables)
        pairs = _checks.drop_none(grads, variables)
        self._make_step(*_overwritten(pairs))
        for _, variable in pairs:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable.value))
        self._iterations.assign_add(1)

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> Any:
        """Change variables by one step, given pairs (gradient, variable); returns `iterations`."""
        grads, variables = zip(*grads_and_vars, strict=True)
        self.apply(grads, variables)
        return self._iterations

    def stateless_apply(
        self, optimizer_variables: Sequence[Any], grads: Sequence[Any], trainable_variables: Sequence[Any]
    ) -> tuple[list[Any], list[Any]]:
        """Return the values (of the variables, of the state) after a step, given those before it.

        All are flat lists of arrays, in the order of `variables` and of what `build` was given. Nothing else changes,
        so that this can be compiled.
        """
        _checks.check_values(self, optimizer_variables, trainable_variables)
        own = [*self._trainable, *self.variables]
        _, new = pure(self.apply, own)([*trainable_variables, *optimizer_variables], grads)
        return new[: len(trainable_variables)], new[len(trainable_variables) :]

    def _make_step(self, grads: list[Any], variables: list[Variable]) -> None:
        if self.loss_scale_factor is not None:
            grads = [g / self.loss_scale_factor for g in grads]
        if self.gradient_accumulation_steps:
            self._accumulate(grads, variables)
        else:
            self._update(grads, variables)
        if self.use_ema:
            self._average(variables)

    def _update(self, grads: list[Any], variables: list[Variable]) -> None:
        """Clip gradients, decay weights, and follow the rule."""
        if not variables:
            return
        grads = clip(grads, self.clipnorm, self.global_clipnorm, self.clipvalue)
        rate = self._current_rate()
        for v in variables:
            decay = self.decay_of(v)
            if decay is not None and not self._is_excluded(v):
                v.assign_sub(v.value * (decay * rate))
        self.update_all(grads, variables, rate)

    def _accumulate(self, grads: list[Any], variables: list[Variable]) -> None:
        steps = self.gradient_accumulation_steps
        sums = [self._accumulators[self._places[v]] for v in variables]
        for total, gradient in zip(sums, grads, strict=True):
            total.assign_add(gradient)

        def update() -> None:
            self._update([total.value / steps for total in sums], variables)
            for total in sums:
                total.assign(jnp.zeros(total.shape, total.dtype))

        when((self._iterations.value + 1) % steps == 0, update)

    def _average(self, variables: list[Variable]) -> None:
        """Move the averages towards the variables, and set the variables to them when it is time."""
        iterations = read(self.iterations)
        momentum = jnp.where(iterations == 0, 0.0, self.ema_momentum)
        pairs = [(v, self._averages[self._places[v]]) for v in variables]
        for variable, average in pairs:
            average.assign(momentum * average.value + (1.0 - momentum) * variable.value)
        if self.ema_overwrite_frequency:
            now = (iterations + 1) % self.ema_overwrite_frequency == 0
            for variable, average in pairs:
                variable.assign(jnp.where(now, average.value, variable.value))

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        """Set the variables to their averages, if there are any; called when training ends."""
        if self.use_ema and self.built:
            for variable in var_list:
                variable.assign(self._averages[self._places[variable]].value)

    # ---- weight decay and loss scale

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Leave variables out of weight decay, given themselves or patterns of their names, such as 'bias'.

        What an earlier call left out is decayed again.
        """
        self._decay_excluded = set(var_list or ()), list(var_names or ())

    def _is_excluded(self, variable: Variable) -> bool:
        variables, names = self._decay_excluded
        return variable in variables or any(re.search(name, variable.name) for name in names)

    def decay_of(self, variable: Variable) -> float | None:
        """Return the weight decay of a variable that is not excluded."""
        return self.weight_decay

    @property
    def scales_loss(self) -> bool:
        """Whether `scale_loss` changes the loss."""
        return self.loss_scale_factor is not None

    def scale_loss(self, loss: Any) -> Any:
        """Return the loss whose gradients `apply` expects."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def stateless_scale_loss(self, optimizer_variables: Sequence[Any], loss: Any) -> Any:
        """Return the loss whose gradients `stateless_apply` expects, given the values of the state."""
        return pure(self.scale_loss, self.variables)(optimizer_variables, loss)[0]

    # ---- assignment, weights, configuration

    def assign(self, variable: Variable, value: Any) -> None:
        """Set a variable, in `update_step`."""
        variable.assign(value)

    def assign_add(self, variable: Variable, value: Any) -> None:
        """Add to a variable, in `update_step`."""
        variable.assign_add(value)

    def assign_sub(self, variable: Variable, value: Any) -> None:
        """Subtract from a variable, in `update_step`."""
        variable.assign_sub(value)

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set the state, in the order of `variables`."""
        own = self.variables
        if len(weights) != len(own):
            message = f"{self.name}: set_weights expects {len(own)} values, as `variables` has; got {len(weights)}."
            raise ValueError(message)
        for variable, value in zip(own, weights, strict=True):
            variable.assign(value)

    def save_own_variables(self, store: Any) -> None:
        """Put the state into `store`, a mapping, under '0', '1', ..."""
        for i, variable in enumerate(self.variables):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Set the state from `store`, a mapping with '0', '1', ..."""
        self.set_weights([store[str(i)] for i in range(len(store.keys()))])

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments; the learning rate as it is now."""
        rate = self._learning_rate
        common: dict[str, Any] = {
            "name": self.name,
            "learning_rate": float(rate.numpy()) if isinstance(rate, Variable) else serialize(rate),
        }
        common |= {argument: getattr(self, argument) for argument in _checks.COMMON}
        return common | constructor_config(self, skip=("learning_rate",))


def _slot_name(variable: Variable, name: str) -> str:
    return f"{variable.path.replace('/', '_')}_{name}"


def _overwritten(pairs: list[tuple[Any, Variable]]) -> tuple[list[Any], list[Variable]]:
    """Set the variables whose gradient is their new value, and return the gradients and variables of the others."""
    for gradient, variable in pairs:
        if variable.overwrite_with_gradient:
            variable.assign(gradient)
    rest = [(g, v) for g, v in pairs if not v.overwrite_with_gradient]
    return [g for g, _ in rest], [v for _, v in rest]
