"""The mentions of one record: placed, and each listed once."""

from __future__ import annotations

from kg2instruct.convert.place import find
from kg2instruct.records import Mention, Triple


class Mentions:
    """Mentions of a text that a corpus names by relations; `mentions.list` holds each once, in order.

    Where the corpus gives no offsets, a mention is placed at its first occurrence (see `place.find`).
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._places: dict[str, int | None] = {}
        self._seen: dict[tuple[str, str, int | None], Mention] = {}

    def place(self, name: str) -> int | None:
        """Where `name` stands first; null if nowhere."""
        if name not in self._places:
            self._places[name] = find(self.text, name)
        return self._places[name]

    def add(self, name: str, entity_type: str, start: int | None = None, qid: str | None = None) -> Mention:
        """List a mention, placed by search where `start` is null."""
        if start is None:
            start = self.place(name)
        key = (name, entity_type, start)
        if key not in self._seen:
            end = None if start is None else start + len(name)
            self._seen[key] = Mention(name, entity_type, start, end, qid)
        return self._seen[key]

    @property
    def all(self) -> tuple[Mention, ...]:
        """What was listed, in the order of listing."""
        return tuple(self._seen.values())


def triple(head: Mention, relation: str, tail: Mention, property: str | None = None) -> Triple:
    """A relation of a corpus between two mentions."""
    return Triple(
        head.entity,
        head.entity_type,
        head.start,
        head.qid,
        relation,
        property,
        tail.entity,
        tail.entity_type,
        tail.start,
        tail.qid,
    )
