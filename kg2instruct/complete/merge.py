"""A model's triples merged with a record's own, by these rules:

1. What says the same as a triple of the record (alias forms of one entity, values by meaning, either end first) adds
   nothing; the record's triple has the share of samples that agree as its score, 0 where none does.
2. What too small a share of the samples gives is left out.
3. A relation that has one tail at a time (born on) keeps the record's; of several that the model gives, the one that
   most samples give, the first in the text among equals.
4. What the knowledge base contradicts is left out: another value of such a relation, or the same claim the other way
   round. What it confirms is counted.
5. The rest is added with `via` "model" and its score; an end that the record did not name becomes a mention.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec.structs import replace

from kg2instruct.complete.facts import Facts, property_of
from kg2instruct.complete.known import verdict
from kg2instruct.complete.outcomes import ADDED, AGREED, CONFIRMED
from kg2instruct.records import Example, Mention, Triple
from kg2instruct.schema import SchemaSet
from kg2instruct.wikidata.store import Store

TOO_FEW = "too few samples agree"
CONTRADICTS_RECORD = "contradicts the record"
CONTRADICTS_KB = "contradicts the knowledge base"
SECOND = "a second tail where there is one at a time"


def merge(
    example: Example,
    samples: Sequence[Sequence[Triple]],
    schemas: SchemaSet,
    *,
    store: Store | None = None,
    min_score: float = 0.0,
) -> tuple[Example, Counter[str]]:
    """The record with what its samples add, and counts of what became of the triples given."""
    facts, counts = Facts(example, schemas), Counter[str]()
    given = _scored(samples, facts)
    own = tuple(_with_score(triple, given, facts) for triple in example.relation)
    taken: list[Triple] = []
    for triple in sorted(given, key=lambda x: (-(x.score or 0), x.head_start or 0, x.tail_start or 0)):
        reason = _reason(triple, own, taken, facts, min_score)
        if not reason and store is not None:
            found = verdict(triple, store, schemas)
            reason = CONTRADICTS_KB if found == "contradicted" else ""
            counts[CONFIRMED] += found == "confirmed"
        counts[reason or ADDED] += 1
        if not reason:
            taken.append(triple)
    taken.sort(key=lambda x: (x.head_start or 0, x.tail_start or 0, property_of(x)))
    mentions = _mentions(example, taken)
    return replace(example, entity=mentions, relation=(*own, *taken)), +counts


def _scored(samples: Sequence[Sequence[Triple]], facts: Facts) -> list[Triple]:
    """Each triple once, with the share of the samples that give it."""
    groups: list[tuple[Triple, set[int]]] = []
    for number, sample in enumerate(samples):
        for triple in sample:
            for first, numbers in groups:
                if facts.same(first, triple):
                    numbers.add(number)
                    break
            else:
                groups.append((triple, {number}))
    return [replace(triple, score=round(len(numbers) / len(samples), 4)) for triple, numbers in groups]


def _with_score(triple: Triple, given: Sequence[Triple], facts: Facts) -> Triple:
    if triple.score is not None:
        return triple
    score = max((x.score or 0 for x in given if facts.same(triple, x)), default=0.0)
    return replace(triple, score=score)


def _reason(
    triple: Triple, own: Sequence[Triple], taken: Sequence[Triple], facts: Facts, min_score: float
) -> str:
    if any(facts.same(triple, x) for x in own):
        return AGREED
    if (triple.score or 0) < min_score:
        return TOO_FEW
    if facts.is_functional(triple):
        if _has_another(triple, own, facts):
            return CONTRADICTS_RECORD
        if _has_another(triple, taken, facts):
            return SECOND
    return ""


def _has_another(triple: Triple, others: Sequence[Triple], facts: Facts) -> bool:
    return any(x.property == triple.property and facts.head(x) == facts.head(triple) for x in others)


def _mentions(example: Example, taken: Sequence[Triple]) -> tuple[Mention, ...]:
    """The record's mentions and those that the new triples name, as they stand in the text."""
    known = {(m.start, m.end) for m in example.entity}
    found = list(example.entity)
    for x in taken:
        for text, kind, start, qid in (
            (x.head, x.head_type, x.head_start, x.head_qid),
            (x.tail, x.tail_type, x.tail_start, x.tail_qid),
        ):
            if start is not None and (start, start + len(text)) not in known:
                known.add((start, start + len(text)))
                found.append(Mention(text, kind, start, start + len(text), qid, "model"))
    if len(found) == len(example.entity):
        return example.entity
    return tuple(sorted(found, key=lambda m: (m.start is None, m.start or 0, m.end or 0)))
