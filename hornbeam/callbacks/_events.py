"""TensorBoard's files of events: records with checksums, around protocol buffers written by hand.

The layouts are those of TensorFlow's `record_writer` and of `event.proto`, `summary.proto` and `tensor.proto`.
"""

from __future__ import annotations

import itertools
import os
import socket
import struct
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np

FLOAT, DOUBLE, TEXT = 1, 2, 7  # types of tensors
BUCKETS = 30  # of a histogram
_NUMBER = itertools.count()  # tells the files of one process apart


def _crc_table() -> list[int]:
    table = list(range(256))
    for _ in range(8):
        table = [(c >> 1) ^ 0x82F63B78 if c & 1 else c >> 1 for c in table]
    return table


_TABLE = _crc_table()


def _checksum(data: bytes) -> bytes:
    """Return the masked CRC-32C of `data`."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def message(*fields: tuple[int, Any]) -> bytes:
    """Return a protocol buffer of (number, value): whole numbers, doubles, text, or bytes, which may be messages."""
    out = []
    for number, value in fields:
        if isinstance(value, int):
            out.append(_varint(number << 3) + _varint(value))
        elif isinstance(value, float):
            out.append(_varint(number << 3 | 1) + struct.pack("<d", value))
        else:
            data = value.encode() if isinstance(value, str) else value
            out.append(_varint(number << 3 | 2) + _varint(len(data)) + data)
    return b"".join(out)


def tensor_of(array: np.ndarray) -> bytes:
    """Return an array of float32 or float64 as a TensorProto."""
    shape = message(*((2, message((1, n))) for n in array.shape))
    return message((1, FLOAT if array.dtype == np.float32 else DOUBLE), (2, shape), (4, array.tobytes()))


def texts_of(texts: list[bytes], *, scalar: bool = False) -> bytes:
    """Return texts as a TensorProto."""
    shape = b"" if scalar else message((2, message((1, len(texts)))))
    return message((1, TEXT), (2, shape), *((8, text) for text in texts))


def png_of(image: np.ndarray) -> bytes:
    """Return numbers `(height, width)` as a grey picture, the least one black and the greatest white."""
    low, high = image.min(), image.max()
    pixels = ((image - low) * (255 / (high - low if high > low else 1))).astype(np.uint8)
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", image.shape[1], image.shape[0], 8, 0, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    chunks = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


class EventFile:
    """A file of events in `folder`, made with the first of them; each is in it when a call returns.

    When somebody removes the file, as one clears old logs, another one is begun.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, None

    def _write(self, *fields: tuple[int, Any]) -> None:
        if self.path is None or not self.path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}.{next(_NUMBER)}.v2"
            self.path = self.folder / name
            self.path.touch()
            self._write((3, "brain.Event:2"))
        data = message((1, time.time()), *fields)
        size = struct.pack("<Q", len(data))
        with self.path.open("ab") as file:
            file.write(size + _checksum(size) + data + _checksum(data))

    def add(self, tag: str, step: int, tensor: bytes, plugin: str, content: bytes = b"") -> None:
        """Write a tensor that a plugin of TensorBoard shows."""
        metadata = message((1, message((1, plugin), (2, content))))
        value = message((1, tag), (8, tensor), (9, metadata))
        self._write((2, step), (5, message((1, value))))

    def scalar(self, tag: str, step: int, value: Any) -> None:
        """Write a number."""
        self.add(tag, step, tensor_of(np.asarray(value, np.float32)), "scalars")

    def histogram(self, tag: str, step: int, values: np.ndarray) -> None:
        """Write how numbers are distributed."""
        counts, edges = np.histogram(values[np.isfinite(values)], BUCKETS)
        self.add(tag, step, tensor_of(np.stack([edges[:-1], edges[1:], counts], axis=1)), "histograms")

    def images(self, tag: str, step: int, images: np.ndarray) -> None:
        """Write pictures `(count, height, width)`: the first three."""
        _, height, width = images.shape
        texts = [str(width).encode(), str(height).encode(), *map(png_of, images[:3])]
        self.add(tag, step, texts_of(texts), "images")
