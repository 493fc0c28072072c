"""The words of a masked sentence that can be evidence: no names, numbers, marks or stop words.

Chinese words are jieba's, of two characters or more, since a single one occurs inside of too many others. English
ones are lower-case, with pairs of neighbours (`born in`) beside single words; capitalised ones are names, but for the
first of a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files

import yaml

from kg2instruct.align.near import ENTITY, HEAD, TAIL, VALUE
from kg2instruct.lang.fold import fold
from kg2instruct.lang.words import word_spans
from kg2instruct.records import Lang

_SHORTEST = 2
_MARKS = frozenset(HEAD + TAIL + ENTITY + VALUE)


def words_between(masked: str, spans: Sequence[tuple[int, int]], lang: Lang) -> Iterator[str]:
    """The words of a masked sentence that lie in one of the spans."""
    stop = stop_words(lang)
    before = ""  # the word before, where only a space is between
    end_before = -1
    sentence_start = True
    for start, end in word_spans(masked, lang):
        shown = masked[start:end]
        if not shown.isalpha() and not _is_compound(shown):
            before = ""
            sentence_start = sentence_start and shown in _MARKS
            continue
        is_name = lang == "en" and shown[0].isupper() and not sentence_start
        sentence_start = False
        inside = any(low <= start and end <= high for low, high in spans)
        if is_name or not inside:
            before = ""
            continue
        word = fold(shown)
        if len(word) >= _SHORTEST and word not in stop:
            yield word
        if lang == "en":
            if before and start == end_before + 1 and not (before in stop and word in stop):
                yield f"{before} {word}"
            before, end_before = word, end


def _is_compound(shown: str) -> bool:
    """Whether a token is a word with an apostrophe."""
    return len(shown) > 1 and shown.replace("'", "").replace("’", "").isalpha()


@cache
def stop_words(lang: Lang) -> frozenset[str]:
    """Words that say nothing of any relation."""
    text = (files("kg2instruct.align") / "stop_words.yaml").read_text(encoding="utf-8")
    return frozenset(yaml.safe_load(text)[lang].split())
