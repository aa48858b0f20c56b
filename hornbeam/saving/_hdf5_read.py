"""A reader of HDF5 files in plain Python: what files of weights are made of, and nothing else.

It knows the first version of the format, which h5py writes unless told otherwise: a superblock (version 0 or 1), object
headers of version 1, groups with a symbol table, arrays stored in one piece, in chunks or in the header, attributes
of text. It follows addresses within the bytes it was given and no link; whatever it does not know it refuses. So a
file can make it neither open another file, nor run code, nor take more memory than its own size accounts for.

HDF5 File Format Specification, version 1.1: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t11.html
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

SIGNATURE = b"\x89HDF\r\n\x1a\n"
MAX_EXPANSION = 100  # how many times larger than the file its unpacked arrays may be together
_MAX_DEPTH = 64  # of groups in groups, and of nodes of a tree
_UNDEFINED = 2**64 - 1
_SPACE, _LINK_INFO, _TYPE, _LINK, _EXTERNAL, _LAYOUT, _FILTERS, _ATTRIBUTE = (
    1,
    2,
    3,
    6,
    7,
    8,
    11,
    12,
)  # kinds of messages
_MORE, _TABLE = 16, 17
_DEFLATE, _SHUFFLE, _CHECKSUM = 1, 2, 3
_FLOATS = {(2, 5, 10): "float16", (2, 8, 7): "bfloat16", (4, 8, 23): "float32", (8, 11, 52): "float64"}


class FormatError(ValueError):
    """The bytes are not an HDF5 file as this reader knows it; the message says where."""


def check(condition: object, problem: str) -> None:
    """Raise a FormatError that says what is wrong, unless `condition` holds."""
    if not condition:
        raise FormatError(problem)


class Group(NamedTuple):
    """The address of an object header with a symbol table, and its attributes."""

    table: tuple[int, int]
    attributes: dict[str, Any]


class Array(NamedTuple):
    """Where the numbers of an array are, and its attributes."""

    shape: tuple[int, ...]
    dtype: np.dtype
    layout: bytes
    filters: tuple[tuple[int, tuple[int, ...]], ...]
    attributes: dict[str, Any]


class File:
    """An HDF5 file in memory."""

    def __init__(self, data: bytes) -> None:
        self.data = memoryview(data)
        self.budget = MAX_EXPANSION * len(data)  # bytes that unpacking may yet take
        self.steps = len(data)  # entries that may yet be read: a file that is no circle has fewer than bytes
        check(bytes(self.data[:8]) == SIGNATURE, "the signature of HDF5 is missing")
        self._heaps: dict[int, dict[int, tuple[int, int]]] = {}
        version, offsets, lengths = self.data[8], self.data[13], self.data[14]
        if version > 1 or (offsets, lengths) != (8, 8):
            message = f"version {version} is not known, 0 and 1 are; `h5repack --high=0` makes the one from the other"
            raise FormatError(message)
        start = 28 if version == 1 else 24
        base, end = self.unpack("<Q8xQ", start)
        if base != 0 or end > len(data):
            message = f"it should have {end} bytes and has {len(data)}"
            raise FormatError(message)
        (self._root,) = self.unpack("<Q", start + 40)

    def unpack(self, form: str, at: int) -> tuple[Any, ...]:
        """Return the numbers of `form` at the address `at`."""
        self.steps -= 1
        check(self.steps >= 0, "its parts refer to each other in a circle")
        return struct.unpack(form, self.bytes(at, struct.calcsize(form)))

    def bytes(self, at: int, size: int) -> memoryview:
        """Return `size` bytes from the address `at`."""
        if at + size > len(self.data):
            message = f"{size} bytes at {at} lie beyond the end at {len(self.data)}"
            raise FormatError(message)
        return self.data[at : at + size]

    # ---- objects

    def root(self) -> Group:
        """Return the root group."""
        root = self.object(self._root)
        if isinstance(root, Group):
            return root
        message = "the root is not a group"
        raise FormatError(message)

    def object(self, at: int) -> Group | Array | None:
        """Return the group or array whose header is at `at`; None for an object that is neither."""
        messages: dict[int, memoryview] = {}
        attributes: dict[str, Any] = {}
        for kind, body in self._messages(at):
            if kind == _ATTRIBUTE:
                name, value = self._attribute(body)
                attributes[name] = value
            else:
                messages[kind] = body
        foreign = messages.keys() & {_LINK, _LINK_INFO, _EXTERNAL}
        check(not foreign, "it has links or external storage: a file of weights must hold its arrays itself")
        if _TABLE in messages:
            tree, heap = struct.unpack_from("<QQ", messages[_TABLE])
            return Group((tree, heap), attributes)
        if {_SPACE, _TYPE, _LAYOUT} <= messages.keys():
            filters = _filters(messages[_FILTERS]) if _FILTERS in messages else ()
            return Array(
                _shape(messages[_SPACE]), _dtype(messages[_TYPE]), bytes(messages[_LAYOUT]), filters, attributes
            )
        return None

    def _messages(self, at: int) -> Iterator[tuple[int, memoryview]]:
        """Yield (kind, body) of the messages of an object header."""
        version, count, size = self.unpack("<BxHxxxxI", at)
        if version != 1:
            message = f"the object header at {at} has version {version}; known is 1"
            raise FormatError(message)
        blocks, read = [(at + 16, size)], 0
        while blocks and len(blocks) < _MAX_DEPTH:
            at, size = blocks.pop()
            end = at + size
            while at + 8 <= end and read < count:
                kind, length, flags = self.unpack("<HHB", at)
                body = self.bytes(at + 8, length)
                at, read = at + 8 + length, read + 1
                check(not flags & 2, "a message is shared between objects")
                if kind == _MORE:
                    blocks.append(struct.unpack_from("<QQ", body))
                else:
                    yield kind, body

    def _attribute(self, body: memoryview) -> tuple[str, Any]:
        """Return the name of an attribute and its value; None for a value that is not one text."""
        version, flags, name_size, type_size, space_size = struct.unpack_from("<BBHHH", body)
        check(version in (1, 2, 3) and not flags, "an attribute is of an unknown version")
        at = 9 if version == 3 else 8
        step = (lambda n: -(-n // 8) * 8) if version == 1 else (lambda n: n)
        name = bytes(body[at : at + name_size]).split(b"\0")[0].decode(errors="replace")
        at += step(name_size)
        kind = body[at : at + type_size]
        space = body[at + step(type_size) : at + step(type_size) + space_size]
        value = body[at + step(type_size) + step(space_size) :]
        return name, self._text(kind, value) if len(space) >= 2 and space[1] == 0 else None

    def _text(self, kind: memoryview, value: memoryview) -> str | None:
        """Return an attribute's text: of fixed length in place, of variable length in a global heap."""
        if kind[0] & 15 == 3:
            return bytes(value).split(b"\0")[0].decode(errors="replace")
        if kind[0] & 15 != 9 or kind[1] & 15 != 1:
            return None
        length, heap, index = struct.unpack_from("<IQI", value)
        if heap not in self._heaps:
            self._heaps[heap] = self._heap(heap)
        at, size = self._heaps[heap].get(index, (0, 0))
        return bytes(self.bytes(at, min(size, length))).decode(errors="replace")

    def _heap(self, heap: int) -> dict[int, tuple[int, int]]:
        """Return address and size of the texts in a global heap, by index."""
        check(bytes(self.bytes(heap, 4)) == b"GCOL", "a text is not where it should be")
        found = {}
        at, end = heap + 16, heap + self.unpack("<Q", heap + 8)[0]
        while at + 16 <= end:
            index, size = self.unpack("<H6xQ", at)
            if index == 0:
                break
            found[index] = (at + 16, size)
            at += 16 + -(-size // 8) * 8
        return found

    # ---- groups

    def members(self, group: Group) -> Iterator[tuple[str, int]]:
        """Yield the names in a group and the addresses of their object headers."""
        tree, heap = group.table
        check(bytes(self.bytes(heap, 4)) == b"HEAP", "the names of a group are missing")
        size, names = self.unpack("<Q8xQ", heap + 8)
        text = self.bytes(names, size)
        for node in self._leaves(tree, 0, 8):
            check(bytes(self.bytes(node, 4)) == b"SNOD", "the members of a group are missing")
            (count,) = self.unpack("<H", node + 6)
            for i in range(count):
                name, header, cache = self.unpack("<QQI", node + 8 + 40 * i)
                check(cache != 2, "it has a link: a file of weights must hold its arrays itself")
                check(name < size, "a name lies outside of its heap")
                yield bytes(text[name:]).split(b"\0", 1)[0].decode(errors="replace"), header

    def _leaves(self, at: int, kind: int, key: int) -> Iterator[int]:
        """Yield the addresses that the leaves of a B-tree hold."""
        for _, child in self._entries(at, kind, key, 0):
            yield child

    def _entries(self, at: int, kind: int, key: int, depth: int) -> Iterator[tuple[memoryview, int]]:
        """Yield (key, address) of the entries of a B-tree whose keys take `key` bytes."""
        if at == _UNDEFINED:
            return
        check(
            bytes(self.bytes(at, 4)) == b"TREE" and self.data[at + 4] == kind and depth <= _MAX_DEPTH,
            "a tree is broken",
        )
        level, count = self.unpack("<BH", at + 5)
        for i in range(count):
            place = at + 24 + i * (key + 8)
            (child,) = self.unpack("<Q", place + key)
            if level == 0:
                yield self.bytes(place, key), child
            else:
                yield from self._entries(child, kind, key, depth + 1)

    # ---- arrays

    def values(self, array: Array) -> np.ndarray:
        """Return the numbers of an array; those that are stored in one piece are a view of the file, not a copy."""
        size = int(np.prod(array.shape, dtype=object)) * array.dtype.itemsize
        version, kind = array.layout[:2]
        if version != 3:
            message = f"an array's layout has version {version}; known is 3"
            raise FormatError(message)
        if kind == 2:
            return self._chunks(array, size)
        if kind == 0:
            raw = memoryview(array.layout)[4 : 4 + size]
        else:
            at, stored = struct.unpack_from("<QQ", array.layout, 2)
            raw = self.bytes(at, size) if size else memoryview(b"")
            check(stored >= size, "an array is larger than what is stored of it")
        check(len(raw) == size and not array.filters, "an array is larger than what is stored of it")
        return np.frombuffer(raw, array.dtype).reshape(array.shape)

    def _chunks(self, array: Array, size: int) -> np.ndarray:
        self.budget -= size
        check(self.budget >= 0, "its arrays are far larger than the file explains")
        rank, tree = struct.unpack_from("<BQ", array.layout, 2)
        chunk = struct.unpack_from(f"<{rank - 1}I", array.layout, 11)
        check(rank - 1 == len(array.shape) and 0 not in chunk, "an array's chunks have another rank than the array")
        result = np.zeros(array.shape, array.dtype)
        for key, at in self._entries(tree, 1, 16 + 8 * len(chunk), 0):
            stored, skipped, *offset = struct.unpack(f"<II{len(chunk)}Q", key[:-8])
            check(not skipped, "a chunk is stored without its filters")
            block = _decode(self.bytes(at, stored), array, chunk)
            place = tuple(slice(o, o + c) for o, c in zip(offset, chunk, strict=True))
            target = result[place]
            target[...] = block[tuple(slice(0, n) for n in target.shape)]
        return result


def _decode(data: memoryview, array: Array, chunk: tuple[int, ...]) -> np.ndarray:
    """Return a chunk's numbers with its filters undone."""
    size = int(np.prod(chunk, dtype=object)) * array.dtype.itemsize
    raw: Any = data
    for identifier, values in reversed(array.filters):
        if identifier == _CHECKSUM:
            raw = raw[:-4]
        elif identifier == _DEFLATE:
            raw = zlib.decompressobj().decompress(raw, size)
        elif identifier == _SHUFFLE and values:
            raw = np.frombuffer(raw, np.uint8).reshape(values[0], -1).T.tobytes()
        else:
            message = f"an array is packed with the filter {identifier}; known are deflate, shuffle and checksums"
            raise FormatError(message)
    check(len(raw) == size, "a chunk has another size than its array says")
    return np.frombuffer(raw, array.dtype).reshape(chunk)


def _shape(body: memoryview) -> tuple[int, ...]:
    version, rank = body[0], body[1]
    check(version == 1 or (version == 2 and body[3] != 2), "an array's shape is of an unknown version")
    return struct.unpack_from(f"<{rank}Q", body, 8 if version == 1 else 4)


def _dtype(body: memoryview) -> np.dtype:
    """Return the type of an array's numbers; anything but plain numbers and raw bytes is refused."""
    kind, order, (size,) = body[0] & 15, ">" if body[1] & 1 else "<", struct.unpack_from("<I", body, 4)
    if kind == 0 and size in (1, 2, 4, 8):
        return np.dtype(f"{order}{'i' if body[1] & 8 else 'u'}{size}")
    if kind == 1:
        name = _FLOATS.get((size, body[13], body[15]))
        if name is not None and (order == "<" or name != "bfloat16"):
            return jnp.dtype(name).newbyteorder(order) if name != "bfloat16" else jnp.dtype(name)
    if kind == 5 and 0 < size <= 16:
        return np.dtype(f"V{size}")
    if kind == 8 and size == 1:
        return np.dtype("bool")
    message = f"numbers are expected in an array; found the type of class {kind} with {size} bytes"
    raise FormatError(message)


def _filters(body: memoryview) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Return (identifier, values) of the filters that an array's chunks went through."""
    version, count = body[0], body[1]
    at, found = 8 if version == 1 else 2, []
    for _ in range(count):
        identifier, length = struct.unpack_from("<HH", body, at)
        at += 4 if version == 1 or identifier >= 256 else 2
        length = length if version == 1 or identifier >= 256 else 0
        _, values = struct.unpack_from("<HH", body, at)
        at += 4 + (-(-length // 8) * 8 if version == 1 else length)
        found.append((identifier, struct.unpack_from(f"<{values}I", body, at)))
        at += 4 * (values + values % 2 if version == 1 else values)
    return tuple(found)
