"""An optax transformation in an optimizer's place: anything with `init(params)` and `update(grads, state, params)`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import jax

from hornbeam._core.state import Variable
from hornbeam.optimizers._optimizer import Optimizer


def is_optax(x: Any) -> bool:
    """Return whether `x` is a transformation as optax makes them."""
    return callable(getattr(x, "init", None)) and callable(getattr(x, "update", None))


class OptaxOptimizer(Optimizer):
    """A transformation of gradients as an Optimizer; its state is kept in Variables.

    Args:
        transformation: what an optax function such as `optax.adam(1e-3)` returns.
        kwargs: the arguments that every optimizer takes, such as `clipnorm`.
    """

    def __init__(self, transformation: Any, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(0.0, name=name, **kwargs)
        self.transformation = transformation

    def build(self, variables: Iterable[Variable]) -> None:
        """Make the transformation's state for the weights."""
        if self.built:
            return
        variables = list(variables)
        super().build(variables)
        leaves, self._treedef = jax.tree.flatten(self.transformation.init([v.value for v in variables]))
        self._leaves = [
            Variable(leaf, dtype=leaf.dtype, trainable=False, name=f"state_{i}") for i, leaf in enumerate(leaves)
        ]
        self._variables += self._leaves

    def _move(self, gradients: list[Any], weights: list[Any]) -> list[Any]:
        state = jax.tree.unflatten(self._treedef, [v.value for v in self._leaves])
        updates, state = self.transformation.update(self.clip_gradients(gradients), state, weights)
        for variable, value in zip(self._leaves, jax.tree.leaves(state), strict=True):
            variable.assign(value)
        self.iterations.assign(self.iterations.value + 1)
        return self._finish([w + u for w, u in zip(weights, updates, strict=True)])

    def get_config(self) -> dict[str, Any]:
        """Refuse: a transformation is functions, which no file holds."""
        message = "An optax transformation cannot be saved: save with include_optimizer=False, and pass it to compile() again."
        raise TypeError(message)
