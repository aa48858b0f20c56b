"""The workloads for every package with Keras's interface, Keras 2's among them: written once."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks._workloads import WORKLOADS, draw


def seed_cnn(keras: Any) -> Any:
    """Return the small CNN of 8x8 digits."""
    layers = keras.layers
    stack = [
        keras.Input((8, 8, 1)),
        layers.Conv2D(2, (3, 3), padding="same", activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Conv2D(3, (2, 2), padding="same", activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Flatten(),
        layers.Dense(8, activation="relu"),
        layers.Dense(3, activation="softmax"),
    ]
    return keras.Sequential(stack)


def mlp(keras: Any) -> Any:
    """Return the perceptron of 784 features."""
    layers = keras.layers
    stack = [
        keras.Input((784,)),
        layers.Dense(512, activation="relu"),
        layers.Dropout(0.2),
        layers.Dense(512, activation="relu"),
        layers.Dropout(0.2),
        layers.Dense(10),
    ]
    return keras.Sequential(stack)


def mnist_cnn(keras: Any) -> Any:
    """Return the CNN of 28x28 digits that most tutorials have."""
    layers = keras.layers
    stack = [
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, (3, 3), activation="relu"),
        layers.Conv2D(64, (3, 3), activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Dropout(0.25),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(10),
    ]
    return keras.Sequential(stack)


def imdb_lstm(keras: Any) -> Any:
    """Return the classifier of reviews, 80 words each."""
    layers = keras.layers
    stack = [keras.Input((80,), dtype="int32"), layers.Embedding(20_000, 128), layers.LSTM(128), layers.Dense(2)]
    return keras.Sequential(stack)


def resnet20(keras: Any) -> Any:
    """Return the ResNet of 20 layers for images of 32x32x3. He et al., 2015."""
    layers = keras.layers

    def convolve(x: Any, filters: int, size: int, strides: int) -> Any:
        x = layers.Conv2D(filters, size, strides, padding="same", use_bias=False)(x)
        return layers.BatchNormalization()(x)

    inputs = keras.Input((32, 32, 3))
    x = layers.Activation("relu")(convolve(inputs, 16, 3, 1))
    for filters in (16, 32, 64):
        for block in range(3):
            strides = 2 if block == 0 and filters > 16 else 1
            y = layers.Activation("relu")(convolve(x, filters, 3, strides))
            y = convolve(y, filters, 3, 1)
            x = convolve(x, filters, 1, strides) if strides == 2 else x
            x = layers.Activation("relu")(layers.Add()([x, y]))
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


def encoder(keras: Any) -> Any:
    """Return four layers of a transformer's encoder, width 256, over sequences of 128. Vaswani et al., 2017."""
    layers = keras.layers
    x = inputs = keras.Input((128, 256))
    for _ in range(4):
        x = layers.LayerNormalization()(layers.Add()([x, layers.MultiHeadAttention(4, 64)(x, x)]))
        y = layers.Dense(256)(layers.Dense(1024, activation="relu")(x))
        x = layers.LayerNormalization()(layers.Add()([x, y]))
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling1D()(x)))


MODELS: dict[str, Callable[[Any], Any]] = {
    made.__name__: made for made in (seed_cnn, mlp, mnist_cnn, imdb_lstm, resnet20, encoder)
}


def make(keras: Any, name: str, rows: int | None = None) -> tuple[Any, np.ndarray, np.ndarray, int]:
    """Return a compiled model, its data and the batch size; `rows` of data, or what an epoch of `fit` has."""
    model = MODELS[name](keras)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=name != "seed_cnn")
    model.compile("adam", loss, metrics=["accuracy"])
    return model, *draw(name, rows), WORKLOADS[name].batch
