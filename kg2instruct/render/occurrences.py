"""Which labels occur together in the records of a corpus, counted in parts that can be added up."""

from __future__ import annotations

import msgspec

from kg2instruct.records import Example


def labels_of(example: Example) -> dict[str, set[str]]:
    """The labels of a record by kind."""
    return {
        "entity": {x.entity_type for x in example.entity if x.entity_type},
        "relation": {x.relation for x in example.relation},
        "event": {x.event_type for x in example.event},
    }


class Occurrences(msgspec.Struct):
    """Counts of a corpus, by kind of label.

    `records` are all, `answered` those with any label of a kind; `together` says in how many records two
    labels occur, under the one whose name comes first.
    """

    records: int = 0
    answered: dict[str, int] = msgspec.field(default_factory=dict)
    together: dict[str, dict[str, dict[str, int]]] = msgspec.field(default_factory=dict)

    def add(self, example: Example) -> None:
        """Count a record."""
        self.records += 1
        for kind, labels in labels_of(example).items():
            if labels:
                self.answered[kind] = self.answered.get(kind, 0) + 1
            if len(labels) > 1:
                table, ordered = self.together.setdefault(kind, {}), sorted(labels)
                for i, label in enumerate(ordered[:-1], 1):
                    counts = table.setdefault(label, {})
                    for other in ordered[i:]:
                        counts[other] = counts.get(other, 0) + 1

    def merge(self, more: Occurrences) -> None:
        """Add what was counted of other records."""
        self.records += more.records
        for kind, count in more.answered.items():
            self.answered[kind] = self.answered.get(kind, 0) + count
        for kind, table in more.together.items():
            mine = self.together.setdefault(kind, {})
            for label, others in table.items():
                counts = mine.setdefault(label, {})
                for other, count in others.items():
                    counts[other] = counts.get(other, 0) + count

    def pairs(self, kind: str) -> dict[tuple[str, str], int]:
        """How often two labels of a kind occur together."""
        return {
            (label, other): count
            for label, others in self.together.get(kind, {}).items()
            for other, count in others.items()
        }

    def share(self, kind: str) -> float:
        """The share of records that have any label of a kind."""
        return self.answered.get(kind, 0) / self.records if self.records else 0.0
