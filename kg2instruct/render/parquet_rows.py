"""Instruction rows out of Parquet files, whoever wrote them: columns are found by their names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from kg2instruct.errors import InputError
from kg2instruct.records import InstructionRow

_BATCH = 2_000
_COLUMNS = [field.name for field in msgspec.structs.fields(InstructionRow)]


def row_batches(path: Path) -> Iterator[list[InstructionRow]]:
    """The rows of a Parquet file, some at a time; columns that no row has are passed over.

    Raises InputError where a column is missing or the file cannot be read.
    """
    try:
        with pq.ParquetFile(path) as file:
            if not set(_COLUMNS) <= set(file.schema_arrow.names):
                raise InputError(f"{path}: not instruction rows; expected the columns {', '.join(_COLUMNS)}")
            for batch in file.iter_batches(_BATCH, columns=_COLUMNS):
                yield [InstructionRow(**fields) for fields in batch.to_pylist()]
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except pa.ArrowException as error:
        raise InputError(f"{path}: {error}") from error
