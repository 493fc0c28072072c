"""Instruction rows of dataset folders and files, as training reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from kg2instruct.errors import InputError
from kg2instruct.mix.records import Bad, Extent, extents, read_dicts
from kg2instruct.records import InstructionRow

SPLITS = ("train", "validation", "test")


class _Row(msgspec.Struct, frozen=True):
    """A row of a file; only the three texts are needed, and other fields may be anything."""

    instruction: str
    output: str
    input: str | None = ""
    id: str | int | None = None
    task: object = ""
    lang: object = ""
    source: object = ""
    cate: object = None
    schema: object = ""
    template: object = ""
    format: object = ""


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
    files = sorted(inside.glob(f"{split}*.parquet")) or sorted(inside.glob(f"{split}*.json*"))
    if not files and split == "train":
        raise InputError(f"{path}: no data/train-*.parquet; expected a dataset folder of `build` or `mix`")
    for file in files:
        yield from _file(file)


def _file(path: Path) -> Iterator[InstructionRow]:
    whole = (Extent(path),)  # of lines, so that places are line numbers
    for extent in extents(path) if path.suffix == ".parquet" else whole:
        for place, record in read_dicts(extent):
            wrong = record.reason if isinstance(record, Bad) else ""
            try:
                row = None if wrong else msgspec.convert(record, _Row)
            except msgspec.ValidationError as error:
                wrong = f"not an instruction row: {error}"
            if wrong or row is None:
                raise InputError(
                    f"{path.parent / place}: {wrong}; expected `instruction`, `input` and `output`, which "
                    "`kg2instruct mix` makes of other kinds of rows"
                )
            yield _instruction(row, place)


def _instruction(row: _Row, place: str) -> InstructionRow:
    fields = {name: getattr(row, name) for name in row.__struct_fields__}
    fields = {name: value if isinstance(value, str) else "" for name, value in fields.items()}
    fields |= {"cate": row.cate if isinstance(row.cate, str) else None}
    fields |= {"id": place if row.id is None else str(row.id)}
    return InstructionRow(**fields)


def wanted(
    rows: Iterator[InstructionRow], tasks: Sequence[str], formats: Sequence[str], langs: Sequence[str]
) -> Iterator[InstructionRow]:
    """The rows of these tasks, formats and languages; empty for all."""
    for row in rows:
        named = (row.task, tasks), (row.format, formats), (row.lang, langs)
        if all(not names or value in names for value, names in named):
            yield row
