"""The base of all layers: `build` makes the weights once shapes are known, `call` computes, the rest is here, once."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.core import Tracer

import hornbeam.ops  # noqa: F401 - gives KerasTensors and Variables their operators
from hornbeam import constraints, initializers, regularizers
from hornbeam._core import tree
from hornbeam._core.graph import KerasTensor, Node, attach_mask, mask_of
from hornbeam._core.infer import infer
from hornbeam._core.op import Operation, any_symbolic
from hornbeam._core.state import HERE, Variable, here, pure
from hornbeam.layers._arguments import (
    Signature,
    bind,
    fill,
    is_numbers,
    note_layer,
    read_signature,
    shape_of,
    shapes_for_build,
    take_input_shape,
    tensors_in,
)
from hornbeam.layers._inference import remembered
from hornbeam.layers._input_spec import check_input
from hornbeam.layers._layer_config import LayerConfig
from hornbeam.layers._layer_masks import mask_outputs
from hornbeam.layers._layer_policies import LayerPolicies


def _recorded(build: Callable[..., None]) -> Callable[..., None]:
    """Let `build`, whoever calls it, know its place in the model, run once, and leave the layer built."""

    @functools.wraps(build)
    def run(self: Layer, *args: Any, **kwargs: Any) -> None:
        depth = HERE.calls
        if depth and depth[-1] is self:
            inside = depth
        elif self.built and self._weights:
            return
        else:
            inside = (*depth, self)
            self.path = f"{depth[-1].path}/{self.name}" if depth else HERE.prefix + self.name
            self._take_policy(depth)
        with here(calls=inside):
            build(self, *args, **kwargs)
        given = inspect.signature(build).bind(self, *args, **kwargs)
        given.apply_defaults()
        _, *shapes = given.arguments.items()  # without self
        self._build_shapes = dict(shapes)
        self.built = True

    return run


class Layer(LayerConfig, LayerPolicies, Operation):
    """A computation with weights: subclass it with `__init__`, `build` and `call`.

    `build(input_shape)` makes the weights with `add_weight` when the first input's shape `(batch, ...)` is known;
    `call(inputs)` computes the output. `call` may take `training` and `mask`, which are then passed in. Every
    constructor argument stored under its own name is saved with the layer; `get_config` needs no writing.

    Args:
        activity_regularizer: a function of the output that gives a penalty to add to the loss.
        trainable: whether training changes the weights.
        dtype: data type of weights and computation, or the name of a policy such as 'mixed_bfloat16'.
        autocast: whether inputs of real numbers are cast to the type of the computation.
        name: a name without '/'; by default the class name in snake case, counted.
        kwargs: `input_shape`, `input_dim` or `batch_input_shape` of a first layer in a Sequential model.

    >>> import hornbeam as keras
    >>> class Scale(keras.layers.Layer):
    ...     def __init__(self, factor, **kwargs):
    ...         super().__init__(**kwargs)
    ...         self.factor = factor
    ...
    ...     def build(self, input_shape):
    ...         self.bias = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="bias")
    ...
    ...     def call(self, inputs):
    ...         return inputs * self.factor + self.bias
    >>> Scale(3.0)(keras.ops.ones((1, 2))).tolist()
    [[4.0, 4.0]]
    """

    on_unsupported_mask = "warn"  # or "raise": what a mask that this layer would drop leads to
    _call_signature: Signature
    _ops_carry_masks = False  # whether plain ops in `call` pass masks on: in the user's layers and in models they do

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "call" in cls.__dict__:
            cls._call_signature = read_signature(cls.call)
            module = str(getattr(cls.call, "__module__", ""))
            cls._ops_carry_masks = not module.startswith("hornbeam.") or module.startswith("hornbeam.models.")
        if "build" in cls.__dict__:
            cls.build = _recorded(cls.build)

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        Operation.__init__(self, name=name)
        self._input_shape_arg = take_input_shape(kwargs)
        if kwargs:
            known = [*type(self)._arguments(), "input_shape", "input_dim", "batch_input_shape"]
            message = f"{type(self).__name__} takes the arguments {', '.join(known)}; got {', '.join(sorted(kwargs))}."
            raise TypeError(message)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self._store_policy(dtype)
        self.autocast = autocast
        self.built = False
        self.supports_masking = type(self).compute_mask is not Layer.compute_mask
        self.input_spec: Any = None
        self.path = self.name
        if HERE.remat is not None:
            HERE.remat.wrap(self)
        self._trainable = bool(trainable)
        self._weights: list[Variable] = []  # own weights, trainable ones first, in the order they were made in
        self._losses: list[Any] = []  # what add_loss was given in the last call outside a compiled step
        self._build_shapes: dict[str, Any] = {}

    # ---- attributes that follow from others

    @property
    def dtype(self) -> str:
        """The data type of the weights."""
        return self.dtype_policy.variable_dtype

    variable_dtype = dtype

    @property
    def compute_dtype(self) -> str:
        """The data type of the computation."""
        return self.dtype_policy.compute_dtype

    input_dtype = compute_dtype

    def add_weight(
        self,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Variable:
        """Return a new weight of `shape`; by default Glorot-uniform for real numbers and zero for others."""
        shape = () if shape is None else (shape,) if isinstance(shape, int) else tuple(shape)
        if any(d is None or d < 0 for d in shape):
            message = f"Layer {self.path!r}: weight {name!r} needs known lengths; got shape {shape}."
            raise ValueError(message)
        if initializer is None:
            initializer = "glorot_uniform" if "float" in str(dtype or self.variable_dtype) else "zeros"
        variable = Variable(
            initializers.get(initializer),
            shape=shape,
            dtype=dtype or self.variable_dtype,
            trainable=trainable,
            autocast=autocast,
            aggregation=aggregation,
            name=name,
        )
        variable.path = f"{self.path}/{variable.name}"
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        self._own_weight(variable)
        return variable

    def add_variable(self, shape: Any, initializer: Any, *args: Any, **kwargs: Any) -> Variable:
        """Return a new weight, as `add_weight` does."""
        return self.add_weight(shape, initializer, *args, **kwargs)

    # ---- losses and masks

    def add_loss(self, loss: Any) -> None:
        """Add a number, or a list of numbers, to what training minimizes; call it inside `call`."""
        for value in loss if isinstance(loss, list | tuple) else [loss]:
            if HERE.losses is not None:
                HERE.losses.append(value)
            if not isinstance(value, Tracer):
                self._losses.append(value)

    @property
    def losses(self) -> list[Any]:
        """The penalties of the last call and of the weights' regularizers."""
        layers = self._flatten_layers()
        return [loss for layer in layers for loss in layer._losses] + self._weight_losses()

    def _weight_losses(self) -> list[Any]:
        return [w.regularizer(w.value) for w in self.trainable_weights if w.regularizer is not None]

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return the mask of the output, given that of the inputs; by default it passes through unchanged."""
        return previous_mask

    # ---- calling

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Build the layer if need be and compute its output, from arrays or KerasTensors."""
        depth = HERE.calls
        if not depth:
            if HERE.prefix or not self.built:
                self.path = HERE.prefix + self.name
            if HERE.scope is None:
                for layer in self._flatten_layers():
                    layer._losses.clear()
        elif depth[-1] is not self:
            self.path = f"{depth[-1].path}/{self.name}"
        self._take_policy(depth)
        args, kwargs = self._convert((args, kwargs))
        bound = bind(self._call_signature, args, kwargs)
        first = next(iter(bound.values()), None)
        try:
            with here(calls=(*depth, self)):
                if self.input_spec is not None:
                    check_input(self.input_spec, first, self)
                fresh = not self.built
                self._maybe_build(bound)
                filled = fill(self._call_signature, bound, args, kwargs)
                if any_symbolic(args, filled):
                    outputs = self.compute_output_spec(*args, **filled)
                    Node(self, args, kwargs, outputs)  # as it was called: what was filled in is found anew at each run
                else:
                    outputs = self._run(*args, **filled)
            if fresh:
                self._seen_output_shape = jax.tree.map(shape_of, outputs)
            mask_outputs(self, first, outputs)
        except Exception as error:
            note_layer(error, self, bound)
            raise
        return outputs

    def _convert(self, structure: Any) -> Any:
        dtype, policy, autocast = self.input_dtype, self.dtype_policy, self.autocast
        cast = lambda x: policy.convert_input(x, autocast, dtype)  # noqa: E731 - a name for the call below
        args, kwargs = structure
        if args and is_numbers(args[0]):
            args = (np.asarray(args[0]), *args[1:])

        def one(x: Any) -> Any:
            if isinstance(x, jax.Array | np.ndarray):
                y = cast(x)
                if y is not x and (mask := mask_of(x)) is not None:
                    attach_mask(y, mask)
                return y
            return x.value if isinstance(x, Variable) else x

        return tuple(jax.tree.map(one, a) for a in args), {k: jax.tree.map(one, v) for k, v in kwargs.items()}

    def _maybe_build(self, bound: dict[str, Any]) -> None:
        if self.built:
            return
        shapes = shapes_for_build(self.build, bound)
        if shapes is not None:
            self.build(**shapes)

    def _run(self, *args: Any, **kwargs: Any) -> Any:
        """Compute: `call` with its flags on the ambient object."""
        flags: dict[str, Any] = {}
        if kwargs.get("training") is not None:
            flags["training"] = kwargs["training"]
        if "training" in kwargs and not (self._call_signature.training or self._call_signature.any):
            del kwargs["training"]  # it is for the layers inside
        if self.autocast and self.compute_dtype != self.variable_dtype:
            flags["autocast"] = self.compute_dtype
        elif HERE.autocast is not None:
            flags["autocast"] = None
        if flags:
            with here(**flags):
                outputs = self.call(*args, **kwargs)
        else:
            outputs = self.call(*args, **kwargs)
        if self.activity_regularizer is not None:
            for output in tensors_in(outputs):
                empty = output.ndim == 0 or output.shape[0] == 0
                self.add_loss(self.activity_regularizer(output) / (1 if empty else output.shape[0]))
        return outputs

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Return the shapes and dtypes that the layer would give, as KerasTensors; nothing is computed."""

        def run(*args: Any, **kwargs: Any) -> Any:
            with here(losses=[]):
                return self._run(*self._convert((args, {}))[0], **kwargs)

        return remembered(self, args, kwargs, lambda: infer(run, args, kwargs))

    def compute_output_shape(self, input_shape: Any, *more: Any) -> Any:
        """Return the output's shape for an input of `input_shape` `(batch, ...)`, None for unknown lengths."""
        inputs = [
            tree.map_shape_structure(lambda s: KerasTensor(s, self.compute_dtype), s) for s in (input_shape, *more)
        ]
        before = len(self.__dict__.get("_inbound_nodes", ()))
        outputs = self(*inputs)
        if nodes := self.__dict__.get("_inbound_nodes"):
            del nodes[before:]
        return jax.tree.map(lambda t: t.shape, outputs)

    @_recorded
    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs of `input_shape`; a layer that has weights overrides this."""

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output from arrays; every layer defines this."""
        message = f"Layer {self.name!r}: class {type(self).__name__} must define call()."
        raise NotImplementedError(message)

    def stateless_call(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> tuple[Any, ...]:
        """Return (outputs, new non-trainable values[, losses]) for given values of the Variables; no state changes."""
        own, rest = self.trainable_variables, self.non_trainable_variables
        counts = getattr(self, "metrics_variables", [])  # what metrics count in the call is dropped
        given = [*trainable_variables, *non_trainable_variables, *(v.value for v in counts)]
        with here(losses=[]):
            outputs, values = pure(self, [*own, *rest, *counts])(given, *args, **kwargs)
            losses = HERE.losses
        result = (outputs, values[len(own) : len(own) + len(rest)])
        return (*result, losses) if return_losses else result

    # ---- graph attributes

    @property
    def output_shape(self) -> Any:
        """The shape of the output of the only call of this layer on a KerasTensor."""
        return jax.tree.map(lambda t: t.shape, self.output)

    @property
    def input_shape(self) -> Any:
        """The shape of the input of the only call of this layer on a KerasTensor."""
        return jax.tree.map(lambda t: t.shape, self.input)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


Layer._call_signature = read_signature(Layer.call)
