"""Model: layers with training. `Model(inputs, outputs)` is a functional model; a subclass defines `call` itself."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any

import jax

from hornbeam._core import tree
from hornbeam._core.graph import KerasTensor, attach_mask
from hornbeam._core.infer import infer
from hornbeam._core.registry import custom_object_scope
from hornbeam._core.serialize import constructor_config, deserialize, serialize
from hornbeam._core.state import here
from hornbeam.layers._layer import Layer, shape_of
from hornbeam.layers._layer_policies import chosen_by
from hornbeam.models._function import Function
from hornbeam.models._graph_config import function_from_config, function_to_config
from hornbeam.models._mask_report import MaskReport, print_report
from hornbeam.models._masks import examine
from hornbeam.models._summary import print_summary
from hornbeam.saving import load_weights, save_model, save_weights
from hornbeam.training import Trainer


class Model(Trainer, Layer):
    """A network with `compile`, `fit`, `evaluate`, `predict`, `save` and `summary`.

    `Model(inputs, outputs)` is what lies between two sets of KerasTensors (each one tensor, a list, or a dict). A
    subclass instead makes layers in `__init__` and uses them in `call(inputs, training=None)`.

    >>> import hornbeam as keras
    >>> x = keras.Input(shape=(32,))
    >>> model = keras.Model(x, keras.layers.Dense(16)(x))
    >>> model.count_params()
    528
    """

    _function: Function | None = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Return a Functional for `Model(inputs, outputs)`."""
        functional = cls is Model and (len(args) >= 2 or "outputs" in kwargs)
        return object.__new__(Functional if functional else cls)

    def __init__(
        self, *args: Any, name: str | None = None, trainable: bool = True, dtype: Any = None, **kwargs: Any
    ) -> None:
        inputs, outputs = _take_ends(args, kwargs)
        Layer.__init__(self, name=name, trainable=trainable, dtype=dtype, **kwargs)
        Trainer.__init__(self)
        if outputs is not None:
            self._function = Function(inputs, outputs, name=f"{self.name}_function")
            self.built = True
            _check_unique_names(self)

    # ---- what is inside

    @property
    def layers(self) -> list[Layer]:
        """The layers of the model, one level deep."""
        if self._function is not None:
            extra = [layer for layer in self._sublayers() if layer is not self]
            return list(dict.fromkeys([op for op in self._function.operations if isinstance(op, Layer)] + extra))
        return self._sublayers()

    @property
    def operations(self) -> list[Any]:
        """The layers and other operations of a functional model's graph, those of the inputs first."""
        if self._function is None:
            message = f"Model {self.name!r} has no graph, and so no list of operations; see its `layers`."
            raise AttributeError(message)
        return self._function.operations

    def _sublayers(self) -> list[Any]:
        own = list(self._children(Layer))
        if self._function is None:
            return own
        return list(dict.fromkeys([op for op in self._function.operations if isinstance(op, Layer)] + own))

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return the layer called `name`, or the one at place `index`."""
        layers = self.layers
        if index is not None and name is None:
            if not -len(layers) <= index < len(layers):
                message = f"Model {self.name!r} has {len(layers)} layers; got index {index}."
                raise ValueError(message)
            return layers[index]
        found = [layer for layer in layers if layer.name == name]
        if not found or index is not None:
            message = (
                f"Model {self.name!r} has the layers {', '.join(repr(x.name) for x in layers)}; got name "
                f"{name!r}, index {index!r}."
            )
            raise ValueError(message)
        return found[0]

    @property
    def inputs(self) -> list[KerasTensor] | None:
        """The symbolic inputs, of a functional model."""
        return self._function.inputs if self._function is not None else None

    @property
    def outputs(self) -> list[KerasTensor] | None:
        """The symbolic outputs, of a functional model."""
        return self._function.outputs if self._function is not None else None

    @property
    def input(self) -> Any:
        """The symbolic input, in the structure that the model was made with."""
        return self._ends("input")._inputs_struct

    @property
    def output(self) -> Any:
        """The symbolic output, in the structure that the model was made with."""
        return self._ends("output")._outputs_struct

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs."""
        return self._ends("input_names").input_names

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs: of the layers that made them."""
        return [t.node.operation.name if t.node else t.name for t in self._ends("output_names").outputs]

    @property
    def input_shape(self) -> Any:
        """The shape of the input."""
        return jax.tree.map(lambda t: t.shape, self.input)

    @property
    def output_shape(self) -> Any:
        """The shape of the output."""
        return jax.tree.map(lambda t: t.shape, self.output)

    def _ends(self, what: str) -> Function:
        if self._function is None:
            message = f"Model {self.name!r} has no {what}: it was not made from Input() tensors, or is not built yet."
            raise AttributeError(message)
        return self._function

    # ---- computing

    def _convert(self, structure: Any) -> Any:
        """Leave the inputs of a functional model to its Function, which knows their dtypes."""
        return structure if self._function is not None else super()._convert(structure)

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Compute the outputs; a subclass defines this."""
        if self._function is None:
            message = (
                f"Model {self.name!r}: class {type(self).__name__} must define call(), or be made from "
                "inputs and outputs."
            )
            raise NotImplementedError(message)
        if mask is not None:
            for x, m in zip(tree.flatten(inputs), tree.flatten(mask), strict=True):
                attach_mask(x, m)
        return self._function(inputs)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return None: the layers inside give the outputs their masks."""
        return None

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Return the shapes and dtypes of the outputs for KerasTensors of other shapes than the model's own."""
        function = self._function
        if function is None:
            return super().compute_output_spec(*args, **kwargs)

        def run(inputs: Any) -> Any:
            with here(losses=[]):
                return function.call(inputs)

        return infer(run, args, {})

    def build(self, input_shape: Any = None) -> None:
        """Make the weights for inputs of `input_shape` `(batch, ...)` (a nest of shapes for several inputs)."""
        if self._function is None and input_shape is not None:
            x = tree.map_shape_structure(KerasTensor, input_shape)
            infer(self.call, (x,), {})

    def _maybe_build(self, bound: dict[str, Any]) -> None:
        if type(self).build is not Model.build:
            super()._maybe_build(bound)
        elif not self.built:  # the layers inside build themselves in `call`
            shapes = [jax.tree.map(shape_of, x) for x in bound.values()]
            self._build_shapes = {"input_shape": shapes[0]} if len(shapes) == 1 else {}
            self.built = True

    # ---- files and pictures

    def summary(
        self,
        line_length: int | None = None,
        positions: Any = None,
        print_fn: Any = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Print a table of the layers, their output shapes and numbers of parameters."""
        print_summary(self, line_length, positions, print_fn, expand_nested, show_trainable, layer_range)

    def explain_masks(self, line_length: int | None = None, print_fn: Any = None) -> MaskReport:
        """Print, layer by layer, where masks begin, pass, are used and are lost, and whether padding gets anywhere.

        The model runs on made-up data, some of it padding (0 for whole numbers, the value that Masking looks for in
        others), and runs again with other values in the padding, in training mode. What differs is what padding
        reaches: the output of a layer, its running averages, the loss, a metric (of a compiled model). Nothing is
        trained or stored. Where a mask is LOST and padding is 'none', its values get nowhere, but its steps count as
        others do: those that a recurrent layer repeats, for one. The report that is returned has `rows`, `checks` and
        `leaks`; there are no leaks when all is well.

        Raises:
            ValueError: the model has no graph: it is a subclass with a `call` of its own, or not built.

        >>> import hornbeam as keras
        >>> layers = [keras.layers.Embedding(9, 4, mask_zero=True), keras.layers.LSTM(3), keras.layers.Dense(1)]
        >>> model = keras.Sequential([keras.Input((5,), dtype="int32"), *layers])
        >>> report = model.explain_masks(print_fn=lambda text: None)
        >>> [row.mask for row in report.rows], report.leaks
        (['begins here: input is not 0', 'used, ends here', '-'], [])
        """
        report = examine(self)
        print_report(report, self.name, line_length, print_fn)
        return report

    def save(self, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any) -> None:
        """Write the model to a `.keras` file: architecture, weights, and how it was compiled."""
        save_model(self, filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def save_weights(self, filepath: Any, overwrite: bool = True, max_shard_size: float | None = None) -> None:
        """Write the weights to a `.weights.h5` file."""
        save_weights(self, filepath, overwrite=overwrite, max_shard_size=max_shard_size)

    def load_weights(self, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> Any:
        """Read the weights from a `.weights.h5` or `.keras` file; returns a report of what was loaded."""
        return load_weights(self, filepath, skip_mismatch=skip_mismatch, **kwargs)

    def to_json(self, **kwargs: Any) -> str:
        """Return the architecture as JSON, for `model_from_json`."""
        return json.dumps(serialize(self), **kwargs)

    def get_config(self) -> dict[str, Any]:
        """Return the architecture of a functional model, or the constructor's arguments of a subclass."""
        plain = inspect.unwrap(type(self).__init__) is Model.__init__  # a subclass that adds no arguments
        if self._function is not None and plain:
            return {"name": self.name, "trainable": self.trainable, **function_to_config(self._function)}
        return {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": serialize(self.dtype_policy),
        } | constructor_config(self)

    def quantize(  # type: ignore[override]
        self, mode: str | None = None, config: Any = None, filters: Any = None, **kwargs: Any
    ) -> None:
        """Keep the main weights of the layers inside as whole numbers of few bits: see `Layer.quantize`.

        Args:
            mode: 'int8' or 'int4'.
            config: an Int8QuantizationConfig or Int4QuantizationConfig, in place of `mode`.
            filters: a regular expression to be found in a layer's name, a list of them, or a function of a layer;
                None for all layers.
            kwargs: `type_check`, whether a layer with a `call` of the user's is refused.

        >>> import hornbeam as keras
        >>> model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4, name="a"), keras.layers.Dense(2)])
        >>> model.quantize("int8", filters="^a$")
        >>> [layer.dtype_policy.name for layer in model.layers]
        ['int8_from_float32', 'float32']
        """
        type_check = kwargs.pop("type_check", True)
        if kwargs:
            message = f"quantize() takes mode, config, filters and type_check; got {', '.join(kwargs)}."
            raise ValueError(message)
        if not self.built:
            message = f"Model {self.name!r} has no weights to quantize yet: call it on data or build() it first."
            raise ValueError(message)
        wanted = [layer for layer in self._flatten_layers() if chosen_by(filters)(layer)]
        self._quantize_layers(wanted, mode, config, type_check=type_check)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        """Return the model that `get_config` described, with new weights."""
        with custom_object_scope(custom_objects or {}):
            if "layers" in config and "input_layers" in config:
                inputs, outputs = function_from_config(config)
                extra = {k: v for k, v in config.items() if k in ("name", "trainable")}
                return cls(inputs, outputs, **extra)
            return cls(**{k: deserialize(v) for k, v in config.items()})

    def get_build_config(self) -> dict[str, Any] | None:
        """Return the shapes that a subclassed model was built with; a functional model knows its own."""
        return None if self._function is not None else super().get_build_config()


class Functional(Model):
    """A model that is the graph between its inputs and outputs; `Model(inputs, outputs)` makes one."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG004 - Model.__new__ chooses the class
        """Return an empty object of this class."""
        return object.__new__(cls)


def _take_ends(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
    """Take inputs and outputs out of a constructor's arguments; (None, None) where there are none."""
    given = dict(zip(("inputs", "outputs", "name"), args, strict=False))
    inputs, outputs = given.get("inputs", kwargs.pop("inputs", None)), given.get("outputs", kwargs.pop("outputs", None))
    if (inputs is None) != (outputs is None):
        message = "A functional model needs both inputs and outputs: Model(inputs, outputs)."
        raise ValueError(message)
    return inputs, outputs


def _check_unique_names(model: Model) -> None:
    seen: dict[str, Any] = {}
    for layer in model.layers:
        if seen.setdefault(layer.name, layer) is not layer:
            message = (
                f"Model {model.name!r} has two layers called {layer.name!r}: layer names must be unique within a model."
            )
            raise ValueError(message)
