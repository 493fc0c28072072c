"""Which claims a passage states: candidates in reading order, judged by the rules, each fact once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from kg2instruct.align.case import Case
from kg2instruct.align.context import AlignContext
from kg2instruct.align.matching import Candidate, find_candidates, find_heads
from kg2instruct.align.name import Name
from kg2instruct.align.names import PageNames
from kg2instruct.align.reading import Reading, Sentence
from kg2instruct.align.rules import reason_to_drop
from kg2instruct.lang.times import TimeSpan
from kg2instruct.lang.values import Quantity, Text, Time, format_quantity, format_time


class Stated(Struct, frozen=True, gc=False):
    """A claim that a sentence states."""

    candidate: Candidate
    sentence: Sentence


class Unstated(Struct, frozen=True, gc=False):
    """A claim between what a sentence names that is not kept, and the rule that says so, as `stats.json` has it."""

    claim: Stated
    rule: str


def find_stated(
    reading: Reading,
    names: PageNames,
    context: AlignContext,
    counts: Counter[str],
    unstated: list[Unstated] | None = None,
) -> list[Stated]:
    """The claims that a passage states, each once, in reading order; the others are appended to `unstated`."""
    heads = find_heads(reading)
    if not heads:
        return []
    found: dict[_Key, Stated] = {}
    said: set[tuple[int, int, tuple[int, int]]] = set()
    bound: dict[tuple[int, int], int] = {}
    for sentence in reading.sentences:
        candidates = find_candidates(sentence, heads)
        if len(candidates) > 1:
            candidates.sort(key=_reading_order)
            _nearest_first(candidates)
        for candidate in candidates:
            counts["candidates"] += 1
            key = _key(candidate)
            place = (candidate.head, candidate.claim.property, candidate.tail_span or (-1, -1))
            claim, before = Stated(_as_named(candidate, reading), sentence), found.get(key)
            if place in said or (before is not None and not _says_more(candidate, before.candidate)):
                reason: str | None = "stated before in the passage"
            elif not _fits_reading(candidate, bound):
                reason = "another reading of the name"
            else:
                relation = context.schemas.relations[candidate.claim.property]
                reason = reason_to_drop(Case(candidate, relation, reading.passage, sentence, names, context))
            if reason is None:
                _bind(candidate, bound)
                said.add(place)
                found[key] = claim
                if before is None:
                    continue
                claim, reason = before, "stated more exactly in the passage"
            counts[f"dropped: {reason}"] += 1
            if unstated is not None:
                unstated.append(Unstated(claim, reason))
    kept = []
    for key, stated in found.items():
        if not _said_from_other_end(key, found, context):
            kept.append(stated)
        elif unstated is not None:
            unstated.append(Unstated(stated, "said from the other end"))
    counts["dropped: said from the other end"] += len(found) - len(kept)
    counts["triples"] += len(kept)
    return kept


def _as_named(candidate: Candidate, reading: Reading) -> Candidate:
    """The candidate with the names that words like `the film` stand for."""
    named, head, tail = reading.antecedents, candidate.head_name, candidate.tail
    if not named:
        return candidate
    return Candidate(
        candidate.head,
        head and named.get((head.start, head.end), head),
        candidate.claim,
        named.get((tail.start, tail.end), tail) if isinstance(tail, Name) else tail,
        candidate.tail_qid,
    )


def _says_more(candidate: Candidate, before: Candidate) -> bool:
    """Whether the day is told here of what was said of a year before."""
    new, old = candidate.tail, before.tail
    return isinstance(new, TimeSpan) and isinstance(old, TimeSpan) and new.time.precision > old.time.precision


def _reading_order(candidate: Candidate) -> tuple[int, int, int, int, int]:
    """Best readings of ambiguous names first, then by place and property."""
    span = candidate.tail_span
    return (
        _rank(candidate),
        span[0] if span else -1,
        candidate.head,
        candidate.claim.property,
        not candidate.claim.preferred,
    )


def _rank(candidate: Candidate) -> int:
    """How far down the readings of its two names a candidate is."""
    tail = candidate.tail
    head_rank = candidate.head_name.qids.index(candidate.head) if candidate.head_name else 0
    return head_rank + (
        tail.qids.index(candidate.tail_qid) if isinstance(tail, Name) and candidate.tail_qid else 0
    )


def _nearest_first(candidates: list[Candidate]) -> None:
    """Of the same claim between several names, try those first that stand closest: Paris, France of a French author."""
    places: dict[tuple[int, int, int, int], list[int]] = {}
    for at, candidate in enumerate(candidates):
        if candidate.tail_qid is not None and candidate.head_name is not None and candidate.tail is not None:
            key = (_rank(candidate), candidate.head, candidate.claim.property, candidate.tail_qid)
            places.setdefault(key, []).append(at)
    for same in places.values():
        if len(same) > 1:
            for at, candidate in zip(
                same, sorted((candidates[at] for at in same), key=lambda one: one.gap), strict=True
            ):
                candidates[at] = candidate


def named_ends(candidate: Candidate) -> Iterator[tuple[Name, int]]:
    """The names that a candidate reads, and as which entities."""
    if candidate.head_name is not None:
        yield candidate.head_name, candidate.head
    if isinstance(candidate.tail, Name) and candidate.tail_qid is not None:
        yield candidate.tail, candidate.tail_qid


def _fits_reading(candidate: Candidate, bound: dict[tuple[int, int], int]) -> bool:
    return not bound or all(
        bound.get((name.start, name.end), qid) == qid for name, qid in named_ends(candidate)
    )


def _bind(candidate: Candidate, bound: dict[tuple[int, int], int]) -> None:
    for name, qid in named_ends(candidate):
        bound[name.start, name.end] = qid


_Key = tuple[int, int, int | str]
"""A claim: its head, its property, and its value, an item's as its number."""


def _key(candidate: Candidate) -> _Key:
    value = candidate.claim.value
    return (
        candidate.head,
        candidate.claim.property,
        value if isinstance(value, int) else tail_value(candidate),
    )


def tail_value(candidate: Candidate) -> str:
    """The tail as a claim value: `Q183`, `+1889-00-00/9`, `+2.5/Q828224`, or the text."""
    value = candidate.claim.value
    if isinstance(value, Time):
        return format_time(value)
    if isinstance(value, Quantity):
        return format_quantity(value)
    if isinstance(value, Text):
        return value.text
    return f"Q{value}"


def _said_from_other_end(key: _Key, found: dict[_Key, Stated], context: AlignContext) -> bool:
    """Whether the same fact stands in `found` from its canonical end."""
    head, pid, other = key
    if not isinstance(other, int):
        return False
    relation = context.schemas.relations[pid]
    if relation.symmetric and (other, pid, head) in found:
        return other < head
    if relation.canonical:
        return False
    return any((other, inverse, head) in found for inverse in relation.inverses)
