"""Using the moving averages of weights before training ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from hornbeam.callbacks._callback import Callback


class SwapEMAWeights(Callback):
    """Puts the moving averages that the optimizer keeps in place of the weights while the model is evaluated.

    The optimizer must be made with `use_ema=True`. The weights themselves come back when validation, evaluate() or
    predict() ends, and training goes on with them.

    Args:
        swap_on_epoch: whether the averages are also in place from the end of an epoch to the beginning of the next one,
            for callbacks that stand after this one, such as ModelCheckpoint.

    Raises ValueError when there are no averages to use.

    >>> import hornbeam as keras, numpy as np
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile(keras.optimizers.SGD(0.1, use_ema=True), "mse")
    >>> x, y = np.ones((4, 1)), np.zeros((4, 1))
    >>> swap = keras.callbacks.SwapEMAWeights()
    >>> history = model.fit(x, y, validation_data=(x, y), verbose=0, callbacks=[swap])
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._kept: list[tuple[Any, Any]] = []  # (variable, its own value) while averages are in place

    def _swap_in(self) -> None:
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        if not getattr(optimizer, "use_ema", False):
            message = "SwapEMAWeights expects an optimizer with use_ema=True; this one keeps no moving averages."
            raise ValueError(message)
        if self._kept or not optimizer.built or not int(np.asarray(optimizer.iterations)):  # no averages yet
            return
        for variable in self.model.trainable_variables:
            self._kept.append((variable, variable.value))
            variable.assign(optimizer._averages[optimizer._get_variable_index(variable)].value)

    def _swap_out(self) -> None:
        for variable, value in self._kept:
            variable.assign(value)
        self._kept = []

    def get_state(self) -> dict[str, Any]:
        """Return the weights that are put aside."""
        return {"kept": [value for _, value in self._kept]}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take the weights that were put aside."""
        pairs = zip(self.model.trainable_variables, state["kept"], strict=False)
        self._kept = [(variable, jnp.asarray(kept)) for variable, kept in pairs]

    def on_train_begin(self, logs: Any = None) -> None:
        """Forget what training that was broken off has left."""
        self._kept = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Put the weights back."""
        self._swap_out()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Put the averages in place if that is wanted."""
        if self.swap_on_epoch:
            self._swap_in()

    def on_train_end(self, logs: Any = None) -> None:
        """Forget the weights: training leaves the averages in place."""
        self._kept = []

    def on_test_begin(self, logs: Any = None) -> None:
        """Put the averages in place."""
        self._swap_in()

    def on_test_end(self, logs: Any = None) -> None:
        """Put the weights back."""
        self._swap_out()

    def on_predict_begin(self, logs: Any = None) -> None:
        """Put the averages in place."""
        self._swap_in()

    def on_predict_end(self, logs: Any = None) -> None:
        """Put the weights back."""
        self._swap_out()
