"""What was wrong with an input and could be lived with: counted by kind, with a few examples of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

EXAMPLES = 5  # told of each kind


@dataclass(slots=True)
class Problems:
    """Counts of problems by kind, and where the first few of each kind are.

    Kinds of reading a dump: `damaged_data`, `no_page`, `page_not_closed`, `page_too_large`, `page_broken`,
    `missing_field` (a page is lost, or more); `invalid_utf8`, `control_characters`, `bad_entity`,
    `text_deleted` (the page is kept).
    """

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, where: str, detail: str = "") -> None:
        """Count one problem; `where` is file and position."""
        self.counts[kind] += 1
        told = self.examples.setdefault(kind, [])
        if len(told) < EXAMPLES:
            told.append(f"{where}: {detail}" if detail else where)

    def merge(self, other: Problems) -> None:
        """Add the problems of another unit."""
        self.counts.update(other.counts)
        for kind, examples in other.examples.items():
            told = self.examples.setdefault(kind, [])
            told.extend(examples[: EXAMPLES - len(told)])
