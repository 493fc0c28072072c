"""How a text states a relation: regular expressions per property over a masked sentence (`schemas/evidence/`).

`①是一所位于③的大学，成立于④` is a sentence read for one claim: ① is the head, ② the tail, ③ other entities, ④ other
dates and numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from kg2instruct.align.credits import Credit
from kg2instruct.align.near import ENTITY, HEAD, TAIL, VALUE, stretches_near
from kg2instruct.records import Lang

__all__ = ["ENTITY", "HEAD", "TAIL", "VALUE", "Evidence", "How"]

# How far (in characters) a word may be from the tail when it is not between head and tail.
_BEFORE: Mapping[str, int] = {"zh": 22, "en": 70}
_AFTER: Mapping[str, int] = {"zh": 12, "en": 40}
# The same where the head is not what the page is about.
_BEFORE_OTHER: Mapping[str, int] = {"zh": 8, "en": 25}
_AFTER_OTHER: Mapping[str, int] = {"zh": 8, "en": 20}
# The same behind the other end, where that comes last: 土卫八是土星的卫星 says it of both.
_AFTER_HEAD: Mapping[str, int] = {"zh": 8, "en": 0}
# How long the stretch between head and tail may be for a word in it to count.
_BETWEEN: Mapping[str, int] = {"zh": 60, "en": 160}
# `33–41公斤`, `2小时至3小时`: the first number does not come between the second one and its words.
_RANGE = re.compile(rf"{VALUE}[^，。；,.;①②③④]{{0,4}}(?:[-–—－~～至到]|\bto)\s*$")
_BRACKETS = re.compile(r"\s*[（(][^（()）]*[)）]")
_BRACKETS_BESIDE = re.compile(r"\s*[（(][^（()）②]*[)）]")

_CLAUSE_END = re.compile(r"[，。；,.;]")

# `于④被②以一架望远镜发现`: what was done comes at the end of the clause.
_PASSIVE = re.compile(rf"[被由][^，。；]{{0,10}}{TAIL}|{TAIL}[^，。；]{{0,3}}[被由]")
_PASSIVE_END = 45

How = Literal["", "pattern", "word", "loose"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What states one relation in one language."""

    words: re.Pattern[str] | None = None
    patterns: tuple[re.Pattern[str], ...] = ()
    loose: bool = False
    never: re.Pattern[str] | None = None
    credit: Credit | None = None
    learned: re.Pattern[str] | None = None
    """Words that count only on the page of the head, and only in the tail's own clause."""

    @property
    def needs_word(self) -> bool:
        """Whether nothing but a word can state it."""
        return not self.patterns and not self.loose

    def mentions(self, masked: str) -> bool:
        """Whether one of its words stands anywhere in the masked sentence, and nothing says that it is another's."""
        if self.words is None or (self.credit is not None and self.credit.is_anothers(masked)):
            return False
        return self.words.search(masked) is not None and not (self.never and self.never.search(masked))

    def matched(self, masked: str) -> str:
        """What one of its patterns matches in the sentence, or in it without its brackets; empty for none."""
        found = (p.search(text) for text in (masked, _without_brackets(masked)) for p in self.patterns)
        return next((match.group() for match in found if match), "")

    @staticmethod
    def of_words(words: Sequence[str], lang: Lang, *, loose: bool) -> Evidence:
        """Evidence of plain trigger words, longest first."""
        if not words:
            return Evidence(loose=loose)
        joined = "|".join(re.escape(word) for word in sorted(words, key=lambda w: (-len(w), w)))
        return Evidence(
            re.compile(rf"\b(?:{joined})" if lang == "en" else joined, re.IGNORECASE), loose=loose
        )

    def states(
        self, masked: str, lang: Lang, *, value: bool = False, subject: bool = True, near: str = TAIL
    ) -> How:
        """How the masked sentence states it, empty where it does not.

        For a date or number only words nearer than any other value count. Where the head is not what the page is
        about (`subject` false), words have to be nearer. `near` is the end that words have to be close to: HEAD where
        the tail is what the page is about, which is understood wherever it is named.
        """
        if self.never is not None and self.never.search(masked):
            return ""
        plain = _without_brackets(masked) if "（" in masked or "(" in masked else masked
        how: How = "loose" if self.loose else ""
        for pattern in self.patterns:
            match = pattern.search(masked) or (pattern.search(plain) if plain != masked else None)
            if match:
                if HEAD in match.group():
                    return "pattern"
                how = how or "word"  # what says nothing of the head is no more than a word near the tail
        if self.credit is not None and self.credit.is_anothers(masked):
            return ""
        if how:
            return how
        if self.words is not None and (
            _word_near(self.words, masked, lang, value, subject, near)
            or (
                plain != masked
                and near in plain
                and _word_near(self.words, plain, lang, value, subject, near)
            )
        ):
            return "word"
        if subject and self.learned is not None:
            for low, high in stretches_near(masked, lang, value=value):
                if self.learned.search(masked, low, high):
                    return "word"
        return ""


def _without_brackets(masked: str) -> str:
    """The sentence without what stands in brackets, in brackets within them too, but for the only tail."""
    without = _twice(_BRACKETS, masked)
    return without if TAIL in without else _twice(_BRACKETS_BESIDE, masked)


def _twice(brackets: re.Pattern[str], masked: str) -> str:
    inner = brackets.sub("", masked)
    return brackets.sub("", inner) if "（" in inner or "(" in inner else inner


def _word_near(
    words: re.Pattern[str], masked: str, lang: Lang, value: bool, subject: bool, near: str
) -> bool:
    before = _BEFORE[lang] if subject else _BEFORE_OTHER[lang]
    after = _AFTER[lang] if subject else _AFTER_OTHER[lang]
    heads = _places(masked, HEAD if near == TAIL else TAIL)
    passive = lang == "zh" and near == TAIL and subject and _PASSIVE.search(masked) is not None
    for tail in _places(masked, near):
        clause = _CLAUSE_END.search(masked, tail) if value or passive else None
        clause_end = clause.start() if clause else len(masked)
        low, high = max(0, tail - before), min(len(masked), tail + 1 + after)
        for head in heads:
            if abs(head - tail) <= _BETWEEN[lang]:
                low = min(low, max(0, head - _BEFORE_OTHER[lang]))
                high = max(high, head + 1 + _AFTER_HEAD[lang] if head > tail else head)
        if value:
            # A date stands at the head of its clause, the verb may come at the end.
            high = max(high, min(clause_end, tail + 4 * after))
            start = _RANGE.search(masked, 0, tail)
            low = max(low, masked.rfind(VALUE, 0, start.start() if start else tail) + 1)
            beyond = masked.find(VALUE, tail)
            high = min(high, beyond) if beyond >= 0 else high
        if passive:
            high = max(high, min(clause_end, tail + _PASSIVE_END))
        if words.search(masked, low, high):
            return True
    return False


def _places(masked: str, mark: str) -> list[int]:
    places = []
    at = masked.find(mark)
    while at >= 0:
        places.append(at)
        at = masked.find(mark, at + 1)
    return places
