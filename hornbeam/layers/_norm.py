"""Normalization layers: features brought to mean 0 and variance 1, then scaled and shifted by what is learned."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from hornbeam import ops
from hornbeam._core.dtypes import result_type
from hornbeam._core.state import Variable
from hornbeam.layers._checks import axis_of, known, refusal, whole
from hornbeam.layers._input_spec import InputSpec
from hornbeam.layers._layer import Layer
from hornbeam.layers._weights import ruled_weight, store_rules


class Normalizing(Layer):
    """A layer that ends with `x * gamma + beta`, these read in the type they are stored in."""

    scale: bool
    center: bool

    def _build_affine(self, shape: tuple[int, ...]) -> None:
        """Make gamma and beta of `shape`, where they are asked for."""
        self.gamma: Variable | None = ruled_weight(self, "gamma", shape, autocast=False) if self.scale else None
        self.beta: Variable | None = ruled_weight(self, "beta", shape, autocast=False) if self.center else None


class BatchNormalization(Normalizing):
    """Normalizes each feature over the batch while training, and by running averages afterwards.

    The shape stays. While training: `gamma * (x - mean(batch)) / sqrt(var(batch) + epsilon) + beta`, and both averages
    move: `average * momentum + new * (1 - momentum)`. Otherwise, or with `trainable=False`, the averages take the place
    of the batch's mean and variance. Ioffe and Szegedy 2015; with `renorm`, Ioffe 2017.

    Args:
        axis: the axis of the features; the statistics are taken over all others.
        momentum: how slowly the averages move.
        epsilon: added to the variance.
        center, scale: whether there is a beta, a gamma.
        beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer: first values.
        beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint: rules of the weights.
        renorm: whether training, too, normalizes by running averages, so that small batches do less harm.
        renorm_clipping: a dict of limits `rmin`, `rmax`, `dmax` of that correction.
        renorm_momentum: how slowly the averages of `renorm` move.
        synchronized: whether the statistics are those of the whole batch when it is spread over devices. They are in
            any case: a step is one program over all devices.

    A mask `(batch, ...)`, of all axes but the last, says which elements count in the statistics.

    >>> import hornbeam as keras
    >>> layer = keras.layers.BatchNormalization(momentum=0.5)
    >>> layer(keras.ops.convert_to_tensor([[1.0], [3.0]]), training=True).round(2).tolist()
    [[-1.0], [1.0]]
    >>> layer.moving_mean.numpy().tolist()
    [1.0]
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: Mapping[str, float] | None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.axis, self.momentum, self.epsilon = int(axis), float(momentum), float(epsilon)
        self.center, self.scale, self.synchronized = center, scale, synchronized
        store_rules(
            self,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            moving_mean_initializer=moving_mean_initializer,
            moving_variance_initializer=moving_variance_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
        )
        self.renorm, self.renorm_momentum = renorm, renorm_momentum
        self.renorm_clipping = self._checked_clipping(renorm_clipping) if renorm else renorm_clipping
        self.supports_masking = True

    def _checked_clipping(self, clipping: Mapping[str, float] | None) -> dict[str, float]:
        limits = dict(clipping or {})
        if set(limits) - {"rmin", "rmax", "dmax"}:
            raise refusal(self, "renorm_clipping to have the keys rmin, rmax, dmax", f"{sorted(limits)}")
        if limits.get("rmin", 0) > limits.get("rmax", float("inf")) or limits.get("dmax", 0) < 0:
            raise refusal(self, "renorm_clipping to have rmin <= rmax and dmax >= 0", f"{limits}")
        return limits

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make gamma, beta and the running averages, one number per feature."""
        axis = axis_of(self, self.axis, input_shape)
        features = known(self, f"axis {self.axis}", input_shape[axis], input_shape)
        self._build_affine((features,))
        self.moving_mean = self._average("moving_mean", features)
        self.moving_variance = self._average("moving_variance", features)
        if self.renorm:
            self.moving_stddev = self._average("moving_stddev", features, "moving_variance")
            self.renorm_mean = self._average("renorm_mean", features, "moving_mean")
            self.renorm_stddev = self._average("renorm_stddev", features, "moving_variance")
        self.input_spec = InputSpec(ndim=len(input_shape), axes={axis: features})

    def _average(self, name: str, features: int, rules: str | None = None) -> Variable:
        """Return a running average; a standard deviation starts at the root of what its `rules` give a variance."""
        first = getattr(self, f"{rules or name}_initializer")
        initializer = (lambda shape, dtype: jnp.sqrt(first(shape, dtype=dtype))) if name.endswith("stddev") else first
        return ruled_weight(self, name, (features,), initializer, rules, trainable=False, autocast=False)

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Return the normalized inputs; `mask` has all axes of the inputs but the last."""
        if mask is not None and mask.ndim != inputs.ndim - 1:
            expected = f"a mask of {inputs.ndim - 1} axes, those of the inputs but the last"
            raise refusal(self, expected, f"a mask of shape {mask.shape} for inputs of shape {inputs.shape}")
        x = inputs.astype(result_type(inputs.dtype, "float32"))
        gamma, beta = (None if w is None else w.value for w in (self.gamma, self.beta))
        mean, variance = self.moving_mean.value, self.moving_variance.value
        if training and self.trainable:
            mean, variance = _statistics(x, self.axis % x.ndim, mask)
            if self.renorm:
                r, d = self._correct(mean, variance)
                gamma, beta = r if gamma is None else r * gamma, d if gamma is None else d * gamma
                beta = beta if self.beta is None else beta + self.beta.value
            else:
                _move(self.moving_mean, mean, self.momentum)
                _move(self.moving_variance, variance, self.momentum)
        outputs = ops.batch_normalization(x, mean, variance, self.axis, beta, gamma, self.epsilon)
        return outputs.astype(self.compute_dtype)

    def _correct(self, mean: Any, variance: Any) -> tuple[Any, Any]:
        """Return factor and shift from the batch's statistics to the running ones, and move these."""
        stddev = jnp.sqrt(variance + self.epsilon)
        running = jnp.maximum(self.renorm_stddev.value, self.epsilon**0.5)
        limits = self.renorm_clipping or {}
        r = jnp.clip(stddev / running, limits.get("rmin"), limits.get("rmax"))
        largest = limits.get("dmax", float("inf"))
        d = jnp.clip((mean - self.renorm_mean.value) / running, -largest, largest)
        _move(self.renorm_mean, mean, self.renorm_momentum)
        _move(self.renorm_stddev, stddev, self.renorm_momentum)
        _move(self.moving_mean, mean, self.momentum)
        _move(self.moving_stddev, stddev, self.momentum)
        self.moving_variance.assign(jnp.maximum(self.moving_stddev.value**2 - self.epsilon, 0))
        return jax.lax.stop_gradient(r), jax.lax.stop_gradient(d)


