"""Checkpoints in the format of the package Orbax."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

import jax
import numpy as np

from hornbeam._core.lazy import lazy
from hornbeam._core.serialize import serialize
from hornbeam.callbacks._checkpoint import ModelCheckpoint

ocp = lazy("orbax.checkpoint", extra="orbax")


class OrbaxCheckpoint(ModelCheckpoint):
    """Saves the model with Orbax, in the background: a folder for each epoch, or for each step with a `save_freq`.

    A folder holds `pytree`, the values by the paths of their Variables, and `model_config`. `fit(resume=...)` is what
    lets a training go on; this is for programs that read Orbax's files. It needs `pip install 'hornbeam[orbax]'`.

    Args:
        directory: where to write.
        monitor: the name in the logs that `save_best_only` watches.
        verbose: 1 prints what is saved and why.
        save_best_only: whether to save only when the watched value is better than before.
        mode: 'min' or 'max' says what is better; 'auto' knows it of losses and of the metrics of the package.
        save_freq: 'epoch', or a number of batches.
        initial_value_threshold: with `save_best_only`, the value that the first one must beat.
        max_to_keep: how many are kept, None for all.
        save_on_background: whether training goes on while files are written.
        save_weights_only: whether optimizer, metrics and architecture are left out.

    Raises ModuleNotFoundError when made, if Orbax is not installed.
    """

    endings: Mapping[bool, str] = {False: "", True: ""}

    def __init__(
        self,
        directory: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
        max_to_keep: int | None = 1,
        save_on_background: bool = True,
        save_weights_only: bool = False,
    ) -> None:
        place = os.path.abspath(directory)  # noqa: PTH100 - Orbax takes no other, and links are to stay
        options = (save_best_only, save_weights_only, mode, save_freq, initial_value_threshold)
        super().__init__(place, monitor, verbose, *options)
        self.directory, self.max_to_keep, self.save_on_background = place, max_to_keep, save_on_background
        kept = ocp.CheckpointManagerOptions(max_to_keep=max_to_keep, enable_async_checkpointing=save_on_background)
        self.manager = ocp.CheckpointManager(place, options=kept)

    def _write(self, path: str, epoch: int) -> None:
        items: dict[str, Any] = {}
        model: Any = self.model
        names = ("trainable_variables", "non_trainable_variables")
        parts = {name: getattr(model, name) for name in names}
        if not self.save_weights_only:
            states = [] if model.optimizer is None else model.optimizer.variables
            parts |= {"optimizer_variables": states, "metrics_variables": model.metrics_variables}
            items["model_config"] = ocp.args.JsonSave({"config": json.dumps(serialize(model))})
        values = {name: _by_path(variables) for name, variables in parts.items()}
        items["pytree"] = ocp.args.PyTreeSave(values)
        optimizer = None if self.save_freq == "epoch" else model.optimizer
        step = epoch if optimizer is None else int(np.asarray(optimizer.iterations))
        self.manager.save(step, args=ocp.args.Composite(**items), force=True)

    def on_train_end(self, logs: Any = None) -> None:
        """Wait for the last files."""
        self.wait_until_finished()

    def wait_until_finished(self) -> None:
        """Wait until all that was saved is on the disk."""
        self.manager.wait_until_finished()

    def is_multihost_enabled(self) -> bool:
        """Return whether several processes train together."""
        return jax.process_count() > 1

    def is_primary_host(self) -> bool:
        """Return whether this is the first of the processes."""
        return jax.process_index() == 0


def _by_path(variables: Iterable[Any]) -> dict[str, Any]:
    """Return values in nested dicts, by the parts of the paths of their Variables."""
    found: dict[str, Any] = {}
    for variable in variables:
        *folders, name = variable.path.split("/")
        place = found
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = variable.value
    return found
