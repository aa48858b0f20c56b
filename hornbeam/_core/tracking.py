"""What an object holds: its Variables and the tracked objects inside it, found by walking its attributes.

Nothing is registered when an attribute is set, except the order of an object's own weights: a list that grows later,
or a dict of layers, is seen because the walk looks at what is there now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from hornbeam._core.seeds import SeedGenerator
from hornbeam._core.state import Variable

_NOT_CHILDREN = frozenset(
    {"_inbound_nodes", "_weights", "_losses", "_build_shapes", "_trainer", "_compile_arguments"}
)  # the graph's and the object's own books


class Tracked:
    """An object with weights of its own and with tracked objects inside."""

    changes = 0  # how often any object of this process got a new weight or part: what is derived is stale when it moved

    built: bool
    name: str
    path: str
    _trainable: bool
    _losses: list[Any]
    _inbound_nodes: list[Any]
    _weights: list[Variable]  # own weights, trainable ones first, in the order they were made in

    @property
    def trainable(self) -> bool:
        """Whether training changes the weights of this layer and of the layers inside it."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        Tracked.changes += 1
        for part in self._sublayers():
            part.trainable = value

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Variable):
            self._own_weight(value)
        elif isinstance(value, Tracked):
            Tracked.changes += 1
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        value = self.__dict__.get(name)
        if isinstance(value, Variable):
            self._weights = [w for w in self._weights if w is not value]
        super().__delattr__(name)

    def _own_weight(self, variable: Variable) -> None:
        if any(w is variable for w in self._weights):
            return
        Tracked.changes += 1
        place = len(self._weights)
        if variable.trainable:
            place = next((i for i, w in enumerate(self._weights) if not w.trainable), place)
        self._weights.insert(place, variable)

    def _children(self, kind: type | tuple[type, ...]) -> Iterator[Any]:
        """Yield the objects of `kind` held by attributes, also in lists, tuples and dicts, each once."""
        seen: set[int] = set()
        stack = [v for k, v in reversed(self.__dict__.items()) if k not in _NOT_CHILDREN]
        while stack:
            value = stack.pop()
            if isinstance(value, kind):
                if id(value) not in seen:
                    seen.add(id(value))
                    yield value
            elif isinstance(value, list | tuple):
                stack.extend(reversed(value))
            elif isinstance(value, dict):
                stack.extend(reversed(value.values()))

    def _sublayers(self) -> list[Any]:
        return list(self._children(Tracked))

    def _flatten_layers(self, include_self: bool = True, recursive: bool = True) -> list[Tracked]:
        """Return the layers inside, depth first, each once."""
        found: dict[int, Tracked] = {id(self): self}
        stack = list(reversed(self._sublayers()))
        while stack:
            part = stack.pop()
            if id(part) not in found:
                found[id(part)] = part
                if recursive:
                    stack.extend(reversed(part._sublayers()))
        layers = list(found.values())
        return layers if include_self else layers[1:]

    @property
    def weights(self) -> list[Variable]:
        """The weights of this layer and of the layers inside it, states of random generators and metrics excluded."""
        return _unique(w for part in self._flatten_layers() for w in part._all_weights())

    @property
    def variables(self) -> list[Variable]:
        """The weights and the states of random generators."""
        return _unique(v for part in self._flatten_layers() for v in (*part._all_weights(), *part._states()))

    def _all_weights(self) -> list[Variable]:
        """Return the weights made or set as attributes, then those in lists, tuples and dicts."""
        return _unique([*self._weights, *self._children(Variable)])

    def _saved_weights(self) -> list[Any]:
        """Return the weights of this object as files hold them, in their order."""
        return self._weights

    def _states(self) -> list[Variable]:
        return [generator.state for generator in self._children(SeedGenerator)]

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that training changes."""
        frozen = {id(w) for part in self._flatten_layers() if not part.trainable for w in part._all_weights()}
        return [w for w in self.weights if w.trainable and id(w) not in frozen] if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that training leaves alone, such as running averages."""
        trained = {id(w) for w in self.trainable_weights}
        return [w for w in self.weights if id(w) not in trained]

    @property
    def trainable_variables(self) -> list[Variable]:
        """The Variables that training changes."""
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The other Variables, states of random generators included."""
        trained = {id(w) for w in self.trainable_weights}
        return [v for v in self.variables if id(v) not in trained]

    def count_params(self) -> int:
        """Return the number of numbers in the weights."""
        if not self.built:
            message = f"Layer {self.path!r} has no weights yet: build it or call it on data before count_params()."
            raise ValueError(message)
        return sum(int(np.prod(w.shape)) for w in self.weights)

    def get_weights(self) -> list[np.ndarray]:
        """Return the values of `weights` as NumPy arrays."""
        return [w.numpy() for w in self.weights]

    def save_own_variables(self, store: Any) -> None:
        """Put the weights of this layer, without those of the layers inside, into the mapping `store`: '0', '1', ..."""
        for i, variable in enumerate(self._saved_weights()):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Set the weights of this layer, without those of the layers inside, from what `save_own_variables` stored."""
        own = self._saved_weights()
        if len(own) != len(store.keys()):
            message = f"Layer {self.path!r} has {len(own)} weights of its own; got {len(store.keys())}."
            raise ValueError(message)
        for i, variable in enumerate(own):
            variable.assign(store[str(i)])

    def set_weights(self, weights: Iterable[Any]) -> None:
        """Set the values of `weights`, in their order; all shapes are checked before any is set."""
        given, own = [np.asarray(w) for w in weights], self.weights
        if len(given) != len(own):
            message = f"Layer {self.path!r} has {len(own)} weights; set_weights() got {len(given)}."
            raise ValueError(message)
        for variable, value in zip(own, given, strict=True):
            if variable.shape != value.shape:
                message = f"Weight {variable.path!r} has shape {variable.shape}; set_weights() got {value.shape}."
                raise ValueError(message)
        for variable, value in zip(own, given, strict=True):
            variable.assign(value)


def _unique(variables: Iterable[Variable]) -> list[Variable]:
    return list({id(v): v for v in variables}.values())
