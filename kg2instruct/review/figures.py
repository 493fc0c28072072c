"""Precision by relation and topic, with its interval, and which relations to drop or to mend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kg2instruct.evaluate.intervals import wilson
from kg2instruct.review.reviewed import Reviewed

# With fewer triples nothing is said of a relation.
ENOUGH = 5


@dataclass(slots=True)
class Tally:
    """Triples that people saw, by what they said."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def seen(self) -> int:
        """Triples judged."""
        return self.right + self.wrong

    @property
    def precision(self) -> float | None:
        """Share of those judged that are right."""
        return self.right / self.seen if self.seen else None

    def to_json(self) -> dict[str, Any]:
        """Counts, precision and its 95 % interval."""
        low, high = wilson(self.right, self.seen)
        precision = None if self.precision is None else round(self.precision, 4)
        return {
            "right": self.right,
            "wrong": self.wrong,
            "missed": self.missed,
            "precision": precision,
            "low": round(low, 4),
            "high": round(high, 4),
        }


@dataclass(slots=True)
class Figures:
    """Tallies of a review. `least` is the precision that a relation should have."""

    least: float = 0.8
    records: int = 0
    disputed: int = 0
    whole: Tally = field(default_factory=Tally)
    relations: dict[str, Tally] = field(default_factory=dict)
    topics: dict[str, Tally] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def add(self, reviewed: Reviewed) -> None:
        """Count a record."""
        self.records += 1
        self.disputed += reviewed.disputed
        topic = self.topics.setdefault(reviewed.example.cate or "", Tally())
        for name, triples in (
            ("right", reviewed.right),
            ("wrong", reviewed.wrong),
            ("missed", reviewed.missed),
        ):
            for triple in triples:
                key = triple.property or triple.relation
                self.names.setdefault(key, triple.relation)
                for tally in (self.whole, topic, self.relations.setdefault(key, Tally())):
                    setattr(tally, name, getattr(tally, name) + 1)

    def verdict(self, key: str) -> str:
        """drop: surely below `least`; fix: likely; keep; or too few to say."""
        tally = self.relations[key]
        if tally.seen < ENOUGH:
            return "too few"
        _, high = wilson(tally.right, tally.seen)
        if high < self.least:
            return "drop"
        return "fix" if (tally.precision or 0) < self.least else "keep"

    def weighted(self, totals: Mapping[str, int]) -> float | None:
        """Precision over all records: that of each relation, by how many triples of it there are."""
        known = {key: n for key, n in totals.items() if key in self.relations and self.relations[key].seen}
        whole = sum(known.values())
        if not whole:
            return None
        return sum((self.relations[key].precision or 0) * n for key, n in known.items()) / whole

    def to_json(self, totals: Mapping[str, int]) -> dict[str, Any]:
        """Plain data; relations with the lowest upper bound come first."""
        relations = {
            key: {"relation": self.names[key], "verdict": self.verdict(key)} | tally.to_json()
            for key, tally in self.relations.items()
        }
        ordered = dict(sorted(relations.items(), key=lambda x: (x[1]["high"], x[1]["low"], x[0])))
        weighted = self.weighted(totals)
        verdicts = Counter(x["verdict"] for x in relations.values())
        return {
            "records": self.records,
            "disputed": self.disputed,
            "sample": self.whole.to_json(),
            "precision_of_all_records": None if weighted is None else round(weighted, 4),
            "verdicts": dict(sorted(verdicts.items())),
            "drop": [key for key, x in ordered.items() if x["verdict"] == "drop"],
            "fix": [key for key, x in ordered.items() if x["verdict"] == "fix"],
            "relations": ordered,
            "topics": {key: tally.to_json() for key, tally in sorted(self.topics.items())},
        }
