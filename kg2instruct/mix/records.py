"""Files of rows and records, cut into units that any worker can read alone: `(place, record)` pairs."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from kg2instruct.errors import InputError
from kg2instruct.jsonl import open_binary
from kg2instruct.mix.data_files import PACKED, plain_suffix

_BYTES = 8 << 20  # of a plain file of lines, in one unit
_ROWS = 20_000  # of a Parquet file, about, in one unit
_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Extent:
    """A part of a file: bytes of a file of lines, row groups of Parquet, else the whole of it."""

    path: Path
    start: int = 0
    end: int = -1

    @property
    def size(self) -> int:
        """Bytes, for progress."""
        if self.end >= 0 and self.path.suffix != ".parquet":
            return self.end - self.start
        return self.path.stat().st_size


def extents(path: Path) -> Iterator[Extent]:
    """Cut a file into units that depend on it alone. Raises InputError when it cannot be read."""
    try:
        if path.suffix == ".parquet":
            yield from _row_groups(path)
        elif path.suffix in PACKED or plain_suffix(path) == ".json":
            yield Extent(path)
        else:
            size = path.stat().st_size
            for start in range(0, max(size, 1), _BYTES):
                yield Extent(path, start, min(start + _BYTES, size))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except pa.ArrowException as error:
        raise InputError(f"{path}: not a Parquet file: {error}") from error


def _row_groups(path: Path) -> Iterator[Extent]:
    with pq.ParquetFile(path) as file:
        start = rows = 0
        for group in range(file.num_row_groups):
            rows += file.metadata.row_group(group).num_rows
            if rows >= _ROWS or group + 1 == file.num_row_groups:
                yield Extent(path, start, group + 1)
                start, rows = group + 1, 0


@dataclass(frozen=True, slots=True)
class Bad:
    """A record that could not be read, and why."""

    reason: str


def read_dicts(extent: Extent) -> Iterator[tuple[str, dict[str, Any] | Bad]]:
    """The records of a unit as plain data, each with its place `file:line` or `file:row`."""
    path = extent.path
    try:
        if path.suffix == ".parquet":
            groups = range(extent.start, extent.end)
            for number, row in enumerate(parquet_dicts(path, groups), 1):
                yield f"{path.name}:{extent.start}.{number}", row
        elif plain_suffix(path) == ".json":
            yield from _json(path)
        else:
            for place, line in lines(extent):
                if line.strip():
                    yield place, _decoded(line)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except (pa.ArrowException, EOFError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error


def lines(extent: Extent) -> Iterator[tuple[str, bytes]]:
    """The lines that begin in a unit; their places are byte positions, or line numbers in a whole file."""
    path = extent.path
    with open_binary(path) as file:
        if extent.end < 0:
            for number, line in enumerate(file, 1):
                yield f"{path.name}:{number}", line
            return
        position = extent.start
        if position:  # the line that runs into this unit belongs to the one before
            file.seek(position - 1)
            position += len(file.readline()) - 1
        while position < extent.end and (line := file.readline()):
            yield f"{path.name}@{position}", line
            position += len(line)


def _decoded(line: bytes) -> dict[str, Any] | Bad:
    try:
        record = msgspec.json.decode(line.removeprefix(codecs.BOM_UTF8))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Bad("not JSON")
    return record if isinstance(record, dict) else Bad("not a JSON object")


def _json(path: Path) -> Iterator[tuple[str, dict[str, Any] | Bad]]:
    """A file that is one JSON list of records, or else lines of them."""
    with open_binary(path) as file:
        content = file.read()
    try:
        data = msgspec.json.decode(content.removeprefix(codecs.BOM_UTF8))
    except (msgspec.DecodeError, UnicodeDecodeError):
        for number, line in enumerate(content.splitlines(), 1):
            if line.strip():
                yield f"{path.name}:{number}", _decoded(line)
        return
    items: Iterable[Any] = data if isinstance(data, list) else [data]
    for number, record in enumerate(items):
        yield f"{path.name}[{number}]", record if isinstance(record, dict) else Bad("not a JSON object")


def parquet_dicts(path: Path, groups: Iterable[int] | None = None) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file, or of some of its row groups."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_BATCH, row_groups=None if groups is None else list(groups)):
            yield from batch.to_pylist()
