"""The rules: each a table of arguments and slots, and one formula.

In the formulas g is the gradient, w the weight, r the learning rate and t the step, counted from 1.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from hornbeam._core.state import Variable
from hornbeam.optimizers._optimizer import Optimizer

Slots = dict[str, Any]
Update = tuple[Any, Slots]


class SGD(Optimizer):
    """Gradient descent: w - r g; with momentum m: v = m v - r g, w + v (Nesterov: w + m v - r g).

    >>> import hornbeam as keras
    >>> w = keras.Variable([1.0])
    >>> keras.optimizers.SGD(0.1).apply([keras.ops.ones(1)], [w]).value.tolist(), w.value.tolist()
    (1, [0.8999999761581421])
    """

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            **kwargs,
        )
        self.momentum = momentum
        self.nesterov = nesterov
        if not 0 <= momentum <= 1:
            message = f"SGD: momentum must lie in 0..1; got {momentum!r}."
            raise ValueError(message)
        self.slots = (("momentum",),) if momentum else ()

    def update(self, gradient: Any, value: Any, slots: Slots, rate: Any, step: Any, shared: Any) -> Update:  # noqa: ARG002
        """Return the new weight and slots."""
        if not self.momentum:
            return value - rate * gradient, {}
        speed = self.momentum * slots["momentum"] - rate * gradient
        return value + (self.momentum * speed - rate * gradient if self.nesterov else speed), {"momentum": speed}


class RMSprop(Optimizer):
    """Gradient divided by the root of its mean square: v = d v + (1-d) g^2, w - r g / sqrt(v + e)."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            **kwargs,
        )
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered
        optional = (("momentum", momentum > 0), ("average_gradient", centered))
        self.slots = (("velocity",), *((slot,) for slot, wanted in optional if wanted))

    def update(self, gradient: Any, value: Any, slots: Slots, rate: Any, step: Any, shared: Any) -> Update:  # noqa: ARG002
        """Return the new weight and slots."""
        new = {"velocity": self.rho * slots["velocity"] + (1 - self.rho) * gradient * gradient}
        spread = new["velocity"] + self.epsilon
        if self.centered:
            mean = new["average_gradient"] = self.rho * slots["average_gradient"] + (1 - self.rho) * gradient
            spread = spread - mean * mean
        move = rate * gradient / jnp.sqrt(spread)
        if self.momentum > 0:
            move = new["momentum"] = self.momentum * slots["momentum"] + move
        return value - move, new


class Adam(Optimizer):
    """Averages of gradient and square: w - r' m / (sqrt(v) + e), r' = r sqrt(1-b2^t) / (1-b1^t) (Kingma and Ba, 2014)."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            **kwargs,
        )
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.amsgrad = amsgrad
        self.slots = (("momentum", "velocity"), *((("velocity_hat",),) if amsgrad else ()))

    def update(self, gradient: Any, value: Any, slots: Slots, rate: Any, step: Any, shared: Any) -> Update:
        """Return the new weight and slots."""
        mean = slots["momentum"] + (gradient - slots["momentum"]) * (1 - self.beta_1)
        square = slots["velocity"] + (gradient * gradient - slots["velocity"]) * (1 - self.beta_2)
        new = {"momentum": mean, "velocity": square}
        if self.amsgrad:
            square = new["velocity_hat"] = jnp.maximum(slots["velocity_hat"], square)
        return value - mean * (rate * shared).astype(value.dtype) / (jnp.sqrt(square) + self.epsilon), new

    def before_step(self, rate: Any, step: Any) -> Any:  # noqa: ARG002
        """Return what makes up for the averages' start at 0: sqrt(1 - b2^t) / (1 - b1^t)."""
        t = step.astype("float32")
        return jnp.sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)


class AdamW(Adam):
    """Adam with weight decay that does not pass through the averages (Loshchilov and Hutter, 2017)."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float | None = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate,
            beta_1,
            beta_2,
            epsilon,
            amsgrad,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            **kwargs,
        )
        if weight_decay is None:
            raise ValueError("AdamW: weight_decay must be a number; got None. Adam is the rule without it.")


class Adamax(Optimizer):
    """Adam with the largest gradient in the square's place: u = max(b2 u, |g|), w - r m / ((1-b1^t) (u + e))."""

    slots = (("momentum", "norm"),)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            **kwargs,
        )
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def update(self, gradient: Any, value: Any, slots: Slots, rate: Any, step: Any, shared: Any) -> Update:  # noqa: ARG002
        """Return the new weight and slots."""
        mean = slots["momentum"] + (gradient - slots["momentum"]) * (1 - self.beta_1)
        norm = jnp.maximum(self.beta_2 * slots["norm"], jnp.abs(gradient))
        lift = (1 - self.beta_1 ** step.astype("float32")).astype(value.dtype)
        return value - rate * mean / (lift * (norm + self.epsilon)), {"momentum": mean, "norm": norm}


class Adagrad(Optimizer):
    """Gradient divided by the root of the sum of its squares: a = a + g^2, w - r g / sqrt(a + e) (Duchi et al., 2011)."""

    slots = (("accumulator",),)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            **kwargs,
        )
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon
        self.defaults = {"accumulator": initial_accumulator_value}

    def update(self, gradient: Any, value: Any, slots: Slots, rate: Any, step: Any, shared: Any) -> Update:  # noqa: ARG002
        """Return the new weight and slots."""
        total = slots["accumulator"] + gradient * gradient
        return value - rate * gradient / jnp.sqrt(total + self.epsilon), {"accumulator": total}


