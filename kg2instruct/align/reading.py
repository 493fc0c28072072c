"""A passage read: sentences, names, values, and how a sentence looks for one claim."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from kg2instruct.align.context import AlignContext
from kg2instruct.align.evidence import ENTITY, HEAD, TAIL, VALUE
from kg2instruct.align.mentions import Name, find_names, inner_names
from kg2instruct.align.names import PageNames
from kg2instruct.lang.quantities import QuantitySpan, find_quantities
from kg2instruct.lang.sentences import sentence_spans
from kg2instruct.lang.times import TimeSpan, find_times
from kg2instruct.records import Passage

_PRONOUNS = {
    "zh": re.compile(
        r"[他她它其](?!们|們|他|它|中|实|余|次|間|间|後|后)"
        r"|[该該本此](?=[\u4e00-\u9fff]{1,3}[^\u4e00-\u9fff]|[片书剧站校馆山湖河岛桥市县区镇国公组品车线病星机])"
        r"|这[座部位个种颗条所家本首款场]"
    ),
    "en": re.compile(
        r"\b(?:[Hh]e|[Ss]he|[Ii]t|[Tt]hey|[Hh]is|[Hh]er|[Ii]ts|[Tt]heir|[Hh]im|[Tt]hem)\b"
        r"|\b(?:[Tt]he|[Tt]his) "
        r"(?!same|first|second|other|next|former|latter|late|early|end|beginning)[a-z]+\b"
    ),
}
# What stands between two members of an enumeration: a remark in brackets, a comma or "and", unlinked members.
_LIST_GAP = {
    "zh": re.compile(
        r"[》」』”\"'’]?(?:（[^（）]{0,40}）)?\s*(?:、|，|,|以及|及其|及|和|与|與|或|；)\s*"
        r"(?:《?[^，。；、①②③④]{1,12}》?(?:（[^（）]{0,40}）)?、)*[《「『“\"'‘]?"
    ),
    "en": re.compile(
        r"[”\"'’]?(?: ?\([^()]{0,60}\))?\s*(?:, and|, or|[,;]| and| or| &|/| as well as)\s*(?:the |and |of )?"
        r"(?:(?:the |almost all of |part of )?[A-Z][\w.'’-]*(?: (?:[A-Z(][\w.'’)-]*|of|the|de|von|and)){0,5}"
        r"(?: \([^()]{0,40}\))?,? (?:and )?(?:the )?)*"
        r"[“\"'‘]?"
    ),
}


_COMMA = re.compile(r"\s*[，,]\s*(?:the )?")
# How such a gap begins, and how long it can be: most gaps are none and are told apart by this alone.
_GAP_START = {"zh": frozenset("》」』”\"'’（ 、，,以及和与與或；"), "en": frozenset("”\"'’ (,;&/")}
_GAP_LONGEST = {"zh": 60, "en": 240}
_DIGIT = re.compile(r"[0-9０-９〇零一二三四五六七八九十百千万萬亿億两兩]")


class Sentence:
    """A sentence of a passage with what is in it; offsets are the passage's, values are found when asked for."""

    def __init__(self, reading: Reading, start: int, end: int, names: list[Name], inner: list[Name]) -> None:
        self.reading, self.start, self.end = reading, start, end
        self.names = names
        self.inner = inner
        """Names inside the names of notions; they can be tails."""

    @cached_property
    def times(self) -> list[TimeSpan]:
        """The dates in the sentence."""
        return [t for t in self.reading.times if self.start <= t.start < self.end]

    @cached_property
    def quantities(self) -> list[QuantitySpan]:
        """The numbers in the sentence, with their units."""
        return [q for q in self.reading.quantities if self.start <= q.start < self.end]

    @cached_property
    def enumerations(self) -> list[list[Name]]:
        """Runs of names with nothing but an enumeration's words between them."""
        return _enumerations(self.reading.passage.text, self.names, self.reading.lang)

    def enumeration(self, name: Name) -> list[Name]:
        """The enumeration that a name is a member of, itself alone where there is none."""
        return next((group for group in self.enumerations if name in group), [name])


class Reading:
    """A passage with its names in order and its sentences; the rest is read when it is asked for."""

    def __init__(self, passage: Passage, folded: str, names: PageNames, context: AlignContext) -> None:
        self.passage, self.folded, self.lang = passage, folded, context.lang
        self._context = context
        self.names = find_names(passage, folded, names, context)
        self.inner = inner_names(self.names, folded, names, context)

    @cached_property
    def times(self) -> list[TimeSpan]:
        """The dates of the passage; a bare day or short year (`from 8 to 24 August`) is no mention to show."""
        found = find_times(self.passage.text, self.lang, eras=self._context.options.era_years)
        return [time for time in found if time.end - time.start > 2]

    @cached_property
    def quantities(self) -> list[QuantitySpan]:
        """The numbers of the passage, with their units."""
        _ = self.times  # finding dates first spares a second look for them
        return find_quantities(self.passage.text, self.lang)

    @cached_property
    def has_digits(self) -> bool:
        """Whether there can be a date or number."""
        return self.lang == "en" or _DIGIT.search(self.passage.text) is not None

    @cached_property
    def sentences(self) -> list[Sentence]:
        """The sentences in order, each with its names."""
        spans = sentence_spans(self.passage.text, self.lang)
        found = [Sentence(self, start, end, [], []) for start, end in spans]
        starts = [start for start, _ in spans]
        for name in self.names:
            found[bisect_right(starts, name.start) - 1].names.append(name)
        for name in self.inner:
            found[bisect_right(starts, name.start) - 1].inner.append(name)
        return found


