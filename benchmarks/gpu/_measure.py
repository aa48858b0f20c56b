"""What runs in a side's process: make what is measured, train, say what it took."""

import importlib
import math
import traceback
from collections.abc import Callable
from time import perf_counter
from typing import Any, Protocol

from benchmarks.gpu.workloads import EPOCHS, Decoder, ResNet

Report = dict[str, Any]


class Training(Protocol):
    """A model in training."""

    parameters: int  # how many trainable numbers there are

    def train(self, epochs: int) -> tuple[list[float], float]:
        """Return when each epoch was done, and the last loss."""
        ...

    def facts(self) -> Report:
        """Return the device, the versions of packages, and the most bytes of the device taken so far."""
        ...


def prepare(maker: str, *arguments: Any) -> Callable[[], Report]:
    """Return the measurement that `maker`, such as "models_nnx.fit", makes; it answers {"error"} where it fails."""
    made: list[Callable[[], Report]] = []

    def measure() -> Report:
        try:
            if not made:
                module, function = maker.split(".")
                make = getattr(importlib.import_module(f"benchmarks.gpu.{module}"), function)
                made.append(make(*arguments))
            return made[0]()
        except Exception as error:  # noqa: BLE001 - whatever it is, the other sides go on
            traceback.print_exc()
            return {"error": f"{type(error).__name__}: {str(error).strip()[:300]}"}

    return measure


def rounds(make: Callable[[], Training], workload: ResNet | Decoder) -> Callable[[], Report]:
    """Return the measurement of a training: first it builds the model, then a first epoch; then seconds per step."""
    made: list[Training] = []
    epochs = [1]  # done so far with each answer, but for the building

    def measure() -> Report:
        if not made:
            made.append(make())
            _check(f"{made[0].parameters} parameters", made[0].parameters == workload.parameters, workload)
            return {"parameters": made[0].parameters}
        start = perf_counter()
        ends, loss = made[0].train(epochs[-1])
        _check(f"a loss of {loss}", math.isfinite(loss), workload)
        report = {"loss": loss} | made[0].facts()
        if len(epochs) == 1:
            epochs.append(1 + EPOCHS)
            return {"start_s": ends[0] - start} | report
        return {"value": (ends[-1] - ends[0]) / EPOCHS / workload.steps} | report

    return measure


def _check(found: str, fine: bool, workload: ResNet | Decoder) -> None:
    if not fine:
        message = f"{found}; {workload.parameters} parameters and a finite loss are expected."
        raise ValueError(message)
