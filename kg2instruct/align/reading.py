"""A passage read: its sentences with names, dates, amounts and enumerations; found when they are asked for."""

from __future__ import annotations

import re
from bisect import bisect_right

from kg2instruct.align.adaptations import headed_by_kind, of_the_same_name, told_by_kind
from kg2instruct.align.anaphora import anaphors, personal_pronouns
from kg2instruct.align.claims import year_key
from kg2instruct.align.context import AlignContext
from kg2instruct.align.enumerations import enumerations, nested_places
from kg2instruct.align.headings import headed_by
from kg2instruct.align.lazy import lazy
from kg2instruct.align.mentions import find_names, inner_names
from kg2instruct.align.name import NOWHERE, Name
from kg2instruct.align.names import PageNames
from kg2instruct.align.pronouns import PERSONAL, nouns_in, other_things, pronouns
from kg2instruct.align.relatives import relatives, tells_of_relatives
from kg2instruct.lang.quantities import QuantitySpan, find_quantities
from kg2instruct.lang.sentences import sentence_spans
from kg2instruct.lang.times import TimeSpan, find_times
from kg2instruct.records import Passage

_DIGIT = re.compile(r"[0-9０-９〇零一二三四五六七八九十百千万萬亿億两兩]")

Spot = tuple[int, int, Name | None, bool]
"""Start, end, the name (None for a date or number), and whether it is the name of a notion."""


class Sentence:
    """A sentence of a passage with what is in it; offsets are the passage's, values are found when asked for."""

    def __init__(self, reading: Reading, start: int, end: int, names: list[Name], inner: list[Name]) -> None:
        self.reading, self.start, self.end = reading, start, end
        self.names = names
        self.inner = inner
        """Names inside the names of notions; they can be tails."""
        self.masked: dict[tuple[int, tuple[int, int] | None, int | None, str, bool], str] = {}
        """The sentence as claims see it, by their ends; see `masking`."""

    @lazy
    def times(self) -> list[TimeSpan]:
        """The dates in the sentence."""
        return [t for t in self.reading.times if self.start <= t.start < self.end]

    @lazy
    def years(self) -> set[int]:
        """The years of those dates, whatever their precision."""
        return {found.time.year for found in self.times}

    @lazy
    def has_personal_pronouns_only(self) -> bool:
        """Whether `he` or 她 stands in the sentence and nothing that takes up a thing."""
        span = self.reading.plain, self.start, self.end
        personal = PERSONAL[self.reading.lang].search(*span) is not None
        return personal and self.reading.pronouns.search(*span) is None

    @lazy
    def quantities(self) -> list[QuantitySpan]:
        """The numbers in the sentence, with their units."""
        return [q for q in self.reading.quantities if self.start <= q.start < self.end]

    @lazy
    def spots(self) -> list[Spot]:
        """Where names and values stand, in order, the longer first; of an amount only its number."""
        is_common = self.reading.context.is_common
        spots: list[Spot] = [(n.start, n.end, n, is_common(n.qids[0])) for n in self.names]
        spots += [(t.start, t.end, None, False) for t in self.times]
        # The unit or counted noun of an amount stays in sight: it is evidence.
        spots += [(q.start, q.number_end, None, False) for q in self.quantities]
        spots += [
            (start, end, name, False)
            for start, end, name in self.reading.anaphors
            if self.start <= start < self.end
        ]
        spots.sort(key=lambda spot: (spot[0], -spot[1]))
        return spots

    @lazy
    def stand_ins(self) -> list[Name]:
        """Words of the sentence for what an earlier one names: `the film` as a name of it."""
        return [
            Name(start, end, before.qids[:1], before.via)
            for start, end, before in self.reading.anaphors
            if self.start <= start < self.end and all(before.qids[0] not in name.qids for name in self.names)
        ]

    @lazy
    def is_headed(self) -> bool:
        """Whether a sentence that leaves its subject out is about what heads the passage; see `headings`."""
        return any(start == end == self.start for start, end, _ in self.reading.anaphors)

    @lazy
    def enumerations(self) -> list[list[Name]]:
        """Runs of names with nothing but an enumeration's words between them."""
        return enumerations(self.reading.plain, self.names, self.nested, self.reading.context)

    @lazy
    def nested(self) -> list[list[Name]]:
        """Runs of places that follow one another, each in the one before: 中华人民共和国上海市浦东新区."""
        reading = self.reading
        return nested_places(reading.plain, self.names, reading.context) if reading.lang == "zh" else []

    def enumeration(self, name: Name) -> list[Name]:
        """The enumeration that a name is a member of, itself alone where there is none."""
        return self._groups.get(name.start) or [name]

    @lazy
    def _groups(self) -> dict[int, list[Name]]:
        return {name.start: group for group in self.enumerations for name in group}


