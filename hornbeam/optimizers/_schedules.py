"""Learning rates that change with the step: `keras.optimizers.schedules`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from hornbeam._core.serialize import Configurable


class LearningRateSchedule(Configurable):
    """A learning rate as a function of the step, counted from 0: subclass it with `__call__(step)`."""

    def __call__(self, step: Any) -> Any:
        """Return the learning rate at `step`."""
        message = f"{type(self).__name__} must define __call__(step)."
        raise NotImplementedError(message)


class ExponentialDecay(LearningRateSchedule):
    """The rate times `decay_rate` for every `decay_steps`: r * d ** (step / n), the exponent whole when `staircase`.

    >>> import hornbeam as keras
    >>> rate = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)
    >>> round(float(rate(20)), 6)
    0.025
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        _positive("ExponentialDecay", decay_steps=decay_steps)
        self.initial_learning_rate, self.decay_steps, self.decay_rate = initial_learning_rate, decay_steps, decay_rate
        self.staircase, self.name = staircase, name

    def __call__(self, step: Any) -> Any:
        """Return the learning rate at `step`."""
        power = _float(step) / self.decay_steps
        return self.initial_learning_rate * self.decay_rate ** (jnp.floor(power) if self.staircase else power)


class PiecewiseConstantDecay(LearningRateSchedule):
    """`values[i]` up to and including step `boundaries[i]`, the last value after them all."""

    def __init__(self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant") -> None:
        if len(boundaries) != len(values) - 1:
            message = f"PiecewiseConstantDecay: values needs one entry more than boundaries; got {len(values)} and {len(boundaries)}."
            raise ValueError(message)
        self.boundaries, self.values, self.name = boundaries, values, name

    def __call__(self, step: Any) -> Any:
        """Return the learning rate at `step`."""
        place = jnp.sum(_float(step) > jnp.asarray(self.boundaries, "float32"))
        return jnp.asarray(self.values, "float32")[place]


class PolynomialDecay(LearningRateSchedule):
    """From the first rate to `end_learning_rate` in `decay_steps`, by (1 - step / n) ** power; again and again if `cycle`."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        _positive("PolynomialDecay", decay_steps=decay_steps)
        self.initial_learning_rate, self.decay_steps, self.end_learning_rate = (
            initial_learning_rate,
            decay_steps,
            end_learning_rate,
        )
        self.power, self.cycle, self.name = power, cycle, name

    def __call__(self, step: Any) -> Any:
        """Return the learning rate at `step`."""
        step, length = _float(step), _float(self.decay_steps)
        if self.cycle:
            length = length * jnp.maximum(1.0, jnp.ceil(step / length))
        done = jnp.minimum(step, length) / length
        return (self.initial_learning_rate - self.end_learning_rate) * (1 - done) ** self.power + self.end_learning_rate


class InverseTimeDecay(LearningRateSchedule):
    """r / (1 + d * step / n), the fraction whole when `staircase`."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        _positive("InverseTimeDecay", decay_steps=decay_steps)
        self.initial_learning_rate, self.decay_steps, self.decay_rate = initial_learning_rate, decay_steps, decay_rate
        self.staircase, self.name = staircase, name

    def __call__(self, step: Any) -> Any:
        """Return the learning rate at `step`."""
        done = _float(step) / self.decay_steps
        return self.initial_learning_rate / (1 + self.decay_rate * (jnp.floor(done) if self.staircase else done))


class CosineDecay(LearningRateSchedule):
    """Half a cosine from the first rate to `alpha` times it, after an optional linear rise to `warmup_target`."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ) -> None:
        _positive("CosineDecay", decay_steps=decay_steps)
        self.initial_learning_rate, self.decay_steps, self.alpha, self.name = (
            initial_learning_rate,
            decay_steps,
            alpha,
            name,
        )
        self.warmup_target, self.warmup_steps = warmup_target, warmup_steps

    def _fall(self, step: Any, top: float) -> Any:
        wave = 0.5 * (1 + jnp.cos(math.pi * jnp.minimum(step, self.decay_steps) / self.decay_steps))
        return top * ((1 - self.alpha) * wave + self.alpha)

    def __call__(self, step: Any) -> Any:
        """Return the learning rate at `step`."""
        step = _float(step)
        if self.warmup_target is None:
            return self._fall(step, self.initial_learning_rate)
        share = step / max(self.warmup_steps, 1)
        rise = self.initial_learning_rate + (self.warmup_target - self.initial_learning_rate) * share
        return jnp.where(step < self.warmup_steps, rise, self._fall(step - self.warmup_steps, self.warmup_target))


class CosineDecayRestarts(LearningRateSchedule):
    """Half cosines one after the other, each `t_mul` times as long and `m_mul` times as high as the one before."""

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        _positive("CosineDecayRestarts", first_decay_steps=first_decay_steps)
        self.initial_learning_rate, self.first_decay_steps = initial_learning_rate, first_decay_steps
        self.t_mul, self.m_mul, self.alpha, self.name = t_mul, m_mul, alpha, name

    def __call__(self, step: Any) -> Any:
        """Return the learning rate at `step`."""
        done = _float(step) / self.first_decay_steps
        if self.t_mul == 1.0:
            run = jnp.floor(done)
            within = done - run
        else:
            run = jnp.floor(jnp.log(1 - done * (1 - self.t_mul)) / math.log(self.t_mul))
            within = (done - (1 - self.t_mul**run) / (1 - self.t_mul)) / self.t_mul**run
        wave = 0.5 * self.m_mul**run * (1 + jnp.cos(math.pi * within))
        return self.initial_learning_rate * ((1 - self.alpha) * wave + self.alpha)


def _float(x: Any) -> Any:
    return jnp.asarray(x, "float32")


def _positive(owner: str, **values: float) -> None:
    for name, value in values.items():
        if value <= 0:
            message = f"{owner}: {name} must be above 0; got {value!r}."
            raise ValueError(message)
