"""Instruction rows from where they lie: JSON lines, Parquet, or one split of a dataset folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from kg2instruct.errors import InputError
from kg2instruct.jsonl import read_jsonl
from kg2instruct.records import InstructionRow
from kg2instruct.render.parquet_rows import row_batches


def read_rows(
    path: Path, split: str = "test", *, bad: Callable[[InputError], None] | None = None
) -> Iterator[InstructionRow]:
    """The rows of a file, or of a folder's split.

    Raises InputError at the first thing that is no row. Where `bad` is set, it is given the lines that are no rows.
    """
    for file in row_files(path, split):
        if file.suffix == ".parquet":
            for batch in row_batches(file):
                yield from batch
        else:
            yield from read_jsonl(file, InstructionRow, bad=bad)


def row_files(path: Path, split: str = "test") -> list[Path]:
    """The file itself, or a folder's files of a split, `test-*` or `test.*`, there or in `data/`.

    Raises InputError where there are none; it names the splits that there are.
    """
    if not path.is_dir():
        return [path]
    folder = path / "data" if (path / "data").is_dir() else path
    kinds = (".parquet", ".jsonl", ".json", ".ndjson")
    found = sorted(x for x in folder.iterdir() if x.is_file() and any(kind in x.suffixes for kind in kinds))
    chosen = [x for x in found if _split(x) == split]
    if not chosen:
        splits = ", ".join(sorted({_split(x) for x in found}))
        raise InputError(f"{path}: no rows of the split {split!r}; splits here: {splits or 'none'}")
    return chosen


def _split(path: Path) -> str:
    return path.name.split(".")[0].split("-")[0]
