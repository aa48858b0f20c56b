"""Learning rates as functions of the number of steps taken."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from hornbeam._core import registry
from hornbeam._core.family import Family
from hornbeam._core.op import read
from hornbeam._core.serialize import Configurable
from hornbeam._core.serialize import serialize as _serialize


class LearningRateSchedule(Configurable):
    """A learning rate that depends on the step.

    Subclasses define `__call__(step)`, which JAX must be able to trace, and store each constructor argument under its
    own name, so that the schedule can be saved.

    >>> import hornbeam as keras
    >>> class Halving(keras.optimizers.schedules.LearningRateSchedule):
    ...     def __init__(self, first):
    ...         self.first = first
    ...
    ...     def __call__(self, step):
    ...         return self.first / (step + 1)
    >>> float(keras.optimizers.SGD(Halving(0.5)).learning_rate)
    0.5
    """

    def __call__(self, step: Any) -> Any:
        """Return the learning rate after `step` steps."""
        message = f"{type(self).__name__} must define __call__(step)."
        raise NotImplementedError(message)


def _float(step: Any) -> jax.Array:
    return jnp.asarray(read(step), dtype="float32")


def _positive(owner: str, argument: str, value: float) -> None:
    if value <= 0:
        message = f"{owner}: {argument} must be above 0; got {value!r}."
        raise ValueError(message)


class ExponentialDecay(LearningRateSchedule):
    """initial_learning_rate * decay_rate^(step / decay_steps); the exponent is rounded down if `staircase`.

    >>> import hornbeam as keras
    >>> schedule = keras.optimizers.schedules.ExponentialDecay(1.0, decay_steps=10, decay_rate=0.25)
    >>> float(schedule(0)), float(schedule(5))
    (1.0, 0.5)
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        _positive(name, "decay_steps", decay_steps)
        self.initial_learning_rate, self.decay_steps, self.decay_rate = initial_learning_rate, decay_steps, decay_rate
        self.staircase, self.name = staircase, name

    def __call__(self, step: Any) -> jax.Array:
        """Return the learning rate after `step` steps."""
        p = _float(step) / self.decay_steps
        return self.initial_learning_rate * self.decay_rate ** (jnp.floor(p) if self.staircase else p)


class InverseTimeDecay(LearningRateSchedule):
    """initial_learning_rate / (1 + decay_rate * step / decay_steps); the fraction is rounded down if `staircase`.

    >>> import hornbeam as keras
    >>> float(keras.optimizers.schedules.InverseTimeDecay(1.0, decay_steps=1, decay_rate=0.5)(2))
    0.5
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        _positive(name, "decay_steps", decay_steps)
        self.initial_learning_rate, self.decay_steps, self.decay_rate = initial_learning_rate, decay_steps, decay_rate
        self.staircase, self.name = staircase, name

    def __call__(self, step: Any) -> jax.Array:
        """Return the learning rate after `step` steps."""
        p = _float(step) / self.decay_steps
        return self.initial_learning_rate / (1.0 + self.decay_rate * (jnp.floor(p) if self.staircase else p))


class PiecewiseConstantDecay(LearningRateSchedule):
    """values[i] for steps up to and including boundaries[i], the last value after that.

    >>> import hornbeam as keras
    >>> schedule = keras.optimizers.schedules.PiecewiseConstantDecay([10, 20], [1.0, 0.5, 0.25])
    >>> float(schedule(10)), float(schedule(11)), float(schedule(21))
    (1.0, 0.5, 0.25)
    """

    def __init__(self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant") -> None:
        if len(boundaries) != len(values) - 1:
            expected = f"{name}: values must have one element more than boundaries"
            message = f"{expected}; got {len(values)} values and {len(boundaries)} boundaries."
            raise ValueError(message)
        self.boundaries, self.values, self.name = boundaries, values, name

    def __call__(self, step: Any) -> jax.Array:
        """Return the learning rate after `step` steps."""
        passed = jnp.sum(_float(step) > jnp.asarray(self.boundaries, dtype="float32"))
        return jnp.asarray(self.values, dtype="float32")[passed]


class PolynomialDecay(LearningRateSchedule):
    """From initial_learning_rate to end_learning_rate in decay_steps: (first - end) * (1 - step / steps)^power + end.

    With `cycle`, decay_steps is multiplied by the smallest whole number that exceeds step / decay_steps.

    >>> import hornbeam as keras
    >>> float(keras.optimizers.schedules.PolynomialDecay(1.0, decay_steps=10, end_learning_rate=0.0)(5))
    0.5
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        _positive(name, "decay_steps", decay_steps)
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.end_learning_rate, self.power, self.cycle, self.name = end_learning_rate, power, cycle, name

    def __call__(self, step: Any) -> jax.Array:
        """Return the learning rate after `step` steps."""
        step = _float(step)
        if self.cycle:
            total = self.decay_steps * jnp.maximum(jnp.ceil(step / self.decay_steps), 1.0)
        else:
            total = jnp.asarray(self.decay_steps, dtype="float32")
            step = jnp.minimum(step, total)
        span = self.initial_learning_rate - self.end_learning_rate
        return span * (1.0 - step / total) ** self.power + self.end_learning_rate


