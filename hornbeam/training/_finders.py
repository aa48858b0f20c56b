"""Small checks before a long training: which learning rate, which batch size, does it learn, does all of it run.

Each leaves the model as it was: weights, optimizer, metrics, and the generators of random numbers.
"""

from __future__ import annotations

import itertools
import math
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from hornbeam._core.seeds import random_state, set_random_state
from hornbeam._core.state import Variable
from hornbeam.callbacks import History
from hornbeam.data._arrays import Sample, take
from hornbeam.data._check import check_batch_size
from hornbeam.data._iterable import Stream
from hornbeam.training._intake import hold_out, intake
from hornbeam.training._step import optimizers_of

DIVERGED = 4.0  # times the best loss: the learning rate is too large
SHARE = 0.9  # of the memory that is free


class LearningRateCurve(NamedTuple):
    """What `find_learning_rate` saw: the loss, smoothed, at each learning rate; and which rate to take."""

    rates: list[float]
    losses: list[float]
    suggestion: float


class Finders:
    """The methods of a model that look before it is trained."""

    name: str
    optimizer: Any
    train_on_batch: Callable[..., Any]
    test_on_batch: Callable[..., Any]

    def find_learning_rate(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        sample_weight: Any = None,
        start: float = 1e-7,
        stop: float = 10.0,
        steps: int = 100,
    ) -> LearningRateCurve:
        """Train with a learning rate that grows from `start` to `stop`, and return the losses and a suggestion.

        The suggestion is where the smoothed loss falls most steeply (Smith, "Cyclical learning rates for training
        neural networks", 2017). Losses are compared with those of the untrained model on the same batches, so that
        batches need not be alike. It ends early when the loss explodes. The optimizer's learning rate must be one that
        can be set.

        >>> import hornbeam as keras, numpy as np
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> curve = model.find_learning_rate(np.ones((8, 2)), np.ones((8, 1)))
        >>> 1e-7 < curve.suggestion < 10
        True
        """
        source = _batches(intake(self, x, y, sample_weight, values=True), check_batch_size(batch_size))
        batches = list(itertools.islice(source, steps))
        rates: list[float] = []
        losses: list[float] = []
        with _restored(self, batches[0]):
            before = [_loss(self.test_on_batch, batch) for batch in batches]
            level = mean = sum(before) / steps
            for rate, batch, untrained in zip(np.geomspace(start, stop, steps), batches, before, strict=True):
                self.optimizer.learning_rate = float(rate)
                mean = 0.8 * mean + 0.2 * (level + _loss(self.train_on_batch, batch) - untrained)
                if not math.isfinite(mean) or mean > DIVERGED * min([level, *losses]):
                    break
                rates.append(float(rate))
                losses.append(mean)
        if len(rates) < 2:
            message = f"Model {self.name!r}: the loss explodes at the learning rate {start} already: start lower."
            raise ValueError(message)
        slopes = np.gradient(np.array(losses), np.log(rates))
        return LearningRateCurve(rates, losses, rates[int(np.argmin(slopes[: int(np.argmin(losses)) + 1]))])

    def find_batch_size(self, x: Any, y: Any = None, sample_weight: Any = None, memory: float | None = None) -> int:
        """Return the largest batch size, a power of 2 up to the number of samples, whose step of training fits.

        XLA says what a compiled step needs; nothing is run. `memory` is in bytes, by default 90 % of what is free on
        the device. Raises MemoryError where not even one sample fits.

        >>> import hornbeam as keras, numpy as np
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> model.find_batch_size(np.ones((70, 2)), np.ones((70, 1)))
        64
        """
        data = intake(self, x, y, sample_weight, values=True)
        sample = data.peek() if isinstance(data, Stream) else data
        rows = len(jax.tree.leaves(sample.x)[0])
        limit = _free_memory() if memory is None else memory
        with _restored(self, Sample(*(take(part, slice(0, 1)) for part in sample))):
            size = 2 ** int(math.log2(rows))
            need = _bytes_of_step(self, sample, size)
            while need > limit:
                if size == 1:
                    message = (
                        f"Model {self.name!r}: one sample fits into memory expected; a step needs {need:.3g} bytes, "
                        f"{limit:.3g} are free."
                    )
                    raise MemoryError(message)
                size = max(1, min(size // 2, 2 ** int(math.log2(max(1, size * limit / need)))))
                need = _bytes_of_step(self, sample, size)
        return size

    def overfit_one_batch(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        sample_weight: Any = None,
        steps: int = 200,
        target: float = 0.1,
    ) -> bool:
        """Return whether the loss on the first batch falls below `target` times its first value within `steps` steps.

        A model that cannot learn one batch by heart has a fault: in its data, its loss, or its layers.

        >>> import hornbeam as keras, numpy as np
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile(keras.optimizers.Adam(0.1), "mse")
        >>> model.overfit_one_batch(np.ones((8, 2)), np.ones((8, 1)))
        True
        """
        batch = next(_batches(intake(self, x, y, sample_weight, values=True), check_batch_size(batch_size)))
        with _restored(self, batch):
            losses = [_loss(self.train_on_batch, batch) for _ in range(steps)]
        return min(losses) <= target * losses[0]


def smoke(model: Any, data: tuple[Any, Any, Any], validation: tuple[Any, float], options: dict[str, Any]) -> History:
    """Run one batch through training, validation, prediction and saving; raise all errors at once.

    A generator loses the batch.
    """
    history, errors = History(), []

    @contextmanager
    def part(name: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - all of them are raised below
            error.add_note(f"This came up in the {name} of fit(smoke=True).")
            errors.append(error)

    batches: list[Any] = [None, None]
    with part("data"):
        parts = hold_out(model, intake(model, *data, values=True), None, validation[1])
        batches = [None if p is None else next(_batches(p, options["batch_size"])) for p in parts]
    with part("validation data"):
        if validation[0] is not None:
            source = hold_out(model, Sample(None), validation[0], 0.0)[1]
            assert source is not None  # noqa: S101 - there is validation data
            batches[1] = next(_batches(source, options["validation_batch_size"]))
    train, test = batches
    if train is not None:
        logs: dict[str, Any] = {}
        with part("first look at the data"), _restored(model, train):
            with part("training"):
                logs |= model.train_on_batch(*train, class_weight=options["class_weight"], return_dict=True)
            with part("validation"):
                found = {} if test is None else model.test_on_batch(*test, return_dict=True)
                logs |= {f"val_{name}": value for name, value in found.items()}
            with part("prediction"):
                model.predict_on_batch(train.x)
            with part("saving"), tempfile.TemporaryDirectory() as folder:
                model.save(Path(folder) / "model.keras")
        history.epoch, history.history = [0], {name: [value] for name, value in logs.items()}
    if errors:
        message = f"Model {model.name!r}: fit(smoke=True) came upon {len(errors)} errors."
        raise ExceptionGroup(message, errors)
    return history


def _loss(step: Callable[..., Any], batch: Sample) -> float:
    logs = step(*batch, return_dict=True)
    if "loss" not in logs:
        message = f"The logs of a step must have a 'loss' to look at; they have {', '.join(map(repr, logs))}."
        raise ValueError(message)
    return float(logs["loss"])


@contextmanager
def _restored(model: Any, sample: Sample) -> Iterator[None]:
    """Build what is not built, and put everything back at the end of the `with` block."""
    model._need_compile("training")
    fitted = model._objective.fitted
    model._prepare(sample, "fit")
    optimizers = [v for optimizer in optimizers_of(model) for v in optimizer.variables]
    variables: list[Variable] = [*model.variables, *optimizers, *model.metrics_variables]
    values, random, stop = [v._value for v in variables], random_state(), model.stop_training
    try:
        yield
    finally:
        for variable, value in zip(variables, values, strict=True):
            variable._value = value
        set_random_state(random)
        model.stop_training = stop
        if not fitted:  # the first fit then does what it would have done
            model._objective.fitted = False
            model._forget_compiled()


def _batches(data: Sample | Stream, size: int) -> Iterator[Sample]:
    """Yield batches without end."""
    while True:
        if isinstance(data, Stream):
            yield from data.epoch(None)
        else:
            for begin in range(0, len(jax.tree.leaves(data.x)[0]), size):
                yield Sample(*(take(part, slice(begin, begin + size)) for part in data))


def _bytes_of_step(model: Any, sample: Sample, size: int) -> float:
    """Return the bytes that a compiled step of training on `size` samples needs, its arguments and results included."""
    steps = model._steps()
    state = (*([jax.ShapeDtypeStruct(v.shape, v.dtype) for v in group] for group in steps.groups), {})
    batch = jax.tree.map(lambda a: jax.ShapeDtypeStruct((size, *a.shape[1:]), a.dtype), model._batch_of(sample))
    used = jax.jit(steps.step_of("train")).lower(state, batch).compile().memory_analysis()
    if used is None:
        message = "This device does not say how much memory a compiled step needs; try batch sizes by hand."
        raise NotImplementedError(message)
    return float(used.temp_size_in_bytes + used.argument_size_in_bytes + used.output_size_in_bytes)


def _free_memory() -> float:
    """Return how many bytes of the device's memory may be used."""
    stats = jax.local_devices()[0].memory_stats() or {}
    if "bytes_limit" in stats:
        return SHARE * (stats["bytes_limit"] - stats.get("bytes_in_use", 0))
    return SHARE * os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
