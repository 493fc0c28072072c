"""Entities multiplied with the pages: each copy of the pages has entities, names and values of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from benchmarks.molds import Change, Names

Entity = dict[str, Any]

# Values of these are notions that all copies share, as all cities share one country and one class.
_TO_NOTIONS = ("P31", "P279", "P106", "P17", "P30", "P27", "P105", "P171", "P361", "P101")
_FIRST_ID = 200_000_000
_UNIT = re.compile(rb'"unit":"[^"]*/(Q[0-9]+)"')
_ITEM_ID = re.compile(r'"(?:Q([0-9]+)"|numeric-id":([0-9]+))')
_VALUE = re.compile(r'"(?:time|amount)":"[+-]([0-9]+)')


def own_items(entities: Iterable[Entity], titles: set[str]) -> dict[int, int]:
    """Ids of the items that every copy has anew, each with its number: those with a page, and what is no notion."""
    notions: set[str] = set()
    items = [entity for entity in entities if entity["type"] == "item"]
    for entity in items:
        notions.update(unit.decode() for unit in _UNIT.findall(msgspec.json.encode(entity)))
        for pid in _TO_NOTIONS:
            notions.update(filter(None, map(_target, entity["claims"].get(pid, ()))))
    own = [
        int(entity["id"][1:])
        for entity in items
        if entity["id"] not in notions
        and "P279" not in entity["claims"]
        and ("P31" in entity["claims"] or not titles.isdisjoint(names_of(entity)))
    ]
    return {qid: number for number, qid in enumerate(dict.fromkeys(own))}


def names_of(entity: Entity) -> set[str]:
    """All labels, aliases and page titles."""
    names = {term["value"] for term in entity.get("labels", {}).values()}
    names.update(term["value"] for terms in entity.get("aliases", {}).values() for term in terms)
    names.update(link["title"] for link in entity.get("sitelinks", {}).values())
    return names


def _target(claim: Entity) -> str | None:
    value = claim["mainsnak"].get("datavalue", {}).get("value")
    return value.get("id") if isinstance(value, dict) else None


class EntityMolds:
    """The lines of entities, ready to be copied."""

    def __init__(
        self, entities: Iterable[Entity], own: dict[int, int], names: Names, offset: int = 0
    ) -> None:
        self.own, self.offset = own, offset
        self._shared: list[bytes] = []
        self._molds: list[list[tuple[int, str]]] = []
        for entity in entities:
            text = msgspec.json.encode(entity).decode()
            if entity["type"] == "item" and int(entity["id"][1:]) in own:
                self._molds.append(self._cut(text, names))
            else:
                self._shared.append(text.encode() + b"\n")

    def _cut(self, text: str, names: Names) -> list[tuple[int, str]]:
        """Pieces as of a text, but ids (kind 3) are apart, and numbers are those of values only."""
        marks = [(match.span(match.lastindex or 1), 3) for match in _ITEM_ID.finditer(text)]
        marks = [(span, kind) for span, kind in marks if int(text[slice(*span)]) in self.own]
        marks += [(match.span(1), 2) for match in _VALUE.finditer(text) if match.end(1) - match.start(1) > 2]
        pieces: list[tuple[int, str]] = []
        done = 0
        for (start, end), kind in sorted(marks):
            pieces += [(k if k == 1 else 0, piece) for k, piece in names.cut(text[done:start])]
            pieces.append((kind, text[start:end]))
            done = end
        return pieces + [(k if k == 1 else 0, piece) for k, piece in names.cut(text[done:])]

    def shared(self) -> Iterator[bytes]:
        """Lines that are the same for all copies."""
        yield from self._shared

    def lines(self, change: Change) -> Iterator[bytes]:
        """The lines of one copy."""
        first = _FIRST_ID + self.offset + change.copy * len(self.own)
        own = {str(qid): str(first + number) for qid, number in self.own.items()}
        for mold in self._molds:
            parts = [
                text
                if kind == 0
                else change.name(text)
                if kind == 1
                else change.number(text)
                if kind == 2
                else own[text]
                for kind, text in mold
            ]
            yield "".join(parts).encode() + b"\n"
