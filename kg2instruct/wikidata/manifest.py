"""The file that makes a folder a store; it is written last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from kg2instruct.errors import InputError

MANIFEST = "manifest.json"
COLUMNS = "columns"
KIND = "kg2instruct-wikidata"
VERSION = 1


class Manifest(msgspec.Struct, frozen=True):
    """What a store holds: languages, counts, the day of the newest entity, and its columns (type, length)."""

    langs: tuple[str, ...]
    counts: dict[str, Any]
    read: dict[str, int]
    dump_date: str
    keep_all: bool
    columns: dict[str, tuple[str, int]]
    kind: str = KIND
    version: int = VERSION


def is_store_manifest(path: Path) -> bool:
    """Whether a file is the manifest of a store, of whatever version."""
    try:
        return bool(msgspec.json.decode(path.read_bytes(), type=dict[str, Any]).get("kind") == KIND)
    except (OSError, msgspec.DecodeError):
        return False


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a store; InputError when the folder holds none, half of one, or another version."""
    path = folder / MANIFEST
    if not path.is_file():
        what = "is not there" if not folder.exists() else "is not a store, or its build was not finished"
        raise InputError(f"{folder}: {what}; make it with: kg2instruct kb build DUMP --out {folder}")
    try:
        found = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(f"{path}: {error}; build the store again") from error
    if found.get("kind") != KIND:
        inside = f"; its own is {folder / 'kb'}" if is_store_manifest(folder / "kb" / MANIFEST) else ""
        raise InputError(
            f"{folder}: is not a store of Wikidata, but {found.get('kind') or 'something else'}{inside}"
        )
    if found.get("version") != VERSION:
        raise InputError(
            f"{folder}: store version {found.get('version')}, not {VERSION}; build the store again"
        )
    try:
        return msgspec.convert(found, Manifest)
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: {error}; build the store again") from error
