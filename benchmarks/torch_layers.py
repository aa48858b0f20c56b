"""Single layers in PyTorch by hand: eager, channels first, forward or forward and backward."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from benchmarks._sizes import SIZES, VOCABULARY, draw, draw_lengths, timed


def layer(name: str, size: str, mode: str) -> Callable[[], float]:
    """Prepare calls of a layer, `mode` "forward" or "training": seconds."""
    training = mode == "training"
    made, x = _make(name, size).train(training), torch.from_numpy(draw(name, size))
    if any(word in name for word in ("Conv", "Pooling", "Batch")):
        x = x.movedim(-1, 1).contiguous()
    lengths = torch.from_numpy(draw_lengths(name, size)) if name.endswith("+mask") else None
    x.requires_grad_(training and name != "Embedding")
    leaves = [*made.parameters(), x]

    def forward() -> Any:
        if name == "MultiHeadAttention":
            return made(x, x, x, need_weights=False)[0]
        if any(word in name for word in ("LSTM", "GRU", "RNN")):
            given = x if lengths is None else pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
            states = made(given)[1]
            return states[0] if name.startswith("LSTM") else states
        return made(x)

    gradient = torch.from_numpy(np.random.default_rng(2).normal(size=forward().shape).astype("float32"))

    def train() -> None:
        for leaf in leaves:
            leaf.grad = None
        forward().backward(gradient)

    def infer() -> None:
        with torch.no_grad():
            forward()

    return timed(train if training else infer)


def _make(name: str, size: str) -> nn.Module:
    shape = SIZES[name][size]
    n, rank = shape[-1], len(shape) - 2
    conv = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[rank - 1]
    transposed = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)[rank - 1]
    recurrent = {"batch_first": True}
    makers: dict[str, Callable[[], nn.Module]] = {
        "MaxPooling": lambda: (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)[rank - 1](2),
        "AveragePooling": lambda: (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)[rank - 1](2),
        "DepthwiseConv": lambda: conv(n, n, 3, padding="same", groups=n),
        "SeparableConv": lambda: nn.Sequential(
            conv(n, n, 3, padding="same", groups=n, bias=False), conv(n, n, 1, padding="same")
        ),
        "LSTM": lambda: nn.LSTM(n, n, **recurrent),
        "GRU": lambda: nn.GRU(n, n, **recurrent),
        "SimpleRNN": lambda: nn.RNN(n, n, **recurrent),
        "LayerNormalization": lambda: nn.LayerNorm(n),
        "BatchNormalization": lambda: nn.BatchNorm2d(n),
        "MultiHeadAttention": lambda: nn.MultiheadAttention(n, 8, batch_first=True),
        "Embedding": lambda: nn.Embedding(VOCABULARY[size], 128 if size == "large" else 32),
        "Dense": lambda: nn.Sequential(nn.Linear(n, 512 if size == "large" else 64), nn.ReLU()),
        f"Conv{rank}DTranspose": lambda: transposed(n, n, 3, stride=2, padding=1, output_padding=1),
        "Conv": lambda: conv(n, n, 3, padding="same"),
    }
    return next(make for word, make in makers.items() if name.startswith(word))()
