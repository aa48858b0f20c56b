"""The workloads in PyTorch by hand: an eager or compiled loop, Adam, cross-entropy, the loss and accuracy of fit."""

import resource
from collections.abc import Callable
from time import perf_counter
from typing import Any

import torch
from torch import nn

from benchmarks._workloads import EPOCHS, WORKLOADS, draw, per_call
from benchmarks.torch_models import MODELS

Measure = Callable[[], float]


def _data(workload: str, rows: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    x, y = (torch.from_numpy(array) for array in draw(workload, rows))
    return x.movedim(-1, 1).contiguous() if x.ndim == 4 else x, y.long()


class Training:
    """One model in training. The `compiled` one has the fused Adam too, which few ask for."""

    def __init__(self, workload: str, form: str) -> None:
        self.model = MODELS[workload]()
        self.optimizer = torch.optim.Adam(self.model.parameters(), fused=form == "compiled" or None)
        self.forward: Callable[..., Any] = torch.compile(self._forward) if form == "compiled" else self._forward

    def _forward(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        logits = self.model(x)
        return nn.functional.cross_entropy(logits, y), (logits.argmax(1) == y).sum()

    def epoch(self, x: torch.Tensor, y: torch.Tensor, batch: int) -> float:
        """Train on each row once, in a new order."""
        total, correct = torch.zeros(()), torch.zeros(())
        for rows in torch.randperm(len(x)).split(batch):
            self.optimizer.zero_grad()
            loss, right = self.forward(x[rows], y[rows])
            loss.backward()
            self.optimizer.step()
            total += loss.detach()
            correct += right
        return total.item() + correct.item()


def fit(workload: str, form: str = "eager") -> Measure:
    """Prepare training, "eager" or "compiled": seconds per step, the first epoch excluded."""
    (x, y), batch, steps = _data(workload), WORKLOADS[workload].batch, WORKLOADS[workload].steps
    training: list[Training] = []

    def measure() -> float:
        if form == "eager":
            training.clear()  # anew: long training makes denormal numbers, which are slow here
        if not training:
            training.append(Training(workload, form))
        training[0].epoch(x, y, batch)
        start = perf_counter()
        for _ in range(EPOCHS):
            training[0].epoch(x, y, batch)
        return (perf_counter() - start) / EPOCHS / steps

    return measure


def predict(workload: str) -> Measure:
    """Prepare the prediction of one sample: seconds per call, from NumPy array to NumPy array."""
    model, sample = MODELS[workload]().eval(), _data(workload, 1)[0].numpy()

    def call() -> None:
        with torch.no_grad():
            model(torch.from_numpy(sample)).numpy()

    return lambda: per_call(call)


def many(workload: str, method: str, rows: int) -> Measure:
    """Prepare predictions of many rows, for "evaluate" with loss and accuracy: seconds."""
    model, (x, y), batch = MODELS[workload]().eval(), _data(workload, rows), WORKLOADS[workload].batch

    def predict() -> None:
        torch.cat([model(part) for part in x.split(batch)]).numpy()

    def evaluate() -> None:
        total, correct = torch.zeros(()), torch.zeros(())
        for part, labels in zip(x.split(batch), y.split(batch), strict=True):
            logits = model(part)
            total += nn.functional.cross_entropy(logits, labels) * len(labels)
            correct += (logits.argmax(1) == labels).sum()
        float(total), float(correct)

    run = predict if method == "predict" else evaluate

    def measure() -> float:
        start = perf_counter()
        with torch.no_grad():
            run()
        return perf_counter() - start

    return measure


def peak(workload: str, form: str = "eager") -> Measure:
    """Prepare training for two epochs: MiB that the process took at its peak. Asked once of a process."""
    x, y = _data(workload)

    def measure() -> float:
        training = Training(workload, form)
        for _ in range(2):
            training.epoch(x, y, WORKLOADS[workload].batch)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    return measure
