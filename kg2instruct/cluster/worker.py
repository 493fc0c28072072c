"""A worker on a machine of a cluster: holds an opened task, does one unit at a time, hands its files back."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from kg2instruct.cluster.copies import Copies, Listing, Pieces, listings, moved
from kg2instruct.pipeline.engine import DONE
from kg2instruct.pipeline.pool import attempt

Refs = tuple[tuple[str, tuple[Any, ...]], ...]
"""Files by name, each as references to its pieces in the object store."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request: the exception it ended with, or the files of the unit, the marker last.

    With `missing` nothing was done: the same request is to be made again, with these files.
    """

    missing: tuple[Path, ...] = ()
    error: Exception | None = None
    files: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """A task to open or a unit to do, with the files that it needs and those that are sent along."""

    content: Any
    wanted: Mapping[Path, Listing]
    sent: Mapping[Path, Refs]

    @classmethod
    def of(cls, content: Any, *, without: Path | None = None) -> Request:
        """The first try: nothing is sent."""
        return cls(content, listings(content, without=without), {})


class Worker:
    """Lives in a process of its own; `folder` is its machine's, for copies and for work in hand."""

    def __init__(self, folder: Path, *, always_copy: bool, get: Callable[[Any], bytes]) -> None:
        self.folder, self.get = folder, get
        self.copies = Copies(folder / "copies", always_copy)
        self.task: Any = None

    def open(self, request: Request) -> Answer:
        """Open a task, for all units to come."""
        places, missing = self._places(request)
        if missing:
            return Answer(tuple(missing))
        self.task = None  # what an earlier stage had loaded makes room
        self.task = moved(request.content, places)
        return Answer(error=attempt(self.task.open))

    def do(self, request: Request) -> Answer:
        """Do a unit."""
        places, missing = self._places(request)
        if missing:
            return Answer(tuple(missing))
        unit = moved(request.content, places)
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder, ignore_cleanup_errors=True) as name:
            folder = Path(name)
            error = attempt(partial(dataclasses.replace(self.task, folder=folder).do, unit))
            return Answer(error=error) if error else Answer(files=tuple(_files(folder)))

    def _places(self, request: Request) -> tuple[dict[Path, Path], list[Path]]:
        sent = {path: partial(self._pieces, refs) for path, refs in request.sent.items()}
        return self.copies.places(request.wanted, sent)

    def _pieces(self, refs: Refs) -> Pieces:
        return ((name, map(self.get, pieces)) for name, pieces in refs)

    def clear(self) -> None:
        """Remove what is left of this run on this machine."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    names = sorted(path.name for path in folder.iterdir())
    for name in sorted(names, key=lambda name: name.endswith(DONE)):
        yield name, (folder / name).read_bytes()
