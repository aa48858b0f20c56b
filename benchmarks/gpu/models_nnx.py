"""The workloads in Flax NNX with optax, by hand."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import nnx

from benchmarks.gpu._measure import Report, rounds
from benchmarks.gpu.on_jax import facts
from benchmarks.gpu.workloads import WORKLOADS, Decoder, ResNet

BF16: dict[str, Any] = {"dtype": jnp.bfloat16}  # of what is computed; weights are float32


class Convolve(nnx.Module):
    """A convolution and its normalization."""

    def __init__(self, channels: int, filters: int, window: int, strides: int, rngs: nnx.Rngs) -> None:
        size = (window, window)
        self.convolution = nnx.Conv(channels, filters, size, strides, use_bias=False, rngs=rngs, **BF16)
        self.norm = nnx.BatchNorm(filters, momentum=0.9, epsilon=1e-5, rngs=rngs, **BF16)

    def __call__(self, x: jax.Array) -> jax.Array:
        """Return images `(batch, side, side, filters)`."""
        return self.norm(self.convolution(x))


class Bottleneck(nnx.Module):
    """Three convolutions beside a shortcut."""

    def __init__(self, channels: int, filters: int, strides: int, rngs: nnx.Rngs, *, first: bool) -> None:
        self.narrow = Convolve(channels, filters, 1, 1, rngs)
        self.middle = Convolve(filters, filters, 3, strides, rngs)
        self.widen = Convolve(filters, 4 * filters, 1, 1, rngs)
        self.shortcut = Convolve(channels, 4 * filters, 1, strides, rngs) if first else None

    def __call__(self, x: jax.Array) -> jax.Array:
        """Return images `(batch, side, side, 4 * filters)`."""
        y = self.widen(nnx.relu(self.middle(nnx.relu(self.narrow(x)))))
        return nnx.relu(y + (x if self.shortcut is None else self.shortcut(x)))


class ResNet50(nnx.Module):
    """The ResNet."""

    def __init__(self, sizes: ResNet, rngs: nnx.Rngs) -> None:
        self.stem = Convolve(3, sizes.width, 7, 2, rngs)
        blocks, channels = [], sizes.width
        for stage, count in enumerate(sizes.blocks):
            filters = sizes.width << stage
            for block in range(count):
                strides = 2 if stage and not block else 1
                blocks.append(Bottleneck(channels, filters, strides, rngs, first=not block))
                channels = 4 * filters
        self.blocks = nnx.List(blocks)
        self.top = nnx.Linear(channels, sizes.classes, rngs=rngs, **BF16)

    def __call__(self, x: jax.Array) -> jax.Array:
        """Return the logits of images `(batch, side, side, 3)`."""
        x = nnx.max_pool(nnx.relu(self.stem(x)), (3, 3), (2, 2), padding="SAME")
        for block in self.blocks:
            x = block(x)
        return self.top(x.mean((1, 2)))


class Block(nnx.Module):
    """Attention to what came before, and two products, each beside a shortcut."""

    def __init__(self, sizes: Decoder, rngs: nnx.Rngs) -> None:
        width, self.heads = sizes.width, sizes.heads
        self.norm_1 = nnx.LayerNorm(width, epsilon=1e-5, rngs=rngs, **BF16)
        self.project = nnx.Linear(width, 3 * width, rngs=rngs, **BF16)
        self.merge = nnx.Linear(width, width, rngs=rngs, **BF16)
        self.norm_2 = nnx.LayerNorm(width, epsilon=1e-5, rngs=rngs, **BF16)
        self.widen = nnx.Linear(width, 4 * width, rngs=rngs, **BF16)
        self.narrow = nnx.Linear(4 * width, width, rngs=rngs, **BF16)

    def __call__(self, x: jax.Array) -> jax.Array:
        """Return `(batch, length, width)`."""
        batch, length, width = x.shape
        heads = self.project(self.norm_1(x)).reshape(batch, length, 3 * self.heads, width // self.heads)
        kernel = "cudnn" if jax.default_backend() == "gpu" else "xla"
        attended = jax.nn.dot_product_attention(*jnp.split(heads, 3, axis=2), is_causal=True, implementation=kernel)
        x = x + self.merge(attended.reshape(x.shape))
        return x + self.narrow(nnx.gelu(self.widen(self.norm_2(x)), approximate=True))


class Gpt(nnx.Module):
    """The decoder."""

    def __init__(self, sizes: Decoder, rngs: nnx.Rngs) -> None:
        normal = nnx.initializers.normal(0.05)
        self.table = nnx.Embed(sizes.vocabulary, sizes.width, embedding_init=normal, rngs=rngs, **BF16)
        self.places = nnx.Param(normal(rngs.params(), (sizes.length, sizes.width), jnp.float32))
        self.blocks = nnx.List([Block(sizes, rngs) for _ in range(sizes.layers)])
        self.norm = nnx.LayerNorm(sizes.width, epsilon=1e-5, rngs=rngs, **BF16)

    def __call__(self, tokens: jax.Array) -> jax.Array:
        """Return the logits `(batch, length, vocabulary)` of what follows tokens `(batch, length)`."""
        x = self.table(tokens) + self.places[...].astype(jnp.bfloat16)
        for block in self.blocks:
            x = block(x)
        return self.table.attend(self.norm(x))


MODELS: dict[str, Callable[[Any, nnx.Rngs], Any]] = {"resnet50": ResNet50, "decoder": Gpt}
OPTIMIZERS = {
    "resnet50": lambda: optax.sgd(0.01, momentum=0.9),
    "decoder": lambda: optax.adamw(3e-4, b2=0.95, weight_decay=0.1),
}


@nnx.jit(donate_argnums=(0, 1))
def step(model: nnx.Module, optimizer: nnx.Optimizer, x: jax.Array, y: jax.Array) -> jax.Array:
    """Take a step, and return its loss."""

    def loss_of(model: Any) -> jax.Array:
        logits = model(x).astype(jnp.float32)
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    loss, gradients = nnx.value_and_grad(loss_of)(model)
    optimizer.update(model, gradients)
    return loss


class Loop:
    """A model in a loop over batches that are on the device."""

    def __init__(self, name: str, workload: ResNet | Decoder) -> None:
        self.model = MODELS[name](workload, nnx.Rngs(0))
        self.model.train()
        self.optimizer = nnx.Optimizer(self.model, OPTIMIZERS[name](), wrt=nnx.Param)
        self.step = nnx.cached_partial(step, self.model, self.optimizer)  # Flax's advice: it walks the model only once
        self.parameters = sum(leaf.size for leaf in jax.tree.leaves(nnx.state(self.model, nnx.Param)))
        x, y = jax.device_put(workload.draw())
        starts = range(0, len(x), workload.batch)
        self.batches = [(x[at : at + workload.batch], y[at : at + workload.batch]) for at in starts]

    def train(self, epochs: int) -> tuple[list[float], float]:
        """Return when each epoch was done, and the last loss."""
        ends, loss = [], jnp.nan
        for _ in range(epochs):
            for x, y in self.batches:
                loss = self.step(x, y)
            loss = float(loss)
            ends.append(perf_counter())
        return ends, float(loss)

    def facts(self) -> Report:
        """Return the device, the versions of packages, and the most bytes of the device taken so far."""
        return facts("flax", "optax")


def fit(name: str, size: str) -> Callable[[], Report]:
    """Prepare training by hand: seconds per step."""
    workload = WORKLOADS[size][name]
    return rounds(lambda: Loop(name, workload), workload)
