"""Limits on gradients, and branches on a condition that may be traced."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.core import Tracer

from hornbeam import ops


def clip(
    gradients: Sequence[jax.Array], norm: float | None, global_norm: float | None, value: float | None
) -> list[jax.Array]:
    """Return the gradients with the one limit that is given, if any: each one's norm, all together's, each element."""
    if norm is not None and norm > 0:
        return [g * (norm / jnp.maximum(_norm([g]), norm)) for g in gradients]
    if global_norm is not None and global_norm > 0:
        scale = global_norm / jnp.maximum(_norm(gradients), global_norm)
        return [g * scale.astype(g.dtype) for g in gradients]
    if value is not None and value > 0:
        return [jnp.clip(g, -value, value) for g in gradients]
    return list(gradients)


def _norm(arrays: Sequence[jax.Array]) -> jax.Array:
    return jnp.sqrt(sum((jnp.sum(jnp.square(a)) for a in arrays), start=jnp.zeros(())))


def when(condition: Any, then: Callable[[], None], otherwise: Callable[[], None] = lambda: None) -> None:
    """Run `then` or `otherwise`, which write Variables; in a compiled step, as a branch."""
    if isinstance(condition, Tracer):
        ops.cond(condition, then, otherwise)
    elif condition:
        then()
    else:
        otherwise()
