"""The progress line as a callback, for loops that call their hooks themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hornbeam.callbacks._callback import Callback
from hornbeam.callbacks._progress import Progress


class ProgbarLogger(Callback):
    """Draws the progress line of fit, evaluate and predict; they draw their own unless one of these is given.

    It takes `verbose`, `epochs` and `steps` from `params`. It sees every batch, which is slower for small models.

    >>> import hornbeam as keras
    >>> callbacks = keras.callbacks.CallbackList(add_progbar=True, epochs=1, steps=2, verbose=2)
    >>> callbacks.on_epoch_begin(0)
    """

    def __init__(self) -> None:
        super().__init__()
        self._line: Progress | None = None
        self._done = 0
        self._in_training = False

    def _start(self, title: str = "") -> None:
        verbose = self.params.get("verbose", 1)
        self._line = Progress(self.params.get("steps"), 1 if verbose == "auto" else int(verbose), title=title)
        self._done = 0

    def _count(self, batch: int, logs: Any) -> None:
        self._done = batch + 1
        if self._line is not None and self._line.due(self._done):
            self._line.update(self._done, _shown(logs))

    def _finish(self, logs: Any) -> None:
        if self._line is not None:
            self._line.finish(self._done, _shown(logs))
            self._line = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Note that validation has no line of its own."""
        self._in_training = True

    def on_train_end(self, logs: Any = None) -> None:
        """Note that evaluate() has one."""
        self._in_training = False

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Print the epoch's number, and begin its line."""
        self._start(f"Epoch {epoch + 1}/{self.params.get('epochs', 1)}")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Draw the line."""
        self._count(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """End the line."""
        self._finish(logs)

    def on_test_begin(self, logs: Any = None) -> None:
        """Begin a line for evaluate()."""
        if not self._in_training:
            self._start()

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """Draw the line of evaluate()."""
        if not self._in_training:
            self._count(batch, logs)

    def on_test_end(self, logs: Any = None) -> None:
        """End the line of evaluate()."""
        if not self._in_training:
            self._finish(logs)

    def on_predict_begin(self, logs: Any = None) -> None:
        """Begin a line for predict()."""
        self._start()

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """Draw the line of predict()."""
        self._count(batch, {})

    def on_predict_end(self, logs: Any = None) -> None:
        """End the line of predict()."""
        self._finish({})


def _shown(logs: Any) -> Mapping[str, Any]:
    return {} if logs is None else logs
