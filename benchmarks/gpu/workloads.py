"""The workloads: sizes, the number of parameters, and the arithmetic of a training step, both by formula."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

EPOCHS = 2  # measured ones, after a first that is not


class Convolution(NamedTuple):
    """A convolution without biases: channels in and out, the window's side, the side of the image it gives."""

    channels: int
    filters: int
    window: int
    out: int

    @property
    def weights(self) -> int:
        """The elements of the kernel."""
        return self.window**2 * self.channels * self.filters

    @property
    def flop(self) -> int:
        """Floating-point operations of one image's way forward."""
        return 2 * self.weights * self.out**2


@dataclass(frozen=True)
class ResNet:
    """A ResNet of bottlenecks, the stride on the window of 3 ("v1.5"); SGD with momentum. He et al., 2015."""

    image: int
    batch: int
    steps: int  # of an epoch
    blocks: tuple[int, ...]  # of each stage
    width: int  # filters of the stem, and of the first stage's windows of 3
    classes: int

    counts = "images"

    @property
    def items(self) -> int:
        """Images of a step."""
        return self.batch

    def convolutions(self) -> Iterator[Convolution]:
        """Return all convolutions, the first first."""
        out = math.ceil(self.image / 2)
        yield Convolution(3, self.width, 7, out)
        channels, out = self.width, math.ceil(out / 2)
        for stage, blocks in enumerate(self.blocks):
            filters, wide = self.width << stage, 4 * self.width << stage
            for block in range(blocks):
                before, out = out, math.ceil(out / 2) if stage and not block else out
                yield Convolution(channels, filters, 1, before)
                yield Convolution(filters, filters, 3, out)
                yield Convolution(filters, wide, 1, out)
                if not block:
                    yield Convolution(channels, wide, 1, out)
                channels = wide

    @property
    def parameters(self) -> int:
        """Trainable numbers: kernels, a scale and an offset for each filter, the last layer."""
        found = list(self.convolutions())
        return sum(c.weights + 2 * c.filters for c in found) + (found[-1].filters + 1) * self.classes

    @property
    def flop(self) -> float:
        """Floating-point operations of a training step: three times the products forward.

        The gradients of weights and of inputs take as many as the outputs; the first layer gives none of its inputs.
        """
        first, *others = self.convolutions()
        top = 2 * others[-1].filters * self.classes
        return float(self.batch * (2 * first.flop + 3 * (sum(c.flop for c in others) + top)))

    def draw(self) -> tuple[np.ndarray, np.ndarray]:
        """Return images `(steps * batch, side, side, 3)`, the same each step, and labels `(steps * batch,)`."""
        rng = np.random.default_rng(0)
        images = rng.random((self.batch, self.image, self.image, 3), dtype="float32")
        labels = rng.integers(0, self.classes, self.batch * self.steps).astype("int32")
        return np.concatenate([images] * self.steps), labels


@dataclass(frozen=True)
class Decoder:
    """A decoder with the sizes of GPT-2 (Radford et al., 2019): norms first, one table for both ends; AdamW."""

    length: int
    batch: int
    steps: int  # of an epoch
    layers: int
    width: int
    heads: int
    vocabulary: int

    counts = "tokens"

    @property
    def items(self) -> int:
        """Tokens of a step."""
        return self.batch * self.length

    @property
    def parameters(self) -> int:
        """Trainable numbers: the tables of words and places; products with biases, norms with scale and offset."""
        block = 12 * self.width**2 + (3 + 1 + 4 + 1) * self.width + 2 * 2 * self.width
        return (self.vocabulary + self.length) * self.width + self.layers * block + 2 * self.width

    @property
    def flop(self) -> float:
        """Floating-point operations of a training step: three times the products forward.

        A token's are 2 for each weight of a product, the last one with the table included, and in each layer's
        attention 2 * 2 * width for each of the places that it sees, on average half of `length`.
        """
        products = 2 * (self.layers * 12 * self.width**2 + self.vocabulary * self.width)
        attention = self.layers * 2 * 2 * self.width * self.length / 2
        return 3.0 * self.items * (products + attention)

    def draw(self) -> tuple[np.ndarray, np.ndarray]:
        """Return tokens `(steps * batch, length)`, and those that follow them."""
        shape = (self.batch * self.steps, self.length + 1)
        tokens = np.random.default_rng(0).integers(0, self.vocabulary, shape).astype("int32")
        return np.ascontiguousarray(tokens[:, :-1]), np.ascontiguousarray(tokens[:, 1:])


WORKLOADS: dict[str, dict[str, ResNet | Decoder]] = {
    "full": {
        "resnet50": ResNet(224, 256, 8, (3, 4, 6, 3), 64, 1000),
        "decoder": Decoder(1024, 16, 16, 12, 768, 12, 50_304),  # GPT-2's vocabulary, filled up to a multiple of 64
    },
    "tiny": {
        "resnet50": ResNet(32, 4, 2, (1, 1, 1, 1), 8, 10),
        "decoder": Decoder(32, 2, 2, 2, 64, 4, 128),
    },
}
PRODUCTS = {"full": 8192, "tiny": 256}  # the sides of the matrices that show the limit
