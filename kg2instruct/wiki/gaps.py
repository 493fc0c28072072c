"""Sentences that have lost words which a reader sees: what a template without a rule shows, or a formula."""

from __future__ import annotations

import re

from kg2instruct.lang.sentences import sentence_spans
from kg2instruct.records import Lang
from kg2instruct.wiki.marks import GAP
from kg2instruct.wiki.rich import EMPTY, Rich, joined, piece, trimmed

_WORD_BEFORE = re.compile(r"(?:\w|\]\])[ ']{0,6}\Z")
_WORD_AFTER = re.compile(r"[ ']{0,6}(?:\w|\[\[)")
# Behind these words something has to follow.
_GOES_ON = re.compile(
    r"(?:[是为為在于於由与與第约約至从從向被把将將称稱往]|\b(?:an|by|from|in|is|of|than|the|to|was|were|with)) ?\Z"
)
# And before these, at the start of a line, something has to stand: a template that shows the name of the subject.
_SAID_OF = re.compile(r" ?(?:[是为為的]|(?:is|are|was|were) )")
_NEAR = 16  # characters


def beside_word(text: str, start: int, end: int) -> bool:
    """Whether a word stands right before or behind the part of the text."""
    before = _WORD_BEFORE.search(text, max(0, start - _NEAR), start)
    return before is not None or _WORD_AFTER.match(text, end) is not None


def within_sentence(text: str, start: int, end: int) -> bool:
    """Whether the words around the part of the text need others between them."""
    if _GOES_ON.search(text, max(0, start - _NEAR), start) is not None:
        return True
    return text[start - 1 : start] in ("", "\n") and _SAID_OF.match(text, end) is not None


def without_gaps(rich: Rich, lang: Lang) -> Rich:
    """The sentences that have lost nothing."""
    if GAP not in rich.text:
        return rich
    spans = [span for span in sentence_spans(rich.text, lang) if rich.text.find(GAP, *span) < 0]
    if not spans:
        return EMPTY
    return trimmed(joined([piece(rich, *span) for span in spans], [""] * (len(spans) - 1)))
