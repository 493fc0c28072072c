"""The claims of one entity, laid out for matching."""

from __future__ import annotations

from kg2instruct.lang.fold import fold
from kg2instruct.lang.values import YEAR, Quantity, Text, Time
from kg2instruct.wikidata.records import Claim

_SHORTEST_TEXT = 2  # characters; a shorter one is found everywhere


class ClaimIndex:
    """The claims of one entity that a schema knows, by kind of value; texts as they are and folded."""

    __slots__ = ("items", "literal", "objects", "quantities", "texts", "times", "years")

    def __init__(self, claims: tuple[Claim, ...], known: frozenset[int]) -> None:
        self.items: dict[int, list[Claim]] = {}
        self.times: list[tuple[Claim, Time]] = []
        self.quantities: list[tuple[Claim, Quantity]] = []
        self.texts: list[tuple[Claim, str, str]] = []
        for claim in claims:
            if claim.property not in known:
                continue
            value = claim.value
            if isinstance(value, int):
                self.items.setdefault(value, []).append(claim)
            elif isinstance(value, Time):
                self.times.append((claim, value))
            elif isinstance(value, Quantity):
                self.quantities.append((claim, value))
            elif isinstance(value, Text) and len(value.text) >= _SHORTEST_TEXT:
                self.texts.append((claim, value.text, fold(value.text)))
        self.objects = frozenset(self.items)
        self.years = frozenset(year_key(time) for _, time in self.times)
        self.literal = bool(self.times or self.quantities or self.texts)


def year_key(time: Time) -> int:
    """What two times that agree have in common: their year, or that both are no more precise than a decade."""
    return time.year if time.precision >= YEAR else 0
