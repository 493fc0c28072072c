"""Claims between what a sentence names: every candidate triple, before it is judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kg2instruct.align.claims import ClaimIndex
from kg2instruct.align.context import AlignContext
from kg2instruct.align.mentions import Name, at_token_borders
from kg2instruct.align.reading import Reading, Sentence
from kg2instruct.lang.quantities import QuantitySpan
from kg2instruct.lang.times import TimeSpan
from kg2instruct.lang.values import YEAR, quantities_agree, times_agree
from kg2instruct.wikidata.records import Claim

_SHORT = 3  # characters
_PAIRS = 3  # of names of one head and tail in a sentence that are tried


class TextSpan(NamedTuple):
    """Where a text value stands."""

    start: int
    end: int


Tail = Name | TimeSpan | QuantitySpan | TextSpan


class Candidate(NamedTuple):
    """A claim whose two ends a sentence names, or one of them only as the subject of the page (its name is None)."""

    head: int
    head_name: Name | None
    claim: Claim
    tail: Tail | None
    tail_qid: int | None

    @property
    def tail_span(self) -> tuple[int, int] | None:
        """Where the tail stands in the passage."""
        return (self.tail.start, self.tail.end) if self.tail is not None else None

    @property
    def tail_core(self) -> tuple[int, int] | None:
        """Where the tail stands, of a quantity only its number."""
        if isinstance(self.tail, QuantitySpan):
            return self.tail.start, self.tail.number_end
        return self.tail_span


def may_state(reading: Reading, subject: int | None, context: AlignContext) -> bool:
    """Whether any claim can hold between what a passage names: spares reading most passages any further."""
    qids = {qid for name in reading.names for qid in name.qids}
    qids.update(qid for name in reading.inner for qid in name.qids)
    if subject is not None:
        qids.add(subject)
    return any(_may_be_of(context.claims(qid), qids, reading) for qid in qids)


def _may_be_of(index: ClaimIndex, qids: set[int], reading: Reading) -> bool:
    """Whether a passage has what can be the value of one of these claims."""
    if not index.items.keys().isdisjoint(qids):
        return True
    if index.times and reading.has_digits and not index.years.isdisjoint(reading.years):
        return True
    if index.quantities and reading.has_digits and reading.quantities:
        return True
    return any(folded in reading.folded for _, _, folded in index.texts)


def find_candidates(sentence: Sentence, subject: int | None, context: AlignContext) -> Iterator[Candidate]:
    """All claims between two names of a sentence, or between the page's subject and a name or value in it."""
    by_qid: dict[int, list[Name]] = {}
    for name in sentence.names:
        for qid in name.qids:
            by_qid.setdefault(qid, []).append(name)
    heads = list(by_qid)
    implied = subject if subject is not None and subject not in by_qid else None
    if implied is not None:
        heads.append(implied)
    texts: list[Candidate] = []
    for head in heads:
        index = context.claims(head)
        names = by_qid.get(head)
        first = names[0] if names else None
        if index.items:
            yield from _between(head, names, index, by_qid, sentence)
            if implied is not None and first is not None:
                for claim in index.items.get(implied, ()):
                    yield Candidate(head, first, claim, None, implied)
        if sentence.reading.has_digits and (index.times or index.quantities):
            yield from _values(head, first, index, sentence)
        texts += _texts(head, first, index, sentence)
    for candidate in texts:
        if not any(_inside(candidate.tail_span, other.tail_span) for other in texts):
            yield candidate


def _texts(head: int, name: Name | None, index: ClaimIndex, sentence: Sentence) -> Iterator[Candidate]:
    """Claims whose text the sentence has."""
    for claim, text, folded in index.texts:
        span = _find_text(sentence, text, folded)
        if span is not None:
            yield Candidate(head, name, claim, span, None)


def _inside(inner: tuple[int, int] | None, outer: tuple[int, int] | None) -> bool:
    """Whether a text is a part of another one: Panthera of Panthera tigris."""
    if inner is None or outer is None or inner == outer:
        return False
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _between(
    head: int, names: list[Name] | None, index: ClaimIndex, by_qid: dict[int, list[Name]], sentence: Sentence
) -> Iterator[Candidate]:
    """Claims whose value is named in the sentence."""
    for name in sentence.inner:
        for qid in name.qids:
            for claim in index.items.get(qid, ()):
                first = names[0] if names else None
                if first is None or first.end <= name.start or name.end <= first.start:
                    yield Candidate(head, first, claim, name, qid)
    for tail in index.items.keys() & by_qid.keys():
        for pair in _nearest(names, by_qid[tail]):
            for claim in index.items[tail]:
                yield Candidate(head, pair[0], claim, pair[1], tail)


def _values(head: int, name: Name | None, index: ClaimIndex, sentence: Sentence) -> Iterator[Candidate]:
    """Claims whose date or number the sentence has."""
    if index.times and sentence.times:
        years = {found.time.year for found in sentence.times}
        for claim, time in index.times:
            if time.precision >= YEAR and time.year not in years:
                continue
            for found in sentence.times:
                if times_agree(time, found.time):
                    yield Candidate(head, name, claim, found, None)
    if index.quantities and sentence.quantities:
        for claim, quantity in index.quantities:
            for amount in sentence.quantities:
                if quantities_agree(quantity, amount.quantity):
                    yield Candidate(head, name, claim, amount, None)


def _nearest(heads: list[Name] | None, tails: list[Name]) -> list[tuple[Name | None, Name]]:
    """Pairs of head and tail names, those closest to each other first; never one and the same span."""
    if heads is None:
        return [(None, tails[0])]
    if heads[0].via == "title" and heads[0] is not tails[0]:
        heads = heads[:1]  # of its own names the page's subject goes by the first
    if tails[0].via == "title" and tails[0] is not heads[0]:
        tails = tails[:1]
    if len(heads) == len(tails) == 1:
        return [(heads[0], tails[0])] if heads[0] is not tails[0] else []
    pairs = [(h, t) for h in heads for t in tails if h is not t]
    pairs.sort(key=lambda pair: max(pair[0].start, pair[1].start) - min(pair[0].end, pair[1].end))
    return list(pairs[:_PAIRS])


def _find_text(sentence: Sentence, text: str, folded: str) -> TextSpan | None:
    """Where a text stands in a sentence as a word of its own; short ones (chemical symbols) in their very letters."""
    reading = sentence.reading
    start = reading.folded.find(folded, sentence.start, sentence.end)
    while start >= 0:
        end = start + len(folded)
        exact = len(folded) > _SHORT or reading.passage.text[start:end] == text
        if exact and at_token_borders(reading.folded, start, end):
            return TextSpan(start, end)
        start = reading.folded.find(folded, start + 1, sentence.end)
    return None
