"""Where in a masked sentence a word must stand to say something of its tail: near it, or between head and tail."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import count

from kg2instruct.records import Lang

HEAD, TAIL, ENTITY, VALUE = "①", "②", "③", "④"

# How far (in characters) a word may be from the tail when it is not between head and tail.
_BEFORE: Mapping[str, int] = {"zh": 22, "en": 70}
_AFTER: Mapping[str, int] = {"zh": 12, "en": 40}
# The same where the head is not what the page is about.
_BEFORE_OTHER: Mapping[str, int] = {"zh": 8, "en": 25}
_AFTER_OTHER: Mapping[str, int] = {"zh": 8, "en": 20}
# How long the stretch between head and tail may be for a word in it to count.
_BETWEEN: Mapping[str, int] = {"zh": 60, "en": 160}
# `33–41公斤`: the first number does not come between the second one and its words.
_RANGE = re.compile(rf"{VALUE}\s*(?:[-–—－~～至到]|to)\s*$")
_CLAUSE_END = re.compile(r"[，。；,.;]")


def stretches_near(
    masked: str, lang: Lang, *, value: bool = False, wide: bool = True
) -> Iterator[tuple[int, int]]:
    """The stretches of a masked sentence in which words count, one for each place of the tail.

    For a date or number (`value`) they end at any other value. Without `wide` words have to be nearer.
    """
    before = _BEFORE[lang] if wide else _BEFORE_OTHER[lang]
    after = _AFTER[lang] if wide else _AFTER_OTHER[lang]
    heads = list(_places(masked, HEAD))
    for tail in _places(masked, TAIL):
        low, high = max(0, tail - before), min(len(masked), tail + 1 + after)
        for head in heads:
            if abs(head - tail) <= _BETWEEN[lang]:
                low, high = min(low, max(0, head - _BEFORE_OTHER[lang])), max(high, head)
        if value:
            # A date stands at the head of its clause, the verb may come at the end.
            clause = _CLAUSE_END.search(masked, tail)
            high = max(high, min(clause.start() if clause else len(masked), tail + 4 * after))
            start = _RANGE.search(masked, 0, tail)
            low = max(low, masked.rfind(VALUE, 0, start.start() if start else tail) + 1)
            beyond = masked.find(VALUE, tail)
            high = min(high, beyond) if beyond >= 0 else high
        yield low, high


def _places(masked: str, mark: str) -> Iterator[int]:
    at = -1
    for _ in count():
        at = masked.find(mark, at + 1)
        if at < 0:
            return
        yield at
