"""What is kept of the rows of one unit between reading and writing: the rows, and some numbers of each.

NAME.arrow        the rows, in record batches, uncompressed so that any of them can be mapped
NAME.rows.npy     of each row the numbers that all decisions about it rest on (ROW, 58 bytes)
NAME.texts.npy    the keys of the distinct texts, in order
NAME.bands.npy    their bands, band after band
NAME.minhash.npy  their signatures (512 bytes a text, read only for candidates)
NAME.labels.npy   the labels that rows answer with, where they are capped, and where those of each start
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kg2instruct.jsonl import atomic_writer
from kg2instruct.pipeline.parquet import SCHEMA, SPLITS
from kg2instruct.records import InstructionRow

ROW = np.dtype(
    [
        ("row", "<u8"),  # instruction, input and output
        ("id", "<u8"),
        ("text", "<u8"),
        ("kind", "<u8"),  # what is asked of the text
        ("record", "<u8"),  # what the row was rendered from
        ("question", "<u8"),  # what of one record no second row may ask
        ("document", "<u8"),
        ("side", "u1"),  # number of the split it came with, or NO_SIDE
        ("contaminated", "?"),
    ]
)
NO_SIDE = 255
SIDES = {name: number for number, name in enumerate(SPLITS)}

BATCH_ROWS = 5_000
_COLUMNS = SCHEMA.names


def save(path: Path, array: NDArray[Any]) -> None:
    """Write an array, whole or not at all."""
    with atomic_writer(path) as out:
        np.save(out, array)


def load(path: Path) -> NDArray[Any]:
    """Map an array."""
    if path.stat().st_size <= 128:  # an empty one cannot be mapped
        return np.load(path)  # type: ignore[no-any-return]
    return np.load(path, mmap_mode="r")  # type: ignore[no-any-return]


@contextmanager
def row_writer(path: Path) -> Iterator[pa.ipc.RecordBatchFileWriter]:
    """Write record batches of rows, whole or not at all. Raises OutputError."""
    with atomic_writer(path, as_it_is=True) as file, pa.ipc.new_file(file, SCHEMA) as writer:
        yield writer


def batch_of(rows: Iterable[InstructionRow]) -> pa.RecordBatch:
    """Rows as columns."""
    rows = list(rows)
    columns = [pa.array([getattr(row, name) for row in rows], pa.string()) for name in _COLUMNS]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def take(path: Path, rows: NDArray[np.int64]) -> list[pa.RecordBatch]:
    """Rows of a part by their numbers, in the order asked for within each batch; ascending numbers."""
    found = []
    with pa.memory_map(str(path)) as source:
        file = pa.ipc.open_file(source)
        numbers = rows // BATCH_ROWS
        for number in np.unique(numbers).tolist():
            local = rows[numbers == number] - number * BATCH_ROWS
            found.append(file.get_batch(number).take(pa.array(local)))
    return found


def concatenate(arrays: Sequence[NDArray[Any]], dtype: Any) -> NDArray[Any]:
    """Arrays end to end, also none."""
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype)
