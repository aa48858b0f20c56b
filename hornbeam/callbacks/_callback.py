"""Hooks that training calls: the base class, the list that calls them all, and the history of an epoch's values."""

from __future__ import annotations

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
    """

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


class CallbackList(Callback):
    """Several callbacks called one after the other, as one."""

    def __init__(self, callbacks: Any = None, add_history: bool = False, model: Any = None, **params: Any) -> None:
        super().__init__()
        given = [] if callbacks is None else list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]
        self.callbacks: list[Any] = []
        for callback in given:
            self.append(callback)
        if add_history and not any(isinstance(c, History) for c in self.callbacks):
            self.callbacks.append(History())
        if model is not None:
            self.set_model(model)
        if params:
            self.set_params(params)

    def append(self, callback: Any) -> None:
        """Add a callback."""
        if not isinstance(callback, Callback) and not hasattr(callback, "set_model"):
            message = f"callbacks expects Callback objects; got {callback!r} of type {type(callback).__name__}."
            raise TypeError(message)
        self.callbacks.append(callback)

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Set the parameters of all."""
        super().set_params(params)
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model: Any) -> None:
        """Set the model of all."""
        super().set_model(model)
        for callback in self.callbacks:
            callback.set_model(model)

    def wants_batches(self, kind: str) -> bool:
        """Return whether any callback overrides a hook of the batches of `kind`: 'train', 'test' or 'predict'."""
        names = [f"on_{kind}_batch_begin", f"on_{kind}_batch_end"]
        if kind == "train":
            names += ["on_batch_begin", "on_batch_end"]
        hooks = [_function(callback, name) for callback in self.callbacks for name in names]
        base = [getattr(Callback, name) for name in names]
        return any(hook not in (None, *base) and not hasattr(hook, "only_bad") for hook in hooks)

    def wants_bad_batches(self) -> bool:
        """Return whether any callback wants the training batches whose loss is not finite."""
        return any(hasattr(_function(callback, "on_train_batch_end"), "only_bad") for callback in self.callbacks)


def _function(callback: Any, name: str) -> Any:
    """Return the function behind a hook; None where a callback lacks it."""
    method = getattr(callback, name, None)
    return getattr(method, "__func__", method)


def only_bad(hook: Callable[..., None]) -> Callable[..., None]:
    """Mark an on_train_batch_end that acts only on a loss that is not finite.

    Such a hook alone does not make every batch a dispatch of its own: a dispatch ends with the first bad loss.
    """
    hook.only_bad = True  # type: ignore[attr-defined]
    return hook


def _call_all(name: str) -> Callable[..., None]:
    """Return a hook that calls all, with one dict of logs for all: what one of them adds, the next ones see."""

    def of_run(self: CallbackList, logs: Any = None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            getattr(callback, name)(logs)

    def of_place(self: CallbackList, place: int, logs: Any = None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            getattr(callback, name)(place, logs)

    hook = of_run if name in RUN_HOOKS else of_place
    hook.__name__, hook.__doc__ = name, f"Call {name} of all."
    return hook


for _name in (*EPOCH_HOOKS, *BATCH_HOOKS, *RUN_HOOKS):
    setattr(CallbackList, _name, _call_all(_name))


class History(Callback):
    """The values of every epoch, which `fit` returns: `history` maps a name to its list, `epoch` counts."""

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
