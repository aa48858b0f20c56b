"""Single layers of every package with Keras's interface, and what surrounds them: operations, the graph.

A layer is timed as training calls it: one function of weights and input, through `stateless_call`, compiled as the
package's own fit compiles a step. In inference it gives the output; in training the gradients of the weights, and of an
input of real numbers, from a given gradient of the output.
"""

import importlib
from collections.abc import Callable
from time import perf_counter
from typing import Any

import jax
import numpy as np

from benchmarks._sizes import SIZES, VOCABULARY, draw, draw_lengths, timed

Measure = Callable[[], float]


def layer(package: str, name: str, size: str, mode: str) -> Measure:
    """Prepare calls of a layer, `mode` "forward" or "training": seconds."""
    keras = importlib.import_module(package)
    made, x = _make(keras.layers, name, size), draw(name, size)
    inputs = (x, x) if name == "MultiHeadAttention" else (x,)
    more = {}
    if name.endswith("+mask"):
        more["mask"] = np.arange(x.shape[1]) < draw_lengths(name, size)[:, None]
    gradient = np.random.default_rng(2).normal(size=made(*inputs, **more).shape).astype("float32")
    weights, rest = [v.value for v in made.trainable_variables], [v.value for v in made.non_trainable_variables]

    def forward(weights: Any, x: Any, training: bool = False) -> Any:
        inputs = (x, x) if name == "MultiHeadAttention" else (x,)
        extra = {"training": training} if name == "BatchNormalization" else {}
        return made.stateless_call(weights, rest, *inputs, **more, **extra)

    def train(weights: Any, x: Any, gradient: Any) -> Any:
        given = (weights,) if name == "Embedding" else (weights, x)
        _, back, new = jax.vjp(lambda weights, x=x: forward(weights, x, True), *given, has_aux=True)
        return back(gradient), new

    compiled = importlib.import_module("hornbeam.training._engine").compiled if package == "hornbeam" else jax.jit
    function = compiled(forward if mode == "forward" else train)
    arguments = jax.device_put((weights, x) if mode == "forward" else (weights, x, gradient))
    return timed(lambda: jax.block_until_ready(function(*arguments)))


def _make(layers: Any, name: str, size: str) -> Any:
    kind, n, large = getattr(layers, name.removesuffix("+mask")), SIZES[name][size][-1], size == "large"
    arguments: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
        "Conv": ((n, 3), {"padding": "same", "strides": 2 if "Transpose" in name else 1}),
        "SeparableConv": ((n, 3), {"padding": "same"}),
        "DepthwiseConv": ((3,), {"padding": "same"}),
        "AveragePooling": ((2,), {}),
        "MultiHead": ((8, n // 8), {}),
        "Embedding": ((VOCABULARY[size], 128 if large else 32), {}),
        "Dense": ((512 if large else 64,), {"activation": "relu"}),
    } | dict.fromkeys(("LSTM", "GRU", "SimpleRNN"), ((n,), {}))
    positional, named = next((found for word, found in arguments.items() if name.startswith(word)), ((), {}))
    return kind(*positional, **named)


def operation(module: str, name: str) -> Measure:
    """Prepare eager calls of a function of arrays of 8x8, one or two of them: seconds."""
    function, x = getattr(importlib.import_module(module), name), jax.numpy.ones((8, 8))
    arguments = (x, x) if name in ("add", "matmul") else (x,)

    def calls() -> None:
        for _ in range(100):
            result = function(*arguments)
        result.block_until_ready()

    measure = timed(calls)
    return lambda: measure() / 100


def chain(package: str, layers: int) -> Measure:
    """Prepare the building of a functional model, a chain of Dense layers: seconds per layer."""
    keras = importlib.import_module(package)

    def measure() -> float:
        start = perf_counter()
        x = inputs = keras.Input((8,))
        for _ in range(layers):
            x = keras.layers.Dense(8)(x)
        keras.Model(inputs, x)
        return (perf_counter() - start) / layers

    return measure
