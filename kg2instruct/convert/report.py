"""What a conversion found, wrote, left out and mended, and where.

Of every kind of thing (record, entity, relation, event) that a corpus marks, as many come out as went in, or
are told one by one: `report.unexplained()` is empty.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from kg2instruct.errors import InputError
from kg2instruct.records import Example

Action = Literal["dropped", "mended", "unplaced", "noted"]
Kind = Literal["file", "record", "entity", "relation", "event", "argument"]
KINDS: tuple[Kind, ...] = ("record", "entity", "relation", "event", "argument")

# Reasons that several corpora share.
NOT_THERE = "is not at its offsets nor near them"
NOWHERE = "does not occur in the text"
WRONG_OFFSETS = "had wrong offsets"

_SHOWN = 120
# Numbers of places in a reason, which would make many reasons of one.
_INDEXES, _PLACES = re.compile(r"\[\d+\]"), re.compile(r"\b(line|column|char|byte|has) \d+")


@dataclass(frozen=True, slots=True)
class Note:
    """Something left out, mended, kept without its place or else worth telling; `where` is `file:line`."""

    where: str
    action: Action
    kind: Kind
    reason: str
    what: str


@dataclass(slots=True)
class Report:
    """Counts of a conversion; `tell` is handed each Note as it comes up.

    `found` and `kept` are by kind, `dropped` by kind and reason, `other` by action, kind and reason. Of what
    a corpus does not mark itself nothing is found, however much is kept. `done` are files that were read
    together with others.
    """

    strict: bool = False
    tell: Callable[[Note], object] | None = None
    files: int = 0
    found: Counter[Kind] = field(default_factory=Counter)
    kept: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    dropped: Counter[tuple[Kind, str]] = field(default_factory=Counter)
    other: Counter[tuple[str, Kind, str]] = field(default_factory=Counter)
    done: set[Path] = field(default_factory=set)
    _settled: dict[Kind, tuple[int, int]] = field(default_factory=dict)
    _lost: Counter[Kind] = field(default_factory=Counter)

    def find(self, counts: Mapping[Kind, int]) -> None:
        """Count what a record says, by kind; several times as fast as `Counter.update`."""
        for kind, number in counts.items():
            if number:
                self.found[kind] += number

    def drop(self, where: object, kind: Kind, reason: str, what: object = "") -> None:
        """Leave one thing out that was found; a strict run ends here, with an InputError."""
        if self.strict:
            shown = f" ({_short(what)})" if what else ""
            raise InputError(f"{where}: {kind} {reason}{shown}")
        self.dropped[kind, _PLACES.sub(r"\1 …", _INDEXES.sub("[…]", reason))] += 1
        if self.tell:
            self.tell(Note(str(where), "dropped", kind, reason, _short(what)))

    def lose(self, where: object, kind: Kind, reason: str, what: object = "") -> None:
        """Find one thing only to leave it out: `drop` for what never got as far as being counted."""
        self.found[kind] += 1
        self.drop(where, kind, reason, what)

    def mend(self, where: object, kind: Kind, reason: str, what: object = "") -> None:
        """Keep something that was put right."""
        self._note("mended", where, kind, reason, what)

    def unplaced(self, where: object, kind: Kind, what: object, reason: str = NOWHERE) -> None:
        """Keep something without offsets."""
        self._note("unplaced", where, kind, reason, what)

    def note(self, where: object, kind: Kind, reason: str, what: object = "") -> None:
        """Tell how something was understood that is in order."""
        self._note("noted", where, kind, reason, what)

    def _note(self, action: Action, where: object, kind: Kind, reason: str, what: object) -> None:
        self.other[action, kind, reason] += 1
        if self.tell:
            self.tell(Note(str(where), action, kind, reason, _short(what)))

    def keep(self, example: Example) -> None:
        """Count a record on its way out."""
        kept = self.kept
        kept["record"] += 1
        self.found["record"] += 1
        kept["entity"] += len(example.entity)
        kept["relation"] += len(example.relation)
        for event in example.event:
            kept["event"] += 1
            kept["argument"] += len(event.arguments)

    def settle(self) -> None:
        """Close the accounts of a file: the next one may be of a corpus that marks other kinds of things."""
        self._lost.update(self._open())
        self._settled = self._sums()

    def unexplained(self) -> dict[Kind, int]:
        """By kind, how many more were found than kept or told as dropped; empty when all is well."""
        lost = Counter(self._lost)
        lost.update(self._open())
        return {kind: number for kind, number in lost.items() if number}

    def _open(self) -> dict[Kind, int]:
        """What is lost untold since the last file, of the kinds that were found since."""
        lost = {}
        for kind, (found, explained) in self._sums().items():
            found_before, explained_before = self._settled.get(kind, (0, 0))
            found, explained = found - found_before, explained - explained_before
            if found and found != explained:
                lost[kind] = found - explained
        return lost

    def _sums(self) -> dict[Kind, tuple[int, int]]:
        """By kind, how many were found, and how many of them kept or told as dropped."""
        told = Counter[Kind]()
        for (kind, _), number in self.dropped.items():
            told[kind] += number
        return {kind: (self.found[kind], self.kept[kind] + told[kind]) for kind in KINDS}


def _short(what: object) -> str:
    text = str(what)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
