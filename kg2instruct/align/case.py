"""A candidate as the rules see it: a claim, the sentence that may state it, and that sentence with its names masked."""

from __future__ import annotations

from dataclasses import dataclass

from kg2instruct.align.context import AlignContext
from kg2instruct.align.evidence import HEAD, TAIL
from kg2instruct.align.lazy import lazy
from kg2instruct.align.masking import mask
from kg2instruct.align.matching import Candidate
from kg2instruct.align.name import Name
from kg2instruct.align.names import PageNames
from kg2instruct.align.reading import Sentence
from kg2instruct.records import Passage
from kg2instruct.schema import Relation

# Relations to a place that also hold of the places around it.
_NESTED = frozenset(
    {17, 131, 276, 706, 30, 19, 20, 119, 551, 159, 740, 1071, 291, 189, 840, 915, 937, 183, 9714}
)


@dataclass(eq=False)  # not frozen: one is made for each candidate, and that takes three times as long
class Case:
    """A candidate with all that the rules look at."""

    candidate: Candidate
    relation: Relation
    passage: Passage
    sentence: Sentence
    names: PageNames
    context: AlignContext

    @lazy
    def about_subject(self) -> bool:
        """Whether one of the ends is what the page is about."""
        return self.names.subject in (self.candidate.head, self.candidate.tail_qid)

    @lazy
    def implied(self) -> str:
        """The mark of the page's subject where the sentence does not name it; empty where it does."""
        if self.candidate.head_name is None:
            return HEAD
        return TAIL if self.candidate.tail is None else ""

    @lazy
    def left_out(self) -> bool:
        """Whether not even a pronoun stands for the page's subject."""
        sentence, reading = self.sentence, self.sentence.reading
        return bool(self.implied) and not reading.pronouns.search(reading.plain, sentence.start, sentence.end)

    @lazy
    def masked_text(self) -> str:
        """The sentence with its mentions masked for this candidate."""
        sentence, candidate = self.sentence, self.candidate
        places = self.relation.pid in _NESTED
        ends = candidate.head, candidate.tail_core, candidate.tail_qid, self.implied, places
        masked = sentence.masked.get(ends)
        if masked is None:
            lead = sentence.reading.intro
            masked = mask(sentence, *ends[:3], implied=ends[3], lead=lead, places=places)
            sentence.masked[ends] = masked
        return masked

    @property
    def gap(self) -> int:
        """Characters between head and tail; 0 where one of them is implied."""
        return self.candidate.gap

    @property
    def distance(self) -> int:
        """The same between the enumerations that they are members of: its last member speaks for the first."""
        head, tail = self.candidate.head_name, self.candidate.tail
        if head is None or tail is None or not self.sentence.enumerations:
            return self.gap
        ours = self.sentence.enumeration(head)
        theirs = self.sentence.enumeration(tail) if isinstance(tail, Name) else [tail]
        if ours is theirs:
            return self.gap
        return min(self.gap, max(theirs[0].start - ours[-1].end, ours[0].start - theirs[-1].end))
