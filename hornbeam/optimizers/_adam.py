"""Adam and its kin: running means of the gradient and of its square."""

from collections.abc import Iterable, Sequence
from typing import Any, Unpack

import jax.numpy as jnp
import numpy as np

from hornbeam._core.state import Variable
from hornbeam.native import nested_operation, serves
from hornbeam.optimizers._common import Common, WithoutDecay, takes_common
from hornbeam.optimizers._optimizer import Optimizer, Slots


def moments(gradient: Any, slots: Any, beta_1: float, beta_2: float) -> tuple[Any, Any]:
    """Return the running means of the gradient, "momentum", and of its square, "velocity"."""
    m, v = slots["momentum"], slots["velocity"]
    return m + (gradient - m) * (1.0 - beta_1), v + (jnp.square(gradient) - v) * (1.0 - beta_2)


def _whole(
    gradient: Any, value: Any, m: Any, v: Any, rate: Any, *, beta_1: float, beta_2: float, epsilon: float
) -> Any:
    """Return the new value and running means, `rate` being one number."""
    m, v = moments(gradient, {"momentum": m, "velocity": v}, beta_1, beta_2)
    return value - rate * m / (jnp.sqrt(v) + epsilon), m, v


def _attributes(*_: Any, beta_1: float, beta_2: float, epsilon: float) -> dict[str, Any]:
    return {"of_mean": np.float32(1 - beta_1), "of_square": np.float32(1 - beta_2), "epsilon": np.float32(epsilon)}


LARGE = 1 << 20  # numbers that do not stay in a cache: of fewer, XLA's passes are as quick, and run beside other work
IN_ONE_PASS = nested_operation("adam", _whole, _attributes, places={1: 0, 2: 1, 3: 2})


def adam(
    gradient: Any, value: Any, slots: Any, learning_rate: Any, step: Any, beta_1: float, beta_2: float, epsilon: float
) -> tuple[Any, dict[str, Any]]:
    """Return the new value and slots after a step of Adam; "velocity_hat" is used if it is there."""
    given = [gradient, value, slots["momentum"], slots["velocity"]]
    if "velocity_hat" not in slots and value.size >= LARGE and all(serves(x) for x in given):
        rate = jnp.asarray(_rate(learning_rate, step, beta_1, beta_2), "float32")
        value, m, v = IN_ONE_PASS(*given, rate, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon)
        return value, {"momentum": m, "velocity": v}
    m, v = moments(gradient, slots, beta_1, beta_2)
    new = {"momentum": m, "velocity": v}
    if "velocity_hat" in slots:
        v = new["velocity_hat"] = jnp.maximum(slots["velocity_hat"], v)
    return value - _rate(learning_rate, step, beta_1, beta_2) * m / (jnp.sqrt(v) + epsilon), new


def _rate(learning_rate: Any, step: Any, beta_1: float, beta_2: float) -> Any:
    """Return the learning rate times what makes up for the running means' start at 0."""
    return learning_rate * jnp.sqrt(1.0 - beta_2**step) / (1.0 - beta_1**step)


class Adam(Optimizer):
    """w = w - learning_rate * c * m / (sqrt(v) + epsilon), running means m of g and v of g^2.

    m = beta_1 * m + (1 - beta_1) * g, v = beta_2 * v + (1 - beta_2) * g^2, and c = sqrt(1 - beta_2^t) / (1 - beta_1^t)
    makes up for their start at 0 in step t. With `amsgrad`, v never falls. Arguments besides these are those of
    `Optimizer`. Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2014).

    >>> import hornbeam as keras
    >>> v = keras.Variable([1.0])
    >>> keras.optimizers.Adam(0.5).apply([keras.ops.array([7.0])], [v])
    >>> v.numpy().round(4).tolist()
    [0.5]
    """

    @takes_common
    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.beta_1, self.beta_2, self.epsilon, self.amsgrad = beta_1, beta_2, epsilon, amsgrad

    def slots(self, variable: Variable) -> list[Slots]:
        return [{"momentum": 0.0, "velocity": 0.0}, *([{"velocity_hat": 0.0}] if self.amsgrad else [])]

    def update(self, gradient: Any, value: Any, slots: Any, learning_rate: Any, step: Any) -> Any:
        return adam(gradient, value, slots, learning_rate, step, self.beta_1, self.beta_2, self.epsilon)


class AdamW(Adam):
    """Adam with weights multiplied by 1 - weight_decay * learning_rate before each step.

    Arguments besides Adam's are those of `Optimizer`.
    Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2017).

    >>> import hornbeam as keras
    >>> v = keras.Variable([1.0])
    >>> keras.optimizers.AdamW(0.5, weight_decay=1.0).apply([keras.ops.array([0.0])], [v])
    >>> v.numpy().tolist()
    [0.5]
    """

    @takes_common
    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **common: Unpack[WithoutDecay],
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **common)
        if weight_decay is None:
            message = f"{self.name}: weight_decay must be a number; got None. Without it, use Adam."
            raise ValueError(message)


class Adamax(Optimizer):
    """w = w - learning_rate / (1 - beta_1^t) * m / (u + epsilon), a running mean m of g and u = max(beta_2 * u, |g|).

    Arguments besides these are those of `Optimizer`. Kingma and Ba, "Adam", section 7.1 (2014).

    >>> import hornbeam as keras
    >>> v = keras.Variable([1.0])
    >>> keras.optimizers.Adamax(0.5).apply([keras.ops.array([7.0])], [v])
    >>> v.numpy().round(4).tolist()
    [0.5]
    """

    @takes_common
    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def slots(self, variable: Variable) -> list[Slots]:
        return [{"momentum": 0.0, "norm": 0.0}]

    def update(self, gradient: Any, value: Any, slots: Any, learning_rate: Any, step: Any) -> Any:
        m = slots["momentum"] + (gradient - slots["momentum"]) * (1.0 - self.beta_1)
        u = jnp.maximum(self.beta_2 * slots["norm"], jnp.abs(gradient))
        value = value - learning_rate * m / ((1.0 - self.beta_1**step) * (u + self.epsilon))
        return value, {"momentum": m, "norm": u}


