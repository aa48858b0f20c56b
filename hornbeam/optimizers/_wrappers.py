"""Optimizers made of others: a loss scale that finds itself, one optimizer per variable."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any

import jax
import jax.numpy as jnp

from hornbeam._core.serialize import Configurable, serialize
from hornbeam._core.state import Variable
from hornbeam.optimizers._arithmetic import when
from hornbeam.optimizers._optimizer import Optimizer


class LossScaleOptimizer(Optimizer):
    """Scales the loss so that gradients in float16 neither vanish nor overflow, and finds the scale by trying.

    After a step with a gradient that is not finite, which is skipped, the scale is halved; after `dynamic_growth_steps`
    good steps in a row it is doubled. Everything else is set at `inner_optimizer`.
    Micikevicius et al., "Mixed Precision Training" (2017).

    Args:
        inner_optimizer: the optimizer that gets the gradients, divided by the scale.
        initial_scale: the scale of the first step.
        dynamic_growth_steps: the number of good steps after which the scale is doubled.
        name: a name.
        kwargs: none is known; given for a clear error.

    >>> import hornbeam as keras
    >>> v = keras.Variable([1.0])
    >>> optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5), initial_scale=4.0)
    >>> optimizer.apply([keras.ops.array([4.0])], [v])
    >>> v.numpy().tolist()
    [0.5]
    """

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(0.0, name=name)
        if kwargs:
            message = f"{self.name}: {', '.join(kwargs)} must be set at inner_optimizer, not here."
            raise ValueError(message)
        if not isinstance(inner_optimizer, Optimizer):
            message = f"{self.name}: inner_optimizer must be an optimizer; got {inner_optimizer!r}."
            raise TypeError(message)
        self.inner_optimizer = inner_optimizer
        self.initial_scale, self.dynamic_growth_steps = initial_scale, dynamic_growth_steps

    def _parts(self) -> Iterable[Optimizer]:
        return (self.inner_optimizer,)

    def build(self, variables: Iterable[Variable]) -> None:
        """Make the state for `variables`."""
        if not self.built:
            self.step_counter = self.add_variable((), dtype="int32", name="step_counter")
            self.dynamic_scale = self.add_variable((), "ones", "float32", name="dynamic_scale")
            self.dynamic_scale.assign(self.initial_scale)
        super().build(variables)
        self.inner_optimizer.build(self._trainable)

    @property
    def iterations(self) -> Any:
        """The number of updates of the inner optimizer."""
        return self.inner_optimizer.iterations

    @property
    def learning_rate(self) -> Any:
        """The learning rate of the inner optimizer."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: Any) -> None:
        self.inner_optimizer.learning_rate = rate

    @property
    def scales_loss(self) -> bool:
        """True."""
        return True

    def scale_loss(self, loss: Any) -> Any:
        """Return the loss times the scale; to be called where Variables have the values of this step."""
        return loss * (self.dynamic_scale.value if self.built else self.initial_scale)

    def check_finite(self, grads: Iterable[Any]) -> jax.Array:
        """Return whether all elements of all gradients are finite."""
        return jnp.all(jnp.stack([jnp.all(jnp.isfinite(g)) for g in grads if g is not None]))

    def apply(self, grads: Iterable[Any], trainable_variables: Iterable[Variable] | None = None) -> None:
        """Change variables by one step if all gradients are finite, and adapt the scale."""
        grads = list(grads)
        if trainable_variables is not None:
            trainable_variables = list(trainable_variables)
            if not self.built:
                self.build(trainable_variables)
        scale, count = self.dynamic_scale.value, self.step_counter.value
        grown = count + 1 == self.dynamic_growth_steps

        def step() -> None:
            unscaled = [None if g is None else g / scale for g in grads]
            self.inner_optimizer.apply(unscaled, trainable_variables)
            self.step_counter.assign(jnp.where(grown, 0, count + 1))
            self.dynamic_scale.assign(jnp.where(grown, scale * 2.0, scale))

        def skip() -> None:
            self.step_counter.assign(0)
            self.dynamic_scale.assign(scale / 2.0)

        when(self.check_finite(grads), step, skip)

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Leave variables out of the inner optimizer's weight decay."""
        self.inner_optimizer.exclude_from_weight_decay(var_list, var_names)

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        """Set the variables to the inner optimizer's averages, if there are any."""
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "name": self.name,
            "inner_optimizer": serialize(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }


class OptimizerMap(Configurable, MutableMapping[str, Optimizer]):
    """Which optimizer a variable has, by patterns that its whole path matches; a default for the rest.

    >>> import hornbeam as keras
    >>> which = keras.optimizers.OptimizerMap(keras.optimizers.SGD(), {"encoder/.*": keras.optimizers.Adam()})
    >>> which["encoder/dense/kernel"].name, which["dense/kernel"].name
    ('adam', 'sgd')
    """

    def __init__(self, default_optimizer: Optimizer, optimizer_map: Mapping[str, Optimizer] | None = None) -> None:
        if not isinstance(default_optimizer, Optimizer):
            message = f"OptimizerMap: default_optimizer must be an optimizer; got {default_optimizer!r}."
            raise TypeError(message)
        if optimizer_map is not None and not isinstance(optimizer_map, Mapping):
            message = f"OptimizerMap: optimizer_map must be a dict of patterns and optimizers; got {optimizer_map!r}."
            raise TypeError(message)
        self.default_optimizer = default_optimizer
        self.optimizer_map: dict[str, Optimizer] = {}
        self.update(optimizer_map or {})

    def __getitem__(self, key: str) -> Optimizer:
        if key in self.optimizer_map:
            return self.optimizer_map[key]
        matches = [pattern for pattern in self.optimizer_map if re.fullmatch(pattern, key)]
        if len(matches) > 1:
            message = f"OptimizerMap: one pattern for {key!r} expected; {', '.join(map(repr, matches))} match."
            raise ValueError(message)
        return self.optimizer_map[matches[0]] if matches else self.default_optimizer

    def __setitem__(self, key: str, optimizer: Optimizer) -> None:
        if key in self.optimizer_map:
            message = f"OptimizerMap: {key!r} is already in the map."
            raise ValueError(message)
        if not isinstance(optimizer, Optimizer):
            message = f"OptimizerMap: an optimizer expected for {key!r}; got {optimizer!r}."
            raise TypeError(message)
        self.optimizer_map[key] = optimizer

    def __delitem__(self, key: str) -> None:
        del self.optimizer_map[key]

    def __len__(self) -> int:
        return len(self.optimizer_map)

    def __iter__(self) -> Iterator[str]:
        return iter(self.optimizer_map)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"default_optimizer": serialize(self.default_optimizer), "optimizer_map": serialize(self.optimizer_map)}


