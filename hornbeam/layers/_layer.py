"""The base of all layers: `build` makes the weights once shapes are known, `call` computes, the rest is here, once."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.core import Tracer

import hornbeam.ops  # noqa: F401 - gives KerasTensors and Variables their operators
from hornbeam import constraints, dtype_policies, initializers, regularizers
from hornbeam._core import tree
from hornbeam._core.graph import KerasTensor, Node, attach_mask, mask_of
from hornbeam._core.infer import infer
from hornbeam._core.op import Operation, any_symbolic
from hornbeam._core.serialize import constructor_config, deserialize, serialize
from hornbeam._core.state import HERE, Variable, here, pure
from hornbeam._core.tracking import Tracked
from hornbeam.layers._input_spec import check_input


class _Signature(NamedTuple):
    """What a layer class's `call` takes, read once per class."""

    names: tuple[str, ...]
    training: bool
    masks: Mapping[str, str]  # argument -> the argument that takes its mask


def _signature(call: Callable[..., Any]) -> _Signature:
    parameters = inspect.signature(call).parameters
    names = tuple(n for n, p in parameters.items() if n != "self" and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD))
    masks = {n: f"{n}_mask" for n in names if f"{n}_mask" in names}
    if names and names[0] not in masks and "mask" in names[1:]:
        masks[names[0]] = "mask"
    return _Signature(names, "training" in names, masks)


def shape_of(x: Any) -> tuple[int | None, ...]:
    """Return the shape of a tensor, None where a length is unknown."""
    return tuple(d if isinstance(d, int) else None for d in x.shape)


def _is_tensor(x: Any) -> bool:
    return isinstance(x, jax.Array | np.ndarray | KerasTensor | Variable)


def _is_numbers(x: Any) -> bool:
    """Return whether `x` is a list of Python's numbers, or a nest of such lists: an array written out."""
    if not isinstance(x, list | tuple) or not x:
        return False
    return all(isinstance(part, int | float) for part in x) or all(map(_is_numbers, x))


def _flat(x: Any) -> list[Any]:
    return [x] if _is_tensor(x) else [leaf for leaf in tree.flatten(x) if _is_tensor(leaf)]


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
            self.path = f"{depth[-1].path}/{self.name}" if depth else self.name
        with here(calls=inside):
            build(self, *args, **kwargs)
        given = inspect.signature(build).bind(self, *args, **kwargs)
        given.apply_defaults()
        _, *shapes = given.arguments.items()  # without self
        self._build_shapes = dict(shapes)
        self.built = True

    return run