class Adadelta(Optimizer):
    """Steps sized by the mean squares of steps and gradients: d = g sqrt(s + e) / sqrt(a + e), w - r d (Zeiler, 2012)."""

    slots = (("accumulated_grad", "accumulated_delta_var"),)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            **kwargs,
        )
        self.rho = rho
        self.epsilon = epsilon

    def update(self, gradient: Any, value: Any, slots: Slots, rate: Any, step: Any, shared: Any) -> Update:  # noqa: ARG002
        """Return the new weight and slots."""
        square = self.rho * slots["accumulated_grad"] + (1 - self.rho) * gradient * gradient
        move = -jnp.sqrt(slots["accumulated_delta_var"] + self.epsilon) * gradient / jnp.sqrt(square + self.epsilon)
        moved = self.rho * slots["accumulated_delta_var"] + (1 - self.rho) * move * move
        return value + rate * move, {"accumulated_grad": square, "accumulated_delta_var": moved}


class Nadam(Optimizer):
    """Adam with Nesterov momentum (Dozat, 2015)."""

    slots = (("momentum", "velocity"),)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            **kwargs,
        )
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def build(self, variables: Any) -> None:
        """Make the accumulators, and the product of the momenta so far."""
        if not self.built:
            super().build(variables)
            self._product = Variable(np.ones(()), dtype="float32", trainable=False, name="product")
            self._variables.append(self._product)

    def before_step(self, rate: Any, step: Any) -> Any:  # noqa: ARG002
        """Return the momenta of this step and the next, and their products."""
        t = step.astype("float32")
        now, then = (self.beta_1 * (1 - 0.5 * 0.96**s) for s in (t, t + 1))
        product = self._product.value * now
        return now, then, product, product * then

    def after_step(self, shared: Any) -> None:
        """Keep the product of the momenta."""
        self._product.assign(shared[2])

    def update(self, gradient: Any, value: Any, slots: Slots, rate: Any, step: Any, shared: Any) -> Update:
        """Return the new weight and slots."""
        now, then, product, next_product = (s.astype(value.dtype) for s in shared)
        mean = slots["momentum"] + (gradient - slots["momentum"]) * (1 - self.beta_1)
        square = slots["velocity"] + (gradient * gradient - slots["velocity"]) * (1 - self.beta_2)
        ahead = then * mean / (1 - next_product) + (1 - now) * gradient / (1 - product)
        size = square / (1 - self.beta_2 ** step.astype("float32")).astype(value.dtype)
        return value - ahead * rate / (jnp.sqrt(size) + self.epsilon), {"momentum": mean, "velocity": square}


class Lion(Optimizer):
    """The sign of a momentum: w - r sign(b1 m + (1-b1) g), m = b2 m + (1-b2) g (Chen et al., 2023)."""

    slots = (("momentum",),)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            **kwargs,
        )
        self.beta_1 = beta_1
        self.beta_2 = beta_2

    def update(self, gradient: Any, value: Any, slots: Slots, rate: Any, step: Any, shared: Any) -> Update:  # noqa: ARG002
        """Return the new weight and slots."""
        mean = slots["momentum"]
        move = jnp.sign(mean * self.beta_1 + gradient * (1 - self.beta_1))
        return value - rate * move, {"momentum": mean * self.beta_2 + gradient * (1 - self.beta_2)}


class Lamb(Optimizer):
    """Adam's step scaled by the norm of the weights over its own (You et al., 2019)."""

    slots = (("momentum", "velocity"),)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            **kwargs,
        )
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def update(self, gradient: Any, value: Any, slots: Slots, rate: Any, step: Any, shared: Any) -> Update:  # noqa: ARG002
        """Return the new weight and slots."""
        t = step.astype("float32")
        mean = slots["momentum"] + (gradient - slots["momentum"]) * (1 - self.beta_1)
        square = slots["velocity"] + (gradient * gradient - slots["velocity"]) * (1 - self.beta_2)
        lifted = mean / (1 - self.beta_1**t).astype(value.dtype)
        move = lifted / (jnp.sqrt(square / (1 - self.beta_2**t).astype(value.dtype)) + self.epsilon)
        length, size = jnp.sqrt(jnp.sum(value * value)), jnp.sqrt(jnp.sum(move * move))
        ratio = jnp.where((length > 0) & (size > 0), length / jnp.where(size > 0, size, 1), 1.0).astype(value.dtype)
        return value - ratio * rate * move, {"momentum": mean, "velocity": square}


class Ftrl(Optimizer):
    """Follow the regularized leader, with L1 and L2 penalties (McMahan et al., 2013)."""

    slots = (("accumulator", "linear"),)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            **kwargs,
        )
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta
        self.defaults = {"accumulator": initial_accumulator_value}

    def update(self, gradient: Any, value: Any, slots: Slots, rate: Any, step: Any, shared: Any) -> Update:  # noqa: ARG002
        """Return the new weight and slots."""
        power = -self.learning_rate_power
        shrunk = gradient + 2 * self.l2_shrinkage_regularization_strength * value
        total = slots["accumulator"] + gradient * gradient
        growth = (total**power - slots["accumulator"] ** power) / rate
        linear = slots["linear"] + shrunk - growth * value
        ridge = self.l2_regularization_strength + self.beta / (2 * rate)
        held = jnp.clip(linear, -self.l1_regularization_strength, self.l1_regularization_strength)
        return (held - linear) / (total**power / rate + 2 * ridge), {"accumulator": total, "linear": linear}
