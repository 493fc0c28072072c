"""Which entities a text without links speaks of: every name that the store knows, judged by the company it keeps.

A name is believed where other names of the text are its neighbours in the knowledge base, or where it means one
well-known thing only. What stays open between two readings is left out, and counted.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kg2instruct.align.context import AlignContext
from kg2instruct.align.whole_names import at_token_borders
from kg2instruct.annotate.options import AnnotateOptions
from kg2instruct.lang.words import borders
from kg2instruct.wikidata.records import Candidate

# Names of things that are named after common words: believed only with company or in title marks.
_UNSURE = frozenset({"work", "organism", "concept", "character", ""})
_OPENING = frozenset("《「『〈“\"'‘")
_SHORT = 2  # characters; 小明, 长江: too short to be trusted for a person
_COMPANY = 0.35  # how much a neighbour in the text is worth against fame


class Hit(NamedTuple):
    """A name in a passage with the entities it may mean."""

    passage: int
    start: int
    end: int
    surface: str
    candidates: tuple[Candidate, ...]
    quoted: bool


@dataclass
class Linked:
    """The entities a text speaks of, by folded name; and why other names were left out."""

    meanings: dict[str, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)


def find_hits(
    texts: Sequence[str], folded: Sequence[str], plain: Sequence[str], context: AlignContext
) -> list[Hit]:
    """All names of the dictionary in the passages of a text that begin and end where words do."""
    hits: list[Hit] = []
    for number, text in enumerate(folded):
        words = borders(plain[number], "zh", simplified=True) if context.lang == "zh" else None
        for start, end, name in context.dictionary.find(text):
            if words is not None and not (words[start] and words[end]):
                continue
            if not at_token_borders(text, start, end) or _is_plain_word(texts[number], start, end, context):
                continue
            candidates = context.candidates(name)
            if 0 < len(candidates) <= context.options.max_ambiguity:
                quoted = start > 0 and texts[number][start - 1] in _OPENING
                hits.append(Hit(number, start, end, text[start:end], candidates, quoted))
    return hits


_CAPITAL = re.compile(r"[^\W\d_]")


def _is_plain_word(text: str, start: int, end: int, context: AlignContext) -> bool:
    """Whether an English name is written as a common word: reading, may."""
    if context.lang != "en":
        return False
    letter = _CAPITAL.search(text, start, end)
    return letter is not None and letter.group().islower()


def link(hits: Sequence[Hit], subject: int | None, context: AlignContext, options: AnnotateOptions) -> Linked:
    """Decide for each name of a text which entity it means, one reading a text."""
    linked = Linked()
    names: dict[str, list[Hit]] = {}
    for hit in hits:
        names.setdefault(hit.surface, []).append(hit)
    company = _Company(hits, subject, context)
    for surface, places in names.items():
        quoted = any(place.quoted for place in places)
        scored = sorted(((company.score(c), -c.qid, c) for c in places[0].candidates), reverse=True)
        best, _, candidate = scored[0]
        if context.is_common(candidate.qid):
            continue  # a notion is named by its word; matching reads it where a claim wants it
        if len(scored) > 1 and best < options.margin * scored[1][0]:
            linked.counts["names left out: two readings"] += 1
        elif company.of(candidate.qid) or _speaks_for_itself(candidate, surface, quoted, context, options):
            linked.meanings[surface] = candidate.qid
            linked.counts["names linked"] += 1
        else:
            linked.counts["names left out: nothing speaks for them"] += 1
    return linked


def _speaks_for_itself(
    candidate: Candidate, surface: str, quoted: bool, context: AlignContext, options: AnnotateOptions
) -> bool:
    """Whether a name is believed without any company: a label of something well known that words do not mean."""
    kind = context.coarse_type(candidate.qid)
    if kind in _UNSURE and not quoted:
        return False
    if context.lang == "zh" and kind == "person" and len(surface) <= _SHORT:
        return False
    return candidate.is_label and context.store.popularity(candidate.qid) >= options.min_popularity


class _Company:
    """How the entities that a text may speak of are connected in the knowledge base."""

    def __init__(self, hits: Iterable[Hit], subject: int | None, context: AlignContext) -> None:
        self._store, self._subject = context.store, subject
        self._surfaces: dict[int, set[str]] = {}
        for hit in hits:
            for candidate in hit.candidates:
                if not context.is_common(candidate.qid):
                    self._surfaces.setdefault(candidate.qid, set()).add(hit.surface)
        if subject is not None:
            self._surfaces.setdefault(subject, set()).add("")
        self._weights: dict[int, float] = dict.fromkeys(self._surfaces, 0.0)
        for qid in sorted(self._surfaces):
            for other in context.store.objects(qid):
                # Another reading of the same name is no company.
                if other in self._surfaces and other != qid and self._surfaces[other] - self._surfaces[qid]:
                    self._weights[qid] += self._rarity(other)
                    self._weights[other] += self._rarity(qid)

    def _rarity(self, qid: int) -> float:
        """A country is everybody's neighbour and says little."""
        return 1 / math.log2(4 + self._store.incoming_count(qid))

    def of(self, qid: int) -> bool:
        """Whether the text names a neighbour of an entity."""
        return qid == self._subject or self._weights.get(qid, 0.0) > 0

    def score(self, candidate: Candidate) -> float:
        """Fame and company in one number; a label counts more than an alias."""
        fame = math.log2(2 + self._store.popularity(candidate.qid)) * (1.0 if candidate.is_label else 0.6)
        return fame * (1 + self._weights.get(candidate.qid, 0.0) / _COMPANY)