class Layer(Tracked, Operation):
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
    _call_signature: _Signature

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "call" in cls.__dict__:
            cls._call_signature = _signature(cls.call)
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
        self._input_shape_arg = _input_shape_argument(kwargs)
        if kwargs:
            known = [*type(self)._arguments(), "input_shape", "input_dim", "batch_input_shape"]
            message = f"{type(self).__name__} takes the arguments {', '.join(known)}; got {', '.join(sorted(kwargs))}."
            raise TypeError(message)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.dtype_policy = dtype_policies.get(dtype)
        self.autocast = autocast
        self.built = False
        self.supports_masking = type(self).compute_mask is not Layer.compute_mask
        self.input_spec: Any = None
        self.path = self.name
        self._trainable = bool(trainable)
        self._weights: list[Variable] = []  # own weights, trainable ones first, in the order they were made in
        self._losses: list[Any] = []  # what add_loss was given in the last call outside a compiled step
        self._build_shapes: dict[str, Any] = {}

    @classmethod
    def _arguments(cls) -> list[str]:
        names: dict[str, None] = {}
        for c in cls.__mro__:
            if c is Operation:
                break
            names |= dict.fromkeys(n for n in inspect.signature(c.__init__).parameters if n not in ("self", "kwargs"))  # type: ignore[misc]
        return list(names)

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

    def _mask_outputs(self, inputs: Any, outputs: Any) -> None:
        """Give the outputs their masks, or say that one is dropped here."""
        masks = tree.map_structure(lambda x: mask_of(x) if _is_tensor(x) else None, inputs)
        if self.supports_masking:
            flat = _flat(outputs)
            if all(mask_of(x) is None for x in flat):
                found = tree.flatten(self.compute_mask(inputs, masks))
                for output, mask in zip(flat, found, strict=False):
                    if mask is not None:
                        attach_mask(output, mask)
        elif any(m is not None for m in tree.flatten(masks)):
            message = (
                f"Layer {self.path!r} ({type(self).__name__}) got a mask but does not support masking: "
                "the layers after it will not see which steps to skip."
            )
            if self.on_unsupported_mask == "raise":
                raise TypeError(message)
            warnings.warn(message, stacklevel=4)

    # ---- calling

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Build the layer if need be and compute its output, from arrays or KerasTensors."""
        depth = HERE.calls
        if not depth:
            self.path = self.name
            if HERE.scope is None:
                for layer in self._flatten_layers():
                    layer._losses.clear()
        elif depth[-1] is not self:
            self.path = f"{depth[-1].path}/{self.name}"
        args, kwargs = self._convert((args, kwargs))
        bound = self._bind(args, kwargs)
        first = next(iter(bound.values()), None)
        try:
            with here(calls=(*depth, self)):
                if self.input_spec is not None:
                    check_input(self.input_spec, first, self)
                fresh = not self.built
                self._maybe_build(bound)
                filled = self._fill(bound, args, kwargs)
                if any_symbolic(args, filled):
                    outputs = self.compute_output_spec(*args, **filled)
                    Node(self, args, kwargs, outputs)  # as it was called: what was filled in is found anew at each run
                else:
                    outputs = self._run(*args, **filled)
            if fresh:
                self._seen_output_shape = jax.tree.map(shape_of, outputs)
            self._mask_outputs(first, outputs)
        except Exception as error:
            _note_layer(error, self, bound)
            raise
        return outputs

    def _convert(self, structure: Any) -> Any:
        dtype, policy, autocast = self.input_dtype, self.dtype_policy, self.autocast
        cast = lambda x: policy.convert_input(x, autocast, dtype)  # noqa: E731 - a name for the call below
        args, kwargs = structure
        if args and _is_numbers(args[0]):
            args = (np.asarray(args[0]), *args[1:])

        def one(x: Any) -> Any:
            if isinstance(x, jax.Array | np.ndarray):
                y = cast(x)
                if y is not x and (mask := mask_of(x)) is not None:
                    attach_mask(y, mask)
                return y
            return x.value if isinstance(x, Variable) else x

        return tuple(jax.tree.map(one, a) for a in args), {k: jax.tree.map(one, v) for k, v in kwargs.items()}

    def _bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments that hold tensors, by name, in the order of the signature of `call`."""
        names = self._call_signature.names
        given = dict(zip(names, args, strict=False))
        given |= {n: kwargs[n] for n in names if n in kwargs}
        return {
            n: v for n, v in given.items() if n not in ("training", "mask") and not n.endswith("_mask") and _flat(v)
        }

    def _maybe_build(self, bound: dict[str, Any]) -> None:
        if self.built:
            return
        shapes = {n: jax.tree.map(shape_of, v) for n, v in bound.items()}
        names = list(inspect.signature(self.build).parameters)
        if len(names) == 1 and names[0] != "kwargs" and shapes:
            shapes = {names[0]: next(iter(shapes.values()))}
        else:
            shapes = {n: shapes[n.removesuffix("_shape")] for n in names if n.removesuffix("_shape") in shapes}
        if shapes or "input_shape" not in names:
            self.build(**shapes)

    def _fill(self, bound: dict[str, Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Add `training` and the masks of the inputs to the arguments, where `call` takes them."""
        signature = self._call_signature
        given = set(signature.names[: len(args)]) | {n for n, v in kwargs.items() if v is not None}
        if signature.training and "training" in kwargs and kwargs["training"] is None:
            kwargs = {n: v for n, v in kwargs.items() if n != "training"}
        if signature.training and "training" not in given and HERE.training is not None:
            kwargs = {**kwargs, "training": HERE.training}
        for name, mask_name in signature.masks.items():
            if mask_name not in given and name in bound:
                mask = tree.map_structure(mask_of, bound[name])
                if any(m is not None for m in tree.flatten(mask)):
                    kwargs = {**kwargs, mask_name: mask}
        return kwargs

    def _run(self, *args: Any, **kwargs: Any) -> Any:
        """Compute: `call` with its flags on the ambient object."""
        flags: dict[str, Any] = {}
        if kwargs.get("training") is not None:
            flags["training"] = kwargs["training"]
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
            for output in _flat(outputs):
                empty = output.ndim == 0 or output.shape[0] == 0
                self.add_loss(self.activity_regularizer(output) / (1 if empty else output.shape[0]))
        return outputs

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Return the shapes and dtypes that the layer would give, as KerasTensors; nothing is computed."""

        def run(*args: Any, **kwargs: Any) -> Any:
            with here(losses=[]):
                return self._run(*self._convert((args, {}))[0], **kwargs)

        return infer(run, args, kwargs)

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
        with here(losses=[]):
            outputs, values = pure(self, own + rest)([*trainable_variables, *non_trainable_variables], *args, **kwargs)
            losses = HERE.losses
        result = (outputs, values[len(own) :])
        return (*result, losses) if return_losses else result

    # ---- graph attributes and configuration

    @property
    def output_shape(self) -> Any:
        """The shape of the output of the only call of this layer on a KerasTensor."""
        return jax.tree.map(lambda t: t.shape, self.output)

    @property
    def input_shape(self) -> Any:
        """The shape of the input of the only call of this layer on a KerasTensor."""
        return jax.tree.map(lambda t: t.shape, self.input)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments, so that `from_config` makes an equal layer without its weights."""
        base = {"name": self.name, "trainable": self.trainable, "dtype": serialize(self.dtype_policy)}
        if self.activity_regularizer is not None:
            base["activity_regularizer"] = serialize(self.activity_regularizer)
        parameters = inspect.signature(type(self).__init__).parameters
        if all(p.kind is not p.VAR_KEYWORD for p in parameters.values()):
            base = {n: v for n, v in base.items() if n in parameters}
        return base | constructor_config(self, skip=_NOT_OWN)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        """Return a layer made from what `get_config` returned.

        What stands in it for a class's own arguments is made into objects first, unless the class writes its own
        config: then it reads it itself. The package's constructors take configurations for objects.
        """
        own: set[str] = set()
        if cls.get_config.__module__.startswith("hornbeam."):
            users = (c for c in cls.__mro__ if not c.__module__.startswith("hornbeam.") and "__init__" in c.__dict__)
            own.update(name for c in users for name in inspect.signature(c.__init__).parameters)  # type: ignore[misc]
        return cls(**{name: deserialize(value) if name in own else value for name, value in config.items()})

    def get_build_config(self) -> dict[str, Any] | None:
        """Return the shapes that the layer was built with, for files."""
        return self._build_shapes or None

    def build_from_config(self, config: Mapping[str, Any]) -> None:
        """Make the weights for the shapes that `get_build_config` returned."""
        if config and not self.built:
            config = config.get("shapes_dict", config)
            shapes = tree.map_shape_structure(lambda s: s if s is None else tuple(s), dict(config))
            names = inspect.signature(self.build).parameters
            if len(shapes) == 1 and next(iter(shapes)) not in names:
                self.build(next(iter(shapes.values())))
            else:
                self.build(**shapes)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


Layer._call_signature = _signature(Layer.call)
# Arguments that get_config writes itself, or that have no attribute of their name (`weights` is a property of layers).
_NOT_OWN = frozenset({*inspect.signature(Layer.__init__).parameters, "weights", "output_shape"})


def _input_shape_argument(kwargs: dict[str, Any]) -> tuple[int | None, ...] | None:
    """Take the shape `(batch, ...)` that a first layer was given out of its arguments, or None."""
    batch_shape = kwargs.pop("batch_input_shape", None)
    length, dim, shape = (
        kwargs.pop("input_length", None),
        kwargs.pop("input_dim", None),
        kwargs.pop("input_shape", None),
    )
    if batch_shape is not None:
        return tuple(batch_shape)
    if shape is not None:
        return (None, *((shape,) if isinstance(shape, int) else shape))
    if dim is not None:
        return (None, length, dim) if length is not None else (None, dim)
    return None


def _note_layer(error: Exception, layer: Layer, bound: Mapping[str, Any]) -> None:
    """Say in which layer an error came up: the innermost one only, and once."""
    if any("Hornbeam layer" in note for note in getattr(error, "__notes__", ())):
        return
    shapes = ", ".join(
        f"{n}: {jax.tree.map(lambda x: shape_of(x) if _is_tensor(x) else x, v)}" for n, v in bound.items()
    )
    error.add_note(
        f"In the Hornbeam layer {layer.path!r} ({type(layer).__name__}), called with {shapes or 'no tensor'}."
    )