def _tuple(axis: int | Sequence[int]) -> tuple[int, ...]:
    return (axis,) if isinstance(axis, int) else tuple(axis)


def _statistics(x: Any, axis: int, mask: Any) -> tuple[Any, Any]:
    """Return mean and variance over all axes but `axis`, of the elements that `mask` does not exclude."""
    axes = tuple(i for i in range(x.ndim) if i != axis)
    if mask is None:
        return ops.moments(x, axes)
    counted = jnp.broadcast_to(mask[..., None], x.shape).astype(bool)
    many = jnp.maximum(jnp.sum(counted, axes, keepdims=True), 1)
    mean = jnp.sum(jnp.where(counted, x, 0), axes, keepdims=True) / many
    variance = jnp.sum(jnp.where(counted, x - mean, 0) ** 2, axes, keepdims=True) / many
    return mean.reshape(-1), variance.reshape(-1)


def _move(average: Variable, value: Any, momentum: float) -> None:
    average.assign(average.value * momentum + value * (1.0 - momentum))


class LayerNormalization(Normalizing):
    """Normalizes each sample over its features: `gamma * (x - mean) / sqrt(var + epsilon) + beta` (Ba et al. 2016).

    The shape stays; nothing differs between training and inference.

    Args:
        axis: the axis, or several, over which mean and variance are taken.
        epsilon: added to the variance.
        center, scale: whether there is a beta, a gamma.
        beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint:
            rules of the weights, of the shape of the axes.

    >>> import hornbeam as keras
    >>> keras.layers.LayerNormalization()(keras.ops.convert_to_tensor([[1.0, 3.0]])).round(2).tolist()
    [[-1.0, 1.0]]
    """

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        self.rms_scaling = kwargs.pop("rms_scaling", False)
        if self.rms_scaling:
            message = "LayerNormalization: `rms_scaling` divides by the standard deviation; see RMSNormalization."
            warnings.warn(message, DeprecationWarning, stacklevel=2)
        super().__init__(**kwargs)
        if not isinstance(axis, int | list | tuple):
            raise TypeError(refusal(self, "axis to be a whole number or several", f"axis={axis!r}").args[0])
        self.axis = axis if isinstance(axis, int) else list(axis)
        self.epsilon, self.center, self.scale = epsilon, center, scale
        store_rules(
            self,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
        )
        self.supports_masking = True
        self.autocast = False

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make gamma and beta of the shape of the axes."""
        axes = sorted(axis_of(self, a, input_shape) for a in _tuple(self.axis))
        shape = tuple(known(self, f"axis {a}", input_shape[a], input_shape) for a in axes)
        self._build_affine(shape)

    def call(self, inputs: Any) -> Any:
        """Return the normalized inputs."""
        gamma, beta = (None if w is None else w.value for w in (self.gamma, self.beta))
        extra = {"rms_scaling": True} if self.rms_scaling else {}
        outputs = ops.layer_normalization(inputs, gamma, beta, _tuple(self.axis), self.epsilon, **extra)
        return outputs.astype(self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, with the one that comes by its name alone."""
        return super().get_config() | ({"rms_scaling": True} if self.rms_scaling else {})


