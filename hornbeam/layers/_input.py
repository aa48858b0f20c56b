"""Where a graph starts: a symbolic tensor that stands for the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hornbeam._core import dtypes
from hornbeam._core.graph import KerasTensor, Node
from hornbeam._core.names import auto_name
from hornbeam.layers._layer import Layer


class InputLayer(Layer):
    """The layer behind `Input`: it has a symbolic output and no computation.

    Args:
        shape: the shape of one sample, without the batch axis; None for unknown lengths.
        batch_size: the batch's length, None for any.
        dtype: data type of the input.
        sparse, ragged: whether the data is sparse or ragged; recorded, not used by JAX.
        batch_shape: the shape with the batch axis, in place of `shape` and `batch_size`.
        input_tensor: a KerasTensor to take as the output.
        optional: whether None may be passed for this input.
    """

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Any = None,
        input_tensor: KerasTensor | None = None,
        optional: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if input_tensor is not None:
            batch_shape, dtype = input_tensor.shape, dtype or input_tensor.dtype
        elif batch_shape is None:
            if shape is None:
                message = f"Input {self.name!r} needs a shape: the lengths of one sample, such as shape=(28, 28, 1)."
                raise ValueError(message)
            batch_shape = (batch_size, *_checked(shape, self.name))
        self.batch_shape = _checked(batch_shape, self.name)
        self.dtype_name = dtypes.canonical(dtype)
        self.sparse, self.ragged, self.optional = bool(sparse), bool(ragged), optional
        self.built = True
        output = (
            input_tensor if input_tensor is not None else KerasTensor(self.batch_shape, self.dtype_name, name=self.name)
        )
        output.sparse, output.ragged = self.sparse, self.ragged
        Node(self, (), {}, output)

    @property
    def dtype(self) -> str:
        """The data type of the input."""
        return self.dtype_name

    def call(self) -> Any:
        """Refuse: the values come from the model's call."""
        message = f"Input {self.name!r} computes nothing: call the model on data instead."
        raise TypeError(message)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments that a file needs: the shape is always the batch's."""
        return {
            "batch_shape": self.batch_shape,
            "dtype": self.dtype_name,
            "sparse": self.sparse,
            "ragged": self.ragged,
            "name": self.name,
            "optional": self.optional,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> InputLayer:
        """Return the layer that `get_config` described."""
        return cls(**config)


def _checked(shape: Any, name: str) -> tuple[int | None, ...]:
    if isinstance(shape, int):
        shape = (shape,)
    if not isinstance(shape, Sequence) or not all(d is None or (isinstance(d, int) and d >= 0) for d in shape):
        message = f"Input {name!r}: a shape is made of whole numbers and None, such as (28, 28, 1); got {shape!r}."
        raise ValueError(message)
    return tuple(shape)


def Input(  # noqa: N802 - Keras's name
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Any = None,
    name: str | None = None,
    tensor: KerasTensor | None = None,
    optional: bool = False,
) -> KerasTensor:
    """Return a symbolic tensor of shape `(batch, *shape)` to build a model from.

    Args:
        shape: the shape of one sample, without the batch axis; None for unknown lengths.
        batch_size: the batch's length, None for any.
        dtype: data type, by default the default float type.
        sparse: whether the data is sparse.
        ragged: whether the data is ragged.
        batch_shape: the shape with the batch axis, in place of `shape` and `batch_size`.
        name: the input's name, by which data in a dict is found.
        tensor: a KerasTensor to use instead of a new one.
        optional: whether None may be passed for this input.

    >>> import hornbeam as keras
    >>> x = keras.Input(shape=(32,))
    >>> y = keras.layers.Dense(16, activation="softmax")(x)
    >>> keras.Model(x, y).output_shape
    (None, 16)
    """
    layer = InputLayer(
        shape=shape,
        batch_size=batch_size,
        dtype=dtype,
        sparse=sparse,
        ragged=ragged,
        batch_shape=batch_shape,
        name=name or auto_name("input_layer"),
        input_tensor=tensor,
        optional=optional,
    )
    return layer.output
