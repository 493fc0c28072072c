"""The third stage of mixing: the rows that stay, in their order, counted as they are written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from kg2instruct.jsonl import atomic_writer
from kg2instruct.mix.part import load, take
from kg2instruct.pipeline.parquet import PART_SCHEMA, ROWS_A_GROUP, SCHEMA, SPLITS
from kg2instruct.pipeline.units import Tally
from kg2instruct.records import InstructionRow
from kg2instruct.render.answered import answered_labels

BUCKET_ROWS = 20_000
ROWS = ".parquet"
LABEL = "rows with label: "


@dataclass(frozen=True, slots=True)
class Bucket:
    """Rows `start` to `end` of the order."""

    start: int
    end: int
    row_bytes: int = 1

    @property
    def name(self) -> str:
        """Orders the buckets."""
        return f"{self.start // BUCKET_ROWS:06d}"

    @property
    def size(self) -> int:
        """Bytes, about, for progress."""
        return (self.end - self.start) * self.row_bytes


def buckets(rows: int, row_bytes: int) -> list[Bucket]:
    """Cut the order."""
    return [Bucket(x, min(x + BUCKET_ROWS, rows), row_bytes) for x in range(0, rows, BUCKET_ROWS)]


@dataclass(slots=True)
class WriteRows:
    """Stage: gather the rows of a bucket from all parts, in order, into `NAME.parquet`."""

    order: Path
    parts: list[Path]
    sources: list[str]
    """The name of each part's source."""
    _order: NDArray[Any] | None = field(default=None, repr=False)

    def open(self) -> None:
        """Map the order."""
        self._order = load(self.order)

    def run(self, unit: Bucket, folder: Path) -> Tally:
        """Write one bucket."""
        if self._order is None:
            raise RuntimeError("the stage was not opened")
        order = self._order[unit.start : unit.end]
        table = self._gathered(order).append_column(
            "split", pa.array([SPLITS[side] for side in order["side"].tolist()], pa.string())
        )
        with atomic_writer(folder / f"{unit.name}{ROWS}", as_it_is=True) as file:
            pq.write_table(table.cast(PART_SCHEMA), file, compression="zstd", row_group_size=ROWS_A_GROUP)
        return self._counted(table, order)

    def _gathered(self, order: NDArray[Any]) -> pa.Table:
        places = np.lexsort((order["row"], order["part"]))
        batches = []
        for part in np.unique(order["part"]).tolist():
            rows = order["row"][places][order["part"][places] == part].astype(np.int64)
            batches += take(self.parts[part], rows)
        back = np.empty(len(places), np.int64)
        back[places] = np.arange(len(places))
        return pa.Table.from_batches(batches, SCHEMA).combine_chunks().take(pa.array(back))

    def _counted(self, table: pa.Table, order: NDArray[Any]) -> Tally:
        counts: Counter[str] = Counter()
        for part, number in Counter(order["part"].tolist()).items():
            counts[f"rows of source: {self.sources[part]}"] += number
        for name, column in (("task", "task"), ("topic", "cate"), ("language", "lang"), ("format", "format")):
            for entry in table[column].value_counts().to_pylist():
                counts[f"rows of {name}: {entry['values'] or 'none'}"] += entry["counts"]
        for split, task in zip(table["split"].to_pylist(), table["task"].to_pylist(), strict=True):
            counts[f"rows of split and task: {split}: {task}"] += 1
        for batch in table.select(SCHEMA.names).to_batches():
            for fields in batch.to_pylist():
                for label in answered_labels(InstructionRow(**fields)) or ():
                    counts[LABEL + label] += 1
        return Tally(counts)
