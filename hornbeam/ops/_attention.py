"""Attention."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp

from hornbeam._core import config
from hornbeam._core.op import op
from hornbeam.native import is_native, with_gradient
from hornbeam.ops._arrays import Tensor, as_array

AMPERE = 8.0  # the oldest compute capability that cuDNN's kernel runs on
LEAST_PRODUCTS = 1 << 20  # for which a kernel of our own is called
LEAST_IN_SAMPLE = 1 << 14  # of a sample: short sequences leave most of a vector empty


@op
def dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor = None,
    mask: Tensor = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Tensor:
    """Return softmax(query @ key.T * scale + bias) @ value, for each head.

    `query` is (batch, queries, heads, size), `key` and `value` (batch, keys, key heads, size), where the heads are a
    multiple of the key heads; `bias` and `mask` (True: may be seen) spread to (batch, heads, queries, keys). `scale`
    None means 1 / sqrt(size); `is_causal` hides the keys after a query; `attn_logits_soft_cap` c turns the scores s
    into c * tanh(s / c). `flash_attention` True asks for cuDNN's fused kernel, False for none; None takes it on a GPU
    where it can, unless `config.disable_flash_attention()` was called. Vaswani et al., 2017.

    >>> from hornbeam import ops
    >>> x = ops.ones((1, 3, 2, 4))
    >>> ops.dot_product_attention(x, x, x).shape
    (1, 3, 2, 4)
    """
    query, key, value = as_array(query), as_array(key), as_array(value)
    if not query.ndim == key.ndim == value.ndim == 4:
        shapes = ", ".join(str(x.shape) for x in (query, key, value))
        message = f"dot_product_attention: query, key and value must be (batch, length, heads, size); got {shapes}."
        raise ValueError(message)
    bias, mask = (None if x is None else as_array(x) for x in (bias, mask))
    factor: Any = query.shape[-1] ** -0.5 if scale is None else scale
    if attn_logits_soft_cap is None and _fused(query, key, flash_attention):
        return jax.nn.dot_product_attention(
            query, key, value, bias, mask, scale=factor, is_causal=is_causal, implementation="cudnn"
        )
    if bias is None and attn_logits_soft_cap is None and _is_for_kernel(query, key, value, mask, factor):
        masks = [] if mask is None else [jnp.reshape(mask, (1,) * (4 - mask.ndim) + mask.shape)]
        return _by_kernel(query, key, value, *masks, scale=float(factor), causal=bool(is_causal))
    mask = _with_causal(query, key, mask) if is_causal else mask
    return _attend(query, key, value, bias, mask, jnp.asarray(factor, "float32"), attn_logits_soft_cap)


def _with_causal(query: Any, key: Any, mask: Any) -> jax.Array:
    """Return the mask without the keys after a query."""
    seen = jnp.tri(query.shape[1], key.shape[1], dtype=bool)
    return seen if mask is None else jnp.logical_and(mask, seen)


@with_gradient("attention", ("scale", "causal"))
def _by_kernel(query: Any, key: Any, value: Any, mask: Any = None, *, scale: float, causal: bool) -> jax.Array:
    """Return the weighted values without biases and caps, which the kernel does not know."""
    mask = _with_causal(query, key, mask) if causal else mask
    return _attend(query, key, value, None, mask, jnp.float32(scale), None)


def _is_for_kernel(query: Any, key: Any, value: Any, mask: Any, scale: Any) -> bool:
    """Return whether a kernel of our own can do it, and pays."""
    (batch, length, heads, size), keys = query.shape, key.shape[1]
    lengths = (*query.shape, *key.shape, *value.shape)
    if not all(isinstance(n, int) and n for n in lengths) or not isinstance(scale, int | float):
        return False
    same = key.shape == (batch, keys, key.shape[2], size) and value.shape[:3] == key.shape[:3]
    if not same or heads % key.shape[2] or {query.dtype, key.dtype, value.dtype} != {jnp.dtype("float32")}:
        return False
    if mask is not None:
        fits = zip(reversed(mask.shape), (keys, length, heads, batch), strict=False)
        if mask.dtype != bool or mask.ndim > 4 or not all(a in (1, b) for a, b in fits):
            return False
    products = length * keys * heads * size
    return products >= LEAST_IN_SAMPLE and products * batch >= LEAST_PRODUCTS and is_native()


def _scores(query: Any, key: Any, bias: Any, mask: Any, scale: Any, cap: float | None) -> jax.Array:
    """Return the scores (batch, heads, queries, keys) in float32; several heads may share a key head."""
    batch, length, heads, _ = query.shape
    products = jnp.matmul(
        _by_head(query, key.shape[2]), jnp.swapaxes(_by_head(key, key.shape[2]), 1, 2), preferred_element_type="float32"
    )
    scores = products.reshape(batch, heads, length, key.shape[1]) * scale
    if cap is not None:
        scores = jnp.tanh(scores / cap) * cap
    if bias is not None:
        scores = scores + bias.astype(scores.dtype)
    return scores if mask is None else jnp.where(mask, scores, -0.7 * jnp.finfo(scores.dtype).max)


def _weighted(weights: jax.Array, value: jax.Array) -> jax.Array:
    """Return the sum (batch, queries, heads, size) of values with weights (batch, heads, queries, keys)."""
    batch, heads, length, keys = weights.shape
    flat = weights.reshape(batch * value.shape[2], heads // value.shape[2] * length, keys)
    sums = jnp.matmul(flat, _by_head(value, value.shape[2]))
    return jnp.swapaxes(sums.reshape(batch, heads, length, value.shape[3]), 1, 2)


def _by_head(x: jax.Array, groups: int) -> jax.Array:
    """Return (batch, length, heads, size) as (batch * groups, heads / groups * length, size), one product each."""
    batch, length, heads, size = x.shape
    return jnp.swapaxes(x, 1, 2).reshape(batch * groups, heads // groups * length, size)


@functools.partial(jax.custom_jvp, nondiff_argnums=(6,))
def _attend(query: Any, key: Any, value: Any, bias: Any, mask: Any, scale: Any, cap: float | None) -> jax.Array:
    """Return the weighted values; they are fewer than the weights, so it is them that are divided by the sums."""
    if 0 in key.shape or not jnp.issubdtype(value.dtype, jnp.floating):
        return _attend_by_softmax(query, key, value, bias, mask, scale, cap=cap)
    scores = _scores(query, key, bias, mask, scale, cap)
    weights = jnp.exp(scores - jnp.max(scores, -1, keepdims=True))
    sums = jnp.swapaxes(jnp.sum(weights, -1, keepdims=True), 1, 2)
    return (_weighted(weights.astype(value.dtype), value) / sums).astype(value.dtype)


@_attend.defjvp
def _attend_jvp(cap: float | None, primals: Any, tangents: Any) -> Any:
    """Return value and change by way of the softmax, whose derivative is the cheaper one."""
    return jax.jvp(functools.partial(_attend_by_softmax, cap=cap), primals, tangents)


def _attend_by_softmax(
    query: Any, key: Any, value: Any, bias: Any, mask: Any, scale: Any, cap: float | None
) -> jax.Array:
    weights = jax.nn.softmax(_scores(query, key, bias, mask, scale, cap))
    return _weighted(weights.astype(value.dtype), value)


def _fused(query: jax.Array, key: jax.Array, asked: bool | None) -> bool:
    """Return whether cuDNN's kernel is taken: where it is asked for, or where nothing is said and it can be."""
    asked = config.is_flash_attention_enabled() if asked is None else asked
    if asked is not None or jax.default_backend() != "gpu":
        return bool(asked)
    if float(getattr(jax.devices()[0], "compute_capability", 0)) < AMPERE:
        return False
    lengths = (query.shape[1], key.shape[1])
    even = all(isinstance(length, int) and length % 2 == 0 for length in lengths)
    return even and query.dtype.itemsize == 2 and query.shape[3] % 8 == 0 and query.shape[3] <= 128
