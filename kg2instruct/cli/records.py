"""Files of records as commands read them: bad lines are counted, or end the run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from kg2instruct.cli.options import messages
from kg2instruct.errors import InputError
from kg2instruct.jsonl import read_jsonl
from kg2instruct.records import Example


@dataclass(slots=True)
class Records:
    """The records of a file, or of all `.jsonl` files of a folder; each pass reads them anew."""

    path: Path
    limit: int | None = None
    strict: bool = False
    bad: list[InputError] = field(default_factory=list)
    """Lines left out in the latest pass."""

    def __iter__(self) -> Iterator[Example]:
        self.bad.clear()
        record = None
        for record in islice(self._all(), self.limit):
            yield record
        if record is None and self.bad:
            raise InputError(f"{self.path}: holds no record; the first line that is none: {self.bad[0]}")

    def _all(self) -> Iterator[Example]:
        for file in self.files():
            yield from read_jsonl(file, Example, bad=None if self.strict else self.bad.append)

    def files(self) -> list[Path]:
        """The files read, in order; raises InputError where there is none."""
        if not self.path.is_dir():
            return [self.path]
        folder = self.path / "aligned" if (self.path / "aligned").is_dir() else self.path
        found = sorted(p for p in folder.glob("*.jsonl*") if p.suffix in (".jsonl", ".zst", ".gz"))
        if not found:
            raise InputError(f"{self.path}: holds no .jsonl files of records")
        return found

    def tell_bad(self) -> None:
        """Say how many lines were left out, and why the first was."""
        if self.bad:
            more = f" and {len(self.bad) - 1} more" if len(self.bad) > 1 else ""
            messages.print(
                f"left out: {self.bad[0]}{more}",
                style="yellow",
                highlight=False,
                soft_wrap=True,
                markup=False,
            )
