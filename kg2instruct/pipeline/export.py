"""The rows of a dataset folder or of a file, and both in the layouts of trainers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from kg2instruct.errors import InputError
from kg2instruct.jsonl import read_jsonl
from kg2instruct.pipeline.parquet import SPLITS
from kg2instruct.records import InstructionRow
from kg2instruct.render.layouts import write_layout
from kg2instruct.render.parquet_rows import row_batches


def split_files(folder: Path) -> dict[str, list[Path]]:
    """The Parquet files of each split of a dataset folder that has any. Raises InputError when there are none."""
    found = {split: sorted((folder / "data").glob(f"{split}-*.parquet")) for split in SPLITS}
    if not any(found.values()):
        raise InputError(f"{folder}: no rows (data/*.parquet); name a dataset folder made by build or mix")
    return {split: files for split, files in found.items() if files}


def rows_by_split(
    path: Path, bad: Callable[[InputError], None] | None = None
) -> dict[str, Iterator[InstructionRow]]:
    """The rows of a dataset folder by split; those of a file under its name without endings.

    `bad` is given lines that are no rows, where it is set; else the first one raises InputError.
    """
    if not path.is_dir():
        return {path.name.split(".")[0]: read_jsonl(path, InstructionRow, bad=bad)}
    return {
        split: (row for file in files for batch in row_batches(file) for row in batch)
        for split, files in split_files(path).items()
    }


def export_rows(
    path: Path, layout: str, out: Path, bad: Callable[[InputError], None] | None = None
) -> dict[str, int]:
    """Write the rows to `out/SPLIT.jsonl` in a layout; return how many of each split.

    Raises UnknownName for an unknown layout, InputError where there are no rows. `bad` is given lines that are no
    rows, where it is set; else the first one raises InputError.
    """
    return {
        split: write_layout(rows, layout, out / f"{split}.jsonl")
        for split, rows in rows_by_split(path, bad).items()
    }
