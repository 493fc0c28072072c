"""Work divided by hand: the same command with `--shard I/N`, at once on N machines that see one folder.

Each does the units of its share of the first stage that is not finished, and stops. Who does the last of them
goes on with what can only be done once, and its share of the next stage. The call without a share finishes.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kg2instruct.errors import ConfigError, OutputError

_WAIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Share:
    """Every `of`-th unit, from the `number`-th on; numbered from 1."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Share:
        """`3/16`; ConfigError for what is none."""
        found = re.fullmatch(r"(\d+)/(\d+)", text)
        share = cls(int(found[1]), int(found[2])) if found else cls(0, 0)
        if not 1 <= share.number <= share.of:
            raise ConfigError(f"--shard {text}: expected I/N with I from 1 to N, such as 3/16")
        return share

    def holds(self, position: int) -> bool:
        """Whether the unit at a position, from 0, belongs to it."""
        return position % self.of == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


class ShareDone(Exception):
    """A share is done, but not the whole: nothing is wrong, the same command goes on when the others are done."""


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Wait until no other holder of the same lock is left, on this or another machine.

    Raises OutputError where the file system has no locks: what is done once only would be done at once.
    """
    import fcntl

    with lock.open("ab") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX)
        except OSError as error:
            raise OutputError(
                f"{lock}: {error.strerror or error}; --shard needs a file system with locks"
            ) from error
        yield


def hold(path: Path, out: Path, *, shared: bool = False) -> IO[bytes]:
    """Take the lock of a run that writes to `out`; the system releases it when the process ends, however it ends.

    Raises OutputError when another run keeps it.
    """
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("a+b")
        try:
            import fcntl

            fcntl.lockf(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except ImportError:
            return lock
        except BlockingIOError:
            lock.close()
            if time.monotonic() > deadline:
                raise OutputError(
                    f"{out}: another run is writing there; wait for it or name another --out"
                ) from None
            time.sleep(0.1)
            continue
        except OSError:  # a file system without locks
            return lock
        with suppress(OSError):  # the run that held it may just have removed its work folder
            if os.fstat(lock.fileno()).st_ino == path.stat().st_ino:
                return lock
        lock.close()
