"""Attention as an operation, with its change and its gradient: kernels that keep no scores between forward and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.interpreters import ad

from hornbeam.native._operation import operation

HOW = ("scale", "causal")


def attention(by_xla: Callable[..., Any]) -> Callable[..., Any]:
    """Return attention as an operation of its own, which is `by_xla` wherever there is no kernel.

    Both take `query` (batch, queries, heads, size), `key` and `value` (batch, keys, key heads, size), float32, perhaps a
    boolean `mask` (batch or 1, heads or 1, queries or 1, keys or 1), and `scale` and `causal`.
    """

    def change(*arrays: Any, **how: Any) -> Any:
        *arrays, of_query, of_key, of_value = arrays
        return jax.jvp(_inner(by_xla, arrays, how), tuple(arrays[:3]), (of_query, of_key, of_value))[1]

    def gradient(g: Any, *arrays: Any, **how: Any) -> Any:
        return jax.vjp(_inner(by_xla, arrays, how), *arrays[:3])[1](g)

    whole = operation("attention", by_xla, HOW)
    forward = operation("attention_change", change, HOW)
    back = operation("attention_gradient", gradient, HOW, several=True)

    def whole_jvp(arrays: Any, changes: Any, **how: Any) -> Any:
        changes = map(ad.instantiate_zeros, changes[:3])
        return whole.bind(*arrays, **how), forward.bind(*arrays, *changes, **how)

    def forward_transpose(g: Any, *arrays: Any, **how: Any) -> Any:
        arrays = arrays[:-3]
        made = [None] * 3 if isinstance(g, ad.Zero) else back.bind(g, *arrays, **how)
        return [*(None for _ in arrays), *made]

    def back_transpose(changes: Any, _: Any, *arrays: Any, **how: Any) -> Any:
        return [forward.bind(*arrays, *map(ad.instantiate_zeros, changes), **how), *(None for _ in arrays)]

    ad.primitive_jvps[whole] = whole_jvp
    ad.primitive_jvps[forward] = _jvp(change)
    ad.primitive_jvps[back] = _jvp(gradient)
    ad.primitive_transposes[forward] = forward_transpose
    ad.primitive_transposes[back] = back_transpose
    return whole.bind


def _inner(by_xla: Callable[..., Any], arrays: Any, how: dict[str, Any]) -> Callable[..., Any]:
    """Return `by_xla` of query, key and value."""
    return lambda *inner: by_xla(*inner, *arrays[3:], **how)


def _jvp(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Return the rule of an operation whose derivatives are those of `fn`."""

    def rule(arrays: Any, changes: Any, **how: Any) -> Any:
        moving = [i for i, x in enumerate(arrays) if jnp.issubdtype(x.dtype, jnp.floating)]

        def of_moving(*given: Any) -> Any:
            taken = list(arrays)
            for i, x in zip(moving, given, strict=True):
                taken[i] = x
            return fn(*taken, **how)

        return jax.jvp(
            of_moving,
            tuple(arrays[i] for i in moving),
            tuple(ad.instantiate_zeros(changes[i]) for i in moving),
        )

    return rule
