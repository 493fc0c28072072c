"""Why stated claims were not found: the rule that dropped them, or what was not seen at all.

Reads what a run with `--rejects` wrote: each claim that a sentence was searched for and that was not kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kg2instruct.evaluate.alignment import (
    ENOUGH,
    GoldClaim,
    aligned_files,
    covered,
    says_the_same,
)
from kg2instruct.jsonl import read_jsonl
from kg2instruct.lang.tail_values import same_tail
from kg2instruct.records import Dropped, Example, Triple
from kg2instruct.schema import SchemaSet

NO_RELATION = "no relation of the schema"
NO_PASSAGE = "no passage holds the evidence"
NO_HEAD = "head not recognised"
NO_TAIL = "tail not recognised"
NO_CLAIM = "no claim between them in the knowledge base, or its value reads otherwise"


@dataclass(frozen=True, slots=True)
class Miss:
    """A stated claim that was not found, and why; `seen` is the masked sentence that the rule judged."""

    claim: GoldClaim
    why: str
    seen: str = ""


def has_rejects(run: Path) -> bool:
    """Whether a run listed what it dropped."""
    return any((run / "rejects").glob("*.jsonl*"))


def explain_misses(misses: Sequence[GoldClaim], run: Path, schemas: SchemaSet) -> list[Miss]:
    """For each missed claim of a gold set the reason, from the records and rejects of a run's folder."""
    pages = {claim.page for claim in misses}
    passages: dict[str, list[Example]] = {}
    for file in aligned_files(run):
        for example in read_jsonl(file, Example):
            if example.page and example.page.title in pages:
                passages.setdefault(example.page.title, []).append(example)
    dropped: dict[str, list[Dropped]] = {}
    for file in sorted((run / "rejects").glob("*.jsonl*")):
        for record in read_jsonl(file, Dropped):
            if record.triple and record.page and record.page.title in pages:
                dropped.setdefault(record.page.title, []).append(record)
    return [
        _explain(claim, passages.get(claim.page, ()), dropped.get(claim.page, ()), schemas)
        for claim in misses
    ]


def _explain(
    claim: GoldClaim, passages: Sequence[Example], dropped: Sequence[Dropped], schemas: SchemaSet
) -> Miss:
    holding = [e for e in passages if covered(claim.evidence, e.text) >= ENOUGH]
    rules = list(_rules(claim, {e.id for e in holding}, dropped))
    if rules:
        return Miss(claim, rules[0].reason, rules[0].seen or "")
    if int(claim.property[1:]) not in schemas.relations:
        return Miss(claim, NO_RELATION)
    if not holding:
        return Miss(claim, NO_PASSAGE)
    named = {mention.qid for example in holding for mention in example.entity}
    subjects = {t.head_qid for e in passages for t in e.relation if t.head_start is None}
    if claim.head not in named | subjects:
        return Miss(claim, NO_HEAD)
    if claim.kind == "entity" and claim.tail not in named:
        return Miss(claim, NO_TAIL)
    return Miss(claim, NO_CLAIM)


def _rules(claim: GoldClaim, records: set[str], dropped: Iterable[Dropped]) -> Iterator[Dropped]:
    """The drops of a claim where its evidence stands; what was said before is no reason to miss it."""
    for record in dropped:
        shown = record.triple
        if shown is not None and record.record_id in records and _is(claim, shown):
            yield record


def _is(claim: GoldClaim, shown: Triple) -> bool:
    tail = shown.tail_qid or shown.tail_value or ""
    if (shown.head_qid, shown.property) == (claim.head, claim.property):
        return same_tail(claim.kind, claim.tail, tail)
    swapped = (shown.head_qid, tail) == (claim.tail, claim.head)
    return swapped and shown.property is not None and says_the_same(claim.property, shown.property)
