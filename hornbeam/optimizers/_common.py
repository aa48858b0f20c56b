"""The arguments that all optimizers share, written once."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypedDict, TypeVar

from hornbeam.optimizers._optimizer import Optimizer

F = TypeVar("F", bound=Callable[..., None])


class WithoutDecay(TypedDict, total=False):
    """Arguments of every optimizer but `weight_decay`, explained at `Optimizer`."""

    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    loss_scale_factor: float | None
    gradient_accumulation_steps: int | None
    name: str | None


class Common(WithoutDecay, total=False):
    """Arguments of every optimizer, explained at `Optimizer`."""

    weight_decay: float | None


_PARAMETERS = [
    p for p in inspect.signature(Optimizer.__init__).parameters.values() if p.name not in ("self", "learning_rate")
]


def takes_common(init: F) -> F:
    """Let the `**common` of a constructor be the arguments of `Optimizer`, by name and in their order by position."""
    signature = inspect.signature(init)
    own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    names = {p.name for p in own}
    full = signature.replace(parameters=[*own, *(p for p in _PARAMETERS if p.name not in names)])
    most = len(own)

    @functools.wraps(init)
    def run(*args: Any, **kwargs: Any) -> None:
        if len(args) > most:
            bound = full.bind(*args, **kwargs).arguments
            args, kwargs = (bound.pop("self"),), {**bound.pop("kwargs", {}), **bound}
        init(*args, **kwargs)

    run.__signature__ = full  # type: ignore[attr-defined]
    return run  # type: ignore[return-value]
