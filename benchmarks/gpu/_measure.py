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
    """Return the measurement of a training: first what its start took, then, each time, seconds per step."""
    made: list[Training] = []

    def measure() -> Report:
        start = perf_counter()
        if not made:
            made.append(make())
            _check("parameters", made[0].parameters, made[0].parameters == workload.parameters)
            start = perf_counter()
            ends, loss = made[0].train(1)
            _check("loss", loss, math.isfinite(loss))
            return {"value": ends[0] - start, "loss": loss, "parameters": made[0].parameters} | made[0].facts()
        ends, loss = made[0].train(1 + EPOCHS)
        return {"value": (ends[-1] - ends[0]) / EPOCHS / workload.steps, "loss": loss} | made[0].facts()

    def _check(what: str, found: float, fine: bool) -> None:
        if not fine:
            message = f"{what}: {found}; {workload.parameters} parameters and a finite loss are expected."
            raise ValueError(message)

    return measure
