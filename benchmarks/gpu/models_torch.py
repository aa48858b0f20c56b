"""The workloads in PyTorch by hand, compiled: bfloat16 by autocast, channels last, fused optimizers."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from benchmarks.gpu._measure import Report, rounds
from benchmarks.gpu.workloads import WORKLOADS, Decoder, ResNet

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
REPEATS = 20


class Convolve(nn.Sequential):
    """A convolution and its normalization."""

    def __init__(self, channels: int, filters: int, window: int, strides: int = 1) -> None:
        convolution = nn.Conv2d(channels, filters, window, strides, padding=window // 2, bias=False)
        super().__init__(convolution, nn.BatchNorm2d(filters))


class Bottleneck(nn.Module):
    """Three convolutions beside a shortcut."""

    def __init__(self, channels: int, filters: int, strides: int, *, first: bool) -> None:
        super().__init__()
        self.narrow = Convolve(channels, filters, 1)
        self.middle = Convolve(filters, filters, 3, strides)
        self.widen = Convolve(filters, 4 * filters, 1)
        self.shortcut = Convolve(channels, 4 * filters, 1, strides) if first else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return images `(batch, 4 * filters, side, side)`."""
        y = self.middle(self.narrow(x).relu()).relu()
        return (self.widen(y) + self.shortcut(x)).relu()


def resnet50(sizes: ResNet) -> nn.Module:
    """Return the ResNet."""
    parts: list[nn.Module] = [Convolve(3, sizes.width, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    channels = sizes.width
    for stage, count in enumerate(sizes.blocks):
        filters = sizes.width << stage
        for block in range(count):
            parts.append(Bottleneck(channels, filters, 2 if stage and not block else 1, first=not block))
            channels = 4 * filters
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, sizes.classes))


class Block(nn.Module):
    """Attention to what came before, and two products, each beside a shortcut."""

    def __init__(self, sizes: Decoder) -> None:
        super().__init__()
        width, self.heads = sizes.width, sizes.heads
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.project, self.merge = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return `(batch, length, width)`."""
        heads = self.project(self.norm_1(x)).unflatten(2, (3 * self.heads, -1)).transpose(1, 2)
        attended = functional.scaled_dot_product_attention(*heads.chunk(3, 1), is_causal=True)
        x = x + self.merge(attended.transpose(1, 2).flatten(2))
        return x + self.narrow(functional.gelu(self.widen(self.norm_2(x)), approximate="tanh"))


class Gpt(nn.Module):
    """The decoder."""

    def __init__(self, sizes: Decoder) -> None:
        super().__init__()
        self.table = nn.Embedding(sizes.vocabulary, sizes.width)
        nn.init.normal_(self.table.weight, std=0.05)
        self.places = nn.Parameter(0.05 * torch.randn(sizes.length, sizes.width))
        self.blocks = nn.Sequential(*(Block(sizes) for _ in range(sizes.layers)))
        self.norm = nn.LayerNorm(sizes.width)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return the logits `(batch, length, vocabulary)` of what follows tokens `(batch, length)`."""
        x = self.norm(self.blocks(self.table(tokens) + self.places))
        return functional.linear(x, self.table.weight)


MODELS: dict[str, Callable[[Any], nn.Module]] = {"resnet50": resnet50, "decoder": Gpt}


def _optimizer(name: str, model: nn.Module) -> torch.optim.Optimizer:
    if name == "resnet50":
        return torch.optim.SGD(model.parameters(), 0.01, momentum=0.9, fused=True)
    return torch.optim.AdamW(model.parameters(), 3e-4, (0.9, 0.95), weight_decay=0.1, fused=True)


class Loop:
    """A model in a loop over batches that are on the device."""

    def __init__(self, name: str, workload: ResNet | Decoder) -> None:
        torch.manual_seed(0)
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")
        images = name == "resnet50"
        form = torch.channels_last if images else torch.contiguous_format
        self.model = MODELS[name](workload).to(DEVICE).to(memory_format=form)
        self.optimizer = _optimizer(name, self.model)
        self.parameters = sum(p.numel() for p in self.model.parameters())
        self.loss_of = torch.compile(self._loss_of)
        x, y = (torch.from_numpy(array).to(DEVICE) for array in workload.draw())
        x, y = x.movedim(-1, 1) if images else x, y.long()  # in memory the channels stay last
        self.batches = list(zip(x.split(workload.batch), y.split(workload.batch), strict=True))

    def _loss_of(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        with torch.autocast(DEVICE.type, torch.bfloat16):
            return functional.cross_entropy(self.model(x).flatten(0, -2), y.flatten())

    def train(self, epochs: int) -> tuple[list[float], float]:
        """Return when each epoch was done, and the last loss."""
        ends, loss = [], torch.tensor(torch.nan)
        for _ in range(epochs):
            for x, y in self.batches:
                loss = self.loss_of(x, y)
                loss.backward()
                self.optimizer.step()
                self.optimizer.zero_grad()
            self._wait()
            ends.append(perf_counter())
        return ends, loss.item()

    def _wait(self) -> None:
        if DEVICE.type == "cuda":
            torch.cuda.synchronize()

    def facts(self) -> Report:
        """Return the device, the versions of packages, and the most bytes of the device taken so far."""
        return _facts()


def _facts() -> Report:
    if DEVICE.type != "cuda":
        return {"device": "cpu", "versions": {"torch": torch.__version__}, "peak": None}
    name, peak = torch.cuda.get_device_name(), torch.cuda.max_memory_allocated()
    return {"device": name, "versions": {"torch": torch.__version__, "cuda": torch.version.cuda}, "peak": peak}


def fit(name: str, size: str) -> Callable[[], Report]:
    """Prepare training by hand: seconds per step."""
    workload = WORKLOADS[size][name]
    return rounds(lambda: Loop(name, workload), workload)


def product(side: int) -> Callable[[], Report]:
    """Prepare products of two square matrices in bfloat16: seconds for one."""
    a, b = (torch.randn(side, side, device=DEVICE, dtype=torch.bfloat16) for _ in range(2))

    def measure() -> Report:
        result = a @ b
        result[0, 0].item()
        start = perf_counter()
        for _ in range(REPEATS):
            result = a @ b
        result[0, 0].item()  # waits
        return {"value": (perf_counter() - start) / REPEATS} | _facts()

    return measure
