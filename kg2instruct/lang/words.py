"""Where words are: `word_spans("他在北京大学。", "zh") == [(0, 1), (1, 2), (2, 6), (6, 7)]`."""

from __future__ import annotations

import re
from itertools import accumulate

from kg2instruct.lang.fold import fold_han
from kg2instruct.records import Lang

_SURROGATE = re.compile("[\ud800-\udfff]")
# A number with its separators; a word without the possessive ending; any other sign.
_ENGLISH = re.compile(r"\d+(?:[.,]\d+)*(?!\w)|\w+(?=['’]s\b)|\w+(?:['’]\w+)*|[^\w\s]")


def word_spans(text: str, lang: Lang) -> list[tuple[int, int]]:
    """Return the words and other signs of `text` in order, without white space.

    Chinese is cut by jieba's dictionary and model, traditional characters as their simplified forms; English
    at all that is no letter or digit, but for apostrophes inside of words.
    """
    if lang == "en":
        return [word.span() for word in _ENGLISH.finditer(text)]
    spans: list[tuple[int, int]] = []
    start = 0
    for word in _cut(fold_han(text)):
        end = start + len(word)
        if not word.isspace():
            spans.append((start, end))
        start = end
    return spans


def borders(text: str, lang: Lang, *, simplified: bool = False) -> bytearray:
    """Return one byte for each position from 0 to the end of `text`: 1 where no word goes across it.

    A span is made of whole words if there is 1 at its start and at its end. `simplified` says that a Chinese
    text comes from `fold_han` already, which need not be done again.
    """
    marks = bytearray(len(text) + 1)
    marks[0] = marks[-1] = 1
    if lang == "en":
        for start, end in word_spans(text, lang):
            marks[start] = marks[end] = 1
        return marks
    for end in accumulate(map(len, _cut(text if simplified else fold_han(text)))):
        marks[end] = 1
    return marks


def _cut(text: str) -> list[str]:
    import rjieba

    try:
        words: list[str] = rjieba.cut(text)
    except UnicodeEncodeError:
        words = rjieba.cut(_SURROGATE.sub("\ufffd", text))
    return words
