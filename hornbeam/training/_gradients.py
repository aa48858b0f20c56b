"""Gradients with respect to Variables, of functions that read and write them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax

from hornbeam._core import tree
from hornbeam._core.op import read
from hornbeam._core.state import HERE, Scope, Variable, get_mask, here, holding, set_mask


def value_and_grad(
    fn: Callable[..., Any], variables: Sequence[Variable], has_aux: bool = False
) -> Callable[..., tuple[Any, list[Any]]]:
    """Return a function that gives what `fn` gives, and its gradient with respect to each of `variables`.

    `fn` returns a number, with `has_aux` (number, anything more). It may call layers and write Variables: what it
    writes is kept. Inside a `train_step(self, data)` this makes the gradients that `optimizer.apply` takes.

    >>> import hornbeam as keras
    >>> v = keras.Variable([1.0, 2.0])
    >>> loss, gradients = keras.value_and_grad(lambda x: keras.ops.sum(v * v * x), [v])(3.0)
    >>> float(loss), gradients[0].tolist()
    (15.0, [6.0, 12.0])
    """
    chosen = list(variables)

    def run(*args: Any, **kwargs: Any) -> tuple[Any, list[Any]]:
        outer, written = HERE.scope or {}, []

        def inner(values: list[Any]) -> tuple[Any, Any]:
            scope = Scope({**outer, **dict(zip(chosen, values, strict=True))}, open_ended=True)
            before = dict(scope)
            with holding(scope), here(losses=[]):
                result = read(fn(*args, **kwargs))
            value, aux = result if has_aux else (result, None)
            written[:] = [v for v in scope if scope[v] is not before.get(v)]
            return value, (aux, masks_of(aux), [scope[v] for v in written])

        values = [outer.get(v, v._value) for v in chosen]
        (value, (aux, masks, new)), gradients = jax.value_and_grad(inner, has_aux=True)(values)
        restore_masks(aux, masks)
        for variable, changed in zip(written, new, strict=True):
            variable.assign(changed)
        return (value, aux) if has_aux else value, gradients

    return run


def masks_of(outputs: Any) -> list[Any]:
    """Return the masks of arrays in a nest."""
    return [get_mask(a) for a in tree.flatten(outputs)]


def restore_masks(outputs: Any, masks: list[Any]) -> None:
    """Attach masks again: arrays leave a function that was differentiated as others."""
    for a, mask in zip(tree.flatten(outputs), masks, strict=True):
        if mask is not None:
            set_mask(a, mask)
