"""Stopping when the loss is lost."""

from __future__ import annotations

import math
from typing import Any

from hornbeam.callbacks._callback import Callback, only_bad
from hornbeam.callbacks._monitor import begin_line, say


class TerminateOnNaN(Callback):
    """Stops training after the batch whose loss is NaN or infinite; many batches still share a dispatch.

    Args:
        raise_error: whether to raise RuntimeError, so that nothing of the epoch runs after that batch; otherwise
            validation and the end of the epoch follow.

    >>> import hornbeam as keras, numpy as np
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", lambda y, p: p / 0)
    >>> stop = keras.callbacks.TerminateOnNaN()
    >>> history = model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=9, verbose=0, callbacks=[stop])
    Batch 0: Invalid loss, terminating training
    >>> history.epoch
    [0]
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    @only_bad
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Look at the loss."""
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            message = f"A finite loss is expected; batch {batch}, counted from 0, gave {float(loss)}. Training stops."
            raise RuntimeError(message)
        begin_line(self)
        say(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True
