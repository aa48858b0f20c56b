"""Writing the values of epochs to a table."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hornbeam.callbacks._callback import Callback
from hornbeam.saving._atomic import replacing


class CSVLogger(Callback):
    """Writes the values of each epoch as a line of a CSV file, which is complete after every epoch.

    The columns are `epoch`, counted from 0, and the values in alphabetical order, with those of validation whether or
    not the first epoch has any. A value that an epoch lacks is NA. A list or an array is written as "[1.0, 2.0]".

    Args:
        filename: where to write.
        separator: what stands between two values.
        append: whether lines are added to a file that exists, in the columns that it has; otherwise it is replaced.

    Raises OSError when training begins if the file cannot be written.

    >>> import hornbeam as keras, numpy as np, os, tempfile
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
    >>> model.compile(keras.optimizers.SGD(0.0), "mse")
    >>> path = os.path.join(tempfile.mkdtemp(), "epochs.csv")
    >>> log = keras.callbacks.CSVLogger(path)
    >>> history = model.fit(np.ones((4, 1)), np.zeros((4, 1)), epochs=2, verbose=0, callbacks=[log])
    >>> with open(path) as file:
    ...     print(file.read())
    epoch,loss,val_loss
    0,1.0,NA
    1,1.0,NA
    """

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.filename, self.sep, self.append = os.fspath(filename), separator, append
        self.keys: list[str] | None = None  # the columns beside `epoch`

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin the file, or find its columns."""
        self.keys = None
        with Path(self.filename).open("a+" if self.append else "w+", newline="") as file:
            file.seek(0)
            header = next(csv.reader(file, delimiter=self.sep), None)
        if header:
            self.keys = header[1:]

    def get_state(self) -> dict[str, Any]:
        """Return the table so far: lines that were written after the checkpoint will be written again."""
        path = Path(self.filename)
        return {"keys": self.keys, "text": path.read_bytes().decode() if path.exists() else ""}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Write the table as it was."""
        self.keys = state["keys"]
        with replacing(self.filename) as file:
            file.write(state["text"].encode())

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Add a line, and before the first one the names; a file that somebody has removed is begun anew."""
        logs, path = logs or {}, Path(self.filename)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", newline="") as file:
            writer = csv.writer(file, delimiter=self.sep)
            self.keys = _columns(list(logs)) if self.keys is None else self.keys
            if not file.tell():
                writer.writerow(["epoch", *self.keys])
            writer.writerow([epoch, *(_cell(logs[key]) if key in logs else "NA" for key in self.keys)])


def _columns(names: list[str]) -> list[str]:
    """Return the names in order; where none is of validation, those follow."""
    own = sorted(names)
    return own if any(name.startswith("val_") for name in own) else [*own, *(f"val_{name}" for name in own)]


def _cell(value: Any) -> Any:
    if isinstance(value, str) or np.ndim(value) == 0:
        return value
    return f'"[{", ".join(map(str, value))}]"'
