"""Instruction rows as Parquet: parts written by workers, packed into shards by split."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kg2instruct.errors import OutputError
from kg2instruct.records import InstructionRow

SPLITS = ("train", "validation", "test")
ROWS_A_SHARD = 200_000
_COLUMNS = [field.name for field in dataclasses.fields(InstructionRow)]
SCHEMA = pa.schema([(name, pa.string()) for name in _COLUMNS])
_PART_SCHEMA = SCHEMA.append(pa.field("split", pa.string()))


def write_rows(path: Path, rows: Sequence[tuple[str, InstructionRow]]) -> None:
    """Write (split, row) pairs as one part, whole or not at all."""
    columns = [pa.array([getattr(row, name) for _, row in rows], pa.string()) for name in _COLUMNS]
    columns.append(pa.array([split for split, _ in rows], pa.string()))
    aside = path.with_name(f".{path.name}.tmp")
    try:
        pq.write_table(pa.Table.from_arrays(columns, schema=_PART_SCHEMA), aside, compression="zstd")
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise OutputError(f"{path}: {error.strerror or error}") from error


def pack(parts: Sequence[Path], folder: Path) -> dict[str, int]:
    """Pack parts into `SPLIT-00000-of-00001.parquet` shards in the order given; return the rows of each split."""
    counts = dict.fromkeys(SPLITS, 0)
    for part in parts:
        split = pq.read_table(part, columns=["split"])["split"]
        for name in SPLITS:
            counts[name] += pc.sum(pc.equal(split, name)).as_py() or 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in SPLITS:
            if counts[name] or name == "train":
                _pack_split(parts, name, counts[name], folder)
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror or error}") from error
    return counts


def _pack_split(parts: Sequence[Path], split: str, total: int, folder: Path) -> None:
    shards = max(1, -(-total // ROWS_A_SHARD))
    tables = _chunks(parts, split)
    left: pa.Table = SCHEMA.empty_table()
    for number in range(shards):
        path = folder / f"{split}-{number:05d}-of-{shards:05d}.parquet"
        with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
            wanted = ROWS_A_SHARD
            while wanted:
                if not left.num_rows:
                    left = next(tables, SCHEMA.empty_table())
                    if not left.num_rows:
                        break
                writer.write_table(left.slice(0, wanted))
                taken = min(wanted, left.num_rows)
                left, wanted = left.slice(taken), wanted - taken


def _chunks(parts: Sequence[Path], split: str) -> Iterator[pa.Table]:
    for part in parts:
        table = pq.read_table(part)
        table = table.filter(pc.equal(table["split"], split)).select(_COLUMNS)
        if table.num_rows:
            yield table
