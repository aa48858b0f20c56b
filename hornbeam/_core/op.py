"""Operations: functions and objects that take arrays, Variables and KerasTensors alike.

`@op` makes a plain function over `jax.numpy` an operation. `Operation` is the class of those with state of their
own; a Layer is one. Called with a KerasTensor, both infer what would come out and add a Node to the graph.

A result gets the mask that the operation's rule makes of its arguments' masks; without a rule it has none. The rules
stand in `ops/_masks.py`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import jax

from hornbeam._core.graph import KerasTensor, Node, attach_mask, is_symbolic
from hornbeam._core.infer import infer
from hornbeam._core.names import auto_name, check_name, snake_case
from hornbeam._core.registry import public, public_names, public_object, suggest
from hornbeam._core.state import HERE, Variable, get_mask, set_mask

F = TypeVar("F", bound=Callable[..., Any])
MaskRule = Callable[[Callable[..., Any], Mapping[str, Any], Any], Any]

MASK_RULES: dict[Callable[..., Any], MaskRule] = {}  # (function, its arguments by name, its result) -> result's masks

_NEED_A_LOOK = frozenset({Variable, KerasTensor, list, tuple, dict})


def any_symbolic(*structures: Any) -> bool:
    """Return whether a KerasTensor is among the leaves of `structures`."""
    return any(map(is_symbolic, jax.tree.leaves(structures)))


def read(x: Any) -> Any:
    """Return `x` with each Variable replaced by its value."""
    return jax.tree.map(lambda leaf: leaf.value if isinstance(leaf, Variable) else leaf, x)


class Operation:
    """A computation with a name: `call` on values, `__call__` on values or KerasTensors."""

    name: str

    def __init__(self, name: str | None = None) -> None:
        self.name = check_name(
            auto_name(snake_case(type(self).__name__)) if name is None else name, type(self).__name__
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run `call`, or record a node when a KerasTensor is among the arguments."""
        if any_symbolic(args, kwargs):
            return self.symbolic_call(*args, **kwargs)
        return self.call(*args, **kwargs)

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """Return the outputs' KerasTensors and add the node that made them to the graph."""
        outputs = self.compute_output_spec(*args, **kwargs)
        Node(self, args, kwargs, outputs)
        return outputs

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the result from arrays."""
        message = f"{type(self).__name__} must define call()."
        raise NotImplementedError(message)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Return the shapes and dtypes that `call` would give, as KerasTensors."""
        return infer(self.call, args, kwargs)

    @property
    def input(self) -> Any:
        """The symbolic input of the only call of this operation."""
        return _single(self._node().args)

    @property
    def output(self) -> Any:
        """The symbolic output of the only call of this operation."""
        return self._node().outputs

    def _node(self) -> Node:
        nodes = self.__dict__.get("_inbound_nodes", ())
        if len(nodes) != 1:
            many = "was never called on a KerasTensor" if not nodes else f"was called {len(nodes)} times"
            message = f"{self.name!r} has no single input and output: it {many}."
            raise AttributeError(message)
        return nodes[0]


def _single(args: tuple[Any, ...]) -> Any:
    return args[0] if len(args) == 1 else args


class FunctionCall(Operation):
    """One use of an `@op` function in a graph; its fixed arguments stay in the node."""

    def __init__(self, fn: Callable[..., Any], name: str | None = None) -> None:
        super().__init__(name or auto_name(fn.__name__))
        self.fn = fn

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the result from arrays."""
        return with_masks(self.fn, read(args), read(kwargs))

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """Return the outputs' KerasTensors, with masks where the inputs have some, and add the node to the graph."""
        masks = [leaf.mask if is_symbolic(leaf) else None for leaf in jax.tree.leaves((args, kwargs))]
        if self.fn not in MASK_RULES or all(mask is None for mask in masks):
            return super().symbolic_call(*args, **kwargs)
        outputs, output_masks = infer(_masked_call(self.call), (args, kwargs, masks), {})
        Node(self, args, kwargs, outputs)
        if any(mask is not None for mask in output_masks):
            Node(MaskCall(self.fn, name=f"{self.name}_mask"), (args, kwargs, masks), {}, output_masks)
            for output, mask in zip(jax.tree.leaves(outputs), output_masks, strict=True):
                attach_mask(output, mask)
        return outputs

    def get_config(self) -> dict[str, Any]:
        """Return the name, and which public operation this is a call of."""
        return {"name": self.name, "function": self.fn.__name__}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> FunctionCall:
        """Return a call of the public operation that `config` names."""
        fn = public_object("keras.ops", config["function"])
        if fn is None:
            message = (
                f"Unknown operation: {config['function']!r}.{suggest(config['function'], public_names('keras.ops'))}"
            )
            raise ValueError(message)
        return cls(getattr(fn, "__wrapped__", fn), name=config["name"])


def _masked_call(call: Callable[..., Any]) -> Callable[..., Any]:
    """Return `call` as a function of arguments and masks that returns the result and its masks."""

    def run(args: tuple[Any, ...], kwargs: Mapping[str, Any], masks: list[Any]) -> tuple[Any, list[Any]]:
        for leaf, mask in zip(jax.tree.leaves((args, kwargs)), masks, strict=True):
            if mask is not None:
                set_mask(leaf, mask)
        result = call(*args, **kwargs)
        return result, [get_mask(leaf) for leaf in jax.tree.leaves(result)]

    return run


class MaskCall(FunctionCall):
    """The masks of what a FunctionCall gives, as a node of their own: whoever uses a KerasTensor's mask finds it."""

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the masks from arrays and their masks."""
        return _masked_call(FunctionCall(self.fn, self.name).call)(*args, **kwargs)[1]


public("keras.ops", FunctionCall=FunctionCall, MaskCall=MaskCall)


def with_masks(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return `fn(*args, **kwargs)`, with masks where arguments have some and `fn` has a rule."""
    result = fn(*args, **kwargs)
    if not HERE.masks or fn not in MASK_RULES:
        return result
    layer = HERE.calls[-1] if HERE.calls else None
    inside = layer is not None and not layer._ops_carry_masks
    if inside or all(get_mask(leaf) is None for leaf in jax.tree.leaves((args, kwargs))):
        return result
    bound = inspect.signature(fn).bind(*args, **kwargs)
    bound.apply_defaults()
    masks = MASK_RULES[fn](fn, bound.arguments, result)
    for leaf, mask in zip(jax.tree.leaves(result), jax.tree.leaves(masks), strict=False):
        if mask.ndim and get_mask(leaf) is None:  # an argument that came back keeps its own
            set_mask(leaf, mask, layer)
    return result


def op(fn: F) -> F:
    """Make `fn`, a function of arrays, take Variables and KerasTensors too."""

    @functools.wraps(fn)
    def run(*args: Any, **kwargs: Any) -> Any:
        for value in args:
            if type(value) in _NEED_A_LOOK:
                break
        else:
            for value in kwargs.values():
                if type(value) in _NEED_A_LOOK:
                    break
            else:
                return with_masks(fn, args, kwargs) if HERE.masks else fn(*args, **kwargs)
        if any_symbolic(args, kwargs):
            return FunctionCall(fn).symbolic_call(*args, **kwargs)
        return with_masks(fn, read(args), read(kwargs))

    return run  # type: ignore[return-value]
