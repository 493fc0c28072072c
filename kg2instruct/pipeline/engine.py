"""Where units are done: processes of this machine here, machines of a cluster in `kg2instruct.cluster`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from kg2instruct.pipeline.pool import Outcome, Task, spread

U = TypeVar("U")
U_contra = TypeVar("U_contra", contravariant=True)

DONE = ".done.json"
"""How the name of a unit's marker ends, which is put behind all other files of the unit."""


class FolderTask(Task[U_contra], Protocol[U_contra]):
    """A task that writes files into `folder` and gives back nothing else; a dataclass.

    An engine may do a unit with another folder and move the files.
    """

    @property
    def folder(self) -> Path: ...


class Engine(Protocol):
    """Does units somewhere. The files that they write are the same everywhere."""

    @property
    def workers(self) -> int:
        """How many units are done at once, at most."""

    def spread(self, units: Iterator[U], task: FolderTask[U]) -> Iterator[Outcome[U]]:
        """Do units, taken as they are needed; yield each as soon as its files are in the task's folder.

        Order is any. An exception of the task is raised here; a unit over which its worker died is yielded
        with its `death`.
        """


@dataclass(frozen=True, slots=True)
class Processes:
    """Processes of this machine."""

    workers: int

    def spread(self, units: Iterator[U], task: FolderTask[U]) -> Iterator[Outcome[U]]:
        """See `Engine`."""
        return spread(units, task, self.workers)
