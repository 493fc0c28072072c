"""Questions for a model, from any file of rows: instruction rows, or others with at least an instruction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from kg2instruct.errors import InputError
from kg2instruct.evaluate.rows import row_files
from kg2instruct.mix.records import Bad, extents, read_dicts
from kg2instruct.records import InstructionRow


class _Row(msgspec.Struct):
    """The fields of a row; what others' rows lack is empty."""

    instruction: str
    input: str = ""
    output: str = ""
    id: str | int | None = None
    task: str = ""
    lang: str = ""
    source: str = ""
    cate: str | None = None
    schema: str = "[]"
    template: str = ""
    format: str = ""


@dataclass(slots=True)
class RowsReport:
    """Rows read, and lines that hold none, by reason; the first of them with its place."""

    rows: int = 0
    bad: Counter[str] = field(default_factory=Counter)
    first_bad: str = ""


def read_rows(
    path: Path,
    *,
    split: str = "test",
    limit: int | None = None,
    strict: bool = False,
    report: RowsReport | None = None,
) -> Iterator[InstructionRow]:
    """The rows of a file (JSON lines, a JSON list, Parquet, compressed too), or of a dataset folder's split.

    A row without an id is called by its number. Raises InputError where no row can be read of what is there, and,
    if `strict`, at the first bad row.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    return islice(_rows(row_files(path, split), strict, report or RowsReport()), limit)


def count_rows(path: Path, *, split: str = "test", limit: int | None = None) -> int:
    """How many rows there are, bad ones left out."""
    return sum(1 for _ in read_rows(path, split=split, limit=limit))


def _rows(files: list[Path], strict: bool, report: RowsReport) -> Iterator[InstructionRow]:
    number = -1
    for path in files:
        for extent in extents(path):
            for place, record in read_dicts(extent):
                number += 1
                row = _read(record, number)
                if isinstance(row, InstructionRow):
                    report.rows += 1
                    yield row
                    continue
                if strict:
                    raise InputError(f"{path.parent / place}: {row}")
                report.bad[row] += 1
                report.first_bad = report.first_bad or f"{place}: {row}"
    if report.bad and not report.rows:
        raise InputError(
            f"{files[0]}: holds no instruction row; the first line that is none: {report.first_bad}"
        )


def _read(record: dict[str, Any] | Bad, number: int) -> InstructionRow | str:
    """A row, or why there is none."""
    if isinstance(record, Bad):
        return record.reason
    try:
        row = msgspec.convert(record, _Row)
    except msgspec.ValidationError as error:
        return f"not an instruction row: {error}"
    if not (row.instruction or row.input).strip():
        return "no instruction"
    fields = msgspec.structs.asdict(row)
    return InstructionRow(**fields | {"id": str(number if row.id is None else row.id)})
