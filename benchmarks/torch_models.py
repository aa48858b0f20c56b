"""The workloads in PyTorch by hand: channels first, as PyTorch has them."""

import itertools
from collections.abc import Callable

import torch
from torch import nn


def seed_cnn() -> nn.Module:
    """Return the small CNN of 8x8 digits."""
    torch.set_num_threads(1)  # as fast as two for arrays this small, and steady where two wait for a busy core
    features = [
        *(nn.Conv2d(1, 2, 3, padding="same"), nn.ReLU(), nn.MaxPool2d(2)),
        nn.ZeroPad2d((0, 1, 0, 1)),  # what "same" is for an even kernel
        *(nn.Conv2d(2, 3, 2), nn.ReLU(), nn.MaxPool2d(2)),
    ]
    return nn.Sequential(*features, nn.Flatten(), nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 3))


def mlp() -> nn.Module:
    """Return the perceptron of 784 features."""
    hidden = [
        *(nn.Linear(784, 512), nn.ReLU(), nn.Dropout(0.2)),
        *(nn.Linear(512, 512), nn.ReLU(), nn.Dropout(0.2)),
    ]
    return nn.Sequential(*hidden, nn.Linear(512, 10))


def mnist_cnn() -> nn.Module:
    """Return the CNN of 28x28 digits that most tutorials have."""
    features = [nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25)]
    top = [nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10)]
    return nn.Sequential(*features, *top)


class ImdbLstm(nn.Module):
    """The classifier of reviews, 80 words each."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(20_000, 128)
        self.lstm = nn.LSTM(128, 128, batch_first=True)
        self.top = nn.Linear(128, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits of words `(batch, 80)`."""
        return self.top(self.lstm(self.embedding(x))[1][0][0])


def _convolve(channels: int, filters: int, size: int, strides: int) -> nn.Module:
    convolution = nn.Conv2d(channels, filters, size, strides, padding=size // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(filters))


class Block(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, channels: int, filters: int) -> None:
        super().__init__()
        strides = filters // channels
        first = (_convolve(channels, filters, 3, strides), nn.ReLU())
        self.way = nn.Sequential(*first, _convolve(filters, filters, 3, 1))
        self.shortcut = nn.Identity() if strides == 1 else _convolve(channels, filters, 1, strides)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return `(batch, filters, height, width)`."""
        return torch.relu(self.shortcut(x) + self.way(x))


def resnet20() -> nn.Module:
    """Return the ResNet of 20 layers for images of 32x32x3."""
    sizes = [16, 16, 16, 16, 32, 32, 32, 64, 64, 64]
    blocks = [Block(*pair) for pair in itertools.pairwise(sizes)]
    top = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)]
    return nn.Sequential(_convolve(3, 16, 3, 1), nn.ReLU(), *blocks, *top)


class Encoder(nn.Module):
    """Four layers of a transformer's encoder, width 256."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(256, 4, 1024, dropout=0.0, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 4, enable_nested_tensor=False)
        self.top = nn.Linear(256, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits of sequences `(batch, 128, 256)`."""
        return self.top(self.layers(x).mean(1))


MODELS: dict[str, Callable[[], nn.Module]] = {
    "seed_cnn": seed_cnn,
    "mlp": mlp,
    "mnist_cnn": mnist_cnn,
    "imdb_lstm": ImdbLstm,
    "resnet20": resnet20,
    "encoder": Encoder,
}
