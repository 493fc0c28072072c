"""How noisy each relation is likely to be, without gold: the share of its triples that nothing speaks for.

Three witnesses can speak for a triple: a completion gave it too (its score is above 0), the words around it are those
that usually state its relation, its text entails it. Only those that were asked count.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kg2instruct.evaluate.intervals import wilson


@dataclass(slots=True)
class RelationNoise:
    """Counts of one relation."""

    name: str = ""
    triples: int = 0
    asked: int = 0
    """Triples of the knowledge base that a completion was asked for too."""
    agreed: int = 0
    supported: int = 0
    scored: int = 0
    entailment: float = 0.0
    """Sum of the scores."""
    entailed: int = 0
    doubtful: int = 0
    """Triples that no witness speaks for."""

    def to_json(self) -> dict[str, Any]:
        """Shares, null where a witness was not asked, and the interval of the noise (95 %)."""
        low, high = wilson(self.doubtful, self.triples)
        return {
            "relation": self.name,
            "triples": self.triples,
            "agreement": _share(self.agreed, self.asked),
            "support": _share(self.supported, self.triples),
            "entailment": _share(self.entailment, self.scored),
            "entailed": _share(self.entailed, self.scored),
            "noise": _share(self.doubtful, self.triples),
            "noise_low": round(low, 4),
            "noise_high": round(high, 4),
        }


@dataclass(slots=True)
class Noise:
    """Counts by property."""

    relations: dict[str, RelationNoise] = field(default_factory=dict)

    def add(
        self,
        property_: str,
        name: str,
        *,
        agreement: float | None,
        supported: bool,
        score: float | None,
        entailed: bool,
    ) -> None:
        """Count a triple; `agreement` and `score` are None where nobody was asked."""
        entry = self.relations.setdefault(property_, RelationNoise(name))
        entry.triples += 1
        entry.supported += supported
        if agreement is not None:
            entry.asked += 1
            entry.agreed += agreement > 0
        if score is not None:
            entry.scored += 1
            entry.entailment += score
            entry.entailed += entailed
        entry.doubtful += not (supported or entailed or (agreement is not None and agreement > 0))

    def to_json(self) -> dict[str, Any]:
        """By property, the most frequent first."""
        ordered = sorted(self.relations.items(), key=lambda x: (-x[1].triples, x[0]))
        return {pid: entry.to_json() for pid, entry in ordered}


def _share(part: float, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
