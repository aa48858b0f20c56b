"""Rules that see a matrix as one: Adafactor keeps its rows' and columns' means, Muon makes its steps orthogonal."""

import math
import re
from collections.abc import Iterable
from typing import Any, Unpack

import jax
import jax.numpy as jnp
import numpy as np
from jax.lax import rsqrt

from hornbeam._core.state import Variable
from hornbeam.optimizers._adam import adam
from hornbeam.optimizers._common import Common, takes_common
from hornbeam.optimizers._optimizer import Optimizer, Slots


class Adafactor(Optimizer):
    """A step of relative size g / sqrt(v), where v (..., rows, columns) is kept as the means of its rows and columns.

    Running means with decay 1 - t^beta_2_decay of g^2 + epsilon_1; the step is cut to a root mean square of
    `clip_threshold` and multiplied by max(epsilon_2, root mean square of w) and by min(learning_rate, 1 / sqrt(t)).
    `relative_step` is kept for its place in files; as in Keras, it changes nothing. Arguments besides these are those
    of `Optimizer`.
    Shazeer and Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost" (2018).

    >>> import hornbeam as keras
    >>> v = keras.Variable([1.0])
    >>> keras.optimizers.Adafactor(0.5).apply([keras.ops.array([7.0])], [v])
    >>> v.numpy().round(4).tolist()
    [0.5]
    """

    @takes_common
    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.beta_2_decay, self.epsilon_1, self.epsilon_2 = beta_2_decay, epsilon_1, epsilon_2
        self.clip_threshold, self.relative_step = clip_threshold, relative_step

    def slots(self, variable: Variable) -> list[Slots]:
        if variable.ndim < 2:
            nothing = np.zeros((), "int32")  # keeps the places of the state as Keras has them in files
            return [{"rows": nothing, "columns": nothing, "velocity": 0.0}]
        shape = variable.shape
        rows, columns = np.zeros(shape[:-1], variable.dtype), np.zeros(shape[:-2] + shape[-1:], variable.dtype)
        return [{"rows": rows, "columns": columns, "velocity": 0.0}]

    def update(self, gradient: Any, value: Any, slots: Any, learning_rate: Any, step: Any) -> Any:
        rate = jnp.minimum(learning_rate, rsqrt(step))
        size = jnp.maximum(self.epsilon_2, _root_mean_square(value)) * rate
        decay = 1.0 - step**self.beta_2_decay
        square = jnp.square(gradient) + self.epsilon_1
        new: dict[str, Any] = {}
        if gradient.ndim < 2:
            v = decay * slots["velocity"] + (1.0 - decay) * square
        else:
            rows = new["rows"] = decay * slots["rows"] + (1.0 - decay) * jnp.mean(square, axis=-1)
            columns = new["columns"] = decay * slots["columns"] + (1.0 - decay) * jnp.mean(square, axis=-2)
            v = (rows / jnp.mean(rows, axis=-1, keepdims=True))[..., None] * columns[..., None, :]
        direction = gradient * rsqrt(v)
        direction = direction / jnp.maximum(1.0, _root_mean_square(direction) / self.clip_threshold)
        return value - size * direction, new | {"velocity": v}


def _root_mean_square(x: jax.Array) -> jax.Array:
    return jnp.sqrt(jnp.mean(jnp.square(x)))


class Muon(Optimizer):
    """Momentum whose steps for matrices are made orthogonal; other variables, and embeddings, follow Adam.

    The singular values of momentum are brought near 1 by `ns_steps` steps of the Newton-Schulz iteration
    X = a X + (b A + c A A) X with A = X X^T and the coefficients `muon_a`, `muon_b`, `muon_c`; the step is multiplied
    by `rms_rate` * sqrt(the longer side), or by 1 if that is None. `exclude_layers` are patterns of paths that follow
    Adam, whose learning rate is multiplied by `adam_lr_ratio`. Arguments besides these are those of `Optimizer`.
    Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024).

    >>> import hornbeam as keras
    >>> v = keras.Variable([[1.0, 0.0], [0.0, 1.0]])
    >>> keras.optimizers.Muon(0.5).apply([keras.ops.array([[1.0, 0.0], [0.0, 1.0]])], [v])
    >>> bool(v.numpy()[0, 0] < 1)
    True
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        exclude_layers: Iterable[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.7750,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name, **kwargs,
        )  # fmt: skip
        self.adam_beta_1, self.adam_beta_2, self.adam_weight_decay = adam_beta_1, adam_beta_2, adam_weight_decay
        self.epsilon, self.adam_lr_ratio = epsilon, adam_lr_ratio
        self.exclude_layers, self.exclude_embeddings = list(exclude_layers or ()), exclude_embeddings
        self.muon_a, self.muon_b, self.muon_c = muon_a, muon_b, muon_c
        self.momentum, self.ns_steps, self.nesterov, self.rms_rate = momentum, ns_steps, nesterov, rms_rate

    def _follows_adam(self, variable: Variable) -> bool:
        return (
            variable.ndim != 2
            or (self.exclude_embeddings and "embedding" in variable.path.lower())
            or any(re.search(pattern, variable.path) for pattern in self.exclude_layers)
        )

    def slots(self, variable: Variable) -> list[Slots]:
        return [{"momentum": 0.0, "velocity": 0.0} if self._follows_adam(variable) else {"momentum": 0.0}]

    def update(self, gradient: Any, value: Any, slots: Any, learning_rate: Any, step: Any) -> Any:
        if "velocity" in slots:
            rate = learning_rate * self.adam_lr_ratio
            return adam(gradient, value, slots, rate, step, self.adam_beta_1, self.adam_beta_2, self.epsilon)
        m = self.momentum * slots["momentum"] + gradient
        direction = self.zeropower_via_newtonschulz5(
            gradient + self.momentum * m if self.nesterov else m, self.ns_steps
        )
        return value - learning_rate * self.lr_adjust(direction), {"momentum": m}

    def decay_of(self, variable: Variable) -> float | None:
        return self.adam_weight_decay if self._follows_adam(variable) else self.weight_decay

    def lr_adjust(self, x: Any) -> Any:
        """Return an orthogonal step times `rms_rate` * sqrt(the longer side): its root mean square is `rms_rate`."""
        return x if self.rms_rate is None else x * (self.rms_rate * math.sqrt(max(x.shape[-2:])))

    def transpose_last_axis(self, x: Any) -> Any:
        """Return `x` with its last two axes exchanged."""
        return jnp.swapaxes(x, -1, -2)

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
        """Return a matrix with the singular vectors of `x` and singular values near 1."""
        tall = x.shape[-2] > x.shape[-1]
        x = self.transpose_last_axis(x) if tall else x
        x = x / (jnp.linalg.norm(x, axis=(-2, -1), keepdims=True) + 1e-7)
        for _ in range(steps):
            a = x @ self.transpose_last_axis(x)
            x = self.muon_a * x + (self.muon_b * a + self.muon_c * a @ a) @ x
        return self.transpose_last_axis(x) if tall else x
