"""A writer of HDF5 files in plain Python: groups, arrays of numbers in one piece, attributes of text.

It writes the first version of the format, which every HDF5 library reads. Equal contents give equal bytes, whatever is
installed, and arrays are not copied: the parts of a file are a list of buffers to be written one after the other.

HDF5 File Format Specification, version 1.1: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t11.html
"""

import math
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from hornbeam.saving._hdf5_read import SIGNATURE

_UNDEFINED = 2**64 - 1
_LEAF, _INTERNAL = 4, 16  # half of how many members a leaf of a group's tree holds, and of how many children a node has
_HEAP = 4096  # the least size of a heap of texts
_MAX_TEXTS = 2**16 - 1  # in one heap
_FLOATS = {2: (15, 10, 5, 15), 4: (31, 23, 8, 127), 8: (63, 52, 11, 1023)}  # bytes -> sign, fraction, exponent, bias


class Writer:
    """The parts of a file so far. `group` and `array` return the address of what they add; `finish` gives the parts."""

    def __init__(self, texts: list[str]) -> None:
        """Begin a file; `texts` are all the texts of attributes that are to come, in any order."""
        self.parts: list[Any] = [b""]
        self.size = 96  # of the superblock, which comes last as it needs the address of the root
        self._texts: dict[str, tuple[int, int, int]] = {}  # text -> its length, heap and index
        distinct = list(dict.fromkeys(texts))
        for start in range(0, len(distinct), _MAX_TEXTS):
            self._put_texts(distinct[start : start + _MAX_TEXTS])

    def finish(self, root: int) -> list[Any]:
        """Return the buffers that make up the file whose root group is at the address `root`."""
        head = struct.pack("<8s5xBBxHHI", SIGNATURE, 8, 8, _LEAF, _INTERNAL, 0)
        head += struct.pack("<QQQQ", 0, _UNDEFINED, self.size, _UNDEFINED)
        self.parts[0] = head + struct.pack("<QQ24x", 0, root)
        return self.parts

    def put(self, data: Any) -> int:
        """Add a buffer, and zeros up to the next multiple of eight; return its address."""
        at, size = self.size, memoryview(data).nbytes
        self.parts += [data, bytes(-size % 8)]
        self.size += size + -size % 8
        return at

    def _put_texts(self, texts: list[str]) -> None:
        """Add a heap with texts of attributes."""
        encoded = [text.encode() for text in texts]
        heads = [struct.pack("<HH4xQ", index, 1, len(data)) for index, data in enumerate(encoded, 1)]
        body = b"".join(head + data + bytes(-len(data) % 8) for head, data in zip(heads, encoded, strict=True))
        free = max(_HEAP - 16 - len(body), 16)
        body += struct.pack("<HH4xQ", 0, 0, free) + bytes(free - 16)
        heap = self.put(struct.pack("<4sB3xQ", b"GCOL", 1, 16 + len(body)) + body)
        for index, (text, data) in enumerate(zip(texts, encoded, strict=True), 1):
            self._texts[text] = (len(data), heap, index)

    def _header(self, messages: list[tuple[int, bytes]]) -> int:
        """Add the header of an object."""
        body = b"".join(
            struct.pack("<HHB3x", kind, len(data) + -len(data) % 8, kind in (3, 5)) + data + bytes(-len(data) % 8)
            for kind, data in messages
        )
        return self.put(struct.pack("<BxHII4x", 1, len(messages), 1, len(body)) + body)

    def _attributes(self, attributes: Mapping[str, str]) -> list[tuple[int, bytes]]:
        """Return the messages of attributes, each a text of variable length in UTF-8."""
        kind = struct.pack("<BBBxIB3xIHH4x", 0x19, 1, 1, 16, 0x10, 1, 0, 8)  # text, UTF-8, made of single bytes
        space = struct.pack("<B7x", 1)
        messages = []
        for name, text in attributes.items():
            raw = name.encode() + b"\0"
            head = struct.pack("<BxHHH", 1, len(raw), 20, len(space)) + raw + bytes(-len(raw) % 8)
            messages.append((12, head + kind + space + struct.pack("<IQI", *self._texts[text])))
        return messages

    # ---- arrays

    def array(self, values: np.ndarray, attributes: Mapping[str, str]) -> int:
        """Add an array."""
        values = np.asarray(values, order="C")
        at = self.put(values.reshape(-1).view(np.uint8)) if values.size else _UNDEFINED
        space = struct.pack(f"<BB6x{values.ndim}Q", 1, values.ndim, *values.shape)
        fill, layout = struct.pack("<BBBBI", 2, 2, 2, 1, 0), struct.pack("<BBQQ", 3, 1, at, values.nbytes)
        messages = [(1, space), (3, _type(values.dtype)), (5, fill), (8, layout)]
        return self._header(messages + self._attributes(attributes))

    # ---- groups

    def group(self, members: Mapping[str, int], attributes: Mapping[str, str]) -> int:
        """Add a group whose `members` are names and addresses."""
        ordered = sorted((name.encode(), at) for name, at in members.items())
        places, names = [], bytearray(8)  # the first name is empty
        for name, _ in ordered:
            places.append(len(names))
            names += name + bytes(8 - len(name) % 8)
        heap = self.put(struct.pack("<4s4xQQQ", b"HEAP", len(names), 1, self.size + 32) + bytes(names))
        entries = [struct.pack("<QQ24x", place, at) for place, (_, at) in zip(places, ordered, strict=True)]
        nodes = []
        for start in range(0, len(entries), 2 * _LEAF):
            leaf = entries[start : start + 2 * _LEAF]
            body = struct.pack("<4sBxH", b"SNOD", 1, len(leaf)) + b"".join(leaf)
            nodes.append((places[start + len(leaf) - 1], self.put(body + bytes(8 + 80 * _LEAF - len(body)))))
        return self._header([(17, struct.pack("<QQ", self._tree(nodes, 0), heap)), *self._attributes(attributes)])

    def _tree(self, nodes: list[tuple[int, int]], level: int) -> int:
        """Add the tree above `nodes` (place of the last name, address) and return the address of its top."""
        width, size = 2 * _INTERNAL, 24 + 8 + 32 * _INTERNAL
        first, before, above = self.size, 0, []
        count = max(1, math.ceil(len(nodes) / width))
        for i in range(count):
            part = nodes[i * width : (i + 1) * width]
            left = first + (i - 1) * size if i else _UNDEFINED
            right = first + (i + 1) * size if i + 1 < count else _UNDEFINED
            body = struct.pack("<4sBBHQQQ", b"TREE", 0, level, len(part), left, right, before)
            body += b"".join(struct.pack("<QQ", at, last) for last, at in part)
            before = part[-1][0] if part else 0
            above.append((before, self.put(body + bytes(size - len(body)))))
        return above[0][1] if count == 1 else self._tree(above, level + 1)


def _type(dtype: np.dtype) -> bytes:
    """Return the message that describes a number type; raw bytes for what HDF5 has no type for."""
    big, size = dtype.byteorder == ">", dtype.itemsize
    if dtype.isbuiltin == 2 or dtype.kind == "c":
        return struct.pack("<B3xI", 0x15, size)
    if dtype.kind in "iu":
        return struct.pack("<BB2xIHH", 0x10, big | (dtype.kind == "i") << 3, size, 0, 8 * size)
    if dtype.kind == "f":
        sign, fraction, exponent, bias = _FLOATS[size]
        head = struct.pack("<BBBxIHH", 0x11, 0x20 | big, sign, size, 0, 8 * size)
        return head + struct.pack("<BBBBI", fraction, exponent, 0, fraction, bias)
    return struct.pack("<BB2xI", 0x18, 2, 1) + _type(np.dtype("i1")) + b"FALSE\0\0\0TRUE\0\0\0\0\0\1"
