"""Signals that wait while what must not be cut in two is under way."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

NUMBERS = tuple(signal.valid_signals())  # asking takes longer than all that is done with them


@contextmanager
def signals_wait() -> Iterator[None]:
    """Inside the `with` block let signals that Python handles wait for its end: Ctrl-C, alarms."""
    if threading.current_thread() is not threading.main_thread():  # they are handled there alone
        yield
        return
    came: list[Callable[[], Any]] = []

    def later(handler: Callable[..., Any]) -> Callable[..., None]:
        return lambda *given: came.append(lambda: handler(*given))

    found = ((number, signal.getsignal(number)) for number in NUMBERS)
    handlers = {number: handler for number, handler in found if callable(handler)}
    try:
        for number, handler in handlers.items():
            signal.signal(number, later(handler))
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        with ExitStack() as calls:  # which calls all of them, also when one raises
            for call in reversed(came):
                calls.callback(call)
