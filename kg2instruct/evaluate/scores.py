"""Precision, recall and F1 from exact counts, with confidence intervals over documents.

Where there is nothing to find and nothing was claimed, all three are 100.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Numbers = tuple[float, float, float]


@dataclass(slots=True)
class Count:
    """How many units were right, claimed and wanted."""

    right: int = 0
    claimed: int = 0
    wanted: int = 0

    def add(self, right: int, claimed: int, wanted: int) -> None:
        """Count further units."""
        self.right += right
        self.claimed += claimed
        self.wanted += wanted

    @property
    def precision(self) -> float:
        """Share of the claimed units that are right, in percent."""
        return _percent(self.right, self.claimed, self.wanted)

    @property
    def recall(self) -> float:
        """Share of the wanted units that were found, in percent."""
        return _percent(self.right, self.wanted, self.claimed)

    @property
    def f1(self) -> float:
        """Harmonic mean of both, in percent."""
        return _percent(2 * self.right, self.claimed + self.wanted, 0)

    def to_json(self) -> dict[str, Any]:
        """Scores in percent and the counts behind them."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "right": self.right,
            "claimed": self.claimed,
            "wanted": self.wanted,
        }


def _percent(part: int, whole: int, rest: int) -> float:
    if whole:
        return 100 * part / whole
    return 0.0 if rest else 100.0


Group = dict[str, Count]


@dataclass(slots=True)
class Scores:
    """All that one evaluation found. `micro` counts repetitions or not, as `counting` says."""

    counting: str = "multiset"
    multiset: Count = field(default_factory=Count)
    sets: Count = field(default_factory=Count)
    relaxed: Count = field(default_factory=Count)
    per_label: Group = field(default_factory=dict)
    per_source: Group = field(default_factory=dict)
    per_task: Group = field(default_factory=dict)
    per_kind: Group = field(default_factory=dict)
    per_format: Group = field(default_factory=dict)
    documents: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    rows: int = 0
    missing: int = 0
    unparsable: int = 0
    partly_read: int = 0
    spans: int = 0
    hallucinated: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    """Rows and lines that were not scored, by reason."""
    first_left_out: str = ""
    """What was wrong with the first of them."""
    confidence: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def micro(self) -> Count:
        """All units together."""
        return self.sets if self.counting == "set" else self.multiset

    @property
    def macro(self) -> Numbers:
        """Mean precision, recall and F1 of the labels that were wanted or claimed."""
        counts = [x for x in self.per_label.values() if x.claimed or x.wanted]
        if not counts:
            return 100.0, 100.0, 100.0
        return (
            sum(x.precision for x in counts) / len(counts),
            sum(x.recall for x in counts) / len(counts),
            sum(x.f1 for x in counts) / len(counts),
        )

    def leave_out(self, reason: str, wrong: Exception) -> None:
        """Count a row or line that cannot be scored."""
        self.left_out[reason] += 1
        self.first_left_out = self.first_left_out or str(wrong)

    def add_document(self, key: str, right: int, claimed: int, wanted: int) -> None:
        """Count units of a document, which is what the confidence intervals draw from."""
        old = self.documents.get(key, (0, 0, 0))
        self.documents[key] = (old[0] + right, old[1] + claimed, old[2] + wanted)

    def to_json(self) -> dict[str, Any]:
        """Everything, as plain data: scores in percent, shares between 0 and 1."""
        precision, recall, f1 = self.macro
        groups = {
            name: getattr(self, name)
            for name in ("per_label", "per_source", "per_task", "per_kind", "per_format")
        }
        return {
            "micro": {
                **self.micro.to_json(),
                "confidence_95": {k: list(v) for k, v in self.confidence.items()},
            },
            "macro": {"precision": precision, "recall": recall, "f1": f1},
            "relaxed": self.relaxed.to_json(),
            "multiset": self.multiset.to_json(),
            "set": self.sets.to_json(),
            "counting": self.counting,
            **{name: {x: group[x].to_json() for x in sorted(group)} for name, group in groups.items()},
            "rows": self.rows,
            "documents": len(self.documents),
            "missing": self.missing,
            "unparsable": self.unparsable,
            "unparsable_share": self.unparsable / self.rows if self.rows else 0.0,
            "partly_read": self.partly_read,
            "hallucinated": self.hallucinated,
            "hallucinated_share": self.hallucinated / self.spans if self.spans else 0.0,
            "problems": dict(self.problems.most_common(20)),
            "left_out": dict(sorted(self.left_out.items())),
        }


def bootstrap(
    documents: Mapping[str, tuple[int, int, int]], draws: int, seed: int
) -> dict[str, tuple[float, float]]:
    """95 % intervals of precision, recall and F1, documents drawn with replacement.

    Documents with equal counts are interchangeable, so numbers of each kind are drawn instead of documents:
    the cost does not grow with the corpus.
    """
    if not documents or not draws:
        return {}
    kinds = sorted(Counter(documents.values()).items())
    counts = np.array([x for x, _ in kinds], dtype=np.float64)
    shares = np.array([n for _, n in kinds], dtype=np.float64)
    drawn = np.random.default_rng(seed).multinomial(len(documents), shares / shares.sum(), size=draws)
    right, claimed, wanted = (drawn @ counts).T
    both = claimed + wanted
    series = {
        "precision": _shares(right, claimed, both),
        "recall": _shares(right, wanted, both),
        "f1": _shares(2 * right, both, both),
    }
    return {name: (float(np.percentile(x, 2.5)), float(np.percentile(x, 97.5))) for name, x in series.items()}


def _shares(
    part: np.ndarray[Any, np.dtype[np.float64]],
    whole: np.ndarray[Any, np.dtype[np.float64]],
    both: np.ndarray[Any, np.dtype[np.float64]],
) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.where(whole > 0, 100 * part / np.maximum(whole, 1), np.where(both > 0, 0.0, 100.0))
