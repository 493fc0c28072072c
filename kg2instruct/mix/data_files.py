"""Files and folders of data: which files are meant, and what the ends of their names say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

ROW_FILES = (".parquet", ".jsonl", ".json", ".ndjson")
TEXT_FILES = (*ROW_FILES, ".txt")
PACKED = (".gz", ".zst", ".bz2")


def files_of(paths: Sequence[str], suffixes: Sequence[str]) -> list[Path]:
    """The files that are named, and those in named folders whose names end so, in order."""
    found: list[Path] = []
    for name in paths:
        path = Path(name)
        if path.is_dir():
            found += sorted(x for x in path.rglob("*") if x.is_file() and plain_suffix(x) in suffixes)
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def plain_suffix(path: Path) -> str:
    """The suffix without that of compression: `.jsonl` of `rows.jsonl.zst`."""
    return Path(path.stem).suffix if path.suffix in PACKED else path.suffix
