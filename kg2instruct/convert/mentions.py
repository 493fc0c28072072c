"""The mentions of one record: placed, and each listed once."""

from __future__ import annotations

from kg2instruct.convert.place import find
from kg2instruct.records import Mention, Triple


class Mentions:
    """Mentions of a text that a corpus names by relations or events; `mentions.all` holds each once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._places: dict[str, int | None] = {}
        self._seen: dict[tuple[str, str, int | None], Mention] = {}

    def find(self, name: str, entity_type: str, qid: str | None = None) -> Mention:
        """List a mention where it stands first (see `place.find`); without offsets if it stands nowhere."""
        if name not in self._places:
            self._places[name] = find(self.text, name)
        return self.add(name, entity_type, self._places[name], qid)

    def add(self, name: str, entity_type: str, start: int | None, qid: str | None = None) -> Mention:
        """List a mention that stands at `start`."""
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
