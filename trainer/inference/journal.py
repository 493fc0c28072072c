"""Answers on disk as soon as they are made, so that a run that was killed goes on where it stopped.

`OUT.journal.jsonl`: a line with the identity of the run, then a line for each batch, in order. A line cut off by
a kill is dropped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import msgspec

from kg2instruct.errors import ConfigError, OutputError
from kg2instruct.jsonl import encode


class Answered(msgspec.Struct):
    """The answer to one row; `place` is the row's place in its window."""

    place: int
    id: str
    answer: str
    finish: str


class Batch(msgspec.Struct):
    """The answers to rows that were generated together; `window` says which rows these were among."""

    window: str
    answers: list[Answered]


_decode = msgspec.json.Decoder(Batch).decode


class Journal:
    """The batches so far. First they are read back, then new ones are added; one process at a time."""

    def __init__(self, path: Path, identity: Mapping[str, Any], *, fresh: bool = False) -> None:
        """Open or begin a journal.

        Raises ConfigError where it belongs to a run with other settings, OutputError where it cannot be written
        or another process holds it.
        """
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: IO[bytes] = path.open("ab+")
        except OSError as error:
            raise OutputError(f"{path}: {error.strerror or error}") from error
        try:
            _lock(self._file, path)
            if fresh:
                self._file.truncate(0)
            self._begin(identity)
        except OSError as error:
            self._file.close()
            raise OutputError(f"{path}: {error.strerror or error}") from error
        except BaseException:
            self._file.close()
            raise

    def _begin(self, identity: Mapping[str, Any]) -> None:
        ours = msgspec.json.decode(msgspec.json.encode(identity))
        self._file.seek(0)
        line = self._file.readline()
        if not line.endswith(b"\n"):  # empty, or killed while it was begun
            self._file.truncate(0)
            self._write(encode(ours))
            return
        theirs: Any = None
        with suppress(msgspec.DecodeError):
            theirs = msgspec.json.decode(line)
        if not isinstance(theirs, dict):
            raise ConfigError(f"{self.path}: not a journal of answers; move it away or name another --out")
        if changed := sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name)):
            raise ConfigError(
                f"{self.path}: these answers were begun with another {', '.join(changed)}; "
                "--fresh begins anew, another --out keeps both"
            )

    def next(self) -> Batch | None:
        """The next batch of an earlier run; null when there is none, or a line is damaged: it ends there."""
        start = self._file.tell()
        line = self._file.readline()
        if line.endswith(b"\n"):
            with suppress(msgspec.DecodeError):
                return _decode(line)
        self._file.seek(start)
        self._file.truncate()
        return None

    def add(self, batch: Batch) -> None:
        """Add a batch; back when it is on the disk."""
        try:
            self._write(encode(batch))
        except OSError as error:
            raise OutputError(f"{self.path}: {error.strerror or error}") from error

    def _write(self, line: bytes) -> None:
        self._file.write(line)
        self._file.flush()
        os.fsync(self._file.fileno())

    def batches(self) -> Iterator[Batch]:
        """All batches, from the first."""
        self._file.seek(0)
        self._file.readline()
        while batch := self.next():
            yield batch

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _lock(file: IO[bytes], path: Path) -> None:
    try:
        import fcntl
    except ImportError:  # a system without such locks
        return
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise OutputError(f"{path}: another run writes these answers; wait for it or name another") from error
