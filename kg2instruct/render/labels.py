"""The labels that instructions ask for: names, definitions, arguments and what is easily confused.

A LabelSchema is in the language of its records: `Label.name` is what the records say. It comes from schema
files or, where a corpus has none, from the labels that occur in the corpus (`LabelSchema.from_examples`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kg2instruct.records import Example
from kg2instruct.render.confusable import Confusable, confusable
from kg2instruct.render.pools import Pool
from kg2instruct.render.tasks import TASKS, Task, head_type

Fact = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Label:
    """An entity type, relation or event type.

    `names`, `synonyms` and `definitions` are by language. `roles` are an event type's roles.
    """

    name: str
    names: Mapping[str, str] = field(default_factory=dict)
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    definitions: Mapping[str, str] = field(default_factory=dict)
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """The entity types and relations that a topic uses, by name."""

    entities: frozenset[str]
    relations: frozenset[str]


@dataclass(frozen=True)
class LabelSchema:
    """Labels by kind, the typed relations of SPO, topics, and tables of confusable labels.

    `facts` are (head type, relation, tail type). `topics` narrows the labels by a record's `cate`; a topic
    that is not there means all labels. `with_answer` is, by task, the share of the corpus' records that have
    an answer; where it is not known, records without one are not asked. `chained` names the transitive
    relations, such as located in, that `RenderOptions.most_specific` reduces.
    """

    entities: Mapping[str, Label] = field(default_factory=dict)
    relations: Mapping[str, Label] = field(default_factory=dict)
    events: Mapping[str, Label] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    topics: Mapping[str, Topic] = field(default_factory=dict)
    confusable: Mapping[str, Confusable] = field(default_factory=dict)
    with_answer: Mapping[str, float] = field(default_factory=dict)
    chained: frozenset[str] = frozenset()

    @cached_property
    def _pools(self) -> dict[tuple[str, str | None, str], Pool]:
        return {}

    def pool(self, task: Task, cate: str | None, lang: str) -> Pool:
        """What `task` can ask of a record of topic `cate`, worded in `lang`."""
        topic = cate if cate in self.topics else None
        key = (task.name, topic, lang)
        if key not in self._pools:
            self._pools[key] = Pool(self, task, self.topics[topic] if topic else None, lang)
        return self._pools[key]

    @classmethod
    def from_examples(cls, examples: Iterable[Example]) -> LabelSchema:
        """The labels that occur in a corpus, and which of them are easily confused there."""
        return _Collector().add_all(examples).schema()


def schemas_of(examples: Iterable[Example]) -> dict[tuple[str, str], LabelSchema]:
    """The labels of each language and source among the records, `LabelSchema.from_examples` of each."""
    collectors: dict[tuple[str, str], _Collector] = {}
    for example in examples:
        key = example.lang, example.source
        if key not in collectors:
            collectors[key] = _Collector()
        collectors[key].add(example)
    return {key: collectors[key].schema() for key in sorted(collectors)}


class _Collector:
    """Labels and what occurs together, over the records of one corpus."""

    def __init__(self) -> None:
        self.entities: dict[str, None] = {}
        self.relations: dict[str, None] = {}
        self.events: dict[str, dict[str, None]] = {}
        self.facts: dict[Fact, None] = {}
        self.together: dict[str, dict[tuple[str, str], int]] = {"entity": {}, "relation": {}, "event": {}}
        self.records: dict[str, int] = dict.fromkeys(("entity", "relation", "event"), 0)
        self.count = 0

    def add_all(self, examples: Iterable[Example]) -> _Collector:
        for example in examples:
            self.add(example)
        return self

    def add(self, example: Example) -> None:
        self.count += 1
        labels = {
            "entity": {x.entity_type for x in example.entity if x.entity_type},
            "relation": {x.relation for x in example.relation},
            "event": {x.event_type for x in example.event},
        }
        for mention in example.entity:
            if mention.entity_type:
                self.entities[mention.entity_type] = None
        for triple in example.relation:
            self.relations[triple.relation] = None
            self.facts[(head_type(triple, example), triple.relation, triple.tail_type)] = None
        for event in example.event:
            roles = self.events.setdefault(event.event_type, {})
            roles.update((x.role, None) for x in event.arguments)
        for kind, names in labels.items():
            self.records[kind] += bool(names)
            together, ordered = self.together[kind], sorted(names)
            for i, name in enumerate(ordered):
                for other in ordered[i + 1 :]:
                    together[name, other] = together.get((name, other), 0) + 1

    def schema(self) -> LabelSchema:
        types: dict[str, set[str]] = {}
        for head, relation, tail in self.facts:
            types.setdefault(relation, set()).update((f"head {head}", f"tail {tail}"))
        roles = {name: set(values) for name, values in self.events.items()}
        labels: dict[str, Any] = {"entity": self.entities, "relation": self.relations, "event": self.events}
        arguments: dict[str, dict[str, set[str]]] = {"entity": {}, "relation": types, "event": roles}
        return LabelSchema(
            entities={x: Label(x) for x in sorted(self.entities)},
            relations={x: Label(x) for x in sorted(self.relations)},
            events={x: Label(x, roles=tuple(sorted(y))) for x, y in sorted(self.events.items())},
            facts=tuple(sorted(self.facts)),
            confusable={
                kind: confusable(sorted(names), arguments[kind], self.together[kind])
                for kind, names in labels.items()
            },
            with_answer={
                name: self.records[task.kind] / self.count if self.count else 0.0
                for name, task in TASKS.items()
            },
        )