@dataclass(slots=True)
class _Token:
    start: int
    end: int
    mark: str


def mask(
    text: str,
    sentence: Sentence,
    head: int,
    span: tuple[int, int] | None,
    tail_qid: int | None,
    context: AlignContext,
    *,
    implied: str = "",
    lead: str = "",
) -> str:
    """The sentence with its mentions masked for one claim; see `align.evidence`.

    `span` is where the tail stands. `implied` is the mark (HEAD or TAIL) that the page's subject has in the claim: it
    is put where a pronoun stands or where the subject was left out. `lead` is read before a list item.
    """
    tokens = list(_tokens(sentence, head, span, tail_qid, context))
    tokens = _join_enumerations(sentence, tokens)
    parts: list[str] = []
    position = sentence.start
    for token in tokens:
        if token.start < position:
            continue
        parts.append(text[position : token.start])
        parts.append(token.mark)
        position = token.end
    parts.append(text[position : sentence.end])
    masked = "".join(parts)
    if implied and implied not in masked:
        masked = _with_subject(masked, implied, context.lang, lead)
    return masked


def _tokens(
    sentence: Sentence, head: int, tail: tuple[int, int] | None, tail_qid: int | None, context: AlignContext
) -> Iterator[_Token]:
    tokens = []
    span = tail or (-1, -1)
    for name in sentence.names:
        if (name.start, name.end) == span or (tail_qid is not None and tail_qid in name.qids):
            tokens.append(_Token(name.start, name.end, TAIL))
        elif head in name.qids:
            tokens.append(_Token(name.start, name.end, HEAD))
        elif not (name.start < span[1] and span[0] < name.end) and not context.is_common(name.qids[0]):
            tokens.append(_Token(name.start, name.end, ENTITY))
    if tail is not None and all(token.start != tail[0] or token.mark != TAIL for token in tokens):
        tokens.append(_Token(*tail, TAIL))  # a value, or a name inside another one
    for time in sentence.times:
        if not (time.start < span[1] and span[0] < time.end):
            tokens.append(_Token(time.start, time.end, VALUE))
    for quantity in sentence.quantities:
        # The unit or counted noun stays: it is evidence.
        if not (quantity.start < span[1] and span[0] < quantity.number_end):
            tokens.append(_Token(quantity.start, quantity.number_end, VALUE))
    tokens.sort(key=lambda token: (token.start, -token.end))
    position = -1
    for token in tokens:
        if token.start >= position:
            yield token
            position = token.end


def _enumerations(text: str, names: list[Name], lang: str) -> list[list[Name]]:
    groups: list[list[Name]] = []
    for name in names:
        if groups and _listed_together(text, groups[-1][-1].end, name.start, lang):
            groups[-1].append(name)
        else:
            groups.append([name])
    return [
        group
        for group in groups
        # Two names and a comma are no enumeration.
        if len(group) > 2 or (len(group) == 2 and not _COMMA.fullmatch(text, group[0].end, group[1].start))
    ]


def _listed_together(text: str, end: int, start: int, lang: str) -> bool:
    if not 0 < start - end <= _GAP_LONGEST[lang] or text[end] not in _GAP_START[lang]:
        return False
    return _LIST_GAP[lang].fullmatch(text, end, start) is not None


def _join_enumerations(sentence: Sentence, tokens: list[_Token]) -> list[_Token]:
    """Members of an enumeration with the head (or the tail) become one with it."""
    for group in sentence.enumerations:
        start, end = group[0].start, group[-1].end
        inside = [token for token in tokens if start <= token.start and token.end <= end]
        marks = {token.mark for token in inside}
        names = {(name.start, name.end) for name in group}
        if (HEAD in marks) == (TAIL in marks):
            continue
        mark = HEAD if HEAD in marks else TAIL
        if any(token.mark == mark and (token.start, token.end) not in names for token in inside):
            continue  # a value in brackets behind one member belongs to that member
        tokens = [token for token in tokens if token not in inside] + [_Token(start, end, mark)]
    return sorted(tokens, key=lambda token: token.start)


def _with_subject(masked: str, mark: str, lang: str, lead: str) -> str:
    """Put the subject where a pronoun stands, else at the start."""
    pronoun = _PRONOUNS[lang]
    if pronoun.search(masked):
        return pronoun.sub(mark, masked)
    return f"{mark}{lead}{masked}"
