"""The workloads in JAX by hand: parameters in dicts, a pure function each, nothing between the user and `jax.lax`."""

import itertools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp

Params = dict[str, Any]
Apply = Callable[[Params, Any, Any], tuple[Any, Params]]  # (params, inputs, key or None) -> (logits, new state)


def _weights(*shapes: tuple[int, ...]) -> list[Any]:
    rng = np.random.default_rng(0)
    scales = [np.sqrt(6 / (np.prod(shape[:-1]) + shape[-1])) for shape in shapes]
    return [jnp.asarray(rng.uniform(-a, a, shape), "float32") for a, shape in zip(scales, shapes, strict=True)]


def _dense(*sizes: int) -> list[Any]:
    return [(w, jnp.zeros(w.shape[-1])) for w in _weights(*itertools.pairwise(sizes))]


def _convolve(x: Any, kernel: Any, padding: str = "SAME", strides: int = 1) -> Any:
    numbers = ("NHWC", "HWIO", "NHWC")
    return lax.conv_general_dilated(x, kernel, (strides, strides), padding, dimension_numbers=numbers)


def _pool(x: Any) -> Any:
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def _drop(x: Any, rate: float, key: Any) -> Any:
    if key is None:
        return x
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)


def seed_cnn() -> tuple[Params, Apply]:
    """Return the small CNN of 8x8 digits."""
    kernels = [(k, jnp.zeros(k.shape[-1])) for k in _weights((3, 3, 1, 2), (2, 2, 2, 3))]

    def apply(p: Params, x: Any, _: Any) -> tuple[Any, Params]:
        for kernel, bias in p["kernels"]:
            x = _pool(jax.nn.relu(_convolve(x, kernel) + bias))
        (w, b), (v, c) = p["dense"]
        return jax.nn.relu(x.reshape(len(x), -1) @ w + b) @ v + c, {}

    return {"kernels": kernels, "dense": _dense(12, 8, 3)}, apply


def mlp() -> tuple[Params, Apply]:
    """Return the perceptron of 784 features."""

    def apply(p: Params, x: Any, key: Any) -> tuple[Any, Params]:
        *hidden, (w, b) = p["dense"]
        for number, (kernel, bias) in enumerate(hidden):
            inner = None if key is None else jax.random.fold_in(key, number)
            x = _drop(jax.nn.relu(x @ kernel + bias), 0.2, inner)
        return x @ w + b, {}

    return {"dense": _dense(784, 512, 512, 10)}, apply


def mnist_cnn() -> tuple[Params, Apply]:
    """Return the CNN of 28x28 digits that most tutorials have."""
    kernels = [(k, jnp.zeros(k.shape[-1])) for k in _weights((3, 3, 1, 32), (3, 3, 32, 64))]

    def apply(p: Params, x: Any, key: Any) -> tuple[Any, Params]:
        first, second = (None, None) if key is None else jax.random.split(key)
        for kernel, bias in p["kernels"]:
            x = jax.nn.relu(_convolve(x, kernel, "VALID") + bias)
        x = _drop(_pool(x), 0.25, first).reshape(len(x), -1)
        (w, b), (v, c) = p["dense"]
        return _drop(jax.nn.relu(x @ w + b), 0.5, second) @ v + c, {}

    return {"kernels": kernels, "dense": _dense(9216, 128, 10)}, apply


def imdb_lstm() -> tuple[Params, Apply]:
    """Return the classifier of reviews, 80 words each; the product of the inputs stands before the loop."""
    table, kernel, inner = _weights((20_000, 128), (128, 512), (128, 512))
    lstm = (kernel, inner, jnp.zeros(512))

    def apply(p: Params, x: Any, _: Any) -> tuple[Any, Params]:
        kernel, inner, bias = p["lstm"]
        gates = jnp.swapaxes(p["table"][x], 0, 1) @ kernel + bias

        def step(state: Any, z: Any) -> tuple[Any, None]:
            h, c = state
            i, f, g, o = jnp.split(z + h @ inner, 4, -1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        start = jnp.zeros((len(x), 128))
        (h, _), _ = lax.scan(step, (start, start), gates)
        ((w, b),) = p["dense"]
        return h @ w + b, {}

    return {"table": table, "lstm": lstm, "dense": _dense(128, 2)}, apply


def resnet20() -> tuple[Params, Apply]:
    """Return the ResNet of 20 layers for images of 32x32x3."""
    sizes = [16, 16, 16, 16, 32, 32, 32, 64, 64, 64]
    pairs = list(itertools.pairwise(sizes))
    shapes = [(3, 3, 3, 16)]
    for a, b in pairs:
        shapes += [(3, 3, a, b), (3, 3, b, b)] + ([(1, 1, a, b)] if a != b else [])
    parts = [(k, jnp.ones(k.shape[-1]), jnp.zeros(k.shape[-1])) for k in _weights(*shapes)]
    moving = [(jnp.zeros(k.shape[-1]), jnp.ones(k.shape[-1])) for k, _, _ in parts]

    def apply(p: Params, x: Any, key: Any) -> tuple[Any, Params]:
        given, new = zip(p["parts"], p["moving"], strict=True), []

        def convolve(x: Any, strides: int = 1) -> Any:
            (kernel, gamma, beta), (mean, variance) = next(given)
            x = _convolve(x, kernel, strides=strides)
            if key is not None:
                now = (x.mean((0, 1, 2)), x.var((0, 1, 2)))
                new.append(jax.tree.map(lambda a, b: 0.99 * a + 0.01 * b, (mean, variance), now))
                mean, variance = now
            return (x - mean) * (gamma * lax.rsqrt(variance + 1e-3)) + beta

        x = jax.nn.relu(convolve(x))
        for a, b in pairs:
            y = convolve(jax.nn.relu(convolve(x, b // a)))
            x = jax.nn.relu((x if a == b else convolve(x, 2)) + y)
        ((w, b),) = p["dense"]
        return x.mean((1, 2)) @ w + b, {"moving": new} if new else {}

    return {"parts": parts, "moving": moving, "dense": _dense(64, 10)}, apply


def encoder() -> tuple[Params, Apply]:
    """Return four layers of a transformer's encoder, width 256, over sequences of 128."""

    def block() -> Params:
        norms = [(jnp.ones(256), jnp.zeros(256)) for _ in range(2)]
        return {"qkv": _dense(256, 768), "out": _dense(256, 256), "mlp": _dense(256, 1024, 256), "norms": norms}

    def normalize(x: Any, scale: Any, shift: Any) -> Any:
        mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
        return (x - mean) * lax.rsqrt(variance + 1e-3) * scale + shift

    def apply(p: Params, x: Any, _: Any) -> tuple[Any, Params]:
        for block in p["blocks"]:
            ((w, b),), ((v, c),), ((w1, b1), (w2, b2)) = block["qkv"], block["out"], block["mlp"]
            query, key, value = jnp.split((x @ w + b).reshape(*x.shape[:2], 12, 64), 3, 2)
            seen = jax.nn.dot_product_attention(query, key, value).reshape(x.shape)
            x = normalize(x + seen @ v + c, *block["norms"][0])
            x = normalize(x + jax.nn.relu(x @ w1 + b1) @ w2 + b2, *block["norms"][1])
        ((w, b),) = p["dense"]
        return x.mean(1) @ w + b, {}

    return {"blocks": [block() for _ in range(4)], "dense": _dense(256, 10)}, apply


MODELS: dict[str, Callable[[], tuple[Params, Apply]]] = {
    made.__name__: made for made in (seed_cnn, mlp, mnist_cnn, imdb_lstm, resnet20, encoder)
}
