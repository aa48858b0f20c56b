"""What optimizers refuse: arguments, gradients and values that do not fit."""

import inspect
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hornbeam._core.registry import suggest
from hornbeam._core.state import Variable

COMMON = (
    "weight_decay", "clipnorm", "global_clipnorm", "clipvalue", "use_ema", "ema_momentum", "ema_overwrite_frequency",
    "loss_scale_factor", "gradient_accumulation_steps",
)  # fmt: skip


def refuse_unknown(owner: str, kwargs: Mapping[str, Any]) -> None:
    """Raise ValueError for arguments that no optimizer takes; warn of `decay`, as Keras does."""
    unknown = [name for name in kwargs if name != "decay"]
    if unknown:
        message = f"{owner}: unknown argument {unknown[0]!r}.{suggest(unknown[0], (*COMMON, 'learning_rate', 'name'))}"
        raise ValueError(message)
    if kwargs.get("decay"):
        warnings.warn(
            f"{owner}: decay={kwargs['decay']!r} is ignored; give learning_rate a schedule, such as "
            "keras.optimizers.schedules.InverseTimeDecay.",
            stacklevel=4,
        )


def _refuse(owner: Any, argument: str, expected: str) -> None:
    message = f"{owner.name}: {argument} must be {expected}; got {getattr(owner, argument)!r}."
    raise ValueError(message)


def check_arguments(optimizer: Any) -> None:
    """Raise ValueError for a common argument that is out of its range."""
    clips = {name: getattr(optimizer, name) for name in ("clipnorm", "clipvalue", "global_clipnorm")}
    given = [f"{name}={value!r}" for name, value in clips.items() if value is not None]
    if len(given) > 1:
        message = f"{optimizer.name}: only one of {', '.join(clips)} can be given; got {', '.join(given)}."
        raise ValueError(message)
    if optimizer.use_ema:
        if not 0 <= optimizer.ema_momentum <= 1:
            _refuse(optimizer, "ema_momentum", "in [0, 1]")
        every = optimizer.ema_overwrite_frequency
        if every is not None and (not isinstance(every, int) or every < 1):
            _refuse(optimizer, "ema_overwrite_frequency", "None or a whole number of at least 1")
    steps = optimizer.gradient_accumulation_steps
    if steps is not None and (not isinstance(steps, int) or steps < 2):
        _refuse(optimizer, "gradient_accumulation_steps", "None or a whole number of at least 2")


def check_learning_rate(owner: str, rate: Any) -> float:
    """Return a learning rate given as a number, an array or a Variable; raise ValueError if it is none, or below 0."""
    try:
        number = float(np.asarray(rate)) if not isinstance(rate, str | bool | None | type) else float("nan")
    except (TypeError, ValueError):
        number = float("nan")
    if not number >= 0:
        expected = "a number of at least 0, a schedule, or a function that returns the learning rate"
        message = f"{owner}: learning_rate must be {expected}; got {rate!r}."
        raise ValueError(message)
    return number


def takes_step(rate: Any) -> bool:
    """Return whether a function that gives the learning rate needs the number of steps."""
    parameters = inspect.signature(rate).parameters.values()
    return any(p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)


def check_pairs(optimizer: Any, grads: Sequence[Any], variables: Sequence[Variable]) -> None:
    """Raise ValueError for gradients and variables that do not match each other or the optimizer."""
    if len(grads) != len(variables):
        message = (
            f"{optimizer.name}: one gradient per variable expected; got {len(grads)} for {len(variables)} variables."
        )
        raise ValueError(message)
    for variable in variables:
        if variable not in optimizer._places:
            message = (
                f"{optimizer.name}: variables that the optimizer was built with expected; got {variable.path!r}. "
                "Make a new optimizer for other variables, or build() this one with all of them."
            )
            raise ValueError(message)


def drop_none(grads: Sequence[Any], variables: Sequence[Variable]) -> list[tuple[Any, Variable]]:
    """Return the pairs with a gradient, warning of the others."""
    pairs = [(g, v) for g, v in zip(grads, variables, strict=True) if g is not None]
    if not pairs:
        message = "No gradient is given for any variable: the loss does not depend on them."
        raise ValueError(message)
    missing = [v.path for g, v in zip(grads, variables, strict=True) if g is None]
    if missing:
        warnings.warn(f"The loss has no gradient for {', '.join(missing)}: they stay as they are.", stacklevel=4)
    return pairs


def check_values(optimizer: Any, own: Sequence[Any], trainable: Sequence[Any]) -> None:
    """Raise ValueError when flat lists of values do not match the optimizer's variables."""
    if not optimizer.built:
        message = f"{optimizer.name} has no state yet: call build(variables) before stateless_apply()."
        raise ValueError(message)
    for what, values, variables in (
        ("optimizer_variables", own, optimizer.variables),
        ("trainable_variables", trainable, optimizer._trainable),
    ):
        if len(values) != len(variables):
            message = f"{optimizer.name}: {what} must have {len(variables)} values; got {len(values)}."
            raise ValueError(message)
