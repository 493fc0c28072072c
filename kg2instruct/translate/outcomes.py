"""What becomes of outcomes: rows, rejects, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from kg2instruct.convert.report import Note
from kg2instruct.records import Example
from kg2instruct.translate.items import TranslatedRow, rows_of
from kg2instruct.translate.project import project
from kg2instruct.translate.talk import Desk, Outcome


@dataclass(frozen=True, slots=True)
class Reject:
    """An item that no accepted answer was found for, with the reasons and the last answer; or a row that is none."""

    id: str
    place: str
    reasons: tuple[str, ...]
    parts: dict[str, str]
    answer: str


@dataclass(slots=True)
class Summary:
    """Counts of a run; equal for every run over the same answers, but for what is told of calls and cost."""

    items: int = 0
    done: int = 0
    first_time: int = 0
    """Items whose first answer was accepted."""
    without_call: int = 0
    """Items that hold nothing to translate."""
    rows: int = 0
    records: int = 0
    rejected: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)
    """Rows of the input that are none, by reason."""
    failed_checks: Counter[str] = field(default_factory=Counter)
    """Answers that were not accepted, by check."""
    not_done: Counter[str] = field(default_factory=Counter)
    """Items that have neither row nor reject, by reason: the next run does them."""
    projection: Counter[str] = field(default_factory=Counter)
    """Mentions, triples and events of records: kept, or dropped, by reason."""
    calls: dict[str, Any] = field(default_factory=dict)
    """Calls of this run, its tokens, its cost and that of all answers in the journal, in US dollars."""

    def to_json(self) -> dict[str, Any]:
        """Plain data, with shares."""
        asked = self.done + self.rejected - self.without_call
        return {
            "items": self.items,
            "done": self.done,
            "rejected": self.rejected,
            "unreadable": self.unreadable.total(),
            "unreadable_reasons": dict(sorted(self.unreadable.items())),
            "not_done": dict(sorted(self.not_done.items())),
            "without_call": self.without_call,
            "rows": self.rows,
            "records": self.records,
            "passed_first_time": self.first_time,
            "passed_first_time_share": round(self.first_time / asked, 4) if asked else None,
            "failed_checks": dict(sorted(self.failed_checks.items())),
            "projection": dict(sorted(self.projection.items())),
            "calls": self.calls,
        }


def count(outcome: Outcome, summary: Summary) -> None:
    """Count an outcome that is final."""
    summary.failed_checks.update(outcome.failed)
    if outcome.texts is None:
        summary.rejected += 1
    else:
        summary.done += 1
        summary.without_call += outcome.calls == 0
        summary.first_time += outcome.calls > 0 and not outcome.failed


def results(outcome: Outcome, desk: Desk, summary: Summary) -> Iterator[TranslatedRow | Example]:
    """The rows, or the record, of an outcome with texts."""
    item = outcome.item
    if outcome.texts is None:
        return
    if item.example is not None:
        summary.records += 1
        yield project(item.example, outcome.texts["text"], desk.options.to, desk.labels, summary.projection)
        if unknown := len(desk.labels.unknown):
            summary.projection["labels without a translation"] = unknown
        return
    rows = rows_of(
        item,
        outcome.texts,
        desk.options.to,
        desk.words.layout,
        model=desk.options.model,
        prompt=desk.prompt.id,
    )
    summary.rows += len(rows)
    yield from rows


def unread(note: Note) -> Reject:
    """What is told of a row that cannot be read."""
    return Reject("", note.where, (f"the {note.kind} {note.reason}",), {"row": note.what}, "")


def reject(outcome: Outcome) -> Reject:
    """What is told of an item that is put aside."""
    parts = {part.name: part.text for part in outcome.item.parts}
    return Reject(outcome.item.id, outcome.item.place, outcome.reasons, parts, outcome.last)