class CosineDecay(LearningRateSchedule):
    """Half a cosine wave from initial_learning_rate to alpha times it in decay_steps, after a linear warm-up if asked.

    With `warmup_target`, the rate first rises from initial_learning_rate to warmup_target in warmup_steps, and falls
    from there. Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2016).

    >>> import hornbeam as keras
    >>> round(float(keras.optimizers.schedules.CosineDecay(1.0, decay_steps=10)(5)), 4)
    0.5
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ) -> None:
        _positive(name, "decay_steps", decay_steps)
        self.initial_learning_rate, self.decay_steps, self.alpha, self.name = (
            initial_learning_rate, decay_steps, alpha, name,
        )  # fmt: skip
        self.warmup_target, self.warmup_steps = warmup_target, warmup_steps

    def __call__(self, step: Any) -> jax.Array:
        """Return the learning rate after `step` steps."""
        step = _float(step)
        if self.warmup_target is None:
            return self._decayed(step, self.initial_learning_rate)
        rise = self.warmup_target - self.initial_learning_rate
        warming = self.initial_learning_rate + rise * step / max(self.warmup_steps, 1)
        decayed = self._decayed(step - self.warmup_steps, self.warmup_target)
        return jnp.where(step < self.warmup_steps, warming, decayed)

    def _decayed(self, step: jax.Array, first: float) -> jax.Array:
        share = jnp.minimum(step, self.decay_steps) / self.decay_steps
        cosine = 0.5 * (1.0 + jnp.cos(math.pi * share))
        return first * ((1.0 - self.alpha) * cosine + self.alpha)


class CosineDecayRestarts(LearningRateSchedule):
    """Cosine decays one after another, each `t_mul` times as long and `m_mul` times as high as the one before.

    Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2016).

    >>> import hornbeam as keras
    >>> schedule = keras.optimizers.schedules.CosineDecayRestarts(1.0, first_decay_steps=10)
    >>> [round(float(schedule(step)), 4) for step in (5, 10, 20)]
    [0.5, 1.0, 0.5]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        _positive(name, "first_decay_steps", first_decay_steps)
        self.initial_learning_rate, self.first_decay_steps = initial_learning_rate, first_decay_steps
        self.t_mul, self.m_mul, self.alpha, self.name = t_mul, m_mul, alpha, name

    def __call__(self, step: Any) -> jax.Array:
        """Return the learning rate after `step` steps."""
        share = _float(step) / self.first_decay_steps
        if self.t_mul == 1.0:
            restarts = jnp.floor(share)
            share = share - restarts
        else:
            restarts = jnp.floor(jnp.log(1.0 - share * (1.0 - self.t_mul)) / math.log(self.t_mul))
            past = (1.0 - self.t_mul**restarts) / (1.0 - self.t_mul)
            share = (share - past) / self.t_mul**restarts
        cosine = 0.5 * self.m_mul**restarts * (1.0 + jnp.cos(math.pi * share))
        return self.initial_learning_rate * ((1.0 - self.alpha) * cosine + self.alpha)


_CLASSES = (
    LearningRateSchedule, ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay, PolynomialDecay, CosineDecay,
    CosineDecayRestarts,
)  # fmt: skip
FAMILY = Family("learning rate schedule", "keras.optimizers.schedules", {c.__name__: c for c in _CLASSES})
registry.public("keras.optimizers", **FAMILY.table)  # where `serialize.find_class` looks for them


def serialize(learning_rate_schedule: Any) -> Any:
    """Return the configuration of a schedule, with its class, as JSON has it.

    >>> import hornbeam as keras
    >>> schedule = keras.optimizers.schedules.CosineDecay(0.1, 100)
    >>> keras.optimizers.schedules.serialize(schedule)["class_name"]
    'CosineDecay'
    """
    return _serialize(learning_rate_schedule)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the schedule that a configuration describes; `custom_objects` names schedules of yours.

    >>> import hornbeam as keras
    >>> config = {"class_name": "CosineDecay", "config": {"initial_learning_rate": 0.1, "decay_steps": 100}}
    >>> keras.optimizers.schedules.deserialize(config).decay_steps
    100
    """
    return FAMILY.deserialize(config, custom_objects)
