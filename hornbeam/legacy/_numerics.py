"""Formulas that changed between the eras: a function, and mixins over today's classes."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from hornbeam._core import registry
from hornbeam._core.op import op


@op
def classic_hard_sigmoid(x: Any) -> Any:
    """Return 0.2 x + 0.5, cut to [0, 1], elementwise: what 'hard_sigmoid' meant before Keras 3 (now x / 6 + 0.5).

    >>> from hornbeam.legacy import backend as K
    >>> K.hard_sigmoid(K.constant([-3.0, 0.0, 2.0])).round(2).tolist()
    [0.0, 0.5, 0.8999999761581421]
    """
    return jnp.clip(0.2 * x + 0.5, 0.0, 1.0)


def register_functions() -> None:
    """Make the functions of earlier eras known to files: a model that uses one is saved with its name."""
    registry.get_custom_objects().setdefault("keras2>classic_hard_sigmoid", classic_hard_sigmoid)


class ClassicRMSprop:
    """v = d v + (1-d) g^2, w - r g / (sqrt(v) + e): epsilon was added to the root, today it is added below it."""

    rho: float
    epsilon: float

    def update(self, gradient: Any, value: Any, slots: Any, learning_rate: Any, step: Any) -> Any:
        """Return the new weight and slots."""
        velocity = self.rho * slots["velocity"] + (1 - self.rho) * gradient * gradient
        return value - learning_rate * gradient / (jnp.sqrt(velocity) + self.epsilon), {"velocity": velocity}


class ClassicBatchNormalization:
    """The average of variances took the unbiased one, of n samples: n / (n - 1) times that of the batch."""

    momentum: float
    epsilon: float
    axis: int
    trainable: bool
    moving_variance: Any

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Return the normalized inputs."""
        before = self.moving_variance.value
        outputs = super().call(inputs, training=training, mask=mask)  # type: ignore[misc]
        if training and self.trainable:
            axis = self.axis % inputs.ndim
            count = jnp.ones([n for i, n in enumerate(inputs.shape) if i != axis]).sum()
            moved = self.moving_variance.value - before * self.momentum
            self.moving_variance.assign(before * self.momentum + moved * count / (count - 1 - self.epsilon))
        return outputs
