"""The models that the tests of saving share."""

import numpy as np

import hornbeam as keras
from hornbeam import layers

DATA = np.random.default_rng(0).normal(size=(12, 6)).astype("float32")


def dense(units=(4, 2), name="model", features=6):
    """Return a Sequential of Dense layers."""
    return keras.Sequential([keras.Input((features,)), *(layers.Dense(n) for n in units)], name=name)


def trained(optimizer="adam", **options):
    """Return a compiled model after a few steps, so that its optimizer has a state."""
    model = dense(**options)
    model.compile(optimizer, "mse", metrics=["mae"])
    model.fit(DATA, DATA[:, :2], batch_size=4, epochs=2, verbose=0)
    return model


def same_weights(a, b):
    """Assert that two models have equal weights."""
    for left, right in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)


class Block(keras.layers.Layer):
    """Layers in every place where one can keep them."""

    def __init__(self, width=3, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        self.several = [layers.Dense(width) for _ in range(2)]
        self.named = {"z": layers.Dense(width), "a": layers.Dense(width)}
        self.nested = [[layers.Dense(width)], (layers.Dense(width),)]
        self.mixed = [1, layers.Dense(width), "text", None]
        self.first = self.several[0]
        self._hidden = layers.Dense(width)
        self.dropout = layers.Dropout(0.1, seed=1)

    @property
    def exposed(self):
        return self._hidden

    def parts(self):
        inner = [self.nested[0][0], self.nested[1][0], self.mixed[1], self._hidden]
        return [*self.several, *self.named.values(), *inner, self.dropout]

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(self.width,), initializer="ones", name="scale")
        self.count = self.add_weight(shape=(), initializer="zeros", trainable=False, name="count")
        for part in self.parts():
            part.build(input_shape)

    def call(self, inputs):
        for part in self.parts():
            inputs = part(inputs)
        return inputs * self.scale


class Net(keras.Model):
    """A subclassed model: layers as attributes before and after 'layers' in the alphabet."""

    def __init__(self, width=3, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        self.entry = layers.Dense(width)
        self.blocks = [Block(width), Block(width)]
        self.tail = keras.Sequential([layers.Dense(2)])

    def call(self, inputs):
        x = self.entry(inputs)
        for block in self.blocks:
            x = block(x)
        return self.tail(x)
