"""The base of all metrics: state in Variables, an update per batch, a result at any time."""

from collections.abc import Iterator, Sequence
from typing import Any

import jax.numpy as jnp

from hornbeam import initializers
from hornbeam._core.names import auto_name, snake_case
from hornbeam._core.serialize import Configurable
from hornbeam._core.state import Variable, pure
from hornbeam.losses._loss import compute_dtype


class Metric(Configurable):
    """A number about the batches seen so far.

    Subclasses make their state with `add_weight` or hold other metrics, and define `update_state(y_true, y_pred,
    sample_weight=None)`, which JAX must be able to trace, and `result()`, an array or a dict of arrays. Each
    constructor argument stored under its own name is saved with the metric.

    Args:
        dtype: the data type to compute in; by default the default float type.
        name: a name for logs; by default the class name in snake case, counted.

    >>> import hornbeam as keras
    >>> class Largest(keras.metrics.Metric):
    ...     def __init__(self, name="largest", **kwargs):
    ...         super().__init__(name=name, **kwargs)
    ...         self.seen = self.add_weight(initializer="zeros", name="seen")
    ...
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         self.seen.assign(keras.ops.maximum(self.seen, keras.ops.max(y_pred)))
    ...
    ...     def result(self):
    ...         return self.seen.value
    >>> metric = Largest()
    >>> float(metric([0.0], [3.0])), float(metric([0.0], [2.0]))
    (3.0, 3.0)
    """

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        self._variables: list[Variable] = []
        self.name = name or auto_name(snake_case(type(self).__name__))
        self.dtype = compute_dtype(dtype)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Variable):
            self._own(value)
        super().__setattr__(name, value)

    def _own(self, variable: Variable) -> None:
        if not any(v is variable for v in self._variables):
            self._variables.append(variable)

    def _parts(self) -> Iterator["Metric"]:
        """Yield the metrics that attributes hold, also in lists, tuples and dicts."""
        stack = list(reversed(self.__dict__.values()))
        while stack:
            value = stack.pop()
            if isinstance(value, Metric):
                yield value
            elif isinstance(value, list | tuple):
                stack.extend(reversed(value))
            elif isinstance(value, dict):
                stack.extend(reversed(value.values()))

    @property
    def variables(self) -> list[Variable]:
        """The state: own Variables, then those of the metrics inside."""
        found = [*self._variables, *(v for part in self._parts() for v in part.variables)]
        return list({id(v): v for v in found}.values())

    def add_variable(
        self,
        shape: Sequence[int],
        initializer: Any,
        dtype: Any = None,
        aggregation: str = "sum",
        name: str | None = None,
    ) -> Variable:
        """Return a new Variable that belongs to the state, of the default float type; `reset_state` sets it to 0."""
        variable = Variable(
            initializers.get(initializer),
            shape=tuple(shape),
            dtype=dtype,
            trainable=False,
            autocast=False,
            aggregation=aggregation,
            name=name,
        )
        variable.path = f"{self.name}/{variable.name}"
        self._own(variable)
        return variable

    def add_weight(
        self, shape: Sequence[int] = (), initializer: Any = None, dtype: Any = None, name: str | None = None
    ) -> Variable:
        """Return a new Variable that belongs to the state, of the default float type; `reset_state` sets it to 0."""
        return self.add_variable(shape, "zeros" if initializer is None else initializer, dtype, name=name)

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Take a batch into account."""
        message = f"{type(self).__name__} must define update_state()."
        raise NotImplementedError(message)

    def result(self) -> Any:
        """Return the metric's value for what has been seen since the last reset."""
        message = f"{type(self).__name__} must define result()."
        raise NotImplementedError(message)

    def reset_state(self) -> None:
        """Forget what has been seen: set all Variables to 0."""
        for v in self.variables:
            v.assign(jnp.zeros(v.shape, v.dtype))

    def stateless_update_state(self, metric_variables: Sequence[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Return the state after a batch, given the state before it; the metric itself does not change."""
        return self._pure(self.update_state, metric_variables, *args, **kwargs)[1]

    def stateless_result(self, metric_variables: Sequence[Any]) -> Any:
        """Return the value that a state stands for."""
        return self._pure(self.result, metric_variables)[0]

    def stateless_reset_state(self) -> list[Any]:
        """Return the state of a metric that has seen nothing."""
        return self._pure(self.reset_state, [v.value for v in self.variables])[1]

    def _pure(self, method: Any, values: Sequence[Any], *args: Any, **kwargs: Any) -> tuple[Any, list[Any]]:
        own = self.variables
        if len(values) != len(own):
            message = f"Metric {self.name!r} has {len(own)} variables; got {len(values)} values."
            raise ValueError(message)
        return pure(method, own)(values, *args, **kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Take a batch into account and return the result."""
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"name": self.name, "dtype": self.dtype} | super().get_config()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"
