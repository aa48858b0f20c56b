"""What classes did then, besides taking other arguments: mixins over today's layers, models and optimizers."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import jax
import numpy as np

from hornbeam._core.graph import KerasTensor
from hornbeam._core.names import auto_name, snake_case
from hornbeam._core.state import Variable


def numbered(prefix: str, first: int) -> str:
    """Return the next automatic name, counted from `first`: 'dense_1', 'dense_2', ... for 1."""
    name = auto_name(prefix)
    number = first + (0 if name == prefix else int(name.removeprefix(f"{prefix}_")))
    return f"{prefix}_{number}" if number else prefix


def mark(outputs: Any) -> Any:
    """Give the symbolic tensors that a layer returned their old attribute `_keras_shape`."""
    for leaf in jax.tree.leaves(outputs):
        if isinstance(leaf, KerasTensor):
            leaf._keras_shape = leaf.shape  # type: ignore[attr-defined]  # the attribute's name then
    return outputs


@contextmanager
def seeds_from_numpy() -> Iterator[None]:
    """Let NumPy's global generator decide the seeds drawn inside: `numpy.random.seed` made old programs repeatable."""
    before = random.getstate()
    random.seed(int(np.random.randint(2**31)))  # noqa: NPY002  # the generator that programs seed
    try:
        yield
    finally:
        random.setstate(before)


class Behaviour:
    """A class of an era; `_era` knows the era's other classes, `_today` is today's class."""

    _era: Any
    _today: type
    _era_name: str


class LayerBehaviour(Behaviour):
    """A layer: it refuses a mask that it would drop, may be given its first weights, and shows its nodes."""

    on_unsupported_mask = "raise"
    _first_weights: Any = None

    def __init__(self, *args: Any, weights: Any = None, **kwargs: Any) -> None:
        if not kwargs.get("name") and (name := self._automatic_name()):
            kwargs["name"] = name
        with seeds_from_numpy():
            super().__init__(*args, **kwargs)
        if weights is not None:
            self._first_weights = [np.asarray(w) for w in weights]

    def _automatic_name(self) -> str | None:
        """Return the name that the era gave, None where it is today's."""
        dialect, cls = self._era.dialect, type(self)
        own = vars(cls).get("_era_name", cls.__name__)
        if not dialect.first_number and own == cls.__name__:
            return None
        return numbered(own.lower() if dialect.era == 1 else snake_case(own), dialect.first_number)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with nullcontext() if self.built else seeds_from_numpy():  # type: ignore[attr-defined]
            outputs = mark(super().__call__(*args, **kwargs))  # type: ignore[misc]
        if self._first_weights is not None:
            weights, self._first_weights = self._first_weights, None
            self.set_weights(weights)  # type: ignore[attr-defined]
        return outputs

    def add_weight(self, *args: Any, **kwargs: Any) -> Variable:
        """Return a new weight; arguments by position stand in the order of the era, where it began with the name."""
        if args and (isinstance(args[0], str) or self._era.dialect.era == 1):
            kwargs, args = self._era.method_arguments("Layer", "add_weight", super().add_weight, args, kwargs), ()  # type: ignore[misc]
        return super().add_weight(*args, **kwargs)  # type: ignore[misc]

    def add_loss(self, losses: Any = None, inputs: Any = None, **kwargs: Any) -> None:  # not needed now
        """Add to what training minimizes."""
        super().add_loss(losses, **kwargs)  # type: ignore[misc]

    def add_update(self, updates: Any, inputs: Any = None) -> None:
        """Take note of updates: `K.update` and its like have made them already."""

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that training changes; Keras 1 layers set the list themselves."""
        return super().trainable_weights  # type: ignore[misc]

    @trainable_weights.setter
    def trainable_weights(self, weights: list[Variable]) -> None:
        chosen = {id(w) for w in weights}
        for variable in weights:
            self._own_weight(variable)  # type: ignore[attr-defined]
        for variable in self._weights:  # type: ignore[attr-defined]
            variable.trainable = id(variable) in chosen

    @property
    def inbound_nodes(self) -> list[Any]:
        """The calls of this layer on symbolic tensors."""
        return self.__dict__.get("_inbound_nodes", [])

    def get_input_at(self, node_index: int) -> Any:
        """Return the symbolic input of the call `node_index`."""
        args = self.inbound_nodes[node_index].args
        return args[0] if len(args) == 1 else args

    def get_output_at(self, node_index: int) -> Any:
        """Return the symbolic output of the call `node_index`."""
        return self.inbound_nodes[node_index].outputs

    def get_input_shape_at(self, node_index: int) -> Any:
        """Return the input's shape in the call `node_index`."""
        return jax.tree.map(lambda t: t.shape, self.get_input_at(node_index))

    def get_output_shape_at(self, node_index: int) -> Any:
        """Return the output's shape in the call `node_index`."""
        return jax.tree.map(lambda t: t.shape, self.get_output_at(node_index))

    def get_output_shape_for(self, input_shape: Any) -> Any:
        """Return the output's shape for an input of `input_shape`: Keras 1's name."""
        return self.compute_output_shape(input_shape)  # type: ignore[attr-defined]


