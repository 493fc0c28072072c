"""Files that a machine of a cluster may lack: whether it sees them, and copies of those that it does not.

What a stage needs is told by the `Path`s among its fields. The driver lists them with size and time of change;
a worker uses what it sees under the same path with the same list, as on a shared file system. All else it is
sent, once a machine however many workers are there.
"""

from __future__ import annotations

import copy
import fcntl
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

from xxhash import xxh3_64_hexdigest

T = TypeVar("T")

Listing = tuple[tuple[str, int, int], ...]
"""The files of a folder, or a file itself under the name "": name, bytes, time of change in ns."""
Pieces = Iterable[tuple[str, Iterable[bytes]]]
"""Files by name, each in pieces."""


def listings(thing: Any, *, without: Path | None = None) -> dict[Path, Listing]:
    """All paths among the fields of `thing` at which there is something, with what is there."""
    paths = sorted({*_paths(thing)} - {without})
    return {path: found for path in paths if (found := _listing(path))}


def _paths(thing: Any) -> Iterator[Path]:
    if isinstance(thing, Path):
        yield thing
    elif is_dataclass(thing) and not isinstance(thing, type):
        for each in fields(thing):
            yield from _paths(getattr(thing, each.name))
    elif isinstance(thing, Mapping):
        for value in thing.values():
            yield from _paths(value)
    elif isinstance(thing, list | tuple):
        for value in thing:
            yield from _paths(value)


def _listing(path: Path) -> Listing:
    names = [""] if path.is_file() else [str(file.relative_to(path)) for file in _files(path)]
    stats = ((name, (path / name).stat()) for name in names)
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def seen(path: Path, listing: Listing) -> bool:
    """Whether this machine sees the same under the same path."""
    try:
        stats = [(path / name).stat() for name, _, _ in listing]
    except OSError:
        return False
    return all(
        (stat.st_size, stat.st_mtime_ns) == (size, changed)
        for stat, (_, size, changed) in zip(stats, listing, strict=True)
    )


def moved(thing: T, places: Mapping[Path, Path]) -> T:
    """`thing` with other paths in its fields: those of `places`."""
    if not places:
        return thing
    found: Any = thing
    if isinstance(thing, Path):
        found = places.get(thing, thing)
    elif is_dataclass(thing) and not isinstance(thing, type):
        found = copy.copy(thing)
        for each in fields(thing):
            object.__setattr__(found, each.name, moved(getattr(thing, each.name), places))
    elif isinstance(thing, dict):
        found = {key: moved(value, places) for key, value in thing.items()}
    elif isinstance(thing, list | tuple):
        found = type(thing)(moved(value, places) for value in thing)
    return found  # type: ignore[no-any-return]


@dataclass(slots=True)
class Copies:
    """The copies of one machine, in `folder`; of its workers one at a time fetches a file, others wait for it."""

    folder: Path
    always: bool = False
    """Copy also what this machine sees, such as a store on a slow file system."""
    _locks: dict[Path, IO[bytes]] = field(default_factory=dict)

    def places(
        self, wanted: Mapping[Path, Listing], sent: Mapping[Path, Callable[[], Pieces]]
    ) -> tuple[dict[Path, Path], list[Path]]:
        """Where copies of the wanted paths are, and which ones have to be sent first.

        These are this worker's to take: `places` is called again with them in `sent`. Paths that are seen are
        in neither. They are gone through in one order, so that two workers never wait for each other.
        """
        found: dict[Path, Path] = {}
        missing: list[Path] = []
        for path, listing in sorted(wanted.items()):
            if not self.always and seen(path, listing):
                continue
            copy = self._copy_of(path, listing)
            if path in sent:
                self._write(copy, listing, sent[path]())
                self._locks.pop(path).close()
            if not copy.exists():
                self._lock(path, copy)
            if copy.exists():  # made by another worker, while this one waited
                found[path] = copy
                if path in self._locks:
                    self._locks.pop(path).close()
            else:
                missing.append(path)
        return found, missing

    def _copy_of(self, path: Path, listing: Listing) -> Path:
        key = xxh3_64_hexdigest(repr((str(path), listing)).encode())
        return self.folder / key / path.name  # suffixes say what files are

    def _lock(self, path: Path, copy: Path) -> None:
        copy.parent.mkdir(parents=True, exist_ok=True)
        lock = (copy.parent / ".lock").open("ab")
        fcntl.flock(lock, fcntl.LOCK_EX)  # released by the system when this worker dies
        self._locks[path] = lock

    def _write(self, copy: Path, listing: Listing, files: Pieces) -> None:
        times = {name: changed for name, _, changed in listing}
        aside = copy.with_name(f".{copy.name}.tmp")
        _remove(aside)  # of a worker that died
        for name, pieces in files:
            target = aside / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as out:
                for piece in pieces:
                    out.write(piece)
            os.utime(target, ns=(times[name], times[name]))
        aside.replace(copy)


def _remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):
        path.unlink()
