"""Which files of a dataset folder go to the Hub, and whether the folder is fit to be published."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kg2instruct.errors import InputError
from kg2instruct.pipeline.folder import INCOMPLETE, MANIFEST, read_json

# Knowledge bases and link tables are large and made anew from the dumps; names with a dot are work and caches.
_LEFT_OUT = ("kb", "explain", "__pycache__")
_CARD = "README.md"
# Of these folders whatever is no longer in the dataset goes from the Hub too: shards are renamed with their number.
OWNED = ("data/", "aligned/", "rejects/")
_SHARD = re.compile(r"data/(\w+)-\d{5}-of-(\d{5})\.parquet")


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file to be pushed: its path in the repository, where it is, and its size in bytes."""

    name: str
    path: Path
    size: int

    def sha256(self) -> str:
        """Hash of the content, as large files are identified."""
        return self._hashed(hashlib.sha256())

    def blob_id(self) -> str:
        """Git's hash of the content, as small files are identified."""
        return self._hashed(hashlib.sha1(b"blob %d\0" % self.size, usedforsecurity=False))

    def _hashed(self, digest: Any) -> str:
        with self.path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
        return str(digest.hexdigest())


def publishable(folder: Path) -> list[LocalFile]:
    """The files of a finished dataset folder in order, without `kb/`, `explain/` and hidden ones.

    Raises InputError when the folder is not finished, its card tells no licence, or rows are missing from it.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; name a dataset folder made by build or mix")
    if (folder / INCOMPLETE).exists():
        raise InputError(f"{folder}: parts are missing ({INCOMPLETE}); run the same build again first")
    if not (folder / MANIFEST).exists():
        raise InputError(
            f"{folder}: not a finished dataset folder (no {MANIFEST}); run build or mix to its end"
        )
    check_card(folder / _CARD)
    files = [
        LocalFile(path.relative_to(folder).as_posix(), path, path.stat().st_size)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and _goes(path, folder)
    ]
    _check_rows(folder, {file.name for file in files})
    return files


def _check_rows(folder: Path, names: set[str]) -> None:
    """Raise InputError where shards of a split are not among the files: what is missing here goes from the Hub."""
    for split, count in (read_json(folder / MANIFEST) or {}).get("rows", {}).items():
        shards = [found for name in names if (found := _SHARD.fullmatch(name)) and found[1] == split]
        if count and {int(found[2]) for found in shards} != {len(shards)}:
            raise InputError(
                f"{folder}: rows of {split} are missing from data/, where {count:,} are expected; links that lead "
                "out of the folder do not go: put the files there, or make the dataset again"
            )


def _goes(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    if any(part.startswith(".") for part in parts) or parts[0] in _LEFT_OUT:
        return False
    return path.resolve().is_relative_to(folder.resolve())  # a link may lead anywhere


def check_card(path: Path) -> dict[str, Any]:
    """The header of a dataset card. Raises InputError when there is none, or it tells no licence."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no dataset card") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}") from error
    parts = text.split("---", 2)
    if not text.startswith("---") or len(parts) < 3:
        raise InputError(f"{path}:1: the card has no YAML header between two lines ---")
    try:
        header = yaml.safe_load(parts[1])
    except yaml.YAMLError as error:
        raise InputError(f"{path}: the card's header is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(header, dict) or not header.get("license"):
        raise InputError(
            f"{path}: no licence; write `license: …` in the card's header, or in the recipe for each source "
            "or for the whole, and mix again"
        )
    return header