class Nadam(Optimizer):
    """Adam with Nesterov momentum: the step uses the momentum that the next one will have.

    The momentum of step t is beta_1 * (1 - 0.96^t / 2). Arguments besides these are those of `Optimizer`.
    Dozat, "Incorporating Nesterov Momentum into Adam" (2016).

    >>> import hornbeam as keras
    >>> v = keras.Variable([1.0])
    >>> keras.optimizers.Nadam(0.5).apply([keras.ops.array([7.0])], [v])
    >>> bool(v.numpy()[0] < 0.6)
    True
    """

    @takes_common
    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self._product: Variable | None = None  # of the momenta of all steps so far

    def build(self, variables: Iterable[Variable]) -> None:
        super().build(variables)
        if self._product is None:
            self._product = self.add_variable((), "ones", "float32", name="momentum_product")

    def slots(self, variable: Variable) -> list[Slots]:
        return [{"momentum": 0.0, "velocity": 0.0}]

    def _momentum(self, step: Any) -> Any:
        return self.beta_1 * (1.0 - 0.5 * 0.96**step)

    def update_all(self, gradients: Sequence[Any], variables: Sequence[Variable], learning_rate: Any) -> None:
        assert self._product is not None  # noqa: S101  # build made it
        self._product.assign(self._product.value * self._momentum(self._step().astype("float32")))
        super().update_all(gradients, variables, learning_rate)

    def update(self, gradient: Any, value: Any, slots: Any, learning_rate: Any, step: Any) -> Any:
        assert self._product is not None  # noqa: S101  # build made it
        m, v = moments(gradient, slots, self.beta_1, self.beta_2)
        now, after, product = self._momentum(step), self._momentum(step + 1.0), self._product.value
        mean = after * m / (1.0 - product * after) + (1.0 - now) * gradient / (1.0 - product)
        value = value - learning_rate * mean / (jnp.sqrt(v / (1.0 - self.beta_2**step)) + self.epsilon)
        return value, {"momentum": m, "velocity": v}


class Lamb(Optimizer):
    """Adam's step scaled, per variable, by the norm of the variable over the norm of the step.

    Arguments besides these are those of `Optimizer`.
    You et al., "Large Batch Optimization for Deep Learning: Training BERT in 76 minutes" (2019).

    >>> import hornbeam as keras
    >>> v = keras.Variable([2.0])
    >>> keras.optimizers.Lamb(0.5).apply([keras.ops.array([7.0])], [v])
    >>> v.numpy().round(4).tolist()
    [1.0]
    """

    @takes_common
    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def slots(self, variable: Variable) -> list[Slots]:
        return [{"momentum": 0.0, "velocity": 0.0}]

    def update(self, gradient: Any, value: Any, slots: Any, learning_rate: Any, step: Any) -> Any:
        m, v = moments(gradient, slots, self.beta_1, self.beta_2)
        direction = m / (1.0 - self.beta_1**step) / (jnp.sqrt(v / (1.0 - self.beta_2**step)) + self.epsilon)
        own, other = (jnp.sqrt(jnp.sum(jnp.square(x))) for x in (value, direction))
        ratio = jnp.where((own > 0) & (other > 0), own / jnp.where(other > 0, other, 1.0), 1.0)
        return value - ratio * learning_rate * direction, {"momentum": m, "velocity": v}


class ScheduleFreeAdamW(Optimizer):
    """Adam without a schedule: the variable is a mix of the fast iterate z and of its running mean x.

    z = z - learning_rate * g / (sqrt(v / (1 - beta_2^t)) + epsilon), x = x + (z - x) / t, and the variable is
    (1 - beta_1) * z + beta_1 * x; the slot "momentum" holds z. The learning rate rises linearly in the first
    `warmup_steps`. Arguments besides these are those of `Optimizer`. Defazio et al., "The Road Less Scheduled" (2024).

    >>> import hornbeam as keras
    >>> v = keras.Variable([1.0])
    >>> keras.optimizers.ScheduleFreeAdamW(0.5).apply([keras.ops.array([7.0])], [v])
    >>> v.numpy().round(4).tolist()
    [0.5]
    """

    @takes_common
    def __init__(
        self,
        learning_rate: Any = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.beta_1, self.beta_2, self.epsilon, self.warmup_steps = beta_1, beta_2, epsilon, warmup_steps

    def slots(self, variable: Variable) -> list[Slots]:
        return [{"momentum": variable.value, "velocity": 0.0}]

    def update(self, gradient: Any, value: Any, slots: Any, learning_rate: Any, step: Any) -> Any:
        if self.warmup_steps:
            learning_rate = learning_rate * jnp.minimum(step / self.warmup_steps, 1.0)
        v = self.beta_2 * slots["velocity"] + (1.0 - self.beta_2) * jnp.square(gradient)
        mean = (value - (1.0 - self.beta_1) * slots["momentum"]) / self.beta_1
        denominator = jnp.sqrt(v / (1.0 - self.beta_2**step)) + self.epsilon
        z = slots["momentum"] - learning_rate * gradient / denominator
        mean = mean + (z - mean) / step
        return (1.0 - self.beta_1) * z + self.beta_1 * mean, {"momentum": z, "velocity": v}
