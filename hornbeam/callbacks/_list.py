"""Several callbacks called as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hornbeam.callbacks._callback import BATCH_HOOKS, EPOCH_HOOKS, RUN_HOOKS, Callback, History
from hornbeam.callbacks._progbar import ProgbarLogger


class CallbackList(Callback):
    """Several callbacks called one after the other, as one: for training loops of one's own.

    Args:
        callbacks: a callback, a list of them, or None.
        add_history: whether to add a History, if there is none.
        add_progbar: whether to add a ProgbarLogger, if there is none.
        model: the model of all.
        params: what is set as `params` of all, such as `epochs`, `steps` and `verbose`.

    >>> import hornbeam as keras
    >>> say = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs["loss"]))
    >>> keras.callbacks.CallbackList([say], epochs=1).on_epoch_end(0, {"loss": 0.5})
    0 0.5
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        super().__init__()
        given = [] if callbacks is None else list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]
        self.callbacks: list[Any] = []
        for callback in given:
            self.append(callback)
        if add_history and not any(isinstance(c, History) for c in self.callbacks):
            self.callbacks.append(History())
        if add_progbar and not self.draws:
            self.callbacks.append(ProgbarLogger())
        if model is not None:
            self.set_model(model)
        if params:
            self.set_params(params)

    @property
    def draws(self) -> bool:
        """Whether one of the callbacks draws the progress line."""
        return any(isinstance(callback, ProgbarLogger) for callback in self.callbacks)

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
