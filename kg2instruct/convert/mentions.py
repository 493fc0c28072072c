"""The mentions of one record: placed, and each listed once."""

from __future__ import annotations

from functools import partial

from kg2instruct.convert.beyond import CombinedTriple
from kg2instruct.convert.place import find
from kg2instruct.records import Mention, Triple


class Mentions:
    """Mentions of a text that a corpus names by relations or events; `mentions.all` holds each once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._found: dict[tuple[str, str], Mention] = {}
        self._seen: dict[tuple[str, str, int | None], Mention] = {}

    def find(self, name: str, entity_type: str, qid: str | None = None) -> Mention:
        """List a mention where it stands first (see `place.find`); without offsets if it stands nowhere."""
        key = (name, entity_type)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self.add(name, entity_type, find(self.text, name), qid)
        return found

    def add(self, name: str, entity_type: str, start: int | None, qid: str | None = None) -> Mention:
        """List a mention that stands at `start`."""
        key = (name, entity_type, start)
        found = self._seen.get(key)
        if found is None:
            end = None if start is None else start + len(name)
            found = self._seen[key] = Mention(name, entity_type, start, end, qid)
        return found

    @property
    def all(self) -> tuple[Mention, ...]:
        """What was listed, in the order of listing."""
        return tuple(self._seen.values())


def triple(
    head: Mention, relation: str, tail: Mention, property: str | None = None, combined: bool | None = None
) -> Triple:
    """A relation of a corpus between two mentions."""
    kind = Triple if combined is None else partial(CombinedTriple, combined=combined)
    return kind(
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
