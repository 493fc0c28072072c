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
from kg2instruct.render.asked import Asked
from kg2instruct.render.confusable import Confusable, confusable
from kg2instruct.render.tasks import TASKS, Task, head_type

Fact = tuple[str, str, str]

# Of the labels confused with a label, so many are ever used.
MOST_CONFUSED = 12


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


@dataclass(frozen=True, slots=True)
class Choice:
    """A label of a pool: as asked by default, under other names, and the numbers of labels confused with it.

    `number` is its own place in the pool, -1 for one that the pool has only in kind.
    """

    number: int
    asked: Asked
    synonyms: tuple[Asked, ...]
    hard: tuple[int, ...]


class Pool:
    """The labels that one task can ask for, for records of one topic and a wording language."""

    def __init__(self, choices: tuple[Choice, ...]) -> None:
        self.choices = choices
        self.index = {choice.asked.key: number for number, choice in enumerate(choices)}
        self._relations: dict[str, list[int]] = {}
        for number, choice in enumerate(choices):
            if len(choice.asked.key) == 3:
                self._relations.setdefault(choice.asked.key[1], []).append(number)

    def choice(self, task: Task, key: tuple[str, ...]) -> Choice | None:
        """The pool's entry for the labels of an item; null where the schema does not have them.

        Of typed relations only the relation must be known: schemas rarely list all pairs of types that occur.
        """
        if key in self.index:
            return self.choices[self.index[key]]
        if task.name == "spo" and key[1] in self._relations:
            numbers = self._relations[key[1]]
            like = self.choices[numbers[0]].asked
            names = (key[0], like.names[1], key[2])
            return Choice(
                -1, Asked(key, names, definition=like.definition), (), tuple(numbers[:MOST_CONFUSED])
            )
        if task.name == "kg" and self.choices:
            roles = tuple(dict.fromkeys(x for choice in self.choices for x in choice.asked.roles))
            return Choice(-1, Asked(key, key, roles), (), ())
        return None


@dataclass(frozen=True)
class LabelSchema:
    """Labels by kind, the typed relations of SPO, topics, and tables of confusable labels.

    `facts` are (head type, relation, tail type). `topics` narrows the labels by a record's `cate`; a topic
    that is not there means all labels. `with_answer` is, by task, the share of the corpus' records that have
    an answer; where it is not known, records without one are not asked.
    """

    entities: Mapping[str, Label] = field(default_factory=dict)
    relations: Mapping[str, Label] = field(default_factory=dict)
    events: Mapping[str, Label] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    topics: Mapping[str, Topic] = field(default_factory=dict)
    confusable: Mapping[str, Confusable] = field(default_factory=dict)
    with_answer: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def _pools(self) -> dict[tuple[str, str | None, str], Pool]:
        return {}

    def pool(self, task: Task, cate: str | None, lang: str) -> Pool:
        """What `task` can ask of a record of topic `cate`, worded in `lang`."""
        topic = cate if cate in self.topics else None
        key = (task.name, topic, lang)
        if key not in self._pools:
            self._pools[key] = self._make_pool(task, self.topics.get(topic) if topic else None, lang)
        return self._pools[key]

    def _make_pool(self, task: Task, topic: Topic | None, lang: str) -> Pool:
        asked = self._asked(task, topic, lang)
        index = {x.key: number for number, x in enumerate(asked)}
        by_relation: dict[str, list[tuple[str, ...]]] = {}
        for x in asked if task.name == "spo" else ():
            by_relation.setdefault(x.key[1], []).append(x.key)
        return Pool(
            tuple(
                Choice(
                    number,
                    x,
                    self._synonyms(task, x, lang),
                    tuple(self._hard(task, x.key, index, by_relation)),
                )
                for number, x in enumerate(asked)
            )
        )

    def _asked(self, task: Task, topic: Topic | None, lang: str) -> list[Asked]:
        entities = [x for x in self.entities.values() if topic is None or x.name in topic.entities]
        relations = [x for x in self.relations.values() if topic is None or x.name in topic.relations]
        if task.name == "ner":
            return [_plain(x, lang) for x in entities]
        if task.name == "re":
            return [_plain(x, lang) for x in relations]
        kept = {x.name for x in relations}
        facts = [x for x in self.facts if x[1] in kept]
        if task.name == "spo":
            return [self._fact(x, lang) for x in facts]
        if task.name == "kg":
            return self._knowledge(facts, lang)
        return [_plain(x, lang) for x in self.events.values()]

    def _fact(self, fact: Fact, lang: str) -> Asked:
        head, relation, tail = fact
        names = (
            self._name(self.entities, head, lang),
            self._name(self.relations, relation, lang),
            self._name(self.entities, tail, lang),
        )
        definition = self.relations[relation].definitions.get(lang, "") if relation in self.relations else ""
        return Asked(fact, names, definition=definition)

    def _knowledge(self, facts: list[Fact], lang: str) -> list[Asked]:
        attributes: dict[str, dict[str, None]] = {}
        for head, relation, _ in facts:
            attributes.setdefault(head, {})[relation] = None
        return [
            Asked((head,), (self._name(self.entities, head, lang),), tuple(roles))
            for head, roles in attributes.items()
        ]

    @staticmethod
    def _name(labels: Mapping[str, Label], name: str, lang: str) -> str:
        label = labels.get(name)
        return (label.names.get(lang) if label else None) or name

    def _synonyms(self, task: Task, asked: Asked, lang: str) -> tuple[Asked, ...]:
        labels = {"entity": self.entities, "relation": self.relations, "event": self.events}[task.kind]
        label = (
            None if task.name == "kg" else labels.get(asked.key[-2] if task.name == "spo" else asked.key[0])
        )
        taken = set(self.entities) | set(self.relations) | set(self.events)
        words = [x for x in label.synonyms.get(lang, ()) if x not in taken] if label else []
        if task.name == "spo":
            return tuple(_renamed(asked, (asked.names[0], x, asked.names[2])) for x in words)
        return tuple(_renamed(asked, (x,)) for x in words)

    def _hard(
        self,
        task: Task,
        key: tuple[str, ...],
        index: Mapping[tuple[str, ...], int],
        by_relation: Mapping[str, list[tuple[str, ...]]],
    ) -> list[int]:
        """The numbers of labels easily confused with a label, the most confusable first."""
        if task.name == "spo":
            relations = (key[1], *self.confusable.get("relation", {}).get(key[1], ()))
            alike = [index[x] for name in relations for x in by_relation.get(name, ()) if x != key]
            return alike[:MOST_CONFUSED]
        table = self.confusable.get("entity" if task.name == "kg" else task.kind, {})
        return [index[(x,)] for x in table.get(key[0], ()) if (x,) in index]

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


def _plain(label: Label, lang: str) -> Asked:
    name = label.names.get(lang) or label.name
    return Asked((label.name,), (name,), label.roles, (), label.definitions.get(lang, ""))


def _renamed(asked: Asked, names: tuple[str, ...]) -> Asked:
    return Asked(asked.key, names, asked.roles, asked.triggers, asked.definition)


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
