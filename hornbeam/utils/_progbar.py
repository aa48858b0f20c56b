"""The progress line for loops of the user's own."""

import time
from collections.abc import Iterable
from typing import Any

from hornbeam.callbacks._progress import Progress


class Progbar:
    """A line that shows how far a loop is, with averages of values.

    Args:
        target: the number of steps, None when it is not known.
        width: of the bar, in characters.
        verbose: 0 draws nothing, 1 a bar, 2 one line at the end.
        interval: seconds between two drawings.
        stateful_metrics: names of values to show as they are; others are averaged over the steps.
        stateless_metrics: names of values to average; all others are then shown as they are.
        unit_name: what a step is called.

    >>> import hornbeam as keras
    >>> bar = keras.utils.Progbar(2, verbose=0)
    >>> bar.update(1, [("loss", 0.5)])
    >>> bar.add(1, [("loss", 0.3)])
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        self.target, self.width, self.verbose = target, width, verbose
        self.interval, self.unit_name = interval, unit_name
        self.stateful_metrics = set(stateful_metrics or ())
        self.stateless_metrics = None if stateless_metrics is None else set(stateless_metrics)
        self._line = Progress(target, verbose, unit_name, width)
        self._sums: dict[str, tuple[float, float]] = {}  # name -> the sum of its values, and of their weights
        self._seen = 0
        self._finished = False

    def update(self, current: int, values: Any = None, finalize: bool | None = None) -> None:
        """Show that `current` steps are done; `values` are pairs (name, value) of the steps since the last call."""
        steps = max(current - self._seen, 1)
        for name, value in values or ():
            total, weight = self._sums.get(name, (0.0, 0.0)) if self._is_averaged(name) else (0.0, 0.0)
            self._sums[name] = (total + float(value) * steps, weight + steps)
        self._seen = current
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        means = {name: total / weight for name, (total, weight) in self._sums.items()}
        if finalize and not self._finished:
            self._finished = True
            self._line.finish(current, means)
        elif self._line.redraws and time.monotonic() - self._line.drawn >= self.interval:
            self._line.update(current, means)

    def add(self, n: int, values: Any = None) -> None:
        """Show that `n` more steps are done."""
        self.update(self._seen + n, values)

    def _is_averaged(self, name: str) -> bool:
        if self.stateless_metrics is not None:
            return name in self.stateless_metrics
        return name not in self.stateful_metrics
