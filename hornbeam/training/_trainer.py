"""The methods of a model that train it and use it: compile, fit, evaluate, predict, and their one-batch forms."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from hornbeam import optimizers
from hornbeam._core import config, tree
from hornbeam._core.serialize import deserialize, serialize
from hornbeam._core.tracking import Tracked
from hornbeam.callbacks import History
from hornbeam.callbacks._progress import Progress
from hornbeam.data import _arrays, _check
from hornbeam.data._arrays import Sample
from hornbeam.data._iterable import Stream
from hornbeam.training import _targets
from hornbeam.training._compile import Objective, flat_logs, rows_that_count
from hornbeam.training._finders import Finders
from hornbeam.training._finders import smoke as run_smoke
from hornbeam.training._fit import Fit
from hornbeam.training._hooks import Hooks
from hornbeam.training._intake import HELD_OUT, as_callbacks, hold_out, intake
from hornbeam.training._loop import Runner
from hornbeam.training._predict import predict_all
from hornbeam.training._prepare import check_held_out, prepare
from hornbeam.training._resume import make_keeper
from hornbeam.training._step import Batch, Steps, is_own
from hornbeam.training._values import check_numbers


class Trainer(Hooks, Finders):
    """What a model does with data; `Model` inherits it."""

    name: str
    path: str
    built: bool
    stop_training = False
    stop_evaluating = False
    stop_predicting = False
    optimizer: Any = None
    history: History | None = None

    def __init__(self) -> None:
        self._objective: Objective | None = None
        self._compile_arguments: dict[str, Any] = {}
        self._trainer: Steps | None = None
        self._trainer_changes = -1
        self.run_eagerly, self.steps_per_execution, self.jit_compile = False, 1, True

    # ---- compile

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: Any = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Choose how the model is trained.

        Args:
            optimizer: a name such as 'adam', an optimizer, or an optax transformation.
            loss: a name such as 'mse', a Loss, a function (y_true, y_pred), or a list or dict of them per output.
            loss_weights: a number per output, in a list or a dict.
            metrics: names such as 'accuracy', Metrics or functions, in a list; per output in a list of lists or a dict.
            weighted_metrics: like `metrics`, with sample weights and class weights reaching them.
            run_eagerly: run each step in Python without compiling it, so that print, breakpoints and `if` see values.
            steps_per_execution: how many batches lie between two calls of batch hooks; 'auto': as many as take 50 ms.
            jit_compile: accepted for Keras's sake; everything is compiled unless `run_eagerly`.
            auto_scale_loss: under 'mixed_float16', scale the loss so that small gradients survive.

        Unknown names are refused here, with the nearest right ones.

        >>> import hornbeam as keras
        >>> model = keras.Sequential([keras.layers.Dense(1, input_shape=(2,))])
        >>> model.compile(optimizer="adam", loss="mse", metrics=["mae"])
        """
        objective = Objective(loss, loss_weights, metrics, weighted_metrics)
        chosen = optimizers.get(optimizer)
        half = self.dtype_policy.name == "mixed_float16"  # type: ignore[attr-defined]
        if auto_scale_loss and half and chosen is not None and not chosen.scales_loss:
            chosen = optimizers.LossScaleOptimizer(chosen, name="loss_scale_optimizer")
        self.optimizer, self._objective = chosen, objective
        self.run_eagerly, self.jit_compile = bool(run_eagerly), jit_compile is not False
        if steps_per_execution != "auto":
            _check.check_count(steps_per_execution, "steps_per_execution")
        self.steps_per_execution = steps_per_execution
        self._compile_arguments = {
            "optimizer": chosen,
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": self.jit_compile,
        }
        self.stop_training = False
        self._forget_compiled()

    @property
    def compiled(self) -> bool:
        """Whether compile() was called."""
        return self._objective is not None

    @property
    def loss(self) -> Any:
        """The loss as given to compile()."""
        return self._compile_arguments.get("loss")

    def get_compile_config(self) -> dict[str, Any] | None:
        """Return what compile() was given, for files; None when it was not called."""
        return serialize(self._compile_arguments) if self.compiled else None

    def compile_from_config(self, config: Mapping[str, Any]) -> None:
        """Compile as `get_compile_config` described, and make the optimizer's state."""
        self.compile(**{name: deserialize(value) for name, value in config.items()})
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)  # type: ignore[attr-defined]

    # ---- fit, evaluate, predict

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: Any = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
        resume: Any = None,
        debug_nan: bool = False,
        smoke: bool = False,
    ) -> History:
        """Train the model, and return the History of its losses and metrics.

        Args:
            x: inputs `(samples, ...)`: an array, a list of arrays, a dict by input name, or a generator, loader or
                dataset of batches (x, y[, sample_weight]).
            y: targets `(samples, ...)`, in the structure of the outputs.
            batch_size: samples per step, 32 by default.
            epochs: the number of the last epoch.
            verbose: 0 silent, 1 or 'auto' a progress bar on a terminal or in a notebook, 2 one line per epoch; a log
                file gets that with 1, too.
            callbacks: Callback objects.
            validation_split: the fraction of the samples, taken from the end, that is held out for validation.
            validation_data: (x, y[, sample_weight]) or a stream of batches to validate on after each epoch.
            shuffle: whether samples are put in a new order every epoch; 'batch' shuffles within batches.
            class_weight: dict class -> weight; with several outputs a dict output name -> such a dict.
            sample_weight: a weight per sample `(samples,)`, or per step `(samples, time)`.
            initial_epoch: where counting starts, for training that goes on.
            steps_per_epoch: how many batches an epoch has, for streams.
            validation_steps: how many batches validation has, for streams.
            validation_batch_size: samples per validation step.
            validation_freq: every how many epochs to validate, or the list of those epochs.
            resume: a folder for checkpoints, one every 30 seconds and at the end, or a BackupAndRestore that says when.
                A training that was killed goes on from the last one, with the same steps and the same results as if
                nothing had happened; one that was finished is not repeated. Data, batch size and model must be the
                same. A generator is drawn forward to where it was: it must give the same batches again.
            debug_nan: when a loss or weight is NaN or infinite, stop with FloatingPointError, which says in which
                layer, which computation and which rows of the batch it arose; the weights are those before that step.
            smoke: only run one batch through training, validation, prediction and saving. All errors come at once,
                in an ExceptionGroup, and nothing is changed.

        >>> import hornbeam as keras, numpy as np
        >>> model = keras.Sequential([keras.layers.Dense(1, input_shape=(2,))])
        >>> model.compile(loss="mse")
        >>> history = model.fit(np.ones((8, 2)), np.ones((8, 1)), epochs=3, verbose=0)
        >>> len(history.history["loss"])
        3
        """
        self._need_compile("fit")
        batch_size = _check.check_batch_size(batch_size)
        validation_batch_size = (
            batch_size if validation_batch_size is None else _check.check_batch_size(validation_batch_size)
        )
        _check.check_count(epochs, "epochs", 0)
        epochs = config.limited("the epochs", epochs, config.max_epochs()) or 0
        validation_split = _check.check_fraction(validation_split)
        if smoke:
            sizes = {"batch_size": batch_size, "validation_batch_size": validation_batch_size}
            options = {**sizes, "class_weight": class_weight}
            return run_smoke(self, (x, y, sample_weight), (validation_data, validation_split), options)
        data = intake(self, x, y, sample_weight, values=True)
        data, held_out = hold_out(self, data, validation_data, validation_split)
        if isinstance(data, Sample):
            data = self._weighted(data, class_weight)
        verbose = 1 if verbose == "auto" else int(verbose)
        callbacks = as_callbacks(callbacks, self, add_history=True)
        keeper = make_keeper(resume, callbacks)
        train = Runner(self, "train", data, batch_size, steps_per_epoch, callbacks, class_weight)
        test = (
            None
            if held_out is None
            else Runner(self, "test", held_out, validation_batch_size, validation_steps, callbacks)
        )
        callbacks.set_params({"verbose": verbose, "epochs": epochs, "steps": train.steps})
        history = next(c for c in callbacks.callbacks if isinstance(c, History))
        self.history, self.stop_training = history, False
        fresh = not self._objective.fitted  # type: ignore[union-attr]
        self._prepare(train.first(), "fit", data if isinstance(data, Sample) else None)
        if isinstance(held_out, Sample):
            check_held_out(self, held_out, HELD_OUT if validation_data is not None else "")
        if fresh and shuffle is True:
            train.draw_order(shuffle)  # Keras draws one for its look at a first batch: the next ones are then the same
        limits = {"epochs": epochs, "initial_epoch": initial_epoch, "validation_freq": validation_freq}
        Fit(self, train, test, callbacks, keeper, verbose=verbose, shuffle=shuffle, debug_nan=debug_nan, **limits).run()
        return history

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Return the loss and the metrics over data, as a list in the order of `metrics_names`, or as a dict.

        Takes `x`, `y`, `batch_size`, `sample_weight` and `callbacks` as fit() does; `steps` limits the batches.
        """
        self._need_compile("evaluate")
        data = intake(self, x, y, sample_weight, values=False)
        callbacks = as_callbacks(callbacks, self)
        runner = Runner(self, "test", data, _check.check_batch_size(batch_size), steps, callbacks)
        verbose = 1 if verbose == "auto" else int(verbose)
        callbacks.set_params({"verbose": verbose, "epochs": 1, "steps": runner.steps})
        self._prepare(runner.first(), "evaluate", data if isinstance(data, Sample) else None)
        with contextlib.closing(runner), Progress(runner.steps, 0 if callbacks.draws else verbose) as progress:
            logs = self._run_test(runner, progress)
            progress.finish(runner.done, logs)
        return logs if return_dict else self._in_order(logs)

    def _run_test(self, runner: Runner, progress: Progress) -> dict[str, Any]:
        self.stop_evaluating = False
        runner.callbacks.on_test_begin()
        logs = runner.epoch(progress)
        runner.callbacks.on_test_end(logs)
        return logs

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """Return the outputs for inputs `(samples, ...)`, as NumPy arrays in the structure of the outputs.

        A small array goes straight to the compiled function: one sample takes about as long as calling that function.
        """
        size = _check.check_batch_size(batch_size)
        quiet = callbacks is None and (verbose == 0 or not isinstance(x, np.ndarray) or len(x) <= size)
        if quiet and isinstance(x, np.ndarray) and 0 < len(x) <= size and self._is_ready(x):
            if config.value_checks():
                check_numbers(self, x)
            outputs = self._steps().run_predict(x)
            return np.array(outputs) if isinstance(outputs, jax.Array) else tree.map_structure(np.array, outputs)
        verbose = 1 if verbose == "auto" else int(verbose)
        return predict_all(self, x, size, verbose, steps, as_callbacks(callbacks, self))

    def _is_ready(self, x: np.ndarray) -> bool:
        """Return whether predict is compiled for inputs like `x`, so that nothing needs checking."""
        steps = self._trainer
        return steps is not None and self._trainer_changes == Tracked.changes and (x.shape[1:], x.dtype) in steps.seen

    # ---- one batch

    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Do one step of training on one batch; returns the batch's loss and metrics."""
        return self._on_batch("train", x, y, sample_weight, class_weight, return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """Return the loss and the metrics of one batch."""
        return self._on_batch("test", x, y, sample_weight, None, return_dict)

    def _on_batch(self, kind: str, x: Any, y: Any, sample_weight: Any, class_weight: Any, return_dict: bool) -> Any:
        self._need_compile(f"{kind}_on_batch")
        data = intake(self, x, y, sample_weight, values=kind == "train")
        if isinstance(data, Stream):
            message = f"{kind}_on_batch takes arrays; got {type(x).__name__}."
            raise TypeError(message)
        data = self._weighted(data, class_weight)
        self._prepare(data, f"{kind}_on_batch")
        self.reset_metrics()
        self._steps().run_batch(kind, self._batch_of(data))
        logs = {k: float(v) if np.ndim(v) == 0 else np.asarray(v) for k, v in self._results().items()}
        return logs if return_dict else self._in_order(logs)

    def predict_on_batch(self, x: Any) -> Any:
        """Return the outputs for one batch, as NumPy arrays."""
        return self.predict(x, batch_size=max(_arrays.rows_of(_arrays.as_arrays(x, "x")), 1), verbose=0)

    def _in_order(self, logs: Mapping[str, Any]) -> Any:
        names = self.metrics_names
        values = [logs[name] for name in names if name in logs]
        values += [v for k, v in logs.items() if k not in names]
        return values[0] if len(values) == 1 else values

    # ---- data, steps and checks

    def _weighted(self, sample: Sample, class_weight: Any) -> Sample:
        """Return the samples with `class_weight` in their weights."""
        return _targets.with_class_weight(self, sample, class_weight)

    def _batch_of(self, sample: Sample) -> Batch:
        """Return a batch with targets and weights in the order of the outputs, or as the model's own hooks take it."""
        if self._steps().takes_given:
            return Batch(*sample)
        names = self._objective.output_names  # type: ignore[union-attr]
        x, y, weight = sample
        if len(names) == 1 and isinstance(y, np.ndarray) and (weight is None or isinstance(weight, np.ndarray)):
            return Batch(x, [y], [weight])  # what the next line gives, without a look at names for each batch
        return Batch(x, _targets.in_order(y, names, "y"), _targets.weights_in_order(weight, names))

    def _on_device(self, data: Any) -> Any:
        return jax.device_put(data)

    def _loss_is_finite(self) -> bool:
        """Return whether the sum of the epoch's losses so far is a number."""
        return bool(self._steps().loss_is_finite())

    def _results(self) -> dict[str, Any]:
        """Return what the metrics have come to, and what the last step returned, if it is the model's own."""
        steps = self._steps()
        if is_own(self, "get_metrics_result"):
            return self.get_metrics_result() | steps.logs
        if steps.logs:
            return steps.logs
        return flat_logs({metric.name: metric.result() for metric in steps.counted})

    def _need_compile(self, what: str) -> None:
        if not self.compiled:
            message = f"Model {self.name!r}: call compile() before {what}()."
            raise ValueError(message)

    _prepare = prepare

    def _steps(self) -> Steps:
        """Return the compiled functions, made anew when layers or what is trainable changed."""
        if self._trainer is None or self._trainer_changes != Tracked.changes:
            if self._trainer is None or not self._trainer.is_current(self):
                self._trainer = Steps(self)
            self._trainer_changes = Tracked.changes
        return self._trainer

    def _forget_compiled(self) -> None:
        self._trainer = None

    def _loss_of(self, batch: Batch, y_pred: Any, training: bool) -> Any:
        """Return the number to minimize for one batch."""
        given = {"x": batch.x, "y": batch.y, "y_pred": y_pred, "sample_weight": batch.sample_weight}
        if "training" in inspect.signature(self.compute_loss).parameters:
            given["training"] = training
        return self.compute_loss(**given)

    def _count_batch(self, batch: Batch, y_pred: Any, loss: Any, with_loss: bool) -> dict[str, Any]:
        """Add one batch to the running averages, that of the loss among them or not; returns the model's own logs."""
        objective = self._objective
        assert objective is not None  # noqa: S101 - compiled, or nothing would run
        if with_loss:
            objective.loss_tracker.update_state(loss, sample_weight=rows_that_count(_arrays.rows_of(batch.x)))
        if is_own(self, "compute_metrics"):
            return self.compute_metrics(batch.x, batch.y, y_pred, batch.sample_weight)
        objective.compile_metrics.update_state(batch.y, y_pred, batch.sample_weight)
        return {}
