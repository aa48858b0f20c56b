"""Attention by several heads at once, each with projections of its own."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from hornbeam import ops
from hornbeam.layers._activation import softmax
from hornbeam.layers._checks import refusal, whole, within
from hornbeam.layers._einsum import EinsumDense
from hornbeam.layers._layer import Layer
from hornbeam.layers._regularize import Dropout
from hornbeam.layers._weights import clone_rule, store_rules

_RULES = [f"{weight}_{rule}" for rule in ("regularizer", "constraint") for weight in ("kernel", "bias")]


class _Heads(Layer):
    """What both layers of heads share: the projections, the masks, and the attention itself."""

    dropout: float
    use_bias: bool
    use_gate: bool
    flash_attention: bool | None
    sliding_window: int | None
    seed: int | None
    kernel_initializer: Any
    bias_initializer: Any

    def _store_common(self, given: dict[str, Any]) -> None:
        """Check and store what both constructors take."""
        self.dropout = within(self, "dropout", given["dropout"], 0, 1)
        self.use_bias, self.use_gate = given["use_bias"], given["use_gate"]
        window = given["sliding_window"]
        self.sliding_window = window if window is None else whole(self, "sliding_window", window)
        self.flash_attention = given["flash_attention"]
        if self.flash_attention and self.dropout:
            raise refusal(self, "flash_attention without dropout", f"dropout={self.dropout}")
        names = ["kernel_initializer", "bias_initializer", *_RULES]
        store_rules(self, **{name: given[name] for name in names})
        self.seed = given["seed"]
        self.supports_masking = True

    def _dense(
        self, name: str, equation: str, shape: Sequence[int | None], bias_axes: str, **options: Any
    ) -> EinsumDense:
        """Return a projection with the layer's rules; its initializers draw for themselves."""
        made = EinsumDense(
            equation,
            output_shape=shape,
            bias_axes=bias_axes if self.use_bias else None,
            kernel_initializer=clone_rule(self.kernel_initializer),
            bias_initializer=clone_rule(self.bias_initializer),
            activity_regularizer=self.activity_regularizer,
            dtype=self.dtype_policy,
            name=name,
            **{rule: getattr(self, rule) for rule in _RULES},
            **options,
        )
        made.supports_masking = True  # masks are dealt with here, before
        return made

    def _mask(self, query: Any, value: Any, of_query: Any, of_value: Any, of_key: Any, given: Any) -> Any:
        """Return which query sees which key, `(batch, queries, keys)`, or None for all; causality comes later."""
        lengths = query.shape[1], value.shape[1]
        parts = [
            None if of_query is None else jnp.asarray(of_query, bool)[:, :, None],
            *(None if m is None else jnp.asarray(m, bool)[:, None, :] for m in (of_value, of_key)),
        ]
        if self.sliding_window is not None:
            distance = jnp.arange(lengths[0])[:, None] - jnp.arange(lengths[1])
            parts.append(jnp.abs(distance)[None] < self.sliding_window)
        seen = None if given is None else jnp.asarray(given, bool)
        for part in parts:
            if part is not None:
                seen = part if seen is None else seen & part
        return seen

    def _attend(
        self,
        query: Any,
        key: Any,
        value: Any,
        seen: Any,
        training: bool | None,
        *,
        causal: bool,
        scores: bool,
        axes: tuple[int, ...],
    ) -> tuple[Any, Any]:
        """Return the heads' outputs, and their weights where `scores` are asked for; `axes` are attended over.

        One operation does it all where it can. It is told of `causal`, so that it may skip what no query sees.
        """
        size = query.shape[-1] ** -0.5
        if scores and self.flash_attention:
            raise refusal(self, "flash_attention without return_attention_scores", "both")
        whole = not self.dropout and not scores and query.ndim == 4
        if causal and not whole:
            past = jnp.tri(query.shape[1], key.shape[1], dtype=bool)[None]
            seen = past if seen is None else seen & past
        if seen is not None:
            for _ in range(query.ndim - 2 + len(axes) - seen.ndim + 1):
                seen = jnp.expand_dims(seen, -2 * len(axes) - 1)
        if whole:
            how = {"scale": size, "is_causal": causal, "flash_attention": self.flash_attention}
            return ops.dot_product_attention(query, key, value, mask=seen, **how), None
        repeats = query.shape[-2] // key.shape[-2]
        if repeats > 1:
            key, value = (jnp.repeat(x, repeats, axis=-2) for x in (key, value))
        product, combine = _equations(query.ndim, axes)
        weights = softmax(jnp.einsum(product, query * size, key), tuple(range(-len(axes), 0)), seen)
        dropped = self._dropout_layer(weights, training=training)
        return jnp.einsum(combine, dropped, value), weights

    _dropout_layer: Dropout


