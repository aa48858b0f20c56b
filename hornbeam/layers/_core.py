"""Layers that pass, mark or transform their inputs by a function of the user's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from hornbeam import ops
from hornbeam._core import tree
from hornbeam._core.graph import KerasTensor, attach_mask
from hornbeam._core.serialize import deserialize, serialize
from hornbeam.layers._layer import Layer, shape_of


class Identity(Layer):
    """Returns its inputs, in whatever structure they come.

    >>> import hornbeam as keras
    >>> keras.layers.Identity()([1.0, 2.0]).tolist()
    [1.0, 2.0]
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        """Return the inputs."""
        return inputs


class Masking(Layer):
    """Marks the steps whose features all equal `mask_value`, so that the layers after it skip them.

    Input and output `(batch, time, features)`; the mask is `(batch, time)`, and what it excludes becomes 0.

    Args:
        mask_value: what a step to skip is filled with.

    >>> import hornbeam as keras
    >>> x = keras.ops.convert_to_tensor([[[1.0, 2.0], [0.0, 0.0]]])
    >>> keras.layers.Masking().compute_mask(x).tolist()
    [[True, False]]
    """

    def __init__(self, mask_value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = mask_value

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return which steps have a feature that differs from `mask_value`."""
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs: Any) -> Any:
        """Return the inputs, 0 at the steps to skip."""
        kept = self.compute_mask(inputs)
        outputs = inputs * ops.cast(ops.expand_dims(kept, -1), inputs.dtype)
        attach_mask(outputs, kept)
        return outputs


class Lambda(Layer):
    """Wraps a function of yours as a layer. It has no weights: for those, write a Layer.

    Args:
        function: takes the inputs (a tensor or a nest of them), and `mask` and `training` where it has such arguments.
        output_shape: the shape of one sample of the output, or a function from input shape to output shape (both with
            the batch axis). It is inferred where it is not given.
        mask: the output's mask, or a function of (inputs, mask) that gives it.
        arguments: a dict of further arguments for the function.

    A model with a lambda can be saved; loading it needs the function, given in `custom_objects`.

    >>> import hornbeam as keras
    >>> keras.layers.Lambda(lambda x: x**2)([1.0, 3.0]).tolist()
    [1.0, 9.0]
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        function, output_shape, mask = (
            deserialize(x) if isinstance(x, Mapping) else x for x in (function, output_shape, mask)
        )
        if not callable(function):
            message = f"Layer {self.path!r} (Lambda) expects a function; got {function!r}."
            raise TypeError(message)
        self.function = function
        self.shape = output_shape  # `output_shape` is what every layer has
        self.mask = mask
        self.arguments = dict(arguments or {})
        self.supports_masking = mask is not None
        self._takes = frozenset(inspect.signature(function).parameters) & {"mask", "training"}

    def call(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Any:
        """Return what the function gives."""
        extra = {"mask": mask, "training": training}
        return self.function(inputs, **self.arguments, **{name: extra[name] for name in self._takes})

    def compute_output_spec(self, inputs: Any, **kwargs: Any) -> Any:
        """Return the outputs' shapes: those that `output_shape` says, else what the function gives."""
        if self.shape is None:
            return super().compute_output_spec(inputs, **kwargs)
        shapes = tree.map_structure(shape_of, inputs)
        first = tree.flatten(inputs)[0]
        found = self.shape(shapes) if callable(self.shape) else (first.shape[0], *self.shape)
        return tree.map_shape_structure(lambda shape: KerasTensor(shape, self.compute_dtype), found)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return the mask that the argument `mask` says."""
        return self.mask(inputs, previous_mask) if callable(self.mask) else self.mask

    def get_config(self) -> dict[str, Any]:
        """Return the arguments; `output_shape` has another home because every layer has an `output_shape`."""
        return super().get_config() | {"output_shape": serialize(self.shape)}
