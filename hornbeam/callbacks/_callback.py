"""Hooks that training calls: the base class, the history of an epoch's values, and hooks made of functions."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

EPOCH_HOOKS = tuple(f"on_{what}" for what in ("epoch_begin", "epoch_end"))
BATCH_HOOKS = tuple(
    f"on_{kind}batch_{when}" for kind in ("", "train_", "test_", "predict_") for when in ("begin", "end")
)
RUN_HOOKS = tuple(f"on_{kind}_{when}" for kind in ("train", "test", "predict") for when in ("begin", "end"))


class Callback:
    """Hooks called while a model trains, is evaluated or predicts; override those you need.

    `self.model` is the model and `self.params` a dict with `epochs`, `steps` and `verbose`. A callback that overrides a
    batch hook gets it after every batch; one that does not lets many steps run in one dispatch.

    >>> import hornbeam as keras
    >>> class Stop(keras.callbacks.Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         self.model.stop_training = True

    A callback that counts or remembers something between epochs names these attributes in `saved`: checkpoints hold
    them, so that it goes on after a kill as it would have. They are numbers, text, arrays, lists and dicts of these.
    One that needs more overrides `get_state` and `set_state`.
    """

    saved: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}
        self._model: Any = None

    @property
    def model(self) -> Any:
        """The model that runs."""
        return self._model

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Set `params`."""
        self.params = dict(params)

    def set_model(self, model: Any) -> None:
        """Set `model`."""
        self._model = model

    def get_state(self) -> dict[str, Any]:
        """Return what a checkpoint is to hold of this callback."""
        return {name: copy.deepcopy(getattr(self, name)) for name in self.saved}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take the state of a checkpoint; runs after on_train_begin and, within an epoch, after on_epoch_begin."""
        self.__dict__.update(state)

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Run before a training batch: the older name of on_train_batch_begin."""

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """Run after a training batch: the older name of on_train_batch_end."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Run before an epoch, counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Run after an epoch; `logs` has its values, those of validation with the prefix `val_`."""

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Run before a training batch, counted from 0 within the epoch."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Run after a training batch; `logs` has the averages over the epoch so far."""
        self.on_batch_end(batch, logs)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Run before a batch of evaluate() or of validation."""

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """Run after a batch of evaluate() or of validation."""

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Run before a batch of predict()."""

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """Run after a batch of predict(); `logs["outputs"]` has its predictions."""

    def on_train_begin(self, logs: Any = None) -> None:
        """Run once before training."""

    def on_train_end(self, logs: Any = None) -> None:
        """Run once after training."""

    def on_test_begin(self, logs: Any = None) -> None:
        """Run before evaluate() or validation."""

    def on_test_end(self, logs: Any = None) -> None:
        """Run after evaluate() or validation."""

    def on_predict_begin(self, logs: Any = None) -> None:
        """Run before predict()."""

    def on_predict_end(self, logs: Any = None) -> None:
        """Run after predict()."""


def only_bad(hook: Callable[..., None]) -> Callable[..., None]:
    """Mark an on_train_batch_end that acts only on a loss that is not finite.

    Such a hook alone does not make every batch a dispatch of its own: a dispatch ends with the first bad loss.
    """
    hook.__dict__["only_bad"] = True
    return hook


class History(Callback):
    """The values of every epoch, which `fit` returns.

    `history` is a dict name -> list of values, one an epoch; those of validation begin with `val_`. `epoch` lists the
    epochs, counted from 0.

    >>> import hornbeam as keras, numpy as np
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> x, y = np.ones((4, 1)), np.zeros((4, 1))
    >>> history = model.fit(x, y, validation_data=(x, y), epochs=2, verbose=0)
    >>> sorted(history.history), history.epoch
    (['loss', 'val_loss'], [0, 1])
    """

    saved = ("history", "epoch")

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Any = None) -> None:
        """Start the list of epochs anew."""
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Add the epoch's values."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self


class LambdaCallback(Callback):
    """A callback made of functions, each named after its hook.

    Args:
        on_epoch_begin: a function of (epoch, logs).
        on_epoch_end: a function of (epoch, logs).
        on_train_begin: a function of (logs).
        on_train_end: a function of (logs).
        on_train_batch_begin: a function of (batch, logs). It makes every batch a dispatch of its own.
        on_train_batch_end: a function of (batch, logs), likewise.
        kwargs: functions for the other hooks of `Callback`, such as `on_test_end`.

    >>> import hornbeam as keras
    >>> shout = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch))
    """

    def __init__(
        self,
        on_epoch_begin: Any = None,
        on_epoch_end: Any = None,
        on_train_begin: Any = None,
        on_train_end: Any = None,
        on_train_batch_begin: Any = None,
        on_train_batch_end: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        given = {k: v for k, v in locals().items() if k.startswith("on_")} | kwargs
        self.__dict__.update({name: fn for name, fn in given.items() if fn is not None})
