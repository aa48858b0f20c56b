"""Layers that make one tensor of several."""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from hornbeam import ops
from hornbeam._core.dtypes import is_float, result_type
from hornbeam._core.graph import KerasTensor, attach_mask, mask_of
from hornbeam.layers._checks import axis_of, refusal
from hornbeam.layers._layer import Layer

Shapes = Sequence[tuple[int | None, ...]]


class _Merge(Layer):
    """Takes a list of tensors whose shapes broadcast; those of lower rank get axes after the batch axis."""

    count: int | None = None  # how many inputs there must be

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def build(self, input_shape: Shapes) -> None:
        """Check the shapes."""
        if not isinstance(input_shape, list | tuple) or not all(isinstance(s, list | tuple) for s in input_shape):
            raise refusal(self, "a list of inputs", f"one input of shape {input_shape}")
        if not input_shape or self.count not in (None, len(input_shape)):
            raise refusal(self, f"{self.count or 'at least 1'} inputs", f"{len(input_shape)}")
        if len({shape[0] for shape in input_shape if shape} - {None}) > 1:
            raise refusal(self, "inputs of one batch size", _listed(input_shape))
        self._check(input_shape)

    def _check(self, shapes: Shapes) -> None:
        rank = max(len(shape) for shape in shapes)
        for back in range(1, rank):
            if len({shape[-back] for shape in shapes if len(shape) > back} - {None, 1}) > 1:
                raise refusal(self, "inputs whose shapes broadcast", _listed(shapes))

    def call(self, inputs: Sequence[Any]) -> Any:
        """Return the inputs as one."""
        rank = max(x.ndim for x in inputs)
        widened = [_widened(x, rank) for x in inputs]
        for wide, x in zip(widened, inputs, strict=True):
            if wide is not x and (mask := mask_of(x)) is not None:
                attach_mask(wide, mask)
        return self._merge(widened)

    @abstractmethod
    def _merge(self, inputs: Sequence[Any]) -> Any: ...

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return where any of the inputs counts; None when one of them has no mask."""
        masks = previous_mask
        return None if masks is None or any(m is None for m in masks) else functools.reduce(ops.logical_or, masks)


def _widened(x: Any, rank: int) -> Any:
    return x if x.ndim == rank else x.reshape(x.shape[0], *(1,) * (rank - x.ndim), *x.shape[1:])


def _listed(shapes: Shapes) -> str:
    return f"the shapes {', '.join(str(tuple(shape)) for shape in shapes)}"


class Add(_Merge):
    """The sum of a list of inputs.

    >>> import hornbeam as keras
    >>> keras.layers.Add()([keras.ops.ones((2,)), keras.ops.ones((2,))]).tolist()
    [2.0, 2.0]
    """

    def _merge(self, inputs: Sequence[Any]) -> Any:
        return functools.reduce(ops.add, inputs)


class Subtract(_Merge):
    """The first of two inputs minus the second.

    >>> import hornbeam as keras
    >>> keras.layers.Subtract()([keras.ops.ones((2,)), keras.ops.ones((2,))]).tolist()
    [0.0, 0.0]
    """

    count = 2

    def _merge(self, inputs: Sequence[Any]) -> Any:
        return ops.subtract(*inputs)


class Multiply(_Merge):
    """The product of a list of inputs, element by element.

    >>> import hornbeam as keras
    >>> keras.layers.Multiply()([keras.ops.ones((2,)), 3 * keras.ops.ones((2,))]).tolist()
    [3.0, 3.0]
    """

    def _merge(self, inputs: Sequence[Any]) -> Any:
        return functools.reduce(ops.multiply, inputs)


class Average(_Merge):
    """The mean of a list of inputs, element by element.

    >>> import hornbeam as keras
    >>> keras.layers.Average()([keras.ops.ones((2,)), 3 * keras.ops.ones((2,))]).tolist()
    [2.0, 2.0]
    """

    def _merge(self, inputs: Sequence[Any]) -> Any:
        return functools.reduce(ops.add, inputs) / len(inputs)


class Maximum(_Merge):
    """The largest of a list of inputs, element by element; masked steps of an input do not take part.

    >>> import hornbeam as keras
    >>> keras.layers.Maximum()([keras.ops.ones((2,)), 3 * keras.ops.ones((2,))]).tolist()
    [3.0, 3.0]
    """

    def _merge(self, inputs: Sequence[Any]) -> Any:
        return _choose(ops.maximum, inputs)


class Minimum(_Merge):
    """The smallest of a list of inputs, element by element; masked steps of an input do not take part.

    >>> import hornbeam as keras
    >>> keras.layers.Minimum()([keras.ops.ones((2,)), 3 * keras.ops.ones((2,))]).tolist()
    [1.0, 1.0]
    """

    def _merge(self, inputs: Sequence[Any]) -> Any:
        return _choose(ops.minimum, inputs)


def _choose(choice: Callable[[Any, Any], Any], inputs: Sequence[Any]) -> Any:
    """Return `choice` of the inputs, one after the other; where one is masked, the other is taken."""
    result, counts = inputs[0], _wide_mask(inputs[0])
    for x in inputs[1:]:
        mask = _wide_mask(x)
        if mask is not None:
            x = jnp.where(mask, x, result)  # noqa: PLW2901 - the same input, seen through its mask
        if counts is not None:
            result = jnp.where(counts, result, x)
        counts = counts | mask if counts is not None and mask is not None else None
        result = choice(result, x)
    return result


def _wide_mask(x: Any) -> Any:
    mask = mask_of(x)
    return mask if mask is None else jnp.broadcast_to(jnp.asarray(mask, bool)[..., None], x.shape)


class Concatenate(_Merge):
    """The inputs one after the other along an axis; on all others their lengths agree.

    Args:
        axis: the axis along which they are joined.

    >>> import hornbeam as keras
    >>> keras.layers.Concatenate(axis=1)([keras.ops.ones((2, 3)), keras.ops.ones((2, 4))]).shape
    (2, 7)
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def _check(self, shapes: Shapes) -> None:
        axis = axis_of(self, self.axis, shapes[0])
        rest = [[*shape[:axis], *shape[axis + 1 :]] for shape in shapes]
        differ = any(len({*lengths} - {None}) > 1 for lengths in zip(*rest, strict=False))
        if differ or len({len(shape) for shape in shapes}) > 1:
            raise refusal(self, f"inputs whose shapes agree but on axis {self.axis}", _listed(shapes))

    def call(self, inputs: Sequence[Any]) -> Any:
        """Return the inputs joined."""
        return self._merge(inputs)

    def _merge(self, inputs: Sequence[Any]) -> Any:
        return ops.concatenate(inputs, axis=self.axis)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return the masks joined; an input without one counts everywhere."""
        if previous_mask is None or all(m is None for m in previous_mask):
            return None
        wide = [_as_wide(x, mask) for x, mask in zip(inputs, previous_mask, strict=True)]
        return ops.any(ops.concatenate(wide, axis=self.axis), axis=-1)


def _as_wide(x: Any, mask: Any) -> Any:
    """Return a mask of the shape of `x`."""
    if mask is None:
        return ops.ones_like(x, dtype="bool")
    if len(mask.shape) == len(x.shape):
        return mask
    return ops.logical_and(ops.expand_dims(mask, -1), ops.ones_like(x, dtype="bool"))


class Dot(_Merge):
    """The sum of products of two inputs over one axis of each, sample by sample.

    Inputs `(batch, ...)`; the output has the other axes of the first, then those of the second; two inputs of rank 2
    give `(batch, 1)`.

    Args:
        axes: the axis to sum over, or one for each input.
        normalize: whether to divide by the length of the vectors before, which gives the cosine.

    >>> import hornbeam as keras
    >>> keras.layers.Dot(axes=(2, 1))([keras.ops.ones((2, 3, 4)), keras.ops.ones((2, 4, 5))]).shape
    (2, 3, 5)
    """

    count = 2

    def __init__(self, axes: int | Sequence[int], normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axes, int):
            if not isinstance(axes, list | tuple) or not all(isinstance(a, int) for a in axes):
                raise TypeError(refusal(self, "axes to be a whole number or two of them", f"axes={axes!r}").args[0])
            if len(axes) != 2:
                raise refusal(self, "axes to be a whole number or two of them", f"axes={axes!r}")
        self.axes, self.normalize = axes, normalize

    def _pair(self, shapes: Shapes) -> tuple[int, int]:
        """Return the two axes, counted from the front."""
        pair = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        first, second = (axis_of(self, axis, shape) for axis, shape in zip(pair, shapes, strict=True))
        if not first or not second:
            raise refusal(self, "axes other than 0, the batch axis", f"axes={self.axes}")
        return first, second

    def _check(self, shapes: Shapes) -> None:
        first, second = self._pair(shapes)
        if len({shapes[0][first], shapes[1][second]} - {None}) > 1:
            raise refusal(self, f"inputs of one length on axes={self.axes}", _listed(shapes))

    def compute_output_spec(self, inputs: Sequence[KerasTensor], **kwargs: Any) -> KerasTensor:
        """Return the output's shape; inference cannot tell that an unknown length is the other input's known one."""
        first, second = self._pair([x.shape for x in inputs])
        x, y = (list(t.shape) for t in inputs)
        del x[first], y[second]
        cast = (self.compute_dtype if self.autocast and is_float(t.dtype) else t.dtype for t in inputs)
        return KerasTensor([*x, *y[1:]] if len(x) + len(y) > 2 else [x[0], 1], result_type(*cast))

    def call(self, inputs: Sequence[Any]) -> Any:
        """Return the sums of products."""
        return self._merge(inputs)

    def _merge(self, inputs: Sequence[Any]) -> Any:
        x, y = inputs
        first, second = self._pair([x.shape, y.shape])
        if self.normalize:
            x, y = ops.normalize(x, axis=first), ops.normalize(y, axis=second)
        result = jax.lax.dot_general(x, y, (((first,), (second,)), ((0,), (0,))))
        return result[:, None] if result.ndim == 1 else result

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> None:
        """Return None: no steps are left."""


def add(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """Return `Add(**kwargs)(inputs)`: the sum of a list of tensors."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """Return `Subtract(**kwargs)(inputs)`: the first of two tensors minus the second."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """Return `Multiply(**kwargs)(inputs)`: the product of a list of tensors."""
    return Multiply(**kwargs)(inputs)


def average(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """Return `Average(**kwargs)(inputs)`: the mean of a list of tensors."""
    return Average(**kwargs)(inputs)


def maximum(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """Return `Maximum(**kwargs)(inputs)`: the largest of a list of tensors."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """Return `Minimum(**kwargs)(inputs)`: the smallest of a list of tensors."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: Sequence[Any], axis: int = -1, **kwargs: Any) -> Any:
    """Return `Concatenate(axis, **kwargs)(inputs)`: a list of tensors joined along `axis`."""
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(inputs: Sequence[Any], axes: int | Sequence[int] = -1, **kwargs: Any) -> Any:
    """Return `Dot(axes, **kwargs)(inputs)`: the sums of products of two tensors over one axis of each."""
    return Dot(axes=axes, **kwargs)(inputs)
