"""Weights seen through something else: the layer reads `value` and does not know."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from hornbeam import initializers
from hornbeam._core.state import Variable
from hornbeam.layers._checks import refusal, whole
from hornbeam.layers._layer import Layer


class LowRank:
    """A weight plus `scale * a @ b`, where `a` `(..., rank)` and `b` `(rank, features)` are learned in its place."""

    def __init__(self, base: Variable, a: Variable, b: Variable, scale: float) -> None:
        self.base, self.a, self.b, self.scale = base, a, b, scale
        self.shape, self.dtype = base.shape, base.dtype

    @property
    def value(self) -> Any:
        """The weight as the layer applies it."""
        return self.base.value + self.scale * jnp.matmul(self.a.value, self.b.value)


class Adaptable(Layer):
    """A layer whose main weight can be adapted by a product of low rank (LoRA, Hu et al. 2021)."""

    adapted = "kernel"
    lora_enabled = False

    def _store_lora(self, rank: int | None, alpha: float | None) -> None:
        """Check and store the constructor's arguments."""
        self.lora_rank = rank if rank is None else whole(self, "lora_rank", rank)
        self.lora_alpha = rank if alpha is None else alpha

    def _adapt_if_asked(self) -> None:
        if self.lora_rank is not None:
            self.enable_lora(self.lora_rank, self.lora_alpha)

    def enable_lora(
        self,
        rank: int,
        lora_alpha: float | None = None,
        a_initializer: Any = "he_uniform",
        b_initializer: Any = "zeros",
    ) -> None:
        """Freeze the main weight and learn `lora_alpha / rank * a @ b` on top of it; `lora_alpha` is `rank` by default.

        The layer must be built, have no constraint on that weight, and not be adapted yet.
        """
        base, constraint = getattr(self, self.adapted, None), getattr(self, f"{self.adapted}_constraint")
        if constraint is not None:
            raise refusal(self, f"no {self.adapted}_constraint beside LoRA", f"{constraint!r}")
        if not isinstance(base, Variable):
            state = "adapted already" if self.lora_enabled else "not built yet"
            raise refusal(self, "to be built, and adapted once", f"a layer that is {state}")
        self.lora_rank = whole(self, "rank", rank)
        self.lora_alpha = rank if lora_alpha is None else lora_alpha
        shapes = {"a": (*base.shape[:-1], rank), "b": (rank, base.shape[-1])}
        rules = {"a": initializers.get(a_initializer), "b": initializers.get(b_initializer)}
        a, b = (self.add_weight(shapes[x], rules[x], name=f"lora_{self.adapted}_{x}") for x in "ab")
        base.trainable = False
        setattr(self, self.adapted, LowRank(base, a, b, self.lora_alpha / rank))
        self.lora_enabled = True


def refuse_quantization(layer: Layer, config: Any) -> None:
    """Refuse a way of storing weights in few bits: weights are of a float type here."""
    if config is not None:
        raise refusal(layer, "quantization_config=None: weights are stored in a float type", f"{config!r}")
