"""Sequential: a stack of layers, each taking the output of the one before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hornbeam._core.graph import KerasTensor, is_symbolic
from hornbeam._core.serialize import deserialize, serialize
from hornbeam._core.state import here
from hornbeam.layers._input import Input, InputLayer
from hornbeam.layers._layer import Layer, shape_of
from hornbeam.models._function import Function
from hornbeam.models._model import Model


class Sequential(Model):
    """A model of layers in a row.

    The shapes are known, and the weights made, once the first layer is an `Input` or has an `input_shape`; otherwise
    at the first call.

    >>> import hornbeam as keras
    >>> model = keras.Sequential([keras.layers.Dense(8, activation="relu", input_shape=(4,)), keras.layers.Dense(2)])
    >>> model.output_shape
    (None, 2)
    """

    def __init__(self, layers: Any = None, trainable: bool = True, name: str | None = None) -> None:
        super().__init__(trainable=trainable, name=name)
        self._stack: list[Layer] = []
        self._start: KerasTensor | None = None
        self._end: KerasTensor | None = None
        self._graph: Function | None = None
        for layer in _as_list(layers):
            self.add(layer)

    @property
    def _function(self) -> Function | None:  # type: ignore[override]
        """The graph from the input to the last layer, made when it is asked for: adding a layer stays cheap."""
        if self._start is not None and self._graph is None:
            self._graph = Function(self._start, self._end, name=f"{self.name}_function")
        return self._graph

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Put `layer` on top of the stack; a KerasTensor that `Input()` gave can be the first."""
        if is_symbolic(layer):
            layer = layer.node.operation
        if not isinstance(layer, Layer):
            hint = f" Did you mean {layer.__name__}(...)?" if isinstance(layer, type) else ""
            message = (
                f"Model {self.name!r}: only layers can be added; got {layer!r} of type {type(layer).__name__}.{hint}"
            )
            raise ValueError(message)  # noqa: TRY004 - what Keras raises
        if any(other.name == layer.name for other in self._stack):
            message = (
                f"Model {self.name!r} has a layer called {layer.name!r} already: layer names must be "
                "unique within a model."
            )
            raise ValueError(message)
        if isinstance(layer, InputLayer):
            if self._stack:
                message = f"Model {self.name!r}: an Input must be the first layer; it has {len(self._stack)} already."
                raise ValueError(message)
            self._stack.append(layer)
            self._start = self._end = layer.output
            self._graph, self.built = None, False
            return
        if not self._stack:
            start = _start_of(layer)
            if start is not None:
                self.add(start)
        self._push(layer)

    def _push(self, layer: Layer) -> None:
        if self._start is not None:
            with here(calls=(self,)):
                self._end = layer(self._end)
            self._graph, self.built = None, True
        self._stack.append(layer)
        self._forget_compiled()

    def pop(self, rebuild: bool = True) -> Layer:
        """Remove the last layer and return it."""
        if not self.layers:
            message = f"Model {self.name!r} has no layer to remove."
            raise ValueError(message)
        layer = self._stack.pop()
        if self._end is not None and self._end.node is not None:
            node = self._end.node
            self._end, self._graph = node.args[0], None
            layer._inbound_nodes.remove(node)
        self._forget_compiled()
        return layer

    @property
    def layers(self) -> list[Layer]:
        """The layers, the input's excluded."""
        return [layer for layer in self._stack if not isinstance(layer, InputLayer)]

    def _sublayers(self) -> list[Any]:
        return list(self._stack)

    def build(self, input_shape: Any = None) -> None:
        """Make the weights for inputs of `input_shape` `(batch, ...)`."""
        if self._start is not None or input_shape is None:
            return
        stack, self._stack = self._stack, []
        self.add(Input(batch_shape=(None, *tuple(input_shape)[1:]), dtype=_dtype_of(stack)))
        for layer in stack:
            self._push(layer)
        self.built = True

    def _maybe_build(self, bound: dict[str, Any]) -> None:
        if self._start is None and bound:
            x = next(iter(bound.values()))
            stack, self._stack = self._stack, []
            self.add(Input(batch_shape=(None, *shape_of(x)[1:]), dtype=getattr(x.dtype, "name", x.dtype)))
            for layer in stack:
                self._push(layer)
        self.built = True

    def get_config(self) -> dict[str, Any]:
        """Return the configurations of the layers."""
        layers = [serialize(layer) for layer in self._stack]
        config: dict[str, Any] = {"name": self.name, "trainable": self.trainable, "dtype": serialize(self.dtype_policy)}
        config["layers"] = layers
        if self._start is not None:
            config["build_input_shape"] = self._start.shape
        return config

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        """Return the model that `get_config` described, with new weights."""
        model = cls(name=config.get("name"), trainable=config.get("trainable", True))
        for data in config["layers"]:
            model.add(deserialize(data, custom_objects))
        shape = config.get("build_input_shape")
        if model._start is None and isinstance(shape, list | tuple):
            model.build(tuple(shape))
        return model


def _as_list(layers: Any) -> Iterable[Any]:
    if layers is None:
        return []
    return layers if isinstance(layers, list | tuple) else [layers]


def _dtype_of(stack: list[Layer]) -> str | None:
    return stack[0].compute_dtype if stack else None


def _start_of(layer: Layer) -> KerasTensor | None:
    """Return the Input that a first layer's `input_shape` asks for, or None."""
    shape = layer._input_shape_arg
    if shape is not None:
        return Input(batch_shape=shape, dtype=layer.input_dtype)
    if isinstance(layer, Model) and layer._function is not None:
        first = layer._function.inputs[0]
        return Input(batch_shape=first.shape, dtype=first.dtype)
    return None
