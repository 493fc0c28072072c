"""Long texts cut at sentence borders, records and offsets following.

A piece's id is the record's with its place, `zhwiki-1-2~0-510`, so that it can be cut out again from the
record alone.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate

from msgspec.structs import replace

from kg2instruct.errors import InputError
from kg2instruct.lang.sentences import sentence_spans
from kg2instruct.records import Event, Example, Lang, Mention, Triple, lang_of
from kg2instruct.render.tokens import token_share, tokens_of

_PLACE = re.compile(r"(.*)~(\d+)-(\d+)", re.DOTALL)


def cut_example(example: Example, max_chars: int, max_tokens: int = 0) -> list[Example]:
    """Pieces of at most `max_chars` characters and about `max_tokens` tokens; 0 for no limit.

    A longer sentence is cut within, at white space if possible. What lies across a cut belongs to no piece: a
    relation needs both ends in one.
    """
    text = example.text
    if not ((max_chars and len(text) > max_chars) or (max_tokens and tokens_of(text) > max_tokens)):
        return [example]
    most = _Reach(text, max_chars, max_tokens)
    pieces: list[tuple[int, int]] = []
    start = end = 0
    for _, stop in _fitting(text, lang_of(example), most):
        if stop > most.from_(start):
            pieces.append((start, end))
            start = end
        end = stop
    pieces.append((start, end))
    return [slice_example(example, *x) for x in pieces if text[x[0] : x[1]].strip()]


class _Reach:
    """Where a piece of a text must end at the latest, by where it begins."""

    def __init__(self, text: str, max_chars: int, max_tokens: int) -> None:
        self.chars, self.tokens = max_chars or len(text), max_tokens
        self.costs = [0.0, *accumulate(token_share(x) for x in text)] if max_tokens else []

    def from_(self, start: int) -> int:
        end = start + self.chars
        if self.costs:
            end = min(end, bisect_right(self.costs, self.costs[start] + self.tokens + 1e-6) - 1)
        return max(end, start + 1)


def _fitting(text: str, lang: Lang, most: _Reach) -> list[tuple[int, int]]:
    """Sentences, too long ones in parts."""
    parts = []
    for start, end in sentence_spans(text, lang):
        while end > (stop := most.from_(start)):
            space = text.rfind(" ", (start + stop) // 2, stop)
            cut = space + 1 if space > 0 else stop
            parts.append((start, cut))
            start = cut
        parts.append((start, end))
    return parts


def slice_example(example: Example, start: int, end: int) -> Example:
    """The part of a record between two offsets, with the annotations that lie in it."""
    text = example.text[start:end]
    return replace(
        example,
        id=f"{example.id}~{start}-{end}",
        text=text,
        entity=tuple(_moved(x, start) for x in example.entity if _inside(x.start, x.entity, start, text)),
        relation=tuple(_moved_triple(x, start) for x in example.relation if _triple_inside(x, start, text)),
        event=tuple(
            _moved_event(x, start, text)
            for x in example.event
            if _inside(x.start, x.event_trigger, start, text)
        ),
    )


def piece_of(examples: Mapping[str, Example], key: str) -> Example:
    """The record of this id, or the piece of a record that the id names.

    Raises InputError where there is none.
    """
    if key in examples:
        return examples[key]
    match = _PLACE.fullmatch(key)
    if match and match[1] in examples:
        return slice_example(examples[match[1]], int(match[2]), int(match[3]))
    raise InputError(f"no record with the id {key!r}")


def _inside(at: int | None, value: str, start: int, text: str) -> bool:
    """Whether an annotation lies in the piece; one without an offset does where its text occurs."""
    if at is None:
        return value in text
    return start <= at and at + len(value) <= start + len(text)


def _triple_inside(x: Triple, start: int, text: str) -> bool:
    return _inside(x.head_start, x.head, start, text) and _inside(x.tail_start, x.tail, start, text)


def _shifted(at: int | None, start: int) -> int | None:
    return None if at is None else at - start


def _moved(x: Mention, start: int) -> Mention:
    return replace(x, start=_shifted(x.start, start), end=_shifted(x.end, start))


def _moved_triple(x: Triple, start: int) -> Triple:
    return replace(x, head_start=_shifted(x.head_start, start), tail_start=_shifted(x.tail_start, start))


def _moved_event(x: Event, start: int, text: str) -> Event:
    arguments = tuple(
        replace(y, start=_shifted(y.start, start))
        for y in x.arguments
        if _inside(y.start, y.argument, start, text)
    )
    return replace(x, start=_shifted(x.start, start), arguments=arguments)
