"""Names of topics, types and relations in the other language: by the glossary, the schemas, or as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import cached_property

from kg2instruct.errors import UnknownName
from kg2instruct.records import Lang
from kg2instruct.schema import SchemaSet, load_schemas


class Labels:
    """Translates labels; `unknown` counts those that stay as they are."""

    def __init__(self, to: Lang, glossary: Mapping[str, str] | None = None) -> None:
        self._to: Lang = to
        self._from: Lang = "en" if to == "zh" else "zh"
        self._glossary = dict(glossary or {})
        self.unknown: Counter[str] = Counter()

    @cached_property
    def _schemas(self) -> SchemaSet:
        return load_schemas(None)

    @cached_property
    def _types(self) -> dict[str, str]:
        names = [one.name for one in self._schemas.types.values()]
        names += [one.name for one in self._schemas.topics.values()]
        return {name[self._from]: name[self._to] for name in names if self._from in name and self._to in name}

    def topic(self, name: str | None) -> str | None:
        """A topic's name."""
        return None if name is None else self._or_else(name, self._types.get)

    def entity_type(self, name: str) -> str:
        """An entity type's name."""
        return self._or_else(name, self._types.get)

    def relation(self, name: str, pid: str | None, topic: str | None) -> str:
        """A relation's name, as the topic calls it: by its property where it has one."""

        def by_schema(_: str) -> str | None:
            try:
                known = self._schemas.topic(topic) if topic else None
            except UnknownName:
                known = None
            if pid and pid[1:].isdigit() and int(pid[1:]) in self._schemas.relations:
                return self._schemas.relation_name(int(pid[1:]), self._to, known)
            found = self._schemas.relation_named(name, self._from, known) or self._schemas.relation_named(
                name, self._from
            )
            return self._schemas.relation_name(found.pid, self._to, known) if found else None

        return self._or_else(name, by_schema)

    def other(self, name: str) -> str:
        """An event type or a role: by the glossary only."""
        return self._or_else(name, lambda _: None)

    def _or_else(self, name: str, by_schema: Callable[[str], str | None]) -> str:
        if not name:
            return name
        found = self._glossary.get(name) or by_schema(name)
        if found is None:
            self.unknown[name] += 1
        return found or name
