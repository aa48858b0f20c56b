"""A graph between two sets of tensors, run on values: what a functional model computes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from hornbeam._core import config, tree
from hornbeam._core.dtypes import is_float
from hornbeam._core.graph import KerasTensor, fill, is_symbolic, order_nodes, order_operations, replay
from hornbeam._core.op import Operation


class Function(Operation):
    """The computation from `inputs` to `outputs`, nests of KerasTensors.

    >>> import hornbeam as keras
    >>> x = keras.Input((3,))
    >>> double = keras.Function(x, x * 2)
    >>> double(keras.ops.ones((1, 3))).tolist()
    [[2.0, 2.0, 2.0]]
    """

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None) -> None:
        super().__init__(name=name)
        self._inputs_struct, self._outputs_struct = inputs, outputs
        self.inputs, self.outputs = tree.flatten(inputs), tree.flatten(outputs)
        for role, tensors in (("inputs", self.inputs), ("outputs", self.outputs)):
            for t in tensors:
                if not is_symbolic(t):
                    message = (
                        f"{role} must be KerasTensors, as Input() and layers give them; got {type(t).__name__}: {t!r}."
                    )
                    raise ValueError(message)
        self.nodes = order_nodes(outputs, inputs)
        self._check_connected()

    def _check_connected(self) -> None:
        """Raise when an output depends on an Input that is not among the inputs."""
        given = {id(t) for t in self.inputs}
        for node in self.nodes:
            if not node.input_tensors and id(node.outputs) not in given:
                names = ", ".join(repr(_operation_name(t)) for t in self.inputs)
                message = (
                    f"The outputs depend on the input {node.operation.name!r}, which is not among the model's inputs"
                    f" ({names}): add it to `inputs`."
                )
                raise ValueError(message)

    @property
    def operations(self) -> list[Any]:
        """The operations of the graph, those of the inputs first."""
        return order_operations(self._outputs_struct, self._inputs_struct)

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs, by which data in a dict is found."""
        return [_operation_name(t) for t in self.inputs]

    def call(self, inputs: Any) -> Any:
        """Compute the outputs from arrays in the structure of the inputs."""
        values = dict(zip(map(id, self.inputs), self.standardize(inputs), strict=True))
        replay(self.nodes, values)
        return fill(self._outputs_struct, values)

    def standardize(self, inputs: Any) -> list[Any]:
        """Return arrays for the inputs, in their order, from an array, a list, a tuple, or a dict by name."""
        flat = self._by_name(inputs) if isinstance(inputs, Mapping) else tree.flatten(inputs)
        if len(flat) != len(self.inputs):
            names = ", ".join(map(repr, self.input_names))
            message = f"The model has {len(self.inputs)} inputs ({names}); got {len(flat)} arrays."
            raise ValueError(message)
        return [_fit(x, t, n) for x, t, n in zip(flat, self.inputs, self.input_names, strict=True)]

    def check(self, inputs: Any) -> None:
        """Raise a ValueError where the shapes of `inputs` are not what the graph takes; warn of ids that get lost."""
        self.standardize(tree.map_structure(lambda a: None if a is None else _Shaped(a.shape), inputs))
        flat = self._by_name(inputs) if isinstance(inputs, Mapping) else tree.flatten(inputs)
        for x, t, n in zip(flat, self.inputs, self.input_names, strict=True):
            _warn_of_rounding(x, t.dtype, n)

    def _by_name(self, inputs: Mapping[str, Any]) -> list[Any]:
        names = sorted(self._inputs_struct) if isinstance(self._inputs_struct, Mapping) else self.input_names
        missing = [n for n in names if n not in inputs]
        if missing:
            message = (
                f"The model's inputs are named {', '.join(map(repr, names))}; the dict has "
                f"{', '.join(map(repr, inputs))}."
            )
            raise ValueError(message)
        return [inputs[n] for n in names]


class _Shaped:
    """A shape in the place of an array, to be checked alone."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = tuple(shape)

    def __getitem__(self, place: Any) -> _Shaped:
        return _Shaped(self.shape[:-1] if place[-1] == 0 else (*self.shape, 1))


def _operation_name(tensor: KerasTensor) -> str:
    return tensor.node.operation.name if tensor.node is not None else tensor.name


def _fit(x: Any, tensor: KerasTensor, name: str) -> Any:
    """Return `x` with the rank and dtype of the input `tensor`, or raise an error that names it."""
    if x is None:
        return None
    if not hasattr(x, "shape"):
        x = np.asarray(x)
    shape, expected = tuple(x.shape), tensor.shape
    if len(shape) == len(expected) + 1 and shape[-1] == 1:
        x = x[..., 0] if not is_symbolic(x) else x
    elif len(shape) == len(expected) - 1 and expected[-1:] == (1,) and not is_symbolic(x):
        x = x[..., None]
    check_shape(tuple(x.shape), expected, f"model input {name!r}")
    if isinstance(x, np.ndarray):
        _warn_of_rounding(x, tensor.dtype, name)
        return jnp.asarray(x, dtype=tensor.dtype) if x.dtype.kind in "biufc" or x.dtype.name == "bfloat16" else x
    if isinstance(x, jax.Array) and x.dtype.name != tensor.dtype:
        return x.astype(tensor.dtype)
    return x


def _warn_of_rounding(x: Any, dtype: str, name: str) -> None:
    """Warn of whole numbers that a float type does not hold: ids would become other ids."""
    whole = isinstance(x, np.ndarray) and x.dtype.kind in "iu" and x.dtype.itemsize > 1
    if whole and x.size and is_float(dtype):
        most, largest = 2 ** (jnp.finfo(dtype).nmant + 1), max(int(x.max()), -int(x.min()))
        if largest > most and config.value_checks():
            message = (
                f"Model input {name!r} is {dtype}, which holds whole numbers up to {most} exactly; got {largest}, "
                "which is rounded. For ids give the Input dtype='int32'."
            )
            warnings.warn(message, stacklevel=2)


def check_shape(shape: tuple[Any, ...], expected: tuple[int | None, ...], what: str) -> None:
    """Raise a ValueError that names `what`, the expected shape and the one that came, where they do not agree."""
    agree = len(shape) == len(expected) and all(
        a is None or b is None or not isinstance(b, int) or a == b for a, b in zip(expected, shape, strict=True)
    )
    if not agree:
        named = ["batch" if i == 0 and d is None else str(d) for i, d in enumerate(expected)]
        wanted = f"({', '.join(named)}{',' if len(named) == 1 else ''})"
        message = f"{what} expects {wanted}; got {shape}."
        raise ValueError(message)
