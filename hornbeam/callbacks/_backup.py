"""Keeping where training stands, so that a killed one goes on as if nothing had happened."""

from __future__ import annotations

import contextlib
import os
import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any

from hornbeam.callbacks._callback import Callback
from hornbeam.saving._state import read_state, write_state


class BackupAndRestore(Callback):
    """Keeps a checkpoint of the training in a folder, and lets fit() go on from it after an interruption.

    One file has all: weights, optimizer, metrics, random seeds, the state of the callbacks, the epoch, the batch and
    the order of the data. It is replaced at once when all is written, and the one before is kept: training goes on from
    that one, with a warning, when the newer is damaged. On SIGTERM a checkpoint is written and the process exits with
    code 143. Weights that are not finite are not saved, so the last good checkpoint stays.

    As in Keras, the History that fit() returns has the epochs of that call. `fit(resume=...)` takes a folder or one of
    these, keeps the history as well, and leaves the files there when training is finished.

    Args:
        backup_dir: the folder; it is made if it is missing, and files of others in it are left alone.
        save_freq: 'epoch', a number of batches, a `datetime.timedelta`, or False for SIGTERM alone.
        double_checkpoint: accepted for Keras's sake: the checkpoint before the last one is always kept.
        delete_checkpoint: whether the files are removed when training is finished.

    Raises ValueError when training begins if the checkpoint is of another model, or both checkpoints are damaged.

    >>> import hornbeam as keras, numpy as np, os, tempfile
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> folder = tempfile.mkdtemp()
    >>> backup = keras.callbacks.BackupAndRestore(folder, delete_checkpoint=False)
    >>> history = model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=2, verbose=0, callbacks=[backup])
    >>> sorted(os.listdir(folder))
    ['checkpoint.previous.zip', 'checkpoint.zip']
    >>> model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=3, verbose=0, callbacks=[backup]).epoch
    [2]
    """

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: Any = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        super().__init__()
        counted = isinstance(save_freq, int) and not isinstance(save_freq, bool) and save_freq > 0
        if not (counted or save_freq is False or save_freq == "epoch" or isinstance(save_freq, timedelta)):
            message = (
                "BackupAndRestore expects save_freq='epoch', a number of batches above 0, a timedelta or False; got "
                f"{save_freq!r}."
            )
            raise ValueError(message)
        if not os.fspath(backup_dir):
            message = "BackupAndRestore expects the name of a folder as backup_dir; got ''."
            raise ValueError(message)
        self.backup_dir, self.save_freq = backup_dir, save_freq
        self.double_checkpoint, self.delete_checkpoint = double_checkpoint, delete_checkpoint
        folder = Path(backup_dir)
        self.path, self.previous = folder / "checkpoint.zip", folder / "checkpoint.previous.zip"
        self._is_good = False  # whether `path` is known to be readable, so that it may become the previous one

    def read(self) -> dict[str, Any] | None:
        """Return the newest checkpoint that can be read; None when there is none yet."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._is_good, damages = False, []
        for path in (self.path, self.previous):
            try:
                state = read_state(path)
            except FileNotFoundError:
                continue
            except ValueError as error:
                damages.append(str(error))
                continue
            self._is_good = path is self.path
            if damages:
                message = f"{damages[0]} Training goes on from the checkpoint before it, {os.fspath(path)!r}."
                warnings.warn(message, RuntimeWarning, stacklevel=4)
            return state
        if damages:
            message = f"{' '.join(damages)} Remove the file to start the training anew."
            raise ValueError(message)
        return None

    def write(self, state: dict[str, Any]) -> None:
        """Write a checkpoint; a folder that somebody has removed is made anew."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_state(self.path, state, self.previous if self._is_good and self.path.exists() else None)
        self._is_good = True

    def remove(self) -> None:
        """Remove the checkpoints, and the folder if nothing else is in it."""
        for path in (self.path, self.previous):
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.path.parent.rmdir()
