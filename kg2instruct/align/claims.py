"""The claims of one entity, laid out for matching."""

from __future__ import annotations

from kg2instruct.lang.values import Quantity, Time
from kg2instruct.wikidata.records import Claim


class ClaimIndex:
    """The claims of one entity that a schema knows, by kind of value."""

    __slots__ = ("items", "quantities", "texts", "times")

    def __init__(self, claims: tuple[Claim, ...], known: frozenset[int]) -> None:
        self.items: dict[int, list[Claim]] = {}
        self.times: list[Claim] = []
        self.quantities: list[Claim] = []
        self.texts: list[Claim] = []
        for claim in claims:
            if claim.property not in known:
                continue
            value = claim.value
            if isinstance(value, int):
                self.items.setdefault(value, []).append(claim)
            elif isinstance(value, Time):
                self.times.append(claim)
            elif isinstance(value, Quantity):
                self.quantities.append(claim)
            else:
                self.texts.append(claim)
