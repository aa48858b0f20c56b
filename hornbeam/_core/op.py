"""Operations: functions and objects that take arrays, Variables and KerasTensors alike.

`@op` makes a plain function over `jax.numpy` an operation. `Operation` is the class of those with state of their
own; a Layer is one. Called with a KerasTensor, both infer what would come out and add a Node to the graph.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import jax

from hornbeam._core.graph import KerasTensor, Node, is_symbolic
from hornbeam._core.infer import infer
from hornbeam._core.names import auto_name, check_name, snake_case
from hornbeam._core.registry import public, public_names, public_object, suggest
from hornbeam._core.state import Variable

F = TypeVar("F", bound=Callable[..., Any])

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
        return self.fn(*read(args), **read(kwargs))

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


public("keras.ops", FunctionCall=FunctionCall)


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
                return fn(*args, **kwargs)
        if any_symbolic(args, kwargs):
            return FunctionCall(fn).symbolic_call(*args, **kwargs)
        return fn(*read(args), **read(kwargs))

    return run  # type: ignore[return-value]
