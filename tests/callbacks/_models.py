"""The small model that the tests of callbacks train."""

import numpy as np

import hornbeam as keras

X, Y = np.ones((6, 2), "float32"), np.zeros((6, 1), "float32")


def small(*metrics, rate=0.1, **options):
    """Return a compiled model of one weight matrix of ones, without bias."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(rate, **options), "mse", metrics=list(metrics))
    return model


def fit(model, *callbacks, **options):
    """Train silently, one batch an epoch unless said otherwise."""
    return model.fit(X, Y, **{"verbose": 0, "callbacks": list(callbacks)} | options)
