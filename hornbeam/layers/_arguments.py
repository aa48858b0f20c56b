"""The arguments of a layer's call: what `call` takes, which of them are tensors, and what is filled in."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np

from hornbeam._core import tree
from hornbeam._core.graph import KerasTensor, mask_of
from hornbeam._core.state import HERE, Variable


class Signature(NamedTuple):
    """What a layer class's `call` takes, read once per class."""

    names: tuple[str, ...]
    training: bool
    masks: Mapping[str, str]  # argument -> the argument that takes its mask
    any: bool  # whether any other is taken by name


def read_signature(call: Callable[..., Any]) -> Signature:
    """Return what `call` takes."""
    parameters = inspect.signature(call).parameters
    names = tuple(n for n, p in parameters.items() if n != "self" and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD))
    masks = {n: f"{n}_mask" for n in names if f"{n}_mask" in names}
    if names and names[0] not in masks and "mask" in names[1:]:
        masks[names[0]] = "mask"
    return Signature(names, "training" in names, masks, any(p.kind is p.VAR_KEYWORD for p in parameters.values()))


def shape_of(x: Any) -> tuple[int | None, ...]:
    """Return the shape of a tensor, None where a length is unknown."""
    return tuple(d if isinstance(d, int) else None for d in x.shape)


def is_tensor(x: Any) -> bool:
    """Return whether `x` is an array, a Variable or a KerasTensor."""
    return isinstance(x, jax.Array | np.ndarray | KerasTensor | Variable)


def is_numbers(x: Any) -> bool:
    """Return whether `x` is a list of Python's numbers, or a nest of such lists: an array written out."""
    if not isinstance(x, list | tuple) or not x:
        return False
    return all(isinstance(part, int | float) for part in x) or all(map(is_numbers, x))


def tensors_in(x: Any) -> list[Any]:
    """Return the tensors among the leaves of `x`."""
    return [x] if is_tensor(x) else [leaf for leaf in tree.flatten(x) if is_tensor(leaf)]


def bind(signature: Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that hold tensors, by name, in the order of the signature of `call`."""
    given = dict(zip(signature.names, args, strict=False))
    given |= {n: kwargs[n] for n in signature.names if n in kwargs}
    return {
        n: v for n, v in given.items() if n not in ("training", "mask") and not n.endswith("_mask") and tensors_in(v)
    }


def fill(
    signature: Signature, bound: Mapping[str, Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """Return `kwargs` with `training` and the masks of the inputs added, where `call` takes them."""
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


def shapes_for_build(build: Callable[..., Any], bound: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the arguments of a layer's `build` for the inputs in `bound`; None where `input_shape` is not known."""
    shapes = {n: jax.tree.map(shape_of, v) for n, v in bound.items()}
    names = list(inspect.signature(build).parameters)
    if len(names) == 1 and names[0] != "kwargs" and shapes:
        return {names[0]: next(iter(shapes.values()))}
    shapes = {n: shapes[n.removesuffix("_shape")] for n in names if n.removesuffix("_shape") in shapes}
    return shapes if shapes or "input_shape" not in names else None


def take_input_shape(kwargs: dict[str, Any]) -> tuple[int | None, ...] | None:
    """Take the shape `(batch, ...)` that a first layer was given out of its arguments, or None."""
    given = {n: kwargs.pop(n, None) for n in ("batch_input_shape", "input_length", "input_dim", "input_shape")}
    shape, dim, length = given["input_shape"], given["input_dim"], given["input_length"]
    if given["batch_input_shape"] is not None:
        return tuple(given["batch_input_shape"])
    if shape is not None:
        return (None, *((shape,) if isinstance(shape, int) else shape))
    if dim is not None:
        return (None, length, dim) if length is not None else (None, dim)
    return None


def note_layer(error: Exception, layer: Any, bound: Mapping[str, Any]) -> None:
    """Say in which layer an error came up: the innermost one only, and once."""
    if any("Hornbeam layer" in note for note in getattr(error, "__notes__", ())):
        return
    shapes = ", ".join(
        f"{n}: {jax.tree.map(lambda x: shape_of(x) if is_tensor(x) else x, v)}" for n, v in bound.items()
    )
    error.add_note(
        f"In the Hornbeam layer {layer.path!r} ({type(layer).__name__}), called with {shapes or 'no tensor'}."
    )
