"""What callbacks that watch one value of an epoch share: which way is better, and what to say when it is missing."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from hornbeam import metrics
from hornbeam._core.registry import suggest
from hornbeam.callbacks._callback import Callback
from hornbeam.callbacks._progress import screen

MODES = ("auto", "min", "max")
# Metrics of which mode 'auto' knows whether more or less of it is better. Counts and plain means can be either.
MORE = (
    "AUC Accuracy BinaryAccuracy BinaryIoU CategoricalAccuracy ConcordanceCorrelation CosineSimilarity F1Score "
    "FBetaScore IoU MeanIoU OneHotIoU OneHotMeanIoU PearsonCorrelation Precision PrecisionAtRecall R2Score Recall "
    "RecallAtPrecision SensitivityAtSpecificity SparseCategoricalAccuracy SparseTopKCategoricalAccuracy "
    "SpecificityAtSensitivity TopKCategoricalAccuracy"
).split()
LESS = (
    "BinaryCrossentropy CategoricalCrossentropy CategoricalHinge Hinge KLDivergence LogCoshError MeanAbsoluteError "
    "MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError Poisson RootMeanSquaredError "
    "SparseCategoricalCrossentropy SquaredHinge"
).split()
DIRECTIONS = {getattr(metrics, name): more for names, more in ((MORE, True), (LESS, False)) for name in names}


class Monitoring(Callback):
    """A callback that watches the value `monitor` of the logs and keeps the best one in `best`.

    Args:
        monitor: a name in the logs, such as 'val_loss'.
        mode: 'min' or 'max' says what is better; 'auto' knows it of losses and of the metrics of the package.
        min_delta: by how much a value must be better to count.
    """

    def __init__(self, monitor: str, mode: str, min_delta: float = 0.0) -> None:
        super().__init__()
        if mode not in MODES:
            message = f"{type(self).__name__}: mode must be 'auto', 'min' or 'max'; got {mode!r}. 'auto' is used."
            warnings.warn(message, stacklevel=3)
            mode = "auto"
        self.monitor, self.mode, self.min_delta = monitor, mode, min_delta
        self.best: float | None = None

    def get_monitor_value(self, logs: Mapping[str, Any] | None) -> float | None:
        """Return the watched value; None, with a warning that names what there is, when the logs lack it."""
        found = (logs or {}).get(self.monitor)
        if found is not None:
            return float(found)
        message = (
            f"{type(self).__name__} watches {self.monitor!r}, which this epoch did not give; it gave "
            f"{', '.join(map(repr, logs or ())) or 'nothing'}.{_suggest_one(self.monitor, logs or ())}"
        )
        if self.monitor.startswith("val_"):
            message += " Names with 'val_' come from validation_data or validation_split."
        warnings.warn(message, stacklevel=4)
        return None

    def is_better(self, value: float, best: float | None) -> bool:
        """Return whether `value` is better than `best` by more than `min_delta`; any number is better than NaN."""
        if best is None or math.isnan(best):
            return best is None or not math.isnan(value)
        single = np.float32  # the precision of logs: 0.7 is not better than 0.8 by more than 0.1
        if self.more_is_better():
            return bool(single(value - self.min_delta) > single(best))
        return bool(single(value + self.min_delta) < single(best))

    def more_is_better(self) -> bool:
        """Return whether more of the watched value is better; ValueError where 'auto' cannot know."""
        if self.mode != "auto":
            return self.mode == "max"
        name = self.monitor.removeprefix("val_")
        if name == "loss" or name.endswith("_loss"):
            return False
        known = self.model._metrics_by_name()
        for kind in type(known.get(name)).__mro__:
            if kind in DIRECTIONS:
                return DIRECTIONS[kind]
        message = f"{type(self).__name__} cannot know whether more or less of {self.monitor!r} is better: "
        if name in known:
            message += f"a {type(known[name]).__name__} can mean either."
        else:
            names = [*known, *(f"val_{key}" for key in known)]
            message += f"the model gives {', '.join(map(repr, names))}.{_suggest_one(self.monitor, names)}"
        raise ValueError(message + " Pass mode='min' or mode='max'.")


def _suggest_one(name: str, known: Iterable[str]) -> str:
    """Return ' Did you mean ...?' if a name is near; the list of all stands in the message already."""
    found = suggest(name, known)
    return found if found.startswith(" Did") else ""


def begin_line(callback: Callback) -> None:
    """Go below the progress line, if one is being redrawn, before something is said within an epoch."""
    if screen() == "terminal" and callback.params.get("verbose") == 1:
        say("")


def say(message: str) -> None:
    """Print what `verbose` asks for."""
    print(message)  # noqa: T201
