"""Showing training in TensorBoard."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np

from hornbeam import layers
from hornbeam.callbacks._callback import Callback
from hornbeam.callbacks._events import EventFile, texts_of
from hornbeam.callbacks._graph import graph_of


class TensorBoard(Callback):
    """Writes what TensorBoard shows: losses and metrics, the graph, histograms of weights, profiles, embeddings.

    The folder `train` gets `epoch_loss` and its like, by epoch, and `batch_loss` by batch; `validation` gets
    `epoch_loss` and, by the optimizer's step, `evaluation_loss_vs_iterations`. See them with `tensorboard --logdir
    logs`; TensorBoard itself is not needed to write.

    Args:
        log_dir: the folder.
        histogram_freq: every how many epochs the weights' histograms are written; 0 for never.
        write_graph: whether the layers are written; of a model that `call` defines, without what follows what.
        write_images: whether the weights are written as pictures, too, with the histograms.
        write_steps_per_second: whether to write the speed.
        update_freq: 'epoch', or a number of batches or 'batch', after which values are written, too. Then every batch
            is a dispatch of its own, which is slower for small models.
        profile_batch: the batch, or (first, last), counted from 1, of which JAX writes a profile; 0 for none.
        embeddings_freq: every how many epochs the weights of Embedding layers are written for the projector.
        embeddings_metadata: the file of labels of the embeddings, or a dict layer's name -> file. TensorBoard reads it
            only if it lies in `log_dir`, and its name is from there.

    >>> import hornbeam as keras, numpy as np, os, tempfile
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> folder = tempfile.mkdtemp()
    >>> board = keras.callbacks.TensorBoard(folder)
    >>> history = model.fit(np.ones((4, 1)), np.ones((4, 1)), validation_split=0.5, verbose=0, callbacks=[board])
    >>> sorted(os.listdir(folder))
    ['train', 'validation']
    """

    saved = ("_batches",)

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: str | int = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ) -> None:
        super().__init__()
        if update_freq not in ("epoch", "batch") and not (isinstance(update_freq, int) and update_freq > 0):
            message = f"TensorBoard expects update_freq='epoch', 'batch' or a number of batches; got {update_freq!r}."
            raise ValueError(message)
        self.log_dir, self.histogram_freq, self.write_graph = os.fspath(log_dir), histogram_freq, write_graph
        self.write_images, self.write_steps_per_second = write_images, write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.profile_batch = profile_batch
        self.embeddings_freq, self.embeddings_metadata = embeddings_freq, embeddings_metadata
        first, last = profile_batch if isinstance(profile_batch, tuple | list) else (profile_batch, profile_batch)
        if not 0 <= first <= last:
            message = f"TensorBoard expects profile_batch as a number from 0, or (first, last); got {profile_batch!r}."
            raise ValueError(message)
        self._profiled, self._profiling = (int(first), int(last)), False
        self._files: dict[str, EventFile] = {}
        self._batches = 0  # of this training
        self._began, self._steps = time.perf_counter(), 0  # of this epoch: its time and the optimizer's step
        self._batch_began = self._began

    def _file(self, name: str) -> EventFile:
        return self._files.setdefault(name, EventFile(Path(self.log_dir) / name))

    def _iterations(self) -> int:
        optimizer = self.model.optimizer
        return 0 if optimizer is None else int(np.asarray(optimizer.iterations))

    def on_train_begin(self, logs: Any = None) -> None:
        """Write the graph."""
        self._batches, self._files = 0, {}
        if self.write_graph and self.model.built:
            text = graph_of(self.model)
            if text is None:
                message = f"TensorBoard: model {self.model.name!r} holds no layers, so no graph is written."
                warnings.warn(message, stacklevel=2)
                return
            self._file("train").add("keras", 0, texts_of([text.encode()], scalar=True), "graph_keras_model", b"1")

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Note the time."""
        self._began, self._steps = time.perf_counter(), self._iterations()

    def _wants_batches(self) -> bool:
        return self.update_freq != "epoch" or self._profiled[1] > 0

    @property
    def on_train_batch_begin(self) -> Callable[..., None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The base's hook, which asks for no batches, unless some are to be seen."""
        return self._begin_batch if self._wants_batches() else super().on_train_batch_begin

    @property
    def on_train_batch_end(self) -> Callable[..., None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The base's hook, as above."""
        return self._end_batch if self._wants_batches() else super().on_train_batch_end

    def _begin_batch(self, batch: int, logs: Any = None) -> None:
        self._batch_began = time.perf_counter()
        if self._batches + 1 == self._profiled[0]:
            jax.profiler.start_trace(str(Path(self.log_dir) / "train"))
            self._profiling = True

    def _end_batch(self, batch: int, logs: Any = None) -> None:
        self._batches += 1
        if self._profiling and self._batches >= self._profiled[1]:
            self._stop_profile()
        if self.update_freq == "epoch" or self._batches % int(self.update_freq):
            return
        values = dict(logs or {})
        if self.write_steps_per_second:
            values["steps_per_second"] = 1 / (time.perf_counter() - self._batch_began)
        self._write("train", "batch_{}", self._batches, values)

    def _stop_profile(self) -> None:
        jax.profiler.stop_trace()
        self._profiling = False

    def _write(self, file: str, tag: str, step: int, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            if np.ndim(value) == 0:
                self._file(file).scalar(tag.format(name), step, value)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write the epoch's values, and the weights when it is their turn."""
        logs = dict(logs or {})
        train = {k: v for k, v in logs.items() if not k.startswith("val_")}
        rate = getattr(self.model.optimizer, "learning_rate", None)
        if rate is not None:
            train["learning_rate"] = float(np.asarray(rate))
        if self.write_steps_per_second:
            train["steps_per_second"] = (self._iterations() - self._steps) / (time.perf_counter() - self._began)
        self._write("train", "epoch_{}", epoch, train)
        held_out = {k.removeprefix("val_"): v for k, v in logs.items() if k.startswith("val_")}
        self._write("validation", "epoch_{}", epoch, held_out)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            self._write_embeddings(epoch)

    def _write_weights(self, epoch: int) -> None:
        for layer in self.model.layers:
            for weight in layer.weights:
                values = np.asarray(weight.value, np.float32)
                self._file("train").histogram(f"{weight.path}/histogram", epoch, values)
                images = _as_images(values) if self.write_images else None
                if images is not None:
                    self._file("train").images(f"{weight.path}/image", epoch, images)

    def _write_embeddings(self, epoch: int) -> None:
        """Write the tables, and the projector's settings, which name them."""
        settings, metadata = [], self.embeddings_metadata
        for layer in self.model.layers:
            if not isinstance(layer, layers.Embedding):
                continue
            table = Path(self.log_dir) / "train" / f"{layer.name}-{epoch}.tsv"
            table.parent.mkdir(parents=True, exist_ok=True)
            np.savetxt(table, np.asarray(layer.embeddings), delimiter="\t", fmt="%.7g")
            labels = metadata.get(layer.name) if isinstance(metadata, Mapping) else metadata
            lines = [f'  tensor_name: "{layer.name}"', f'  tensor_path: "train/{table.name}"']
            lines += [f'  metadata_path: "{labels}"'] if labels else []
            settings.append("\n".join(["embeddings {", *lines, "}\n"]))
        if settings:
            (Path(self.log_dir) / "projector_config.pbtxt").write_text("".join(settings))

    def on_test_end(self, logs: Any = None) -> None:
        """Write the values of validation, or of evaluate()."""
        self._write("validation", "evaluation_{}_vs_iterations", self._iterations(), logs or {})

    def on_train_end(self, logs: Any = None) -> None:
        """End a profile that would go beyond the training."""
        if self._profiling:
            self._stop_profile()


def _as_images(values: np.ndarray) -> np.ndarray | None:
    """Return weights as pictures `(count, height, width)`: a matrix as one, a convolution by filters; or None."""
    values = np.squeeze(values)
    if values.ndim == 1:
        return values[None, :, None]
    if values.ndim == 2:
        return (values.T if values.shape[0] > values.shape[1] else values)[None]
    return np.moveaxis(values, -1, 0) if values.ndim == 3 else None
