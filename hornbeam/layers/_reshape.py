"""Layers that rearrange elements and change none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral
from typing import Any

from hornbeam import ops
from hornbeam._core.graph import KerasTensor
from hornbeam.layers._checks import data_format as order_of
from hornbeam.layers._checks import refusal, whole
from hornbeam.layers._input_spec import InputSpec
from hornbeam.layers._layer import Layer


class Flatten(Layer):
    """Puts all features of a sample in one row.

    Input `(batch, ...)`, output `(batch, features)`; `(batch,)` gives `(batch, 1)`.

    Args:
        data_format: 'channels_last' or 'channels_first'; with the latter the channels are moved to the end before, so
            that the weights after it are the same for both orders. By default what `keras.json` says.

    >>> import hornbeam as keras
    >>> keras.layers.Flatten()(keras.ops.ones((2, 3, 4))).shape
    (2, 12)
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = order_of(self, data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any) -> Any:
        """Return `(batch, features)`."""
        if self.data_format == "channels_first" and inputs.ndim > 1:
            inputs = ops.moveaxis(inputs, 1, -1)
        return inputs.reshape(inputs.shape[0], math.prod(inputs.shape[1:]))


class Reshape(Layer):
    """Gives each sample another shape; the elements stay in order.

    Input `(batch, ...)`, output `(batch, *target_shape)`.

    Args:
        target_shape: the lengths of a sample's axes; one of them may be -1 and is then found.

    >>> import hornbeam as keras
    >>> keras.layers.Reshape((-1, 2, 2))(keras.ops.ones((1, 12))).shape
    (1, 3, 2, 2)
    """

    def __init__(self, target_shape: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        target = (target_shape,) if isinstance(target_shape, Integral) else tuple(target_shape)
        if any(not isinstance(d, Integral) or d < -1 for d in target) or target.count(-1) > 1:
            expected = "target_shape to be made of whole numbers, at most one of them -1"
            raise refusal(self, expected, f"target_shape={target_shape!r}")
        self.target_shape = tuple(int(d) for d in target)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Check that the elements of a sample fill the target."""
        sample = input_shape[1:]
        if None in sample:
            return
        have, want = math.prod(sample), math.prod(d for d in self.target_shape if d != -1)  # type: ignore[arg-type]
        if have % max(want, 1) if -1 in self.target_shape else have != want:
            expected = f"samples that fill target_shape={self.target_shape}, {_count(self.target_shape, want)}"
            raise refusal(self, expected, f"samples of shape {sample}, {have} elements")

    def compute_output_spec(self, inputs: Any, **kwargs: Any) -> KerasTensor:
        """Return the output's shape; an unknown length may turn out to fit any target, which inference cannot say."""
        target: list[int | None] = [*self.target_shape]
        sample = inputs.shape[1:]
        if -1 in target:
            rest = max(math.prod(d for d in self.target_shape if d != -1), 1)
            target[target.index(-1)] = None if None in sample else math.prod(sample) // rest  # type: ignore[arg-type]
        return KerasTensor((inputs.shape[0], *target), self.compute_dtype if "float" in inputs.dtype else inputs.dtype)

    def call(self, inputs: Any) -> Any:
        """Return `(batch, *target_shape)`."""
        target = self.target_shape
        if 0 in inputs.shape and -1 in target:  # among no elements JAX finds no length
            target = [math.prod(inputs.shape[1:]) // max(-math.prod(target), 1) if d == -1 else d for d in target]
        return ops.reshape(inputs, (inputs.shape[0], *target))


def _count(target: tuple[int, ...], want: int) -> str:
    return f"a multiple of {want} elements" if -1 in target else f"{want} elements"


class Permute(Layer):
    """Puts the axes of a sample in another order.

    Args:
        dims: for each axis of the output the axis of the input that goes there, counted from 1; the batch axis stays.

    >>> import hornbeam as keras
    >>> keras.layers.Permute((2, 1))(keras.ops.ones((5, 10, 64))).shape
    (5, 64, 10)
    """

    def __init__(self, dims: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            expected = f"dims to name each axis from 1 to {len(self.dims)} once"
            raise refusal(self, expected, f"dims={dims!r}")
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Any) -> Any:
        """Return the inputs with their axes permuted."""
        return ops.transpose(inputs, (0, *self.dims))


class RepeatVector(Layer):
    """Repeats each sample: input `(batch, features)`, output `(batch, n, features)`.

    Args:
        n: how often, positive.

    >>> import hornbeam as keras
    >>> keras.layers.RepeatVector(3)(keras.ops.ones((2, 32))).shape
    (2, 3, 32)
    """

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n = whole(self, "n", n)
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Any) -> Any:
        """Return `(batch, n, features)`."""
        return ops.repeat(ops.expand_dims(inputs, 1), self.n, axis=1)
