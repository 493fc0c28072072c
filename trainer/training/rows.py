"""Instruction rows of dataset folders and files, as training reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from kg2instruct.errors import InputError
from kg2instruct.jsonl import read_jsonl
from kg2instruct.records import InstructionRow

SPLITS = ("train", "validation", "test")
_BLOCK = 4096


class PlainRow(msgspec.Struct, frozen=True):
    """A line of a file of rows; only the three texts are needed."""

    instruction: str
    output: str
    input: str = ""
    id: str = ""
    task: str = ""
    lang: str = ""
    source: str = ""
    cate: str | None = None
    schema: str = ""
    template: str = ""
    format: str = ""


def read_rows(path: Path, split: str = "train") -> Iterator[InstructionRow]:
    """The rows of a dataset folder's split, or of a file, which is all training data.

    Raises InputError where there are none or they are not rows.
    """
    if path.is_dir():
        yield from _folder(path, split)
    elif split == "train":
        yield from _file(path)


def has_rows(path: Path) -> None:
    """Raise InputError for what is clearly no training data, without reading all of it."""
    if next(read_rows(path), None) is None:
        raise InputError(f"{path}: no rows for training")


def _folder(path: Path, split: str) -> Iterator[InstructionRow]:
    inside = path / "data" if (path / "data").is_dir() else path
    files = sorted(inside.glob(f"{split}-*.parquet")) or sorted(inside.glob(f"{split}*.jsonl*"))
    if not files and split == "train":
        raise InputError(f"{path}: no data/train-*.parquet; expected a dataset folder of `build` or `mix`")
    for file in files:
        yield from _file(file)


def _file(path: Path) -> Iterator[InstructionRow]:
    if path.suffix == ".parquet":
        yield from _parquet(path)
        return
    for number, row in enumerate(read_jsonl(path, PlainRow), 1):
        yield _row(row, f"{path.name}:{number}")


def _row(row: PlainRow, place: str) -> InstructionRow:
    fields = {name: getattr(row, name) for name in row.__struct_fields__}
    return InstructionRow(**{**fields, "id": row.id or place})


def _parquet(path: Path) -> Iterator[InstructionRow]:
    import pyarrow.parquet as parquet
    from pyarrow.lib import ArrowException

    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(_BLOCK):
                for number, found in enumerate(batch.to_pylist()):
                    yield _row(msgspec.convert(found, PlainRow), f"{path.name}:{number}")
    except (OSError, ArrowException) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: not instruction rows: {error}") from error


def wanted(
    rows: Iterator[InstructionRow], tasks: Sequence[str], formats: Sequence[str], langs: Sequence[str]
) -> Iterator[InstructionRow]:
    """The rows of these tasks, formats and languages; empty for all."""
    for row in rows:
        named = (row.task, tasks), (row.format, formats), (row.lang, langs)
        if all(not names or value in names for value, names in named):
            yield row