class Reading:
    """A passage with its names in order and its sentences; the rest is read when it is asked for."""

    def __init__(
        self,
        passage: Passage,
        plain: str,
        folded: str,
        names: PageNames,
        context: AlignContext,
        intro: str = "",
    ) -> None:
        self.passage, self.folded, self.lang = passage, folded, context.lang
        self.plain = plain
        """The text as evidence is written: simplified characters, each in its place."""
        self.intro = intro
        """What stands before an item of a list: the heading, and the words that introduce the list."""
        self.context = context
        self.subject, self.adaptations = names.subject, names.adaptations
        self.names = find_names(passage, plain, folded, names, context)
        self.inner = inner_names(self.names, folded, names, context)

    @lazy
    def times(self) -> list[TimeSpan]:
        """The dates of the passage; a bare day or short year (`from 8 to 24 August`) is no mention to show."""
        found = find_times(
            self.passage.text, self.lang, eras=self.context.options.era_years, carry_years=True
        )
        return [time for time in found if time.end - time.start > 2]

    @lazy
    def years(self) -> frozenset[int]:
        """The years of those dates; see `claims.year_key`."""
        return frozenset(year_key(found.time) for found in self.times)

    @lazy
    def quantities(self) -> list[QuantitySpan]:
        """The numbers of the passage, with their units."""
        _ = self.times  # finding dates first spares a second look for them
        return find_quantities(self.passage.text, self.lang)

    @lazy
    def subject_kind(self) -> str:
        """Whether the page is about a person or a thing; empty where that is not known, and for ships, who are she."""
        coarse = self.context.coarse_type(self.subject) if self.subject is not None else ""
        return "person" if coarse == "person" else "" if coarse in ("", "transport") else "thing"

    @lazy
    def pronouns(self) -> re.Pattern[str]:
        """What stands for the page's subject where it is not named."""
        name = self.context.store.label(self.subject, "en") if self.lang == "en" and self.subject else None
        own = nouns_in(name, self.subject_types) if name else frozenset()
        return pronouns(self.lang, self.subject_kind, self.subject_types, own)

    @lazy
    def subject_types(self) -> frozenset[str]:
        """The types of what the page is about; empty where they are not known."""
        return self.context.kind(self.subject).around if self.subject is not None else frozenset()

    def is_about_another_thing(self, sentence: Sentence) -> bool:
        """Whether a sentence begins with a noun that cannot be the page's subject: `The song was`."""
        others = other_things(self.lang, self.subject_types)
        return others is not None and others.match(self.plain, sentence.start, sentence.end) is not None

    @lazy
    def anaphors(self) -> list[tuple[int, int, Name]]:
        """Where a word stands for something named before, with that name; no word where a subject is left out."""
        around = self.names, self.subject, self.context
        return [
            *anaphors(self.plain, *around),
            *personal_pronouns(self.plain, self.spans, *around),
            *headed_by(
                self.plain, self.spans, self.names, self.heading, self.pronouns, self.subject, self.context
            ),
            *self.told,
        ]

    @lazy
    def antecedents(self) -> dict[tuple[int, int], Name | None]:
        """Those names by where the word stands; None where the name stands nowhere."""
        return {(start, end): None if name.start == NOWHERE else name for start, end, name in self.anaphors}

    @lazy
    def told(self) -> list[tuple[int, int, Name]]:
        """Where works and relatives are told by what they are, with their names; see `adaptations` and `relatives`."""
        found = list(of_the_same_name(self.plain, self.names, self.subject, self.adaptations, self.context))
        if (
            self.subject is not None
            and self.subject_kind == "person"
            and tells_of_relatives(self.plain, self.lang)
        ):
            found += relatives(self.plain, self.spans, self.names, self.subject, self.context)
        if self.adaptations and self.subject is not None:
            own = self.subject, self.adaptations, self.context
            found += told_by_kind(self.plain, self.spans, self.names, *own)
        return found

    @lazy
    def heading(self) -> Name | None:
        """What the passage's section is about, where it is an adaptation of the page's work."""
        if not self.adaptations or self.subject is None:
            return None
        return headed_by_kind(self.passage.section, self.subject, self.adaptations, self.context)

    @lazy
    def has_digits(self) -> bool:
        """Whether there can be a date or number."""
        return self.lang == "en" or _DIGIT.search(self.passage.text) is not None

    @lazy
    def spans(self) -> list[tuple[int, int]]:
        """Where the sentences begin and end."""
        return sentence_spans(self.passage.text, self.lang)

    @lazy
    def sentences(self) -> list[Sentence]:
        """The sentences in order, each with its names."""
        found = [Sentence(self, start, end, [], []) for start, end in self.spans]
        starts = [start for start, _ in self.spans]
        for name in self.names:
            found[bisect_right(starts, name.start) - 1].names.append(name)
        for name in self.inner:
            found[bisect_right(starts, name.start) - 1].inner.append(name)
        return found
