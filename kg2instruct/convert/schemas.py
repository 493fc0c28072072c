"""The labels of a corpus: `schemas/corpora/NAME.yaml`, and those that occur in what was converted.

The fields are those of the labels that instructions ask for (`render.labels.LabelSchema`), so that a file is
usable for instructions as it is; `property` of a relation is Wikidata's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import yaml

from kg2instruct.errors import ConfigError, InputError
from kg2instruct.records import Example
from kg2instruct.resources import resource_dir


class CorpusLabel(msgspec.Struct, omit_defaults=True):
    """An entity type, relation or event type: names by language, `roles` of an event type."""

    name: str
    names: dict[str, str] = msgspec.field(default_factory=dict)
    property: str | None = None
    roles: list[str] = msgspec.field(default_factory=list)


class CorpusSchema(msgspec.Struct, omit_defaults=True):
    """All labels of a corpus; `facts` are (head type, relation, tail type)."""

    entities: dict[str, CorpusLabel] = msgspec.field(default_factory=dict)
    relations: dict[str, CorpusLabel] = msgspec.field(default_factory=dict)
    events: dict[str, CorpusLabel] = msgspec.field(default_factory=dict)
    facts: list[tuple[str, str, str]] = msgspec.field(default_factory=list)

    def names_by_property(self) -> dict[str, str]:
        """The names of the relations by their property."""
        return {x.property: x.name for x in self.relations.values() if x.property}


@cache
def corpus_schema(name: str) -> CorpusSchema:
    """The published labels of a corpus; none for a corpus that has no fixed ones."""
    file = resource_dir("schemas") / "corpora" / f"{name}.yaml"
    return _decoded(file.read_text(encoding="utf-8"), str(file)) if file.is_file() else CorpusSchema()


def read_schema(path: Path) -> CorpusSchema:
    """Read a schema file. Raises InputError where there is none, ConfigError where it is no schema."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}") from error
    return _decoded(text, str(path))


def _decoded(text: str, where: str) -> CorpusSchema:
    try:
        return msgspec.convert(yaml.safe_load(text), CorpusSchema)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise ConfigError(f"{where}: is no schema of a corpus: {error}") from error


class SchemaCollector:
    """The labels of a corpus: the published ones, and after them all that occur in its records."""

    def __init__(self, published: CorpusSchema | None = None) -> None:
        """Begin with what is published; where nothing is given, with that of each corpus that occurs."""
        self._labels: dict[str, dict[str, Any]] = {"entities": {}, "relations": {}, "events": {}}
        self._facts: dict[tuple[str, str, str], None] = {}
        self._corpora: set[str] | None = set() if published is None else None
        if published is not None:
            self._publish(published)

    def _publish(self, published: CorpusSchema) -> None:
        data = msgspec.to_builtins(published)
        for kind, labels in self._labels.items():
            for name, label in data.get(kind, {}).items():
                labels.setdefault(name, label)
        self._facts |= dict.fromkeys(published.facts)

    def watch(self, examples: Iterable[Example]) -> Iterator[Example]:
        """Hand the records on, and note their labels."""
        for example in examples:
            self.add(example)
            yield example

    def add(self, example: Example) -> None:
        """Note the labels of a record."""
        if self._corpora is not None and example.source not in self._corpora:
            self._corpora.add(example.source)
            self._publish(corpus_schema(example.source))
        for mention in example.entity:
            self._add("entities", mention.entity_type, example.lang)
        for x in example.relation:
            self._add("relations", x.relation, example.lang)["property"] = x.property
            if x.head_type and x.tail_type:
                self._facts[x.head_type, x.relation, x.tail_type] = None
        for event in example.event:
            label = self._add("events", event.event_type, example.lang)
            roles = label.setdefault("roles", [])
            roles += [r for r in dict.fromkeys(x.role for x in event.arguments) if r not in roles]

    def _add(self, kind: str, name: str, lang: str) -> dict[str, Any]:
        if not name:
            return {}
        return self._labels[kind].setdefault(name, {"name": name, "names": {lang: name}})  # type: ignore[no-any-return]

    def schema(self) -> CorpusSchema:
        """All labels; those that are not published in the order of their names."""
        return msgspec.convert({**self._labels, "facts": [*self._facts]}, CorpusSchema)


def schema_yaml(schema: CorpusSchema) -> str:
    """The schema as the text of a file, a label a line."""
    lines = []
    for kind in ("entities", "relations", "events"):
        labels: dict[str, CorpusLabel] = getattr(schema, kind)
        if labels:
            lines.append(f"{kind}:")
            lines += [f"  {_flow(name)}: {_flow(msgspec.to_builtins(x))}" for name, x in labels.items()]
    if schema.facts:
        lines.append("facts:")
        lines += [f"  - {_flow(list(x))}" for x in schema.facts]
    return "\n".join(lines) + "\n" if lines else "{}\n"


def _flow(value: Any) -> str:
    """A value as JSON, which YAML takes over."""
    return msgspec.json.encode(value).decode()
