"""Members of a family that differ in default values alone."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeVar

C = TypeVar("C", bound=type)


def defaults(**values: Any) -> Callable[[C], C]:
    """Give a class its parent's constructor with other default values."""

    def change(cls: C) -> C:
        init: Any = cls.__init__
        own = FunctionType(init.__code__, init.__globals__, init.__name__, None, init.__closure__)
        parameters = inspect.signature(init).parameters
        found = [values.get(p.name, p.default) for p in parameters.values()]
        own.__defaults__ = tuple(value for value in found if value is not inspect.Parameter.empty)
        own.__annotations__ = init.__annotations__
        own.__qualname__ = f"{cls.__qualname__}.__init__"
        cls.__init__ = own
        return cls

    return change
