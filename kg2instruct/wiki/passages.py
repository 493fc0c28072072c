"""Paragraphs cut to passages at sentence borders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from kg2instruct.lang.sentences import sentence_spans
from kg2instruct.records import Lang
from kg2instruct.wiki.rich import Rich, links_within, piece, trimmed

_CLAUSE = re.compile(r"[，；、,;：:](?=\D)|\s")


def cut(rich: Rich, *, lang: str, max_chars: int, sentences: bool) -> Iterator[Rich]:
    """Yield the text whole, or in parts of at most `max_chars` characters that end where sentences do.

    With `sentences`, each sentence is a part. A longer sentence is cut after a clause, outside of links.
    """
    if not rich.text:
        return
    if not sentences and len(rich.text) <= max_chars:
        yield rich
        return
    start = end = 0
    for first, last in sentence_spans(rich.text, cast(Lang, lang)):
        if end > start and (sentences or last - start > max_chars):
            yield from _fitting(rich, start, end, max_chars)
            start = first
        end = last
    if end > start:
        yield from _fitting(rich, start, end, max_chars)


def _fitting(rich: Rich, start: int, end: int, max_chars: int) -> Iterator[Rich]:
    while end - start > max_chars:
        middle = _clause_end(rich, start, start + max_chars)
        yield trimmed(piece(rich, start, middle))
        start = middle
    yield trimmed(piece(rich, start, end))


def _clause_end(rich: Rich, start: int, limit: int) -> int:
    """The last end of a clause before `limit` that lies in no link, or `limit` itself."""
    inside = {
        offset
        for link in links_within(rich, start, limit)
        for offset in range(link.start + 1, min(link.end, limit))
    }
    ends = [match.end() for match in _CLAUSE.finditer(rich.text, start + (limit - start) // 2, limit)]
    return next((end for end in reversed(ends) if end not in inside), limit)
