"""The rules of a layer's weights: initializer, regularizer and constraint, by the names of the arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hornbeam import constraints, initializers, regularizers
from hornbeam._core.state import Variable
from hornbeam.layers._layer import Layer

_GET: dict[str, Callable[[Any], Any]] = {
    "initializer": initializers.get,
    "regularizer": regularizers.get,
    "constraint": constraints.get,
}


def store_rules(layer: Layer, **arguments: Any) -> None:
    """Store arguments such as `kernel_initializer` as the objects that they name, in the order given."""
    for name, value in arguments.items():
        setattr(layer, name, _GET[name.rpartition("_")[2]](value))


def clone_rule(initializer: Any) -> Any:
    """Return an initializer that draws for itself, where the given one can be cloned."""
    return initializer.clone() if hasattr(initializer, "clone") else initializer


def ruled_weight(
    layer: Layer, name: str, shape: tuple[int, ...], initializer: Any = None, rules: str | None = None, **options: Any
) -> Variable:
    """Return a new weight of `layer` that follows the rules stored for `name` (or for `rules`)."""
    rules = rules or name
    return layer.add_weight(
        shape=shape,
        initializer=initializer or getattr(layer, f"{rules}_initializer"),
        regularizer=getattr(layer, f"{rules}_regularizer", None),
        constraint=getattr(layer, f"{rules}_constraint", None),
        name=name,
        **options,
    )