class ModelBehaviour(LayerBehaviour):
    """A model: optimizers by name have the era's defaults, and generators have methods of their own."""

    def compile(self, optimizer: Any = "rmsprop", metrics: Any = None, **kwargs: Any) -> None:
        """Set the optimizer, loss and metrics; a flat list of metrics holds for every output."""
        if isinstance(optimizer, str):
            optimizer = self._era.optimizer(optimizer)
        outputs = self.outputs  # type: ignore[attr-defined]
        if outputs and len(outputs) > 1 and isinstance(metrics, list) and not any(isinstance(m, list) for m in metrics):
            metrics = [metrics] * len(outputs)
        super().compile(optimizer=optimizer, metrics=metrics, **kwargs)  # type: ignore[misc]

    def fit(self, *args: Any, **kwargs: Any) -> Any:
        """Train, and return the history, whose accuracy answers to its older and its newer name."""
        history = super().fit(*args, **kwargs)  # type: ignore[misc]
        history.history = AccuracyByEitherName(history.history)
        return history

    def to_json(self, **kwargs: Any) -> str:
        """Return the architecture as JSON, without how the model was compiled."""
        described = json.loads(super().to_json())  # type: ignore[misc]
        described.pop("compile_config", None)
        return json.dumps(described, **kwargs)

    def fit_generator(self, generator: Any, steps_per_epoch: int | None = None, epochs: int = 1, **kwargs: Any) -> Any:
        """Train on the batches that a generator yields."""
        return ModelBehaviour.fit(self, generator, steps_per_epoch=steps_per_epoch, epochs=epochs, **kwargs)

    def evaluate_generator(self, generator: Any, steps: int | None = None, verbose: Any = 0) -> Any:
        """Return the loss and metrics over the batches that a generator yields."""
        return super().evaluate(generator, steps=steps, verbose=verbose)  # type: ignore[misc]

    def predict_generator(self, generator: Any, steps: int | None = None, verbose: Any = 0) -> Any:
        """Return the outputs for the batches that a generator yields."""
        return super().predict(generator, steps=steps, verbose=verbose)  # type: ignore[misc]


class SequentialBehaviour(ModelBehaviour):
    """A stack of layers, which could say classes."""

    def predict_proba(self, x: Any, batch_size: int | None = None, verbose: Any = 0, steps: int | None = None) -> Any:
        """Return the outputs: the probabilities, where the last layer gives them."""
        return super().predict(x, batch_size=batch_size, verbose=verbose, steps=steps)  # type: ignore[misc]

    def predict_classes(self, x: Any, batch_size: int | None = None, verbose: Any = 0, steps: int | None = None) -> Any:
        """Return the class of each sample: the largest of several outputs, or whether a single one is above 0.5."""
        outputs = self.predict_proba(x, batch_size, verbose, steps)
        return outputs.argmax(axis=-1) if outputs.shape[-1] > 1 else (outputs > 0.5).astype("int32")


class OptimizerBehaviour(Behaviour):
    """An optimizer, whose learning rate was called lr."""

    @property
    def lr(self) -> Any:
        """The learning rate."""
        return self.learning_rate  # type: ignore[attr-defined]

    @lr.setter
    def lr(self, value: Any) -> None:
        self.learning_rate = value


class AccuracyByEitherName(dict[str, Any]):
    """Values by name; 'acc' and 'accuracy' find the same ones."""

    def __missing__(self, name: str) -> Any:
        other = name.replace("accuracy", "acc") if "accuracy" in name else name.replace("acc", "accuracy")
        found: Mapping[str, Any] = {key: self[key] for key in (other,) if key in self}
        if name not in ("acc", "accuracy", "val_acc", "val_accuracy") or not found:
            raise KeyError(name)
        return found[other]
