"""The workloads for both packages with Keras's interface, Hornbeam and Keras on JAX: written once."""

import importlib
from collections.abc import Callable
from time import perf_counter
from typing import Any

import jax

from benchmarks.gpu._measure import Report, rounds
from benchmarks.gpu.on_jax import facts
from benchmarks.gpu.workloads import WORKLOADS, Decoder, ResNet


def resnet50(keras: Any, sizes: ResNet) -> Any:
    """Return the compiled ResNet."""
    layers = keras.layers

    def convolve(x: Any, filters: int, window: int, strides: int = 1) -> Any:
        x = layers.Conv2D(filters, window, strides, padding="same", use_bias=False)(x)
        return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)

    inputs = keras.Input((sizes.image, sizes.image, 3))
    x = layers.ReLU()(convolve(inputs, sizes.width, 7, 2))
    x = layers.MaxPooling2D(3, 2, padding="same")(x)
    for stage, blocks in enumerate(sizes.blocks):
        filters = sizes.width << stage
        for block in range(blocks):
            strides = 2 if stage and not block else 1
            y = layers.ReLU()(convolve(x, filters, 1))
            y = layers.ReLU()(convolve(y, filters, 3, strides))
            y = convolve(y, 4 * filters, 1)
            x = x if block else convolve(x, 4 * filters, 1, strides)
            x = layers.ReLU()(layers.Add()([x, y]))
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, layers.Dense(sizes.classes)(x))
    optimizer = keras.optimizers.SGD(0.01, momentum=0.9)
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def decoder(keras: Any, sizes: Decoder) -> Any:
    """Return the compiled decoder."""
    layers, ops = keras.layers, keras.ops

    class Places(layers.Layer):
        """Adds what each place has learnt."""

        def build(self, shape: Any) -> None:
            self.table = self.add_weight(shape=shape[1:], initializer="random_normal")

        def call(self, x: Any) -> Any:
            return x + self.table

    class CausalAttention(layers.Layer):
        """Attention to what came before."""

        def build(self, shape: Any) -> None:
            self.project, self.merge = layers.Dense(3 * shape[-1]), layers.Dense(shape[-1])
            self.project.build(shape)
            self.merge.build(shape)

        def call(self, x: Any) -> Any:
            _, length, width = x.shape
            heads = ops.reshape(self.project(x), (-1, length, 3 * sizes.heads, width // sizes.heads))
            attended = ops.dot_product_attention(*ops.split(heads, 3, axis=2), is_causal=True)
            return self.merge(ops.reshape(attended, (-1, length, width)))

    table = layers.ReversibleEmbedding(sizes.vocabulary, sizes.width, embeddings_initializer="random_normal")
    tokens = keras.Input((sizes.length,), dtype="int32")
    x = Places()(table(tokens))
    for _ in range(sizes.layers):
        x = x + CausalAttention()(layers.LayerNormalization(epsilon=1e-5)(x))
        y = layers.Dense(4 * sizes.width)(layers.LayerNormalization(epsilon=1e-5)(x))
        x = x + layers.Dense(sizes.width)(ops.gelu(y, approximate=True))
    x = layers.LayerNormalization(epsilon=1e-5)(x)
    model = keras.Model(tokens, table(x, reverse=True))
    optimizer = keras.optimizers.AdamW(3e-4, weight_decay=0.1, beta_2=0.95, epsilon=1e-8)
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


MODELS: dict[str, Callable[[Any, Any], Any]] = {"resnet50": resnet50, "decoder": decoder}


class Fit:
    """A model in `fit`, weights in float32 and layers in bfloat16."""

    def __init__(self, package: str, name: str, workload: ResNet | Decoder) -> None:
        self.package, self.keras = package, importlib.import_module(package)
        self.keras.config.set_dtype_policy("mixed_bfloat16")
        self.model = MODELS[name](self.keras, workload)
        self.parameters = sum(int(v.value.size) for v in self.model.trainable_variables)
        x, y = jax.device_put(workload.draw())
        self.data = {"x": x, "y": y, "batch_size": workload.batch}
        if package == "keras":  # it takes arrays through the host, batch by batch, but not the batches of a dataset
            self.data = {"x": _batches(self.keras, x, y, workload.batch)}

    def train(self, epochs: int) -> tuple[list[float], float]:
        """Return when each epoch was done, and the last loss."""
        ends, losses = [], []

        class Clock(self.keras.callbacks.Callback):
            def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
                losses.append(float(logs["loss"]))  # the epoch's work is done once its loss can be read
                ends.append(perf_counter())

        self.model.fit(**self.data, epochs=epochs, shuffle=False, verbose=0, callbacks=[Clock()])
        return ends, losses[-1]

    def facts(self) -> Report:
        """Return the device, the versions of packages, and the most bytes of the device taken so far."""
        return facts(*(["keras"] if self.package == "keras" else []))


def _batches(keras: Any, x: Any, y: Any, size: int) -> Any:
    """Return a dataset of batches that are on the device."""

    class Batches(keras.utils.PyDataset):
        def __init__(self) -> None:
            super().__init__()
            self.batches = [(x[at : at + size], y[at : at + size]) for at in range(0, len(x), size)]

        def __len__(self) -> int:
            return len(self.batches)

        def __getitem__(self, index: int) -> Any:
            return self.batches[index]

    return Batches()


def fit(package: str, name: str, size: str) -> Callable[[], Report]:
    """Prepare training with `fit`: seconds per step."""
    workload = WORKLOADS[size][name]
    return rounds(lambda: Fit(package, name, workload), workload)
