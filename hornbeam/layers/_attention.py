"""Attention without weights to speak of: scores of queries and keys, and the mean of values that they weigh."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from hornbeam import ops, random
from hornbeam._core.seeds import SeedGenerator
from hornbeam._core.state import Variable
from hornbeam.layers._checks import known, one_of, refusal, within
from hornbeam.layers._layer import Layer


class Attention(Layer):
    """Dot-product attention: `softmax(query @ key.T) @ value` (Luong et al. 2015).

    Inputs `[query, value]` or `[query, value, key]` of shapes `(batch, queries, size)`, `(batch, keys, size)` and
    `(batch, keys, size)`; output `(batch, queries, size of value)`. The key is the value where there is none.

    Args:
        use_scale: whether the scores are multiplied by a number that is learned.
        score_mode: 'dot', or 'concat' for `w * sum(tanh(scale * (query + key)))`.
        dropout: the part of the weights to drop while training.
        seed: a whole number, for the same draws in each run.

    Masks are `[query mask, value mask]`, of shapes `(batch, queries)` and `(batch, keys)`: a key that the value's mask
    excludes gets no weight, a query that its mask excludes gives 0. `return_attention_scores=True` in the call adds the
    weights `(batch, queries, keys)`; `use_causal_mask=True` hides from each query the keys after it.

    >>> import hornbeam as keras
    >>> layer = keras.layers.Attention()
    >>> layer([keras.ops.ones((2, 3, 4)), keras.ops.ones((2, 5, 4))]).shape
    (2, 3, 4)
    """

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.use_scale = use_scale
        self.score_mode = one_of(self, "score_mode", score_mode, ("dot", "concat"))
        self.dropout = within(self, "dropout", dropout, 0, 1)
        self.seed = seed
        if dropout > 0:
            self.seed_generator = SeedGenerator(seed)
        self.scale: Variable | None = None

    def build(self, input_shape: Sequence[tuple[int | None, ...]]) -> None:
        """Make the scale, where it is asked for."""
        if not isinstance(input_shape, list | tuple) or not all(isinstance(s, list | tuple) for s in input_shape):
            raise refusal(self, "a list [query, value] or [query, value, key]", f"one input of shape {input_shape}")
        if len(input_shape) not in (2, 3):
            raise refusal(self, "a list [query, value] or [query, value, key]", f"{len(input_shape)} inputs")
        self._build_weights(input_shape)

    def _build_weights(self, input_shape: Sequence[tuple[int | None, ...]]) -> None:
        if self.use_scale:
            self.scale = self.add_weight(shape=(), initializer="ones", name="scale")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(shape=(), initializer="ones", name="concat_score_weight")

    def call(
        self,
        inputs: Sequence[Any],
        mask: Any = None,
        training: bool | None = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        """Return the weighted means of the values, and the weights if asked for."""
        query, value = inputs[:2]
        of_query, of_value = (mask[0], mask[1]) if mask else (None, None)
        scores = self._scores(query, inputs[-1])
        seen = None if of_value is None else jnp.asarray(of_value, bool)[:, None, :]
        if use_causal_mask:
            before = jnp.tri(*scores.shape[-2:], dtype=bool)[None]
            seen = before if seen is None else seen & before
        if seen is not None:
            scores = jnp.where(seen, scores, scores - (65504.0 if scores.dtype == "float16" else 1e9))
        weights = ops.softmax(scores, axis=-1)
        if training and self.dropout > 0:
            weights = random.dropout(weights, self.dropout, seed=self.seed_generator)
        outputs = ops.matmul(weights, value)
        if of_query is not None:
            outputs = jnp.where(jnp.asarray(of_query, bool)[..., None], outputs, 0)
        return (outputs, weights) if return_attention_scores else outputs

    def _scores(self, query: Any, key: Any) -> Any:
        """Return `(batch, queries, keys)`."""
        scale = 1 if self.scale is None else self.scale.value
        if self.score_mode == "concat":
            sums = query[..., :, None, :] + key[..., None, :, :]
            return self.concat_score_weight.value * jnp.sum(jnp.tanh(scale * sums), -1)
        return ops.matmul(query, jnp.swapaxes(key, -1, -2)) * scale

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return the query's mask."""
        return previous_mask[0] if previous_mask else None


class AdditiveAttention(Attention):
    """Additive attention: the scores are `sum(scale * tanh(query + key))` (Bahdanau et al. 2014).

    Inputs, masks and outputs as in Attention.

    Args:
        use_scale: whether there is a scale `(size,)` that is learned, or 1.
        dropout: the part of the weights to drop while training.

    >>> import hornbeam as keras
    >>> layer = keras.layers.AdditiveAttention()
    >>> layer([keras.ops.ones((2, 3, 4)), keras.ops.ones((2, 5, 4))]).shape
    (2, 3, 4)
    """

    def __init__(self, use_scale: bool = True, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(use_scale=use_scale, dropout=dropout, **kwargs)

    def _build_weights(self, input_shape: Sequence[tuple[int | None, ...]]) -> None:
        if self.use_scale:
            size = known(self, "last axis", input_shape[0][-1], input_shape[0])
            self.scale = self.add_weight(shape=(size,), initializer="glorot_uniform", name="scale")

    def _scores(self, query: Any, key: Any) -> Any:
        """Return `(batch, queries, keys)`."""
        scale = 1 if self.scale is None else self.scale.value
        return jnp.sum(scale * jnp.tanh(query[..., :, None, :] + key[..., None, :, :]), -1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, with the one that comes by its name alone."""
        return super().get_config() | {"seed": self.seed}
