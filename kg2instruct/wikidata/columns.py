"""Columns of numbers and texts: in one file for a parsed block, in a file each for the store."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from kg2instruct.errors import InputError
from kg2instruct.jsonl import atomic_writer

Array: TypeAlias = NDArray[Any]

_ALIGNMENT = 64


def write_part(path: Path, columns: Mapping[str, Array], meta: Mapping[str, Any]) -> None:
    """Write columns and a head of JSON to one file, whole or not at all."""
    layout = {name: [column.dtype.str, len(column)] for name, column in columns.items()}
    head = msgspec.json.encode({"meta": meta, "columns": layout})
    with atomic_writer(path) as out:
        out.write(len(head).to_bytes(8, "little"))
        out.write(head)
        position = 8 + len(head)
        for column in columns.values():
            padding = -position % _ALIGNMENT
            out.write(b"\0" * padding)
            out.write(np.ascontiguousarray(column).data.cast("B") if len(column) else b"")
            position += padding + column.nbytes


def read_meta(path: Path) -> dict[str, Any]:
    """The meta data of a part; raises ValueError (or msgspec's DecodeError) where the part is not whole."""
    with path.open("rb") as part:
        size = int.from_bytes(part.read(8), "little")
        head = msgspec.json.decode(part.read(size))
        *_, (_, end) = _places(head["columns"], 8 + size).values()
        if end != part.seek(0, os.SEEK_END):
            raise ValueError(f"{path}: not whole")
    meta: dict[str, Any] = head["meta"]
    return meta


def read_part(path: Path) -> dict[str, Array]:
    """The columns of a part, memory-mapped."""
    with path.open("rb") as part:
        data = np.frombuffer(mmap.mmap(part.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)
    position = 8 + int(data[:8].view(np.uint64)[0])
    layout = msgspec.json.decode(data[8:position].tobytes())["columns"]
    places = _places(layout, position)
    return {name: data[slice(*places[name])].view(dtype) for name, (dtype, _) in layout.items()}


def _places(layout: Mapping[str, tuple[str, int]], position: int) -> dict[str, tuple[int, int]]:
    """Where the bytes of each column are."""
    places: dict[str, tuple[int, int]] = {}
    for name, (dtype, length) in layout.items():
        position += -position % _ALIGNMENT
        places[name] = position, position + length * np.dtype(dtype).itemsize
        position = places[name][1]
    return places


class ColumnWriter:
    """Appends to the columns of a store folder; `layout` says afterwards what was written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.layout: dict[str, tuple[str, int]] = {}

    def write(self, name: str, column: Array) -> None:
        """Append to a column; the first call decides its type."""
        dtype, length = self.layout.get(name, (column.dtype.str, 0))
        if column.dtype.str != dtype:
            raise TypeError(f"column {name} holds {dtype}, not {column.dtype.str}")
        with (self.folder / name).open("ab" if length else "wb") as out:
            out.write(np.ascontiguousarray(column).data.cast("B") if len(column) else b"")
        self.layout[name] = dtype, length + len(column)

    def length(self, name: str) -> int:
        """How many numbers a column holds so far."""
        return self.layout[name][1] if name in self.layout else 0

    def read(self, name: str) -> Array:
        """The column as written so far, memory-mapped."""
        return map_column(self.folder / name, *self.layout[name])


def map_column(path: Path, dtype: str, length: int) -> Array:
    """Map a column of a store; raises InputError when the file is missing or not of that length."""
    kind = np.dtype(dtype)
    try:
        size = path.stat().st_size
        if size != length * kind.itemsize:
            raise InputError(f"{path}: {size} bytes, not {length * kind.itemsize}; build the store again")
        if size == 0:
            return np.empty(0, kind)
        with path.open("rb") as column:
            return np.frombuffer(mmap.mmap(column.fileno(), 0, access=mmap.ACCESS_READ), kind)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}; build the store again") from error


def starts(counts: Array) -> Array:
    """Where runs of these lengths begin, and the end of the last: `[2, 3]` to `[0, 2, 5]`."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])


def runs(first: Array, counts: Array) -> Array:
    """The indices of several runs, one after another: `[5, 0], [2, 1]` to `[5, 6, 0]`."""
    if not len(counts):
        return np.empty(0, np.int64)
    shift = np.asarray(first, np.int64) - starts(counts)[:-1]
    return np.repeat(shift, counts) + np.arange(int(np.sum(counts)), dtype=np.int64)


def pack_texts(texts: Iterable[str]) -> tuple[Array, Array]:
    """Texts as offsets and bytes; NUL becomes a space."""
    listed = list(texts)
    joined = "\0".join([*listed, ""])
    if joined.count("\0") != len(listed):
        joined = "\0".join([*(text.replace("\0", " ") for text in listed), ""])
    return split_texts(joined.encode())


def split_texts(data: bytes) -> tuple[Array, Array]:
    """Texts that end with NUL each, as offsets and bytes."""
    joined = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(joined == 0)
    offsets = np.concatenate([np.zeros(1, np.int64), ends - np.arange(len(ends))])
    return offsets, np.frombuffer(data.replace(b"\0", b""), np.uint8)


def unpack_texts(offsets: Array, data: Array) -> list[str]:
    """The texts between consecutive offsets."""
    base = int(offsets[0])
    raw = data[base : int(offsets[-1])].tobytes()
    bounds = (offsets - base).tolist()
    return [raw[a:b].decode() for a, b in pairwise(bounds)]


def take_texts(offsets: Array, data: Array, rows: Array) -> tuple[Array, Array]:
    """The texts of some rows, as offsets and bytes."""
    import pyarrow as pa

    offsets = np.ascontiguousarray(offsets, np.int64)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(data))]
    texts = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)
    # Not `pa.array`, which imports pandas where that is installed: longer than a small store takes.
    rows = np.ascontiguousarray(rows, np.int64)
    taken = texts.take(pa.Array.from_buffers(pa.int64(), len(rows), [None, pa.py_buffer(rows)]))
    out = np.frombuffer(taken.buffers()[1], np.int64)[taken.offset : taken.offset + len(taken) + 1]
    if len(taken) == 0:
        return np.zeros(1, np.int64), np.empty(0, np.uint8)
    payload = taken.buffers()[2]
    whole = np.frombuffer(payload, np.uint8) if payload is not None else np.empty(0, np.uint8)
    return out - out[0], whole[out[0] : out[-1]]


def char_starts(text: Array) -> Array:
    """Where in UTF-8 bytes the characters begin."""
    return np.flatnonzero((text & 0xC0) != 0x80)


def char_offsets(offsets: Array, text: Array) -> Array:
    """Offsets into UTF-8 bytes as offsets into characters."""
    return np.searchsorted(char_starts(text), offsets)
