"""Rules that need more than a new name: one function each, over the arguments of one call."""

from collections.abc import Callable, Iterator
from typing import Any

from hornbeam import metrics, optimizers
from hornbeam._core import config
from hornbeam.legacy._behaviour import numbered
from hornbeam.legacy._numerics import classic_hard_sigmoid, register_functions
from hornbeam.legacy._rules import Arguments

SHAPES = {"input_shape", "batch_input_shape"}


def classic_activation(value: Any) -> Any:
    """Return the activation that a name stood for, where it stands for another one today."""
    if value != "hard_sigmoid":
        return value
    register_functions()
    return classic_hard_sigmoid


def sequence_shape(arguments: Arguments) -> None:
    """Make a first layer's input_dim and input_length its input_shape (time, features)."""
    length, features = arguments.take("input_length"), arguments.take("input_dim")
    if (length, features) != (None, None) and not arguments.given & SHAPES:
        arguments.give("input_shape", (length, features), "input_dim")


def indices_shape(arguments: Arguments) -> None:
    """Make Embedding's input_length its input_shape: (time,), of any length by default."""
    length = arguments.take("input_length")
    if not arguments.given & SHAPES:
        shape = tuple(length) if isinstance(length, list | tuple) else (length,)
        arguments.give("input_shape", shape, "input_length")


def input_name(arguments: Arguments) -> None:
    """Name an input 'input_1', 'input_2', ... where it has no name."""
    if arguments.get("name") is None:
        arguments["name"] = numbered("input", 1)
        arguments.given.add("name")


def samples_to_batches(samples: str, batches: str, source: str) -> Callable[[Arguments], None]:
    """Return a rule: `samples` counts samples of generator `source`, whose first batch says how many a batch has."""

    def rule(arguments: Arguments) -> None:
        count, generator = arguments.take(samples), arguments.get(source)
        if count is not None and generator is not None and not isinstance(generator, list | tuple):
            size, arguments[source] = _peek(generator)
            arguments.give(batches, -(-count // size), samples)

    return rule


def _peek(generator: Any) -> tuple[int, Any]:
    """Return the size of a generator's batches, and what yields them all, the first included."""
    if hasattr(generator, "__getitem__"):
        first, whole = generator[0], generator
    else:
        first = next(generator)
        whole = _chain(first, generator)
    while isinstance(first, list | tuple | dict):
        first = next(iter(first.values())) if isinstance(first, dict) else first[0]
    return len(first), whole


def _chain(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest


def decayed_rate(arguments: Arguments) -> None:
    """Make decay=d a schedule of the learning rate: rate / (1 + d * step)."""
    decay = arguments.take("decay")
    if decay:
        rate = arguments["learning_rate"]
        schedule = optimizers.schedules.InverseTimeDecay(rate, decay_steps=1, decay_rate=decay)
        arguments.given.discard("learning_rate")
        arguments.give("learning_rate", schedule, "decay")


def norm_of_all(arguments: Arguments) -> None:
    """Make clipnorm, which was the norm of all gradients together, global_clipnorm; 0 meant none."""
    if "clipnorm" in arguments:
        arguments.move("clipnorm", "global_clipnorm", arguments["clipnorm"] or None)


def or_epsilon(value: float | None) -> float:
    """Return `value`, or the default epsilon."""
    return config.epsilon() if value is None else value


def old_accuracy(arguments: Arguments) -> None:
    """Name accuracy 'acc', and count it per number where the loss is binary cross-entropy."""
    loss = arguments.get("loss")

    def convert(metric: Any, of: Any) -> Any:
        if isinstance(metric, dict):
            return {k: convert(m, of.get(k) if isinstance(of, dict) else of) for k, m in metric.items()}
        if isinstance(metric, list | tuple):
            return [convert(m, of) for m in metric]
        if metric not in ("accuracy", "acc"):
            return metric
        binary = of == "binary_crossentropy" or getattr(of, "__name__", None) == "binary_crossentropy"
        return metrics.BinaryAccuracy(name="acc") if binary else "acc"

    if arguments.get("metrics") is not None:
        arguments["metrics"] = convert(arguments["metrics"], loss)


def renamed(table: dict[str, str]) -> Callable[[Any], Any]:
    """Return a function that renames the strings in a nest of lists and dicts by `table`."""

    def convert(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: convert(v) for key, v in value.items()}
        if isinstance(value, list | tuple):
            return [convert(v) for v in value]
        return table.get(value, value) if isinstance(value, str) else value

    return convert
