"""What makes two runs the same: inputs by checksum, options, and the program itself."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import msgspec
import xxhash

from kg2instruct import __version__
from kg2instruct.errors import InputError
from kg2instruct.resources import resource_dir

_SAMPLED = 1 << 20
_PACKAGES = ("daachorse", "OpenCC", "rjieba", "mwparserfromhell", "msgspec", "numpy", "pyarrow")


@dataclass(frozen=True, slots=True)
class Identity:
    """Inputs by checksum, options, and program: runs that agree in all three give the same bytes."""

    inputs: Mapping[str, str]
    options: Mapping[str, Any]
    program: str

    def to_json(self) -> dict[str, Any]:
        """Plain data, as it comes back from a file."""
        return msgspec.json.decode(msgspec.json.encode(self), type=dict[str, Any])

    def differs_from(self, stored: Mapping[str, Any]) -> str:
        """Names of what differs from a stored identity; empty when it is the same run."""
        ours = self.to_json()
        names: list[str] = []
        for part in ("program", "inputs", "options"):
            mine, theirs = ours[part], stored.get(part)
            if isinstance(mine, dict) and isinstance(theirs, dict):
                names += sorted(key for key in {*mine, *theirs} if mine.get(key) != theirs.get(key))
            elif mine != theirs:
                names.append(f"version of the {part}")
        return ", ".join(names)


def checksum(path: Path) -> str:
    """A file's size and a hash of its first and last MiB: enough to tell dumps apart, also of 100 GB."""
    try:
        size = path.stat().st_size
        digest = xxhash.xxh3_128()
        with path.open("rb") as file:
            digest.update(file.read(_SAMPLED))
            if size > 2 * _SAMPLED:
                file.seek(-_SAMPLED, 2)
            digest.update(file.read(_SAMPLED))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    return f"{size}:{digest.hexdigest()}"


def versions() -> dict[str, str]:
    """Versions of what decides the output's bytes."""
    found = {"kg2instruct": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "?"
    return found


@cache
def program() -> str:
    """The version and a hash of code and tables: work begun by another state of them is begun anew."""
    digest = xxhash.xxh3_64()
    for root in (files("kg2instruct"), resource_dir("schemas"), resource_dir("templates")):
        for file in _walk(root):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return f"{__version__}+{digest.hexdigest()}"


def _walk(folder: Traversable) -> Iterable[Traversable]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and entry.name not in ("__pycache__", "sample", "cli"):
            yield from _walk(entry)
        elif entry.name.endswith((".py", ".yaml", ".json")):
            yield entry


def files_below(path: Path) -> Iterator[Path]:
    """A file itself, or all files of a folder, in order."""
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*") if file.is_file())
    else:
        yield path
