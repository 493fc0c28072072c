"""Instruction rows as Parquet: parts streamed by workers, packed into shards by split."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kg2instruct.errors import OutputError
from kg2instruct.records import InstructionRow

SPLITS = ("train", "validation", "test")
ROWS_A_SHARD = 200_000
ROWS_A_GROUP = 5_000  # so many are in memory at once
_COLUMNS = [field.name for field in dataclasses.fields(InstructionRow)]
SCHEMA = pa.schema([(name, pa.string()) for name in _COLUMNS])
_PART_SCHEMA = SCHEMA.append(pa.field("split", pa.string()))


def write_rows(path: Path, rows: Iterable[tuple[str, InstructionRow]]) -> int:
    """Stream (split, row) pairs to one part, whole or not at all; return how many. Raises OutputError."""
    aside = path.with_name(f".{path.name}.tmp")
    left, count = iter(rows), 0
    try:
        with pq.ParquetWriter(aside, _PART_SCHEMA, compression="zstd") as writer:
            while group := list(islice(left, ROWS_A_GROUP)):
                columns = [
                    pa.array([getattr(row, name) for _, row in group], pa.string()) for name in _COLUMNS
                ]
                columns.append(pa.array([split for split, _ in group], pa.string()))
                writer.write_table(pa.Table.from_arrays(columns, schema=_PART_SCHEMA))
                count += len(group)
        aside.replace(path)
    except OSError as error:
        with suppress(OSError):
            aside.unlink()
        raise OutputError(f"{path}: {error.strerror or error}") from error
    return count


def pack(parts: Sequence[Path], folder: Path) -> dict[str, int]:
    """Pack parts into shards `SPLIT-00000-of-00001.parquet`, in order; return the rows of each split."""
    counts = {split: sum(len(table) for table in _tables(parts, split, ["split"])) for split in SPLITS}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for split in SPLITS:
            if counts[split] or split == "train":
                _pack_split(parts, split, counts[split], folder)
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror or error}") from error
    return counts


def _pack_split(parts: Sequence[Path], split: str, total: int, folder: Path) -> None:
    shards = max(1, -(-total // ROWS_A_SHARD))
    groups = _groups(_tables(parts, split, _COLUMNS))
    for number in range(shards):
        path = folder / f"{split}-{number:05d}-of-{shards:05d}.parquet"
        with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
            for group in islice(groups, ROWS_A_SHARD // ROWS_A_GROUP):
                writer.write_table(group)


def _groups(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in tables of `ROWS_A_GROUP`, the last one smaller."""
    left = SCHEMA.empty_table()
    for table in tables:
        left = pa.concat_tables([left, table])
        while len(left) >= ROWS_A_GROUP:
            yield left.slice(0, ROWS_A_GROUP).combine_chunks()
            left = left.slice(ROWS_A_GROUP)
    if len(left):
        yield left.combine_chunks()


def _tables(parts: Sequence[Path], split: str, columns: Sequence[str]) -> Iterator[pa.Table]:
    """The rows of one split, part after part, a group at a time."""
    for part in parts:
        with pq.ParquetFile(part) as file:
            for batch in file.iter_batches(ROWS_A_GROUP, columns=[*dict.fromkeys((*columns, "split"))]):
                table = pa.Table.from_batches([batch])
                yield table.filter(pc.equal(table["split"], split)).select(list(columns))
