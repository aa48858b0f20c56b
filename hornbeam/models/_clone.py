"""New models from old ones: the same layers with new weights."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import jax

from hornbeam._core import tree
from hornbeam._core.graph import fill, is_symbolic
from hornbeam._core.op import FunctionCall, Operation
from hornbeam.layers._input import Input, InputLayer
from hornbeam.layers._layer import Layer
from hornbeam.models._model import Functional, Model
from hornbeam.models._sequential import Sequential
from hornbeam.saving import deserialize_keras_object


def clone_model(
    model: Any,
    input_tensors: Any = None,
    clone_function: Callable[[Layer], Layer] | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
    **kwargs: Any,
) -> Any:
    """Return a model of new layers with the same configurations, names and connections, and new weights.

    A model that was compiled is compiled the same way.

    Args:
        model: the model; it stays as it is.
        input_tensors: KerasTensors to start from, in the structure of the model's inputs.
        clone_function: makes the new layer from an old one; by default from its configuration.
        call_function: called as (layer, *args, **kwargs) where a functional model calls a layer.
        kwargs: none; they are refused.
        recursive: whether `clone_function` is applied to the layers of nested models instead of to these models.

    Raises:
        ValueError: `model` is no model, or an option does not go with its kind.

    >>> import hornbeam as keras
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="head")])
    >>> twin = keras.models.clone_model(model)
    >>> twin.layers[0].name, twin.layers[0] is model.layers[0]
    ('head', False)
    """
    if kwargs:
        message = f"clone_model() takes no argument {', '.join(map(repr, kwargs))}."
        raise ValueError(message)
    if not isinstance(model, Model):
        message = f"clone_model() expects a model; got {type(model).__name__}: {model!r}."
        raise ValueError(message)  # noqa: TRY004  # Keras's kind of error
    make = _layer_maker(clone_function, recursive=recursive)
    if isinstance(model, Sequential):
        if call_function is not None:
            message = (
                f"Model {model.name!r} is a Sequential, whose layers nobody calls: call_function goes "
                "with functional models."
            )
            raise ValueError(message)
        clone = _clone_sequential(model, input_tensors, make)
    elif type(model) is Functional:
        clone = _clone_functional(model, input_tensors, make, call_function)
    else:
        if clone_function is not None or input_tensors is not None or call_function is not None:
            message = (
                f"Model {model.name!r} is a {type(model).__name__}, made by its own code: clone_function, "
                "call_function and "
                "input_tensors go with Sequential and functional models."
            )
            raise ValueError(message)
        clone = _clone_layer(model)
    if (compiled := model.get_compile_config()) is not None:
        clone.compile_from_config(compiled)
    return clone


def _clone_layer(layer: Any) -> Any:
    clone = type(layer).from_config(layer.get_config())
    if isinstance(layer, Model) and (shapes := layer.get_build_config()):
        clone.build_from_config(shapes)
    return clone


def _layer_maker(clone_function: Callable[[Layer], Layer] | None, *, recursive: bool) -> Callable[[Layer], Layer]:
    """Return the function that makes a new layer from an old one, and checks what the user's gives."""

    def make(layer: Layer) -> Layer:
        if recursive and isinstance(layer, Model):
            return clone_model(layer, clone_function=clone_function, recursive=True)
        if clone_function is None:
            return _clone_layer(layer)
        clone = clone_function(layer)
        if not isinstance(clone, Layer):
            message = f"clone_function must return a layer; for {layer.name!r} it gave {clone!r}."
            raise ValueError(message)  # noqa: TRY004  # Keras's kind of error
        return clone

    return make


def _clone_sequential(model: Sequential, input_tensors: Any, make: Callable[[Layer], Layer]) -> Sequential:
    clone = Sequential(name=model.name, trainable=model.trainable)
    if input_tensors is not None:
        clone.add(_checked(input_tensors, model))
    elif model._start is not None:
        clone.add(_new_input(model._start))
    for layer in model.layers:
        clone.add(make(layer))
    return clone


def _clone_functional(
    model: Functional, input_tensors: Any, make: Callable[[Layer], Layer], call_function: Callable[..., Any] | None
) -> Functional:
    function = model._ends("inputs")
    inputs = jax.tree.map(_new_input, model.input) if input_tensors is None else input_tensors
    given, expected = (jax.tree.structure(x) for x in (inputs, model.input))
    if given != expected:
        message = (
            f"input_tensors must have the structure of the inputs of model {model.name!r}, {expected}; got {given}."
        )
        raise ValueError(message)
    values = {id(old): _checked(new, model) for old, new in zip(function.inputs, tree.flatten(inputs), strict=True)}
    made: dict[int, Any] = {}
    for node in function.nodes:
        operation = node.operation
        if id(operation) not in made:
            made[id(operation)] = make(operation) if isinstance(operation, Layer) else _clone_operation(operation)
        new, args, kwargs = made[id(operation)], fill(node.args, values), fill(node.kwargs, values)
        outputs = call_function(new, *args, **kwargs) if call_function else new(*args, **kwargs)
        values |= {id(t): v for t, v in zip(node.output_tensors, jax.tree.leaves(outputs), strict=True)}
    clone = Functional(inputs, fill(model.output, values), name=model.name)
    if not model.trainable:
        clone.trainable = False
    return clone


def _clone_operation(operation: Operation) -> Operation:
    return FunctionCall(operation.fn, operation.name) if isinstance(operation, FunctionCall) else operation


def _new_input(tensor: Any) -> Any:
    """Return an Input like the one that `tensor` comes from."""
    source = tensor.node.operation
    if isinstance(source, InputLayer):
        return InputLayer.from_config(source.get_config()).output
    return Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=tensor.name)


def _checked(tensor: Any, model: Model) -> Any:
    if not is_symbolic(tensor):
        message = f"input_tensors for model {model.name!r} must be KerasTensors, as Input() gives them; got {tensor!r}."
        raise ValueError(message)
    return tensor


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the model that `model.to_json()` described, with new weights.

    Args:
        json_string: the architecture as JSON.
        custom_objects: dict name -> class or function of yours that the architecture names.

    >>> import hornbeam as keras
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> keras.models.model_from_json(model.to_json()).count_params()
    8
    """
    model = deserialize_keras_object(json.loads(json_string), custom_objects=custom_objects)
    if not isinstance(model, Model):
        message = f"model_from_json() expects the JSON of a model; got that of {type(model).__name__}."
        raise ValueError(message)  # noqa: TRY004  # Keras's kind of error
    return model
