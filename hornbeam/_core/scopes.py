"""What a program opens by `with`: values in the place of Variables, names of paths, a device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Self

import jax
import jax.numpy as jnp

from hornbeam._core.names import check_name
from hornbeam._core.state import HERE, Scope, Variable, here, holding


class StatelessScope:
    """Values in the place of Variables: inside the `with` block reading and assigning leave the Variables alone.

    Works inside `jax.jit`, `jax.grad` and the like, so that a function of Variables becomes one of arrays.

    Args:
        state_mapping: pairs (Variable, value) of equal shapes.
        collect_losses: whether `losses` gets what `add_loss` adds.
        initialize_variables: taken for Keras's sake; every Variable has its value as soon as it is made.

    Raises:
        ValueError: a key is no Variable, or a value has another shape than its Variable.

    >>> import hornbeam as keras
    >>> v = keras.Variable([1.0, 2.0])
    >>> with keras.StatelessScope(state_mapping=[(v, keras.ops.zeros(2))]) as scope:
    ...     _ = v.assign_add([5.0, 5.0])
    >>> scope.get_current_value(v).tolist(), v.numpy().tolist()
    ([5.0, 5.0], [1.0, 2.0])
    """

    def __init__(
        self,
        state_mapping: Iterable[tuple[Variable, Any]] | None = None,
        collect_losses: bool = False,
        initialize_variables: bool = True,
    ) -> None:
        self.collect_losses, self.initialize_variables = collect_losses, initialize_variables
        self.losses: list[Any] = []
        self._scope = Scope(HERE.scope or {}, open_ended=True)
        for update in state_mapping or ():
            self.add_update(update)

    def add_update(self, update: tuple[Variable, Any]) -> None:
        """Set the value of one Variable: `update` is (Variable, value)."""
        variable, value = update
        if not isinstance(variable, Variable):
            message = f"StatelessScope: each pair must begin with a Variable; got {variable!r}."
            raise ValueError(message)  # noqa: TRY004  # Keras's kind of error
        value = jnp.asarray(value, variable.dtype)
        if value.shape != variable.shape:
            message = f"StatelessScope: {variable.path!r} has shape {variable.shape}; got a value of {value.shape}."
            raise ValueError(message)
        self._scope[variable] = value

    def add_loss(self, loss: Any) -> None:
        """Add to `losses`."""
        self.losses.append(loss)

    def get_current_value(self, variable: Variable) -> Any:
        """Return the value that was given or assigned last, None for a Variable that has neither."""
        return self._scope.get(variable)

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self._stack.enter_context(holding(self._scope))
        if self.collect_losses:
            self._stack.enter_context(here(losses=self.losses))
        return self

    def __exit__(self, *raised: object) -> None:
        self._stack.close()


class SymbolicScope(StatelessScope):
    """Where shapes are inferred: what is assigned to Variables inside the `with` block is dropped.

    >>> import hornbeam as keras
    >>> v = keras.Variable(1.0)
    >>> with keras.SymbolicScope():
    ...     _ = v.assign(2.0)
    >>> float(v.value)
    1.0
    """

    def __init__(self) -> None:
        super().__init__()


@contextmanager
def name_scope(name: str) -> Iterator[None]:
    """Put `name` before the paths of Variables that are made, and of layers that are built, in the `with` block.

    >>> import hornbeam as keras
    >>> with keras.name_scope("encoder"):
    ...     v = keras.Variable(1.0, name="scale")
    >>> v.path
    'encoder/scale'
    """
    check_name(name, "name_scope")
    with here(prefix=f"{HERE.prefix}{name}/"):
        yield


def device(device_name: Any) -> Any:
    """Make arrays in the `with` block on a device: 'cpu:0', 'gpu:1', or one of JAX's Device objects.

    A name without a number means the first. An unknown name raises ValueError, an absent device JAX's RuntimeError.

    >>> import hornbeam as keras
    >>> with keras.device("cpu:0"):
    ...     x = keras.ops.ones((2,))
    """
    if isinstance(device_name, jax.Device):
        return jax.default_device(device_name)
    kind, _, number = device_name.partition(":") if isinstance(device_name, str) else ("", "", "")
    if not kind or not (number or "0").isdecimal():
        message = f"device: expected a name such as 'cpu' or 'gpu:0', or a jax.Device; got {device_name!r}."
        raise ValueError(message)
    found = jax.devices("gpu" if kind == "cuda" else kind.lower())
    if int(number or 0) >= len(found):
        message = f"device: expected one of {', '.join(map(str, found))}; got {device_name!r}."
        raise ValueError(message)
    return jax.default_device(found[int(number or 0)])