class MultiOptimizer(Optimizer):
    """One optimizer for some variables, others for others.

    Args:
        optimizer_map: an `OptimizerMap`, or a function of a variable that returns its optimizer.
        loss_scale_factor: what the loss is multiplied by, and the gradients are divided by.
        name: a name.

    >>> import hornbeam as keras
    >>> v, w = keras.Variable([1.0], name="v"), keras.Variable([1.0], name="w")
    >>> which = keras.optimizers.OptimizerMap(keras.optimizers.SGD(0.5), {"w": keras.optimizers.SGD(0.25)})
    >>> keras.optimizers.MultiOptimizer(which).apply([keras.ops.array([1.0])] * 2, [v, w])
    >>> v.numpy().tolist(), w.numpy().tolist()
    ([0.5], [0.75])
    """

    def __init__(
        self,
        optimizer_map: OptimizerMap | Callable[[Variable], Optimizer],
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(0.0, loss_scale_factor=loss_scale_factor, name=name)
        if not isinstance(optimizer_map, OptimizerMap) and not callable(optimizer_map):
            expected = "an OptimizerMap or a function of a variable"
            message = f"{self.name}: optimizer_map must be {expected}; got {optimizer_map!r}."
            raise TypeError(message)
        self.optimizer_map = optimizer_map
        self._chosen: dict[Variable, Optimizer] = {}
        self._hand_on_loss_scale()

    @property
    def optimizers(self) -> list[Optimizer]:
        """The optimizers, each once."""
        mapped = self.optimizer_map
        found = (
            [*mapped.values(), mapped.default_optimizer] if isinstance(mapped, OptimizerMap) else self._chosen.values()
        )
        return list({id(optimizer): optimizer for optimizer in found}.values())

    def _parts(self) -> Iterable[Optimizer]:
        return self.optimizers

    def _choose(self, variable: Variable) -> Optimizer:
        mapped = self.optimizer_map
        optimizer = mapped[variable.path] if isinstance(mapped, OptimizerMap) else mapped(variable)
        if not isinstance(optimizer, Optimizer):
            message = f"{self.name}: an optimizer expected for {variable.path!r}; optimizer_map gave {optimizer!r}."
            raise TypeError(message)
        return optimizer

    def _hand_on_loss_scale(self) -> None:
        """Let each optimizer divide its gradients by what the loss is multiplied by."""
        if self.loss_scale_factor is not None:
            for optimizer in self.optimizers:
                optimizer.loss_scale_factor = self.loss_scale_factor

    def build(self, variables: Iterable[Variable]) -> None:
        """Make the state of each optimizer for its variables."""
        super().build(variables)
        self._chosen |= {v: self._choose(v) for v in self._trainable if v not in self._chosen}
        self._hand_on_loss_scale()
        for optimizer in self.optimizers:
            optimizer.build([v for v in self._trainable if self._chosen[v] is optimizer])

    @property
    def learning_rate(self) -> Any:
        """Not there: each of `optimizers` has its own."""
        message = f"{self.name} has no learning rate of its own: see those of its `optimizers`."
        raise AttributeError(message)

    @learning_rate.setter
    def learning_rate(self, rate: Any) -> None:
        message = f"{self.name} has no learning rate of its own: set those of its `optimizers`."
        raise AttributeError(message)

    def _make_step(self, grads: list[Any], variables: list[Variable]) -> None:
        """Let each optimizer change its variables."""
        for optimizer in self.optimizers:
            pairs = [(g, v) for g, v in zip(grads, variables, strict=True) if self._chosen[v] is optimizer]
            if pairs:
                optimizer.apply([g for g, _ in pairs], [v for _, v in pairs])

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Leave variables out of the weight decay of all optimizers."""
        for optimizer in self.optimizers:
            optimizer.exclude_from_weight_decay(var_list, var_names)

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        """Set the variables to their optimizer's averages, if there are any."""
        chosen = list(var_list)
        for optimizer in self.optimizers:
            optimizer.finalize_variable_values([v for v in chosen if self._chosen.get(v) is optimizer])

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        mapped = self.optimizer_map
        if isinstance(mapped, OptimizerMap):  # a mapping, which `serialize` would write as a dict
            form = {"module": "keras.optimizers", "class_name": "OptimizerMap", "registered_name": None}
            written = {**form, "config": mapped.get_config()}
        else:
            written = serialize(mapped)
        return {
            "optimizer_map": written,
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }
