"""Gradient descent with one running mean or none: SGD, RMSprop, Adagrad, Adadelta, Ftrl, Lion."""

from typing import Any, Unpack

import jax.numpy as jnp
from jax.lax import rsqrt

from hornbeam._core.state import Variable
from hornbeam.optimizers._common import Common, takes_common
from hornbeam.optimizers._optimizer import Optimizer, Slots


class SGD(Optimizer):
    """w = w - learning_rate * g; with momentum m = momentum * m - learning_rate * g and w = w + m.

    With `nesterov`, w = w + momentum * m - learning_rate * g. Arguments besides these are those of `Optimizer`.
    Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013).

    >>> import hornbeam as keras
    >>> v = keras.Variable([1.0])
    >>> keras.optimizers.SGD(0.5).apply([keras.ops.array([1.0])], [v])
    >>> v.numpy().tolist()
    [0.5]
    """

    @takes_common
    def __init__(
        self, learning_rate: Any = 0.01, momentum: float = 0.0, nesterov: bool = False, **common: Unpack[Common]
    ) -> None:
        super().__init__(learning_rate, **common)
        if not isinstance(momentum, int | float) or not 0 <= momentum <= 1:
            message = f"{self.name}: momentum must be in [0, 1]; got {momentum!r}."
            raise ValueError(message)
        self.momentum, self.nesterov = momentum, nesterov

    def slots(self, variable: Variable) -> list[Slots]:
        return [{"momentum": 0.0}] if self.momentum else []

    def update(self, gradient: Any, value: Any, slots: Any, learning_rate: Any, step: Any) -> Any:
        pull = learning_rate * gradient
        if not self.momentum:
            return value - pull, {}
        m = self.momentum * slots["momentum"] - pull
        return value + (self.momentum * m - pull if self.nesterov else m), {"momentum": m}


class RMSprop(Optimizer):
    """w = w - learning_rate * g / sqrt(v + epsilon), v being a running mean of g^2.

    v = rho * v + (1 - rho) * g^2; with `centered`, less the square of a running mean of g; with `momentum`, steps add
    up as in SGD. Arguments besides these are those of `Optimizer`. Hinton, lecture 6e of "Neural Networks for
    Machine Learning" (2012).

    >>> import hornbeam as keras
    >>> v = keras.Variable([1.0])
    >>> keras.optimizers.RMSprop(0.1, rho=0.0).apply([keras.ops.array([4.0])], [v])
    >>> v.numpy().round(4).tolist()
    [0.8999999761581421]
    """

    @takes_common
    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.rho, self.momentum, self.epsilon, self.centered = rho, momentum, epsilon, centered

    def slots(self, variable: Variable) -> list[Slots]:
        names = ["velocity"]
        names += ["momentum"] if self.momentum > 0 else []
        names += ["average_gradient"] if self.centered else []
        return [{name: 0.0} for name in names]

    def update(self, gradient: Any, value: Any, slots: Any, learning_rate: Any, step: Any) -> Any:
        v = self.rho * slots["velocity"] + (1.0 - self.rho) * jnp.square(gradient)
        new, variance = {"velocity": v}, v
        if self.centered:
            mean = self.rho * slots["average_gradient"] + (1.0 - self.rho) * gradient
            new["average_gradient"], variance = mean, v - jnp.square(mean)
        pull = learning_rate * gradient * rsqrt(variance + self.epsilon)
        if self.momentum > 0:
            pull = new["momentum"] = self.momentum * slots["momentum"] + pull
        return value - pull, new


class Adagrad(Optimizer):
    """w = w - learning_rate * g / sqrt(a + epsilon), a being the sum of all g^2 and `initial_accumulator_value`.

    Arguments besides these are those of `Optimizer`. Duchi et al., "Adaptive Subgradient Methods" (2011).

    >>> import hornbeam as keras
    >>> v = keras.Variable([1.0])
    >>> keras.optimizers.Adagrad(0.5, initial_accumulator_value=3.0).apply([keras.ops.array([1.0])], [v])
    >>> v.numpy().round(4).tolist()
    [0.75]
    """

    @takes_common
    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.initial_accumulator_value, self.epsilon = initial_accumulator_value, epsilon

    def slots(self, variable: Variable) -> list[Slots]:
        return [{"accumulator": self.initial_accumulator_value}]

    def update(self, gradient: Any, value: Any, slots: Any, learning_rate: Any, step: Any) -> Any:
        a = slots["accumulator"] + jnp.square(gradient)
        return value - learning_rate * gradient / jnp.sqrt(a + self.epsilon), {"accumulator": a}


