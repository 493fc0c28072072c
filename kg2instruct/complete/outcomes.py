"""What becomes of records: what was added, what was left out and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from kg2instruct.records import Example

# What is counted beside the reasons for which an answer is left out.
ADDED, AGREED, CONFIRMED = "added", "agrees with the record", "confirmed by the knowledge base"


@dataclass(frozen=True, slots=True)
class Completed:
    """A record with what a model added to it; `counts` by what became of its triples."""

    example: Example
    counts: Counter[str]
    calls: int = 0
    unreadable: int = 0
    """Questions without a readable answer."""


@dataclass(slots=True)
class Summary:
    """Counts of a run; equal for every run over the same answers, but for `calls`."""

    records: int = 0
    completed: int = 0
    """Records that something was added to."""
    triples: int = 0
    """Triples that the records had."""
    questions: int = 0
    unreadable_answers: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    """Triples of the model by what became of them."""
    not_done: Counter[str] = field(default_factory=Counter)
    """Records that are written as they were, by reason: the next run goes on with them."""
    calls: dict[str, Any] = field(default_factory=dict)

    def count(self, done: Completed) -> None:
        """Count a record that all questions were asked for."""
        self.completed += done.counts[ADDED] > 0
        self.questions += done.calls
        self.unreadable_answers += done.unreadable
        self.outcomes.update(done.counts)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        return plain | {
            "outcomes": dict(sorted(self.outcomes.items())),
            "not_done": dict(sorted(self.not_done.items())),
        }
