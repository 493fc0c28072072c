"""Claims between what a sentence names: every candidate triple, before it is judged."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from kg2instruct.align.claims import ClaimIndex
from kg2instruct.align.name import Name
from kg2instruct.align.reading import Reading, Sentence
from kg2instruct.align.whole_names import at_token_borders
from kg2instruct.lang.quantities import QuantitySpan
from kg2instruct.lang.times import TimeSpan
from kg2instruct.lang.values import YEAR, quantities_agree, times_agree
from kg2instruct.wikidata.records import Claim

_SHORT = 3  # characters
_PAIRS = 3  # of names of one head and tail in a sentence that are tried


class TextSpan(Struct, frozen=True, gc=False):
    """Where a text value stands."""

    start: int
    end: int


Tail = Name | TimeSpan | QuantitySpan | TextSpan


class Candidate(Struct, frozen=True, gc=False):
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

    @property
    def gap(self) -> int:
        """Characters between head and tail; 0 where one of them is implied."""
        head, tail = self.head_name, self.tail
        return max(tail.start - head.end, head.start - tail.end) if head and tail else 0


Heads = Mapping[int, ClaimIndex]
"""Entities with their claims."""


def find_heads(reading: Reading) -> Heads:
    """What a passage may state claims of, as far as their values show; without any it need not be read on."""
    qids = {qid for name in reading.names for qid in name.qids}
    qids.update(qid for name in reading.inner for qid in name.qids)
    qids.update(name.qids[0] for _, _, name in reading.told)
    if reading.heading is not None:
        qids.update(reading.heading.qids)
    if reading.subject is not None:
        qids.add(reading.subject)
    indexes = zip(qids, map(reading.context.claims, qids), strict=True)
    return {
        qid: index
        for qid, index in indexes
        if not index.objects.isdisjoint(qids) or (index.literal and _has_value_of(index, reading))
    }


def _has_value_of(index: ClaimIndex, reading: Reading) -> bool:
    """Whether a passage has the date, number or text of one of these claims."""
    if index.times and reading.has_digits and not index.years.isdisjoint(reading.years):
        return True
    if index.quantities and reading.has_digits and reading.quantities:
        return True
    return any(folded in reading.folded for _, _, folded in index.texts)


def find_candidates(sentence: Sentence, heads: Heads) -> list[Candidate]:
    """All claims between two names of a sentence, or between the page's subject and a name or value in it.

    `heads` are those of the passage.
    """
    by_qid: dict[int, list[Name]] = {}
    for name in (*sentence.names, *sentence.stand_ins):
        for qid in name.qids:
            by_qid.setdefault(qid, []).append(name)
    subject = sentence.reading.subject
    implied = subject if subject not in by_qid else None
    found: list[Candidate] = []
    texts: list[Candidate] = []
    has_digits = sentence.reading.has_digits
    for head in by_qid if implied is None else (*by_qid, implied):
        index = heads.get(head)
        if index is None:
            continue
        names = by_qid.get(head)
        first = names[0] if names else None
        if index.items:
            if sentence.inner:
                _inside_names(head, first, index, sentence, found)
            tails = index.items.keys() & by_qid.keys()
            if tails:
                _between(head, names, tails, index, by_qid, found)
            if implied in index.items and first is not None:
                found += [Candidate(head, first, claim, None, implied) for claim in index.items[implied]]
        if index.literal:
            if has_digits and (index.times or index.quantities):
                _values(head, first, index, sentence, found)
            for claim, text, folded in index.texts:
                span = _find_text(sentence, text, folded)
                if span is not None:
                    texts.append(Candidate(head, first, claim, span, None))
    found += [c for c in texts if not any(_inside(c.tail_span, other.tail_span) for other in texts)]
    return found


def _inside(inner: tuple[int, int] | None, outer: tuple[int, int] | None) -> bool:
    """Whether a text is a part of another one: Panthera of Panthera tigris."""
    if inner is None or outer is None or inner == outer:
        return False
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _inside_names(
    head: int, first: Name | None, index: ClaimIndex, sentence: Sentence, found: list[Candidate]
) -> None:
    """Add the claims whose value is named inside the name of a notion."""
    for name in sentence.inner:
        for qid in name.qids:
            for claim in index.items.get(qid, ()):
                if first is None or first.end <= name.start or name.end <= first.start:
                    found.append(Candidate(head, first, claim, name, qid))


def _between(
    head: int,
    names: list[Name] | None,
    tails: set[int],
    index: ClaimIndex,
    by_qid: dict[int, list[Name]],
    found: list[Candidate],
) -> None:
    """Add the claims whose value is named in the sentence."""
    for tail in tails:
        for pair in _nearest(names, by_qid[tail]):
            for claim in index.items[tail]:
                found.append(Candidate(head, pair[0], claim, pair[1], tail))


def _values(
    head: int, name: Name | None, index: ClaimIndex, sentence: Sentence, found: list[Candidate]
) -> None:
    """Add the claims whose date or number the sentence has."""
    if index.times and sentence.times:
        years = sentence.years
        for claim, time in index.times:
            if time.precision >= YEAR and time.year not in years:
                continue
            for span in sentence.times:
                if times_agree(time, span.time):
                    found.append(Candidate(head, name, claim, span, None))
    if index.quantities and sentence.quantities:
        for claim, quantity in index.quantities:
            for amount in sentence.quantities:
                if quantities_agree(quantity, amount.quantity):
                    found.append(Candidate(head, name, claim, amount, None))


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
    """Where a text stands in a sentence as a word of its own; short Latin ones (symbols) in their very letters.

    What stands only inside a name of the sentence, 东荪 in 张东荪, is found there.
    """
    reading, inside = sentence.reading, None
    start = reading.folded.find(folded, sentence.start, sentence.end)
    while start >= 0:
        end = start + len(folded)
        exact = len(folded) > _SHORT or not text.isascii() or reading.passage.text[start:end] == text
        if exact and at_token_borders(reading.folded, start, end):
            found = TextSpan(start, end)
            if not any(_inside((start, end), (name.start, name.end)) for name in sentence.names):
                return found
            inside = inside or found
        start = reading.folded.find(folded, start + 1, sentence.end)
    return inside
