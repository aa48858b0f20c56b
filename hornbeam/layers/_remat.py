"""Layers that compute their outputs again in the backward pass instead of keeping what they need of the forward one."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, Self

import jax

from hornbeam._core.infer import infer
from hornbeam._core.state import HERE
from hornbeam.ops._control import remat

_MODES = ("full", "activations", "larger_than", "list_of_layers", None)


class RematScope:
    """Layers made in the `with` block trade time for memory: their gradients compute the forward pass again.

    Args:
        mode: 'full' for all layers, 'larger_than' for those whose output has more than `output_size_threshold`
            elements, 'list_of_layers' for those in `layer_names`, 'activations' for layers' activation functions,
            None for none.
        output_size_threshold: a number of elements, the batch's length included.
        layer_names: names of layers.

    An unknown mode raises ValueError.

    >>> import hornbeam as keras
    >>> with keras.RematScope(mode="full"):
    ...     layer = keras.layers.Dense(4)
    """

    def __init__(
        self, mode: str | None = "full", output_size_threshold: int = 1024, layer_names: Sequence[str] | None = None
    ) -> None:
        if mode not in _MODES:
            message = f"RematScope: mode must be one of {', '.join(map(repr, _MODES))}; got {mode!r}."
            raise ValueError(message)
        self.mode, self.output_size_threshold, self.layer_names = mode, output_size_threshold, list(layer_names or ())

    def __enter__(self) -> Self:
        self._outer, HERE.remat = HERE.remat, self
        return self

    def __exit__(self, *raised: object) -> None:
        HERE.remat = self._outer

    def wrap(self, layer: Any) -> None:
        """Give a layer that is being made a `call` that obeys this scope."""
        if self.mode is None or (self.mode == "list_of_layers" and layer.name not in self.layer_names):
            return
        plain = layer.call
        layer.call = functools.wraps(plain)(functools.partial(self._call, layer, plain))

    def _call(self, layer: Any, plain: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self.mode == "activations":
            return _with_activation(layer, plain, args, kwargs)
        if self.mode == "larger_than":
            outputs = infer(plain, args, kwargs)
            if all(math.prod(x.shape) <= self.output_size_threshold for x in jax.tree.leaves(outputs)):
                return plain(*args, **kwargs)
        leaves, treedef = jax.tree.flatten(args)
        places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, jax.Array)]

        def run(*arrays: Any) -> Any:
            full = list(leaves)
            for i, array in zip(places, arrays, strict=True):
                full[i] = array
            return plain(*jax.tree.unflatten(treedef, full), **kwargs)

        return remat(run)(*(leaves[i] for i in places))


def _with_activation(layer: Any, plain: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Call a layer with its activation function recomputed for the gradient."""
    function = getattr(layer, "activation", None)
    if function is None:
        return plain(*args, **kwargs)
    layer.activation = remat(function)
    try:
        return plain(*args, **kwargs)
    finally:
        layer.activation = function