def _equations(rank: int, axes: tuple[int, ...]) -> tuple[str, str]:
    """Return the einsums of queries and keys, and of weights and values, for inputs `(..., heads, size)`."""
    queries = string.ascii_lowercase[:rank]
    keys = "".join(x.upper() if i in axes else x for i, x in enumerate(queries))
    alone = "".join(x for i, x in enumerate(queries[:-1]) if i not in axes)
    weights = alone + "".join(queries[i] for i in axes) + "".join(keys[i] for i in axes)
    return f"{queries},{keys}->{weights}", f"{weights},{keys}->{queries}"


class MultiHeadAttention(_Heads):
    """Attention by several heads (Vaswani et al. 2017): each looks at its own projections of query, key and value.

    `query` `(batch, queries, ..., features)`, `value` and `key` `(batch, keys, ..., features)`, the key being the value
    where there is none; output `(batch, queries, ..., features of query)`.

    Args:
        num_heads: how many heads.
        key_dim: the size of each head's queries and keys.
        value_dim: the size of each head's values; None for `key_dim`.
        dropout: the part of the weights to drop while training.
        use_bias: whether the projections have a bias.
        output_shape: the shape of the output's features; None for the query's.
        attention_axes: the axes to attend over; None for all but batch and features.
        sliding_window: how near a key must be to be seen: less than so many steps; None for any distance.
        flash_attention: whether to ask for cuDNN's kernel.
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, kernel_constraint, bias_constraint:
            rules of the projections.
        activity_regularizer: a penalty on what the projections give.
        use_gate: whether the heads' outputs are multiplied by a sigmoid of a projection of the query.
        seed: a whole number, for the same draws in each run.

    In the call, `attention_mask` `(batch, queries, keys)` says which query sees which key; `use_causal_mask=True` hides
    the keys after a query; `return_attention_scores=True` adds the weights `(batch, heads, queries, keys)`. Masks of
    the inputs are taken in.

    >>> import hornbeam as keras
    >>> layer = keras.layers.MultiHeadAttention(num_heads=2, key_dim=4)
    >>> layer(keras.ops.ones((1, 8, 16)), keras.ops.ones((1, 4, 16))).shape
    (1, 8, 16)
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: int | Sequence[int] | None = None,
        attention_axes: int | Sequence[int] | None = None,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        given = locals()
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.num_heads = whole(self, "num_heads", num_heads)
        self.key_dim = whole(self, "key_dim", key_dim)
        self.value_dim = self.key_dim if value_dim is None else whole(self, "value_dim", value_dim)
        self._features = (output_shape,) if isinstance(output_shape, int) else output_shape and tuple(output_shape)
        self.attention_axes = (attention_axes,) if isinstance(attention_axes, int) else attention_axes
        self._store_common(given)

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:
        """Make the projections."""
        key_shape = value_shape if key_shape is None else key_shape
        if value_shape[1:-1] != key_shape[1:-1]:
            raise refusal(self, "value and key of equal length", f"shapes {value_shape} and {key_shape}")
        free = string.ascii_lowercase[: len(query_shape) - 1]
        steps = (None,) * (len(free) - 1)

        def heads(name: str, shape: Any, size: int, **options: Any) -> EinsumDense:
            made = self._dense(name, f"{free}x,xyz->{free}yz", (*steps, self.num_heads, size), "yz", **options)
            made.build(shape)
            return made

        self._query_dense = heads("query", query_shape, self.key_dim)
        self._key_dense = heads("key", key_shape, self.key_dim)
        if self.use_gate:
            self._gate_dense = heads("gate", query_shape, self.value_dim, activation="sigmoid")
        self._value_dense = heads("value", value_shape, self.value_dim)
        self._dropout_layer = Dropout(self.dropout, dtype=self.dtype_policy, seed=self.seed)
        features = self._features or (query_shape[-1],)
        out = string.ascii_uppercase[: len(features)]
        self._output_dense = self._dense("attention_output", f"{free}yz,yz{out}->{free}{out}", (*steps, *features), out)
        self._output_dense.build((*query_shape[:-1], self.num_heads, self.value_dim))

    @property
    def query_dense(self) -> EinsumDense:
        """The projection of the query."""
        return self._query_dense

    @property
    def key_dense(self) -> EinsumDense:
        """The projection of the key."""
        return self._key_dense

    @property
    def value_dense(self) -> EinsumDense:
        """The projection of the value."""
        return self._value_dense

    @property
    def output_dense(self) -> EinsumDense:
        """The projection of the heads' outputs."""
        return self._output_dense

    def call(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        """Return the output, and the weights if asked for."""
        key = value if key is None else key
        masks = (query_mask, value_mask, key_mask, attention_mask)
        seen = self._mask(query, value, *masks)
        rank = query.ndim
        axes = tuple(range(1, rank - 1)) if self.attention_axes is None else self.attention_axes
        axes = tuple(axis if axis >= 0 else axis + rank for axis in axes)
        projected = self._query_dense(query), self._key_dense(key), self._value_dense(value)
        how = {"causal": use_causal_mask, "scores": return_attention_scores, "axes": axes}
        outputs, weights = self._attend(*projected, seen, training, **how)
        if self.use_gate:
            outputs = outputs * self._gate_dense(query)
        outputs = self._output_dense(outputs)
        return (outputs, weights) if return_attention_scores else outputs

    def get_config(self) -> dict[str, Any]:
        """Return the arguments; `output_shape` has another home because every layer has an `output_shape`."""
        return super().get_config() | {"output_shape": self._features}


class GroupQueryAttention(_Heads):
    """Attention by several heads of queries that share fewer heads of keys and values (Ainslie et al. 2023).

    `query` `(batch, queries, features)`, `value` and `key` `(batch, keys, features)`, the key being the value where
    there is none; output `(batch, queries, features of query)`.

    Args:
        head_dim: the size of each head.
        num_query_heads: how many heads of queries.
        num_key_value_heads: how many heads of keys and values, a divisor of it.
        dropout, use_bias, sliding_window, flash_attention, use_gate, seed: as in MultiHeadAttention.
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, kernel_constraint, bias_constraint:
            rules of the projections.
        activity_regularizer: a penalty on what the projections give.

    The call is that of MultiHeadAttention.

    >>> import hornbeam as keras
    >>> layer = keras.layers.GroupQueryAttention(head_dim=4, num_query_heads=4, num_key_value_heads=2)
    >>> layer(keras.ops.ones((1, 8, 16)), keras.ops.ones((1, 4, 16))).shape
    (1, 8, 16)
    """

    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        given = locals()
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.head_dim = whole(self, "head_dim", head_dim)
        self.num_query_heads = whole(self, "num_query_heads", num_query_heads)
        self.num_key_value_heads = whole(self, "num_key_value_heads", num_key_value_heads)
        if num_query_heads % num_key_value_heads:
            expected = f"num_query_heads to be a multiple of num_key_value_heads={num_key_value_heads}"
            raise refusal(self, expected, f"num_query_heads={num_query_heads}")
        self._store_common(given)

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:
        """Make the projections."""
        key_shape = value_shape if key_shape is None else key_shape

        def heads(name: str, shape: Any, many: int, **options: Any) -> EinsumDense:
            made = self._dense(name, "bqm,muh->bquh", (None, many, self.head_dim), "uh", **options)
            made.build(shape)
            return made

        self._query_dense = heads("query", query_shape, self.num_query_heads)
        self._key_dense = heads("key", key_shape, self.num_key_value_heads)
        if self.use_gate:
            self._gate_dense = heads("gate", query_shape, self.num_query_heads, activation="sigmoid")
        self._value_dense = heads("value", value_shape, self.num_key_value_heads)
        self._dropout_layer = Dropout(self.dropout, dtype=self.dtype_policy, seed=self.seed)
        self._output_dense = self._dense("attention_output", "bquh,uhm->bqm", (None, query_shape[-1]), "m")
        self._output_dense.build((*query_shape[:-1], self.num_query_heads, self.head_dim))

    def call(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        """Return the output, and the weights if asked for."""
        key = value if key is None else key
        masks = (query_mask, value_mask, key_mask, attention_mask)
        seen = self._mask(query, value, *masks)
        projected = self._query_dense(query), self._key_dense(key), self._value_dense(value)
        how = {"causal": use_causal_mask, "scores": return_attention_scores, "axes": (1,)}
        outputs, weights = self._attend(*projected, seen, training, **how)
        if self.use_gate:
            outputs = outputs * self._gate_dense(query)
        outputs = self._output_dense(outputs)
        return (outputs, weights) if return_attention_scores else outputs
