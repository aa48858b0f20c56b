"""Layers that apply a function to each element, or a softmax."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from hornbeam import activations, ops
from hornbeam.layers._checks import axis_of, known, within
from hornbeam.layers._input_spec import InputSpec
from hornbeam.layers._layer import Layer
from hornbeam.layers._weights import ruled_weight, store_rules

_ANY = float("inf")


class Activation(Layer):
    """An activation as a layer; the shape stays.

    Args:
        activation: a name, a function or a layer.

    >>> import hornbeam as keras
    >>> keras.layers.Activation("relu")([-3.0, 0.0, 2.0]).tolist()
    [0.0, 0.0, 2.0]
    """

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        """Return the activation of each element."""
        return self.activation(inputs)


class ReLU(Layer):
    """`x` from `threshold` on, at most `max_value`, and below `negative_slope * (x - threshold)`; the shape stays.

    Args:
        max_value: the largest output, None for any.
        negative_slope: the slope below the threshold, 0 or more.
        threshold: where it bends, 0 or more.

    >>> import hornbeam as keras
    >>> keras.layers.ReLU(max_value=6.0)([-3.0, 2.0, 9.0]).tolist()
    [0.0, 2.0, 6.0]
    """

    def __init__(
        self, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.max_value = max_value if max_value is None else within(self, "max_value", max_value, 0, _ANY)
        self.negative_slope = within(self, "negative_slope", negative_slope, 0, _ANY)
        self.threshold = within(self, "threshold", threshold, 0, _ANY)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        """Return the rectified elements."""
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)


class LeakyReLU(Layer):
    """`x` where positive, `negative_slope * x` elsewhere; the shape stays.

    Args:
        negative_slope: the slope for negative elements, 0 or more. `alpha` is another name of it.

    >>> import hornbeam as keras
    >>> keras.layers.LeakyReLU(0.5)([-3.0, 2.0]).tolist()
    [-1.5, 2.0]
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        if "alpha" in kwargs:
            message = "LeakyReLU: the argument `alpha` is called `negative_slope`."
            warnings.warn(message, DeprecationWarning, stacklevel=2)
            negative_slope = kwargs.pop("alpha")
        super().__init__(**kwargs)
        self.negative_slope = within(self, "negative_slope", negative_slope, 0, _ANY)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        """Return the rectified elements."""
        return activations.leaky_relu(inputs, negative_slope=self.negative_slope)


class PReLU(Layer):
    """`x` where positive, `alpha * x` elsewhere, with an `alpha` that is learned (He et al. 2015); the shape stays.

    Args:
        alpha_initializer, alpha_regularizer, alpha_constraint: the rules of `alpha`, of the shape of one sample.
        shared_axes: axes along which one `alpha` serves, counted with the batch axis as 0.

    >>> import hornbeam as keras
    >>> keras.layers.PReLU(alpha_initializer="ones", shared_axes=[1, 2])(-keras.ops.ones((1, 2, 2, 1))).shape
    (1, 2, 2, 1)
    """

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Sequence[int] | int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        store_rules(
            self,
            alpha_initializer=alpha_initializer,
            alpha_regularizer=alpha_regularizer,
            alpha_constraint=alpha_constraint,
        )
        self.shared_axes = [shared_axes] if isinstance(shared_axes, int) else shared_axes and list(shared_axes)
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make `alpha`, 1 long where it is shared."""
        shared = {axis_of(self, axis, input_shape) for axis in self.shared_axes or ()}
        fixed = {axis: length for axis, length in enumerate(input_shape) if axis and axis not in shared}
        lengths = [fixed.get(axis, 1) for axis in range(1, len(input_shape))]
        shape = tuple(known(self, "length on axes that are not shared", n, input_shape) for n in lengths)
        self.alpha = ruled_weight(self, "alpha", shape)
        self.input_spec = InputSpec(ndim=len(input_shape), axes=fixed)

    def call(self, inputs: Any) -> Any:
        """Return the rectified elements."""
        return ops.relu(inputs) - self.alpha.value * ops.relu(-inputs)


class ELU(Layer):
    """`x` where positive, `alpha * (exp(x) - 1)` elsewhere (Clevert et al. 2015); the shape stays.

    Args:
        alpha: the size of the limit for very negative elements.

    >>> import hornbeam as keras
    >>> keras.layers.ELU()([0.0, 2.0]).tolist()
    [0.0, 2.0]
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = alpha
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        """Return the rectified elements."""
        return activations.elu(inputs, alpha=self.alpha)


class Softmax(Layer):
    """`exp(x) / sum(exp(x))` along an axis; the shape stays.

    Args:
        axis: the axis, or several, along which the outputs sum to 1.

    Where a `mask` is given, the elements that it excludes get 0, and the rest sums to 1.

    >>> import hornbeam as keras
    >>> keras.layers.Softmax()([1.0, 1.0]).tolist()
    [0.5, 0.5]
    >>> keras.layers.Softmax()(keras.ops.ones((3,)), mask=keras.ops.convert_to_tensor([True, False, True])).tolist()
    [0.5, 0.0, 0.5]
    """

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Return the softmax of what `mask`, broadcast to `inputs` from the front, does not exclude."""
        axis = self.axis if isinstance(self.axis, int) else tuple(self.axis)
        if mask is not None:
            mask = jnp.asarray(mask) > 0.5 if jnp.asarray(mask).dtype != bool else jnp.asarray(mask)
            mask = mask.reshape(mask.shape + (1,) * (inputs.ndim - mask.ndim))
        return softmax(inputs, axis, mask)


def softmax(x: Any, axis: int | tuple[int, ...], mask: Any = None) -> Any:
    """Return the softmax of the elements that `mask`, of a shape that broadcasts, does not exclude; the rest is 0."""
    if mask is None and isinstance(axis, int):
        return activations.softmax(x, axis)
    if mask is not None:
        x = jnp.where(mask, x, -3e4 if x.dtype == "float16" else -1e9)
    result = ops.exp(x - ops.logsumexp(x, axis=axis, keepdims=True))
    return result if mask is None else jnp.where(mask, result, 0)
