"""Saving a model while it trains."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hornbeam._core.registry import suggest
from hornbeam.callbacks._monitor import Monitoring, begin_line, say


class ModelCheckpoint(Monitoring):
    """Saves the model, or its weights, after every epoch or every so many batches.

    A file is replaced at once when all is written, so it is never half of one. A model with weights that are not
    finite is not saved, with a warning: the last good file stays.

    Args:
        filepath: where to write: a name in `.keras`, or in `.weights.h5` with `save_weights_only`. It may have fields
            for `epoch` and `batch`, counted from 1, and for the values of the logs, as in
            'm{epoch:02d}-{val_loss:.2f}.keras'. Missing folders are made.
        monitor: the name in the logs that `save_best_only` watches.
        verbose: 1 prints what is saved and why.
        save_best_only: whether to save only when the watched value is better than before.
        save_weights_only: whether to save weights without the architecture.
        mode: 'min' or 'max' says what is better; 'auto' knows it of losses and of the metrics of the package.
        save_freq: 'epoch', or a number of batches, counted on from epoch to epoch. A number makes every batch a
            dispatch of its own, which is slower for small models.
        initial_value_threshold: with `save_best_only`, the value that the first file must beat.

    Raises:
        ValueError: when made, for a name of another ending or another `save_freq`; when training begins, if `mode` is
            'auto' and the direction is not known.
        KeyError: a field of `filepath` is not in the logs.

    >>> import hornbeam as keras, numpy as np, os, tempfile
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> folder = tempfile.mkdtemp()
    >>> save = keras.callbacks.ModelCheckpoint(os.path.join(folder, "after-{epoch}.keras"))
    >>> history = model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=2, verbose=0, callbacks=[save])
    >>> sorted(os.listdir(folder))
    ['after-1.keras', 'after-2.keras']
    """

    endings: Mapping[bool, str] = {False: ".keras", True: ".weights.h5"}  # by save_weights_only
    saved = ("best", "_epoch", "_last_batch", "_batches")

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode)
        self.filepath, self.verbose = os.fspath(filepath), verbose
        self.save_best_only, self.save_weights_only, self.save_freq = save_best_only, save_weights_only, save_freq
        self.best = self.initial_value_threshold = initial_value_threshold
        ending, own = self.endings[save_weights_only], type(self).__name__
        if not self.filepath.endswith(ending):
            message = (
                f"{own} with save_weights_only={save_weights_only} expects a name that ends in {ending!r}; "
                f"got {self.filepath!r}."
            )
            raise ValueError(message)
        if save_freq != "epoch" and not (isinstance(save_freq, int) and save_freq > 0):
            message = f"{own} expects save_freq='epoch' or a number of batches above 0; got {save_freq!r}."
            raise ValueError(message)
        self._epoch = 0
        self._last_batch = -1  # the last one seen of this epoch
        self._batches = 0  # since the last file

    def on_train_begin(self, logs: Any = None) -> None:
        """Check that the direction is known."""
        if self.save_best_only:
            self.more_is_better()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Note the epoch."""
        self._epoch, self._last_batch = epoch, -1

    @property
    def on_train_batch_end(self) -> Callable[..., None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The base's hook, which asks for no batches, unless files are saved by batches."""
        return super().on_train_batch_end if self.save_freq == "epoch" else self._count

    def _count(self, batch: int, logs: Any = None) -> None:
        """Save when enough batches have passed; several may have passed since the last call."""
        self._batches += batch - self._last_batch
        self._last_batch = batch
        if self._batches >= int(self.save_freq):
            self._batches = 0
            if self.verbose:
                begin_line(self)
            self._save(self._epoch, logs or {}, {"batch": batch + 1})

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Save, unless files are saved by batches."""
        if self.save_freq == "epoch":
            self._save(epoch, logs or {}, {})

    def _save(self, epoch: int, logs: Mapping[str, Any], place: Mapping[str, int]) -> None:
        """Write a file if this model deserves one."""
        path, when = self._path({"epoch": epoch + 1, **place, **logs}), f"Epoch {epoch + 1}: "
        value = self.get_monitor_value(logs) if self.save_best_only else None
        if value is not None and not self.is_better(value, self.best):
            self._say(f"{when}{self.monitor} did not improve from {_number(self.best)}")
            return
        bad = next((v.path for v in self.model.trainable_variables if not np.isfinite(v.numpy()).all()), None)
        if bad is not None:
            message = f"{when}{type(self).__name__} did not save to {path!r}: the weight {bad!r} is not finite."
            warnings.warn(message, stacklevel=5)
            return
        why = ""
        if value is not None:
            why = f"{self.monitor} improved from {_number(self.best)} to {_number(value)}, "
            self.best = value
        self._say(f"{when}{why}saving model to {path}")
        self._write(path, epoch)
        self._say(f"{when}finished saving model to {path}")

    def _write(self, path: str, epoch: int) -> None:
        """Write the file."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)

    def _path(self, values: Mapping[str, Any]) -> str:
        """Return the name with its fields filled in."""
        try:
            return self.filepath.format(**values)
        except KeyError as error:
            name = error.args[0]
            message = f"ModelCheckpoint fills filepath={self.filepath!r} from the logs; {name!r} is not among them."
            raise KeyError(message + suggest(name, values)) from error

    def _say(self, message: str) -> None:
        if self.verbose:
            say(message)


def _number(value: float | None) -> str:
    return "None" if value is None else f"{value:.5f}"
