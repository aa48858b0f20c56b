"""Operations with kernels for the result and for the gradient, which keep nothing but the arguments in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.interpreters import ad

from hornbeam.native._operation import operation

MOVING = 3  # how many arrays come first that the result is differentiable in; what follows is masks


def with_gradient(name: str, numbers: Sequence[str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what makes an operation of a function of three float32 arrays, perhaps a mask, and `numbers`.

    It has two kernels, `name` and that of the gradient; wherever there are none, it is the function itself.
    """
    return lambda by_xla: _made(name, by_xla, numbers)


def _made(name: str, by_xla: Callable[..., Any], numbers: Sequence[str]) -> Callable[..., Any]:
    """Return the operation; its change by that of its arguments is `by_xla`'s, and so are all further derivatives."""

    def change(*arrays: Any, **how: Any) -> Any:
        arrays, changes = arrays[:-MOVING], arrays[-MOVING:]
        return jax.jvp(_inner(by_xla, arrays, how), arrays[:MOVING], changes)[1]

    def gradient(g: Any, *arrays: Any, **how: Any) -> Any:
        return jax.vjp(_inner(by_xla, arrays, how), *arrays[:MOVING])[1](g)

    whole = operation(name, by_xla, numbers)
    forward = operation(f"{name}_change", change, numbers)
    back = operation(f"{name}_gradient", gradient, numbers, several=True)

    def whole_jvp(arrays: Any, changes: Any, **how: Any) -> Any:
        changes = map(ad.instantiate_zeros, changes[:MOVING])
        return whole.bind(*arrays, **how), forward.bind(*arrays, *changes, **how)

    def forward_transpose(g: Any, *arrays: Any, **how: Any) -> Any:
        arrays, changes = arrays[:-MOVING], arrays[-MOVING:]
        made = [None] * MOVING if isinstance(g, ad.Zero) else back.bind(g, *arrays, **how)
        asked = (x if ad.is_undefined_primal(it) else None for x, it in zip(made, changes, strict=True))
        return [*[None] * len(arrays), *asked]

    def back_transpose(changes: Any, _: Any, *arrays: Any, **how: Any) -> Any:
        return [forward.bind(*arrays, *map(ad.instantiate_zeros, changes), **how), *[None] * len(arrays)]

    ad.primitive_jvps[whole] = whole_jvp
    ad.primitive_jvps[forward] = _jvp(change)
    ad.primitive_jvps[back] = _jvp(gradient)
    ad.primitive_transposes[forward] = forward_transpose
    ad.primitive_transposes[back] = back_transpose
    return whole.bind


def _inner(by_xla: Callable[..., Any], arrays: Any, how: dict[str, Any]) -> Callable[..., Any]:
    """Return `by_xla` of those arrays that it is differentiable in."""
    return lambda *inner: by_xla(*inner, *arrays[MOVING:], **how)


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
