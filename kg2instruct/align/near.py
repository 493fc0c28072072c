"""Where a learned word counts: in the tail's own clause, with no other name or value between.

`①生于④，毕业于②，师从③` has only 毕业于 there: what stands in another clause or beyond another name may be about that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kg2instruct.records import Lang

HEAD, TAIL, ENTITY, VALUE = "①", "②", "③", "④"

# How far (in characters) a word may be from the tail.
_BEFORE: Mapping[str, int] = {"zh": 22, "en": 70}
_AFTER: Mapping[str, int] = {"zh": 12, "en": 40}
_CLAUSE_END = r"。；，：、！？（）;:!?()\n"
# A comma or point of English ends a clause where a space follows.
_ENDS = rf"[{_CLAUSE_END}]|[,.](?=\s|$)"
_BORDER = {False: re.compile(rf"{_ENDS}|[{HEAD}{ENTITY}]"), True: re.compile(rf"{_ENDS}|[{HEAD}{VALUE}]")}


def stretches_near(masked: str, lang: Lang, *, value: bool = False) -> Iterator[tuple[int, int]]:
    """The stretch around each place of the tail; dates and numbers end it only where the tail is one (`value`)."""
    border = _BORDER[value]
    tail = masked.find(TAIL)
    while tail >= 0:
        low, high = max(0, tail - _BEFORE[lang]), min(len(masked), tail + 1 + _AFTER[lang])
        for match in border.finditer(masked, low, tail):
            low = match.end()
        after = border.search(masked, tail + 1, high)
        yield low, after.start() if after else high
        tail = masked.find(TAIL, tail + 1)