class GroupNormalization(Normalizing):
    """Normalizes each sample over groups of its channels (Wu and He 2018).

    The shape stays: `gamma * (x - mean) / sqrt(var + epsilon) + beta`, mean and variance being those of a sample's
    group of channels on all other axes. One group is layer normalization, a group for each channel instance
    normalization.

    Args:
        groups: how many groups, a divisor of the number of channels; -1 for one for each channel.
        axis: the axis of the channels.
        epsilon: added to the variance.
        center, scale: whether there is a beta, a gamma, one number per channel.
        beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint:
            rules of the weights.

    >>> import hornbeam as keras
    >>> keras.layers.GroupNormalization(groups=2)(keras.ops.ones((2, 5, 6))).shape
    (2, 5, 6)
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.groups = groups if groups == -1 else whole(self, "groups", groups)
        self.axis, self.epsilon, self.center, self.scale = axis, epsilon, center, scale
        store_rules(
            self,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
        )
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make gamma and beta, one number per channel."""
        axis = axis_of(self, self.axis, input_shape)
        channels = known(self, f"axis {self.axis}", input_shape[axis], input_shape)
        if self.groups != -1 and channels % self.groups:
            raise refusal(self, f"a number of channels that groups={self.groups} divides", f"{channels} channels")
        self.input_spec = InputSpec(ndim=len(input_shape), axes={axis: channels})
        self._build_affine((channels,))

    def call(self, inputs: Any) -> Any:
        """Return the normalized inputs."""
        x = inputs.astype(result_type(inputs.dtype, "float32"))
        axis = self.axis % x.ndim
        channels = x.shape[axis]
        groups = channels if self.groups == -1 else self.groups
        grouped = x.reshape(*x.shape[:axis], groups, channels // groups, *x.shape[axis + 1 :])
        axes = tuple(i for i in range(1, grouped.ndim) if i != axis)
        mean, variance = jnp.mean(grouped, axes, keepdims=True), jnp.var(grouped, axes, keepdims=True)
        outputs = ((grouped - mean) * jax.lax.rsqrt(variance + self.epsilon)).reshape(x.shape)
        shape = [channels if i == axis else 1 for i in range(x.ndim)]
        if self.gamma is not None:
            outputs = outputs * self.gamma.value.reshape(shape)
        if self.beta is not None:
            outputs = outputs + self.beta.value.reshape(shape)
        return outputs.astype(self.compute_dtype)


class RMSNormalization(Layer):
    """Divides each sample by the root of its mean square: `x / sqrt(mean(x**2) + epsilon) * scale`.

    The shape stays. Zhang and Sennrich 2019.

    Args:
        axis: the axis, or several, over which the mean is taken; `scale` has their shape.
        epsilon: added to the mean square.

    >>> import hornbeam as keras
    >>> keras.layers.RMSNormalization()(keras.ops.convert_to_tensor([[2.0, -2.0]])).round(2).tolist()
    [[1.0, -1.0]]
    """

    def __init__(self, axis: int | Sequence[int] = -1, epsilon: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis, self.epsilon = axis, epsilon

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the scale."""
        axes = sorted(axis_of(self, a, input_shape) for a in _tuple(self.axis))
        shape = tuple(known(self, f"axis {a}", input_shape[a], input_shape) for a in axes)
        self.scale = self.add_weight(shape=shape, initializer="ones", name="scale")
        self._lined_up = [n if i in axes else 1 for i, n in enumerate(input_shape)]

    def call(self, inputs: Any) -> Any:
        """Return the normalized inputs."""
        scale = self.scale.value.reshape(self._lined_up)
        return ops.rms_normalization(inputs, scale, _tuple(self.axis), self.epsilon)


class UnitNormalization(Layer):
    """Divides each sample by its length, so that the sum of squares along `axis` is 1; the shape stays.

    Args:
        axis: the axis, or several, of the vectors.

    >>> import hornbeam as keras
    >>> float((keras.layers.UnitNormalization()([[3.0, 4.0]]) ** 2).sum().round(3))
    1.0
    """

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axis, int | list | tuple):
            raise TypeError(refusal(self, "axis to be a whole number or several", f"axis={axis!r}").args[0])
        self.axis = axis if isinstance(axis, int) else list(axis)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        """Return the vectors at length 1."""
        return ops.normalize(inputs, _tuple(self.axis), order=2, epsilon=1e-12)
