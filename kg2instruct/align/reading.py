"""A passage read: sentences, names, values, and how a sentence looks for one claim."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

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
        r"[他她它其](?!们|們|他|它|中|实|余|次|間|间|後|后)|[该該本此](?=[\u4e00-\u9fff]{1,3}[^\u4e00-\u9fff]|[片书剧站校馆山湖河岛桥市县区镇国公组品车线病星书机])|这[座部位个种颗条所家本首款场]"
    ),
    "en": re.compile(
        r"\b(?:[Hh]e|[Ss]he|[Ii]t|[Tt]hey|[Hh]is|[Hh]er|[Ii]ts|[Tt]heir|[Hh]im|[Tt]hem)\b"
        r"|\b(?:[Tt]he|[Tt]his) (?!same|first|second|other|next|former|latter|late|early|end|beginning)[a-z]+\b"
    ),
}
# What stands between two members of an enumeration: a remark in brackets, a comma or an "and", members without a link.
_LIST_GAP = {
    "zh": re.compile(
        r"[》」』”\"'’]?(?:（[^（）]{0,40}）)?\s*(?:、|，|,|以及|及其|及|和|与|與|或|；)\s*"
        r"(?:《?[^，。；、①②③④]{1,12}》?(?:（[^（）]{0,40}）)?、)*[《「『“\"'‘]?"
    ),
    "en": re.compile(
        r"[”\"'’]?(?: ?\([^()]{0,60}\))?\s*(?:, and|, or|[,;]| and| or| &|/| as well as)\s*(?:the |and |of )?"
        r"(?:(?:the |almost all of |part of )?[A-Z][\w.'’-]*(?: (?:[A-Z(][\w.'’)-]*|of|the|de|von|and)){0,5}(?: \([^()]{0,40}\))?,? (?:and )?(?:the )?)*"
        r"[“\"'‘]?"
    ),
}


_COMMA = re.compile(r"\s*[，,]\s*(?:the )?")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a passage with what is in it; offsets are the passage's."""

    start: int
    end: int
    names: tuple[Name, ...]
    times: tuple[TimeSpan, ...]
    quantities: tuple[QuantitySpan, ...]
    enumerations: tuple[tuple[Name, ...], ...] = ()
    inner: tuple[Name, ...] = ()
    """Names inside the names of notions; they can be tails."""

    def enumeration(self, name: Name) -> tuple[Name, ...]:
        """The enumeration that a name is a member of, itself alone where there is none."""
        return next((group for group in self.enumerations if name in group), (name,))


@dataclass(frozen=True, slots=True)
class Reading:
    """A passage with its names in order and its sentences."""

    passage: Passage
    names: tuple[Name, ...]
    sentences: tuple[Sentence, ...]


def read_passage(passage: Passage, folded: str, names: PageNames, context: AlignContext) -> Reading:
    """Find names, dates and quantities of a passage and lay them into its sentences; `folded` is its folded text."""
    text, lang = passage.text, context.lang
    found = find_names(passage, folded, names, context)
    # A bare day or short year (`from 8 to 24 August`) is no mention to show.
    times = [t for t in find_times(text, lang, eras=context.options.era_years) if t.end - t.start > 2]
    quantities = find_quantities(text, lang)
    spans = sentence_spans(text, lang)
    starts = [start for start, _ in spans]
    boxes: list[tuple[list[Name], list[TimeSpan], list[QuantitySpan], list[Name]]]
    boxes = [([], [], [], []) for _ in spans]
    for name in inner_names(found, folded, names, context):
        boxes[bisect_right(starts, name.start) - 1][3].append(name)
    for name in found:
        boxes[bisect_right(starts, name.start) - 1][0].append(name)
    for time in times:
        boxes[bisect_right(starts, time.start) - 1][1].append(time)
    for quantity in quantities:
        boxes[bisect_right(starts, quantity.start) - 1][2].append(quantity)
    sentences = tuple(
        Sentence(start, end, tuple(n), tuple(t), tuple(q), _enumerations(text, n, lang), tuple(i))
        for (start, end), (n, t, q, i) in zip(spans, boxes, strict=True)
    )
    return Reading(passage, tuple(found), sentences)


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


def _enumerations(text: str, names: list[Name], lang: str) -> tuple[tuple[Name, ...], ...]:
    """Runs of names with nothing but an enumeration's words between them; two names and a comma are none."""
    groups: list[list[Name]] = []
    for name in names:
        if groups and _LIST_GAP[lang].fullmatch(text, groups[-1][-1].end, name.start):
            groups[-1].append(name)
        else:
            groups.append([name])
    return tuple(
        tuple(group)
        for group in groups
        if len(group) > 2 or (len(group) == 2 and not _COMMA.fullmatch(text, group[0].end, group[1].start))
    )


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
