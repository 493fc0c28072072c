"""A file of records verified: rules first, then entailment, and what both say of each relation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from kg2instruct.jsonl import atomic_writer, encode
from kg2instruct.records import Example, Triple
from kg2instruct.schema import SchemaSet
from kg2instruct.verify.calibrate import Thresholds
from kg2instruct.verify.entail import Scorer, entailed
from kg2instruct.verify.noise import Noise
from kg2instruct.verify.rules import Rules
from kg2instruct.verify.support import Support

NOT_ENTAILED = "not entailed"
Reject = Callable[[Example, str, Triple], None]
"""Counts and tells a triple that is left out, and why."""
# Records whose triples are scored in one go: enough that pairs of like length come together.
_TOGETHER = 256
# Records whose words are counted; more change little.
_COUNTED = 200_000


@dataclass(slots=True)
class Verified:
    """Counts of a run."""

    records: int = 0
    triples: int = 0
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    """Triples by what they broke."""
    by_relation: dict[str, Counter[str]] = field(default_factory=dict)
    noise: Noise = field(default_factory=Noise)
    thresholds: Thresholds | None = None

    def drop(self, reason: str, triple: Triple) -> None:
        """Count a triple that is left out."""
        self.dropped[reason] += 1
        self.by_relation.setdefault(triple.property or triple.relation, Counter())[reason] += 1

    def to_json(self) -> dict[str, Any]:
        """Plain data: counts, then each relation with its figures and what was dropped of it."""
        relations = self.noise.to_json()
        for pid, reasons in sorted(self.by_relation.items()):
            relations.setdefault(pid, {})["dropped"] = dict(sorted(reasons.items()))
        for pid, entry in relations.items():
            if self.thresholds is not None:
                entry["threshold"] = self.thresholds.of(pid)
        return {
            "records": self.records,
            "triples": self.triples,
            "kept": self.kept,
            "dropped": dict(sorted(self.dropped.items())),
            "relations": relations,
        }


def verify_file(
    examples: Callable[[], Iterable[Example]],
    out: Path,
    schemas: SchemaSet,
    *,
    rules: Rules | None = None,
    scorer: Scorer | None = None,
    thresholds: Thresholds | None = None,
    score_only: bool = False,
    rejects: Path | None = None,
    tell: Callable[[int], None] | None = None,
) -> Verified:
    """Verify records; what breaks a rule, or is not entailed, is left out and told in `rejects`.

    `examples` is called twice. Kept triples have the entailment as their score, where a scorer is given; with
    `score_only` none is left out for it. `tell` is given how many records are done.
    """
    support = Support().add(islice(examples(), _COUNTED))
    thresholds = thresholds or Thresholds()
    report = Verified(thresholds=thresholds if scorer else None)
    aside = atomic_writer(rejects) if rejects else nullcontext()
    with atomic_writer(out) as file, aside as put_aside:

        def reject(example: Example, reason: str, triple: Triple) -> None:
            report.drop(reason, triple)
            if put_aside:
                put_aside.write(encode({"id": example.id, "reason": reason, "triple": triple}))

        judge = _Judge(schemas, thresholds, support, report, reject, score_only)
        for group in _groups(examples(), _TOGETHER):
            report.records += len(group)
            report.triples += sum(len(x.relation) for x in group)
            ruled = [_ruled(example, rules, reject) for example in group]
            scores = entailed(ruled, scorer, schemas) if scorer else None
            for number, example in enumerate(ruled):
                file.write(encode(judge.judged(example, scores[number] if scores else None)))
            if tell:
                tell(report.records)
    return report


def _ruled(example: Example, rules: Rules | None, reject: Reject) -> Example:
    """The record without the triples that break a rule."""
    if rules is None:
        return example
    kept, dropped = rules.apply(example)
    for reason, triple in dropped:
        reject(example, reason, triple)
    return kept


@dataclass(frozen=True, slots=True)
class _Judge:
    """Counts what speaks for each triple, and leaves out those that their text does not entail."""

    schemas: SchemaSet
    thresholds: Thresholds
    support: Support
    report: Verified
    reject: Reject
    score_only: bool

    def judged(self, example: Example, scores: Sequence[float] | None) -> Example:
        """The record with the triples that hold, and their scores, where there are any."""
        kept = []
        for number, triple in enumerate(example.relation):
            score = scores[number] if scores else None
            holds = score is None or score >= self.thresholds.of(triple.property)
            self._count(example, triple, score, entailed=score is not None and holds)
            if score is not None:
                triple = replace(triple, score=round(score, 4))
            if holds or self.score_only:
                kept.append(triple)
            else:
                self.reject(example, NOT_ENTAILED, triple)
        self.report.kept += len(kept)
        return replace(example, relation=tuple(kept))

    def _count(self, example: Example, triple: Triple, score: float | None, *, entailed: bool) -> None:
        self.report.noise.add(
            triple.property or triple.relation,
            triple.relation,
            agreement=triple.score if triple.via == "wikidata" else None,
            supported=self.support.supports(example, triple, self.schemas),
            score=score,
            entailed=entailed,
        )


def _groups(examples: Iterable[Example], size: int) -> Iterator[list[Example]]:
    source = iter(examples)
    while group := list(islice(source, size)):
        yield group
