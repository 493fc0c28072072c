"""Work divided by hand: the same command with `--shard I/N`, at once on N machines that see one folder.

Each does the units of its share of the first stage that is not finished, and stops. Who does the last of them
goes on with what can only be done once, and its share of the next stage. The call without a share finishes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kg2instruct.errors import ConfigError, OutputError


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
