"""Claims between what a sentence names: every candidate triple, before it is judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kg2instruct.align.context import AlignContext
from kg2instruct.align.mentions import Name
from kg2instruct.align.reading import Sentence
from kg2instruct.lang.fold import fold
from kg2instruct.lang.quantities import QuantitySpan
from kg2instruct.lang.times import TimeSpan
from kg2instruct.lang.values import Quantity, Text, Time, quantities_agree, times_agree
from kg2instruct.wikidata.records import Claim

Tail = Name | TimeSpan | QuantitySpan | tuple[int, int]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A claim whose two ends a sentence names, or one of them only as the subject of the page (its name is None)."""

    head: int
    head_name: Name | None
    claim: Claim
    tail: Tail | None
    tail_qid: int | None

    @property
    def tail_span(self) -> tuple[int, int] | None:
        """Where the tail stands in the passage."""
        if self.tail is None or isinstance(self.tail, tuple):
            return self.tail
        return self.tail.start, self.tail.end

    @property
    def tail_core(self) -> tuple[int, int] | None:
        """Where the tail stands, of a quantity only its number."""
        if isinstance(self.tail, QuantitySpan):
            return self.tail.start, self.tail.number_end
        return self.tail_span


def find_candidates(
    text: str, sentence: Sentence, subject: int | None, context: AlignContext
) -> Iterator[Candidate]:
    """All claims between two names of a sentence, or between the page's subject and a name or value in it."""
    by_qid: dict[int, list[Name]] = {}
    for name in sentence.names:
        for qid in name.qids:
            by_qid.setdefault(qid, []).append(name)
    heads = list(by_qid)
    implied = subject if subject is not None and subject not in by_qid else None
    if implied is not None:
        heads.append(implied)
    for head in heads:
        index = context.claims(head)
        head_names = by_qid.get(head)
        head_name = head_names[0] if head_names else None
        if index.items:
            for name in sentence.inner:
                for qid in name.qids:
                    for claim in index.items.get(qid, ()):
                        if head_name is None or head_name.end <= name.start or name.end <= head_name.start:
                            yield Candidate(head, head_name, claim, name, qid)
            for tail in index.items.keys() & by_qid.keys():
                pair = _nearest(head_names, by_qid[tail])
                if pair is not None:
                    for claim in index.items[tail]:
                        yield Candidate(head, pair[0], claim, pair[1], tail)
            if implied is not None and head_name is not None:
                for claim in index.items.get(implied, ()):
                    yield Candidate(head, head_name, claim, None, implied)
        for claim in index.times:
            assert isinstance(claim.value, Time)
            for time in sentence.times:
                if times_agree(claim.value, time.time):
                    yield Candidate(head, head_name, claim, time, None)
        for claim in index.quantities:
            assert isinstance(claim.value, Quantity)
            for quantity in sentence.quantities:
                if quantities_agree(claim.value, quantity.quantity):
                    yield Candidate(head, head_name, claim, quantity, None)
        for claim in index.texts:
            assert isinstance(claim.value, Text)
            span = _find_text(text, sentence, claim.value.text)
            if span is not None:
                yield Candidate(head, head_name, claim, span, None)


def _nearest(heads: list[Name] | None, tails: list[Name]) -> tuple[Name | None, Name] | None:
    """The head and tail names that stand closest to each other; never one and the same span."""
    if heads is None:
        return None, tails[0]
    if heads[0].via == "title" and heads[0] is not tails[0]:
        heads = heads[:1]  # of its own names the page's subject goes by the first
    pairs = [(h, t) for h in heads for t in tails if h is not t]
    if not pairs:
        return None
    return min(pairs, key=lambda pair: max(pair[0].start, pair[1].start) - min(pair[0].end, pair[1].end))


def _find_text(text: str, sentence: Sentence, value: str) -> tuple[int, int] | None:
    if len(value) < 2:
        return None
    at = fold(text[sentence.start : sentence.end]).find(fold(value))
    if at < 0:
        return None
    start = sentence.start + at
    return start, start + len(value)