class Adadelta(Optimizer):
    """w = w - learning_rate * d, d = g * sqrt(b + epsilon) / sqrt(a + epsilon), running means a of g^2 and b of d^2.

    Arguments besides these are those of `Optimizer`. Zeiler, "ADADELTA: An Adaptive Learning Rate Method" (2012).

    >>> import hornbeam as keras
    >>> v = keras.Variable([1.0])
    >>> keras.optimizers.Adadelta(1.0, rho=0.0, epsilon=1.0).apply([keras.ops.array([3.0])], [v])
    >>> v.numpy().round(4).tolist()
    [0.05130000039935112]
    """

    @takes_common
    def __init__(
        self, learning_rate: Any = 0.001, rho: float = 0.95, epsilon: float = 1e-7, **common: Unpack[Common]
    ) -> None:
        super().__init__(learning_rate, **common)
        self.rho, self.epsilon = rho, epsilon

    def slots(self, variable: Variable) -> list[Slots]:
        return [{"accumulated_grad": 0.0, "accumulated_delta_var": 0.0}]

    def update(self, gradient: Any, value: Any, slots: Any, learning_rate: Any, step: Any) -> Any:
        before = slots["accumulated_delta_var"]
        a = self.rho * slots["accumulated_grad"] + (1.0 - self.rho) * jnp.square(gradient)
        d = gradient * jnp.sqrt(before + self.epsilon) / jnp.sqrt(a + self.epsilon)
        b = self.rho * before + (1.0 - self.rho) * jnp.square(d)
        return value - learning_rate * d, {"accumulated_grad": a, "accumulated_delta_var": b}


class Ftrl(Optimizer):
    """Follow the regularized leader: weights that the l1 penalty outweighs are exactly 0.

    n = n + g^2, z = z + g - (n^p - old n^p) / learning_rate * w with p = -learning_rate_power, and
    w = (clip(z, -l1, l1) - z) / (n^p / learning_rate + 2 * l2), l2 being increased by beta / (2 * learning_rate) and g,
    in z, by 2 * l2_shrinkage * w. Arguments besides these are those of `Optimizer`.
    McMahan et al., "Ad Click Prediction: a View from the Trenches" (2013).

    >>> import hornbeam as keras
    >>> v = keras.Variable([1.0])
    >>> keras.optimizers.Ftrl(0.5, l1_regularization_strength=10.0).apply([keras.ops.array([1.0])], [v])
    >>> v.numpy().tolist()
    [0.0]
    """

    @takes_common
    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.learning_rate_power, self.initial_accumulator_value = learning_rate_power, initial_accumulator_value
        self.l1_regularization_strength, self.l2_regularization_strength = (
            l1_regularization_strength, l2_regularization_strength,
        )  # fmt: skip
        self.l2_shrinkage_regularization_strength, self.beta = l2_shrinkage_regularization_strength, beta
        for argument in ("initial_accumulator_value", "l1_regularization_strength", "l2_regularization_strength",
                         "l2_shrinkage_regularization_strength"):  # fmt: skip
            self._check_sign(argument, getattr(self, argument))
        self._check_sign("-learning_rate_power", -learning_rate_power)

    def _check_sign(self, argument: str, number: float) -> None:
        if number < 0:
            message = f"{self.name}: {argument} must be at least 0; got {number!r}."
            raise ValueError(message)

    def slots(self, variable: Variable) -> list[Slots]:
        return [{"accumulator": self.initial_accumulator_value, "linear": 0.0}]

    def update(self, gradient: Any, value: Any, slots: Any, learning_rate: Any, step: Any) -> Any:
        power, l1 = -self.learning_rate_power, self.l1_regularization_strength
        l2 = self.l2_regularization_strength + self.beta / (2.0 * learning_rate)
        shrunk = gradient + 2.0 * self.l2_shrinkage_regularization_strength * value
        n = slots["accumulator"] + jnp.square(gradient)
        z = slots["linear"] + shrunk - (n**power - slots["accumulator"] ** power) / learning_rate * value
        value = (jnp.clip(z, -l1, l1) - z) / (n**power / learning_rate + 2.0 * l2)
        return value, {"accumulator": n, "linear": z}


class Lion(Optimizer):
    """w = w - learning_rate * sign(beta_1 * m + (1 - beta_1) * g), then m = beta_2 * m + (1 - beta_2) * g.

    Arguments besides these are those of `Optimizer`.
    Chen et al., "Symbolic Discovery of Optimization Algorithms" (2023).

    >>> import hornbeam as keras
    >>> v = keras.Variable([1.0])
    >>> keras.optimizers.Lion(0.5).apply([keras.ops.array([7.0])], [v])
    >>> v.numpy().tolist()
    [0.5]
    """

    @takes_common
    def __init__(
        self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.99, **common: Unpack[Common]
    ) -> None:
        super().__init__(learning_rate, **common)
        self.beta_1, self.beta_2 = beta_1, beta_2
        if not 0 < beta_1 <= 1:
            message = f"{self.name}: beta_1 must be in (0, 1], or the gradient's size would be lost; got {beta_1!r}."
            raise ValueError(message)

    def slots(self, variable: Variable) -> list[Slots]:
        return [{"momentum": 0.0}]

    def update(self, gradient: Any, value: Any, slots: Any, learning_rate: Any, step: Any) -> Any:
        m = slots["momentum"]
        direction = jnp.sign(self.beta_1 * m + (1.0 - self.beta_1) * gradient)
        return value - learning_rate * direction, {"momentum": self.beta_2 * m + (1.0 - self.beta_2) * gradient}
