"""Loss scaling: small gradients of 16 bits survive when the loss is made large before they are taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import jax.numpy as jnp

from hornbeam._core.names import auto_name
from hornbeam._core.serialize import deserialize, serialize
from hornbeam._core.state import Variable
from hornbeam.optimizers._optimizer import Arrays, Optimizer


class LossScaleOptimizer(Optimizer):
    """Another optimizer on gradients of a scaled loss; the scale finds itself.

    The scale doubles after `dynamic_growth_steps` steps with finite gradients, and halves at a step whose gradients
    are not finite; that step changes no weight.

    Args:
        inner_optimizer: the optimizer that moves the weights.
        initial_scale: what the loss is multiplied by at first.
        dynamic_growth_steps: after how many good steps the scale doubles.
        name: a name.
    """

    def __init__(
        self,
        inner_optimizer: Any,
        initial_scale: float = 32768.0,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(inner_optimizer, Optimizer):
            message = f"LossScaleOptimizer: inner_optimizer must be an Optimizer; got {inner_optimizer!r}."
            raise TypeError(message)
        super().__init__(0.0, name=name or auto_name("loss_scale_optimizer"), **kwargs)
        self.inner_optimizer = inner_optimizer
        self.initial_scale, self.dynamic_growth_steps = initial_scale, dynamic_growth_steps
        self.step_counter = Variable(0, dtype="int32", trainable=False, name="step_counter")
        self.dynamic_scale = Variable(float(initial_scale), dtype="float32", trainable=False, name="dynamic_scale")

    scales_loss = True  # type: ignore[assignment]

    @property
    def variables(self) -> list[Variable]:
        """The counter, the scale, and the inner optimizer's state."""
        return [self.step_counter, self.dynamic_scale, *self.inner_optimizer.variables]

    @property
    def learning_rate(self) -> Any:
        """The inner optimizer's learning rate."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self.inner_optimizer.learning_rate = value

    def build(self, variables: Iterable[Variable]) -> None:
        """Make the inner optimizer's accumulators."""
        self.inner_optimizer.build(variables)
        self._trainable = self.inner_optimizer._trainable
        self._variables = self.variables
        self.built = True

    def scale_loss(self, loss: Any) -> Any:
        """Return the loss times the scale."""
        return loss * self.dynamic_scale.value.astype(loss.dtype)

    def _step(self, gradients: list[Any], weights: list[Any]) -> list[Any]:
        scale = self.dynamic_scale.value
        gradients = [None if g is None else g / scale.astype(g.dtype) for g in gradients]
        finite = jnp.all(jnp.stack([jnp.all(jnp.isfinite(g)) for g in gradients if g is not None]))
        inner = self.inner_optimizer
        before = [v.value for v in inner.variables]
        moved = inner._step(gradients, weights)
        for variable, old in zip(inner.variables, before, strict=True):
            variable.assign(jnp.where(finite, variable.value, old))
        good = self.step_counter.value + 1
        grown = good >= self.dynamic_growth_steps
        self.step_counter.assign(jnp.where(finite & ~grown, good, 0))
        self.dynamic_scale.assign(jnp.where(finite, jnp.where(grown, scale * 2, scale), scale / 2))
        return [jnp.where(finite, new, old) for new, old in zip(moved, weights, strict=True)]

    def stateless_apply(
        self, optimizer_variables: Arrays, grads: Arrays, trainable_variables: Arrays
    ) -> tuple[list[Any], list[Any]]:
        """Return (new weights, new state) as arrays, from arrays; nothing is changed."""
        self._variables = self.variables
        return super().stateless_apply(optimizer_variables, grads, trainable_variables)

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        """Let the inner optimizer put its averages in the weights' place."""
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, the inner optimizer as its configuration."""
        return {
            "name": self.name,
            "inner_optimizer": serialize(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        """Return an optimizer made from what `get_config` returned, or from Keras's longer form of it."""
        known = ("name", "inner_optimizer", "initial_scale", "dynamic_growth_steps")
        return cls(**{k: deserialize(config[k], custom_objects) for k in known if k in config})
