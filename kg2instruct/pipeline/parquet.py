"""Instruction rows as Parquet: parts streamed by workers, packed into shards by split."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from types import TracebackType

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kg2instruct.errors import OutputError
from kg2instruct.jsonl import atomic_writer
from kg2instruct.records import InstructionRow

SPLITS = ("train", "validation", "test")
ROWS_A_SHARD = 200_000
ROWS_A_GROUP = 5_000  # so many are in memory at once
_COLUMNS = [field.name for field in msgspec.structs.fields(InstructionRow)]
SCHEMA = pa.schema([(name, pa.string()) for name in _COLUMNS])
PART_SCHEMA = SCHEMA.append(pa.field("split", pa.string()))
"""The columns of a part: of its rows, and the split that each belongs to."""


def write_rows(path: Path, rows: Iterable[tuple[str, InstructionRow]]) -> int:
    """Stream (split, row) pairs to one part, whole or not at all; return how many. Raises OutputError."""
    left, count = iter(rows), 0
    with (
        atomic_writer(path, as_it_is=True) as file,
        pq.ParquetWriter(file, PART_SCHEMA, compression="zstd") as writer,
    ):
        while group := list(islice(left, ROWS_A_GROUP)):
            columns = [pa.array([getattr(row, name) for _, row in group], pa.string()) for name in _COLUMNS]
            columns.append(pa.array([split for split, _ in group], pa.string()))
            writer.write_table(pa.Table.from_arrays(columns, schema=PART_SCHEMA))
            count += len(group)
    return count


def pack(parts: Sequence[Path], folder: Path) -> dict[str, int]:
    """Pack parts into shards `SPLIT-00000-of-00001.parquet`, in order; return the rows of each split."""
    counts = dict.fromkeys(SPLITS, 0)
    try:
        for part in parts:
            for found in pc.value_counts(pq.read_table(part, columns=["split"])["split"]).to_pylist():
                counts[found["values"]] += found["counts"]
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            shards = {
                split: stack.enter_context(_Shards(folder, split, count))
                for split, count in counts.items()
                if count or split == "train"
            }
            for table in _tables(parts):
                for split, writer in shards.items():
                    writer.add(table.filter(pc.equal(table["split"], split)).select(_COLUMNS))
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror or error}") from error
    return counts


def _tables(parts: Sequence[Path]) -> Iterator[pa.Table]:
    """The rows of parts, a group at a time."""
    for part in parts:
        with pq.ParquetFile(part) as file:
            for batch in file.iter_batches(ROWS_A_GROUP):
                yield pa.Table.from_batches([batch])


class _Shards:
    """The files of one split, filled one after the other in groups of equal size."""

    def __init__(self, folder: Path, split: str, total: int) -> None:
        self._folder, self._split = folder, split
        self._shards = max(1, -(-total // ROWS_A_SHARD))
        self._waiting = SCHEMA.empty_table()
        self._written = 0
        self._writer = self._open(0)

    def _open(self, number: int) -> pq.ParquetWriter:
        path = self._folder / f"{self._split}-{number:05d}-of-{self._shards:05d}.parquet"
        return pq.ParquetWriter(path, SCHEMA, compression="zstd")

    def add(self, rows: pa.Table) -> None:
        """Add rows; they are written when there are enough for a group."""
        self._waiting = pa.concat_tables([self._waiting, rows])
        while len(self._waiting) >= ROWS_A_GROUP:
            self._write(self._waiting.slice(0, ROWS_A_GROUP))
            self._waiting = self._waiting.slice(ROWS_A_GROUP)

    def _write(self, group: pa.Table) -> None:
        if self._written and self._written % ROWS_A_SHARD == 0:
            self._writer.close()
            self._writer = self._open(self._written // ROWS_A_SHARD)
        self._writer.write_table(group.combine_chunks())
        self._written += len(group)

    def __enter__(self) -> _Shards:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and len(self._waiting):
            self._write(self._waiting)
        self._writer.close()
