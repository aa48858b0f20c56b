"""Transformations of optax as optimizers. optax itself is never imported: `init` and `update` are all that is used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import jax
import jax.numpy as jnp

from hornbeam._core.state import Variable
from hornbeam.optimizers._optimizer import Optimizer


class OptaxOptimizer(Optimizer):
    """An optax transformation, or any object with its `init` and `update`, as an optimizer.

    What the transformation gives is multiplied by `learning_rate`, which is 1 unless it is set, and added. Where it was
    made by `optax.inject_hyperparams`, `learning_rate` is its own from the first step on, and may be set.

    Its state is among `variables`, and in files. The transformation is functions, which no file holds: a model that was
    saved with it is loaded with `custom_objects={"OptaxOptimizer": transformation}`, or with `compile=False`.

    >>> from types import SimpleNamespace
    >>> import hornbeam as keras
    >>> half = SimpleNamespace(init=lambda params: (), update=lambda g, state, params: ([-x / 2 for x in g], state))
    >>> v = keras.Variable([1.0])
    >>> keras.optimizers.get(half).apply([keras.ops.array([1.0])], [v])
    >>> v.numpy().tolist()
    [0.5]
    """

    def __init__(self, transformation: Any, name: str | None = None) -> None:
        super().__init__(1.0, name=name)
        self.transformation = transformation
        self._state: list[Variable] = []
        self._own_rate: Variable | None = None

    def build(self, variables: Iterable[Variable]) -> None:
        """Make the transformation's state for `variables`, which must be the same each time."""
        before = self._trainable
        super().build(variables)
        if before and [id(v) for v in before] != [id(v) for v in self._trainable]:
            message = f"{self.name}: the variables of the first build expected; compile again for others."
            raise ValueError(message)
        if not before:
            state = self.transformation.init([v.value for v in self._trainable])
            leaves, self._structure = jax.tree_util.tree_flatten_with_path(state)
            for i, (path, leaf) in enumerate(leaves):
                slot = self.add_variable(jnp.shape(leaf), dtype=jnp.asarray(leaf).dtype, name=f"state_{i}")
                slot.assign(jnp.asarray(leaf))
                self._state.append(slot)
                if jax.tree_util.keystr(path).endswith(".hyperparams['learning_rate']"):
                    self._own_rate = slot

    @property
    def learning_rate(self) -> Any:
        """The learning rate of the transformation if its state has it; else the factor on what it gives."""
        return self._learning_rate if self._own_rate is None else self._own_rate

    @learning_rate.setter
    def learning_rate(self, rate: Any) -> None:
        if self._own_rate is None:
            Optimizer.learning_rate.__set__(self, rate)
        else:
            self._own_rate.assign(rate)

    def update_all(self, gradients: Sequence[Any], variables: Sequence[Variable], learning_rate: Any) -> None:
        """Change all variables by what the transformation gives; a variable without a gradient has one of zeros."""
        given = {v: g for g, v in zip(gradients, variables, strict=True)}
        values = [v.value for v in self._trainable]
        all_gradients = [given.get(v, jnp.zeros(v.shape, v.dtype)) for v in self._trainable]
        state = jax.tree.unflatten(self._structure, [v.value for v in self._state])
        updates, state = self.transformation.update(all_gradients, state, values)
        for variable, update in zip(self._trainable, updates, strict=True):
            if variable in given:
                variable.assign(variable.value + learning_rate * update)
        for slot, leaf in zip(self._state, jax.tree.leaves(state), strict=True):
            slot.assign(leaf)

    def get_config(self) -> dict[str, Any]:
        """Return the name; the functions of a transformation cannot be written down."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Raise ValueError: the transformation must be given."""
        message = (
            f"Optimizer {config.get('name')!r} is an optax transformation, whose functions no file holds: pass it as "
            'custom_objects={"OptaxOptimizer": transformation}, or load with compile=False.'
        )
        raise ValueError(message)
