"""The same workloads in PyTorch by hand: an eager loop, Adam, cross-entropy, the loss and accuracy that fit keeps."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import torch
from torch import nn

EPOCHS = 3  # measured ones, after a first that is not
CALLS = 200  # of predict, for one figure


def seed_cnn() -> tuple[nn.Module, Any, Any, int]:
    """Return the small CNN of 8x8 digits, 100 batches of data and the batch size."""
    torch.set_num_threads(1)  # as fast as two for arrays this small, and steady where two wait for a busy core
    features = [
        *(nn.Conv2d(1, 2, 3, padding="same"), nn.ReLU(), nn.MaxPool2d(2)),
        nn.ZeroPad2d((0, 1, 0, 1)),  # what "same" is for an even kernel
        *(nn.Conv2d(2, 3, 2), nn.ReLU(), nn.MaxPool2d(2)),
    ]
    model = nn.Sequential(*features, nn.Flatten(), nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 3))
    return model, torch.rand(3200, 1, 8, 8), torch.randint(3, (3200,)), 32


def mlp() -> tuple[nn.Module, Any, Any, int]:
    """Return the perceptron of 784 features, 25 batches of data and the batch size."""
    hidden = [
        *(nn.Linear(784, 512), nn.ReLU(), nn.Dropout(0.2)),
        *(nn.Linear(512, 512), nn.ReLU(), nn.Dropout(0.2)),
    ]
    return nn.Sequential(*hidden, nn.Linear(512, 10)), torch.rand(3200, 784), torch.randint(10, (3200,)), 128


WORKLOADS = {"seed_cnn": seed_cnn, "mlp": mlp}


def fit(workload: str, adam: str = "as it comes") -> Callable[[], float]:
    """Prepare training: seconds per step, the first epoch excluded. `adam` may be "fused", which few ask for."""
    loss_of = nn.CrossEntropyLoss()

    def epoch(model: nn.Module, optimizer: torch.optim.Optimizer, x: Any, y: Any, batch: int) -> float:
        total, correct = torch.zeros(()), torch.zeros(())
        for rows in torch.randperm(len(x)).split(batch):
            optimizer.zero_grad()
            logits = model(x[rows])
            loss = loss_of(logits, y[rows])
            loss.backward()
            optimizer.step()
            total += loss.detach()
            correct += (logits.argmax(1) == y[rows]).sum()
        return total.item() + correct.item()

    def measure() -> float:
        model, x, y, batch = WORKLOADS[workload]()  # anew: long training makes denormal numbers, which are slow here
        optimizer = torch.optim.Adam(model.parameters(), fused=adam == "fused")
        epoch(model, optimizer, x, y, batch)
        start = perf_counter()
        for _ in range(EPOCHS):
            epoch(model, optimizer, x, y, batch)
        return (perf_counter() - start) / EPOCHS / (len(x) // batch)

    return measure


def predict(workload: str) -> Callable[[], float]:
    """Prepare the prediction of one sample: seconds per call, from NumPy array to NumPy array."""
    model, x, _, _ = WORKLOADS[workload]()
    sample = x[:1].numpy()
    model.eval()

    def measure() -> float:
        start = perf_counter()
        for _ in range(CALLS):
            with torch.no_grad():
                torch.softmax(model(torch.from_numpy(sample)), 1).numpy()
        return (perf_counter() - start) / CALLS

    return measure
