"""The labels that instructions ask for: names, definitions, arguments and what is easily confused.

A LabelSchema is in the language of its records: `Label.name` is what the records say. It comes from schema
files or, where a corpus has none, from the labels that occur in the corpus (`LabelSchema.from_examples`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from kg2instruct.records import Example
from kg2instruct.render.confusable import Confusable, confusable
from kg2instruct.render.inverses import inverse_names
from kg2instruct.render.occurrences import Occurrences
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

    `facts` are (head type, relation, tail type). `topics` narrows the labels by a record's `cate`; None is for
    records without a topic or with an unknown one, which else are asked for all labels. `with_answer` is, by task,
    the share of the corpus' records that have an answer; where it is not known, records without one are not asked.
    `chained` names the transitive relations, such as located in, that `RenderOptions.most_specific` reduces.
    `inverses` has, for a relation, those that say the same from the other end: where a record has the one, it would
    be wrong to answer that it has nothing of the others.
    """

    entities: Mapping[str, Label] = field(default_factory=dict)
    relations: Mapping[str, Label] = field(default_factory=dict)
    events: Mapping[str, Label] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    topics: Mapping[str | None, Topic] = field(default_factory=dict)
    confusable: Mapping[str, Confusable] = field(default_factory=dict)
    with_answer: Mapping[str, float] = field(default_factory=dict)
    chained: frozenset[str] = frozenset()
    inverses: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def _pools(self) -> dict[tuple[str, str | None, str], Pool]:
        return {}

    def pool(self, task: Task, cate: str | None, lang: str) -> Pool:
        """What `task` can ask of a record of topic `cate`, worded in `lang`."""
        topic = cate if cate in self.topics else None
        key = (task.name, topic, lang)
        if key not in self._pools:
            self._pools[key] = Pool(self, task, self.topics.get(topic), lang)
        return self._pools[key]

    def counted(self, found: Occurrences) -> LabelSchema:
        """The schema with tables of labels easily confused: by name, by arguments, by company in a corpus.

        What is counted of labels that the schema does not have is left out.
        """
        arguments: dict[str, dict[str, set[str]]] = {"entity": {}, "relation": {}, "event": {}}
        for head, relation, tail in self.facts:
            arguments["relation"].setdefault(relation, set()).update((f"head {head}", f"tail {tail}"))
        for name, label in self.events.items():
            arguments["event"][name] = set(label.roles)
        labels = {"entity": self.entities, "relation": self.relations, "event": self.events}
        return dataclasses.replace(
            self,
            confusable={
                kind: confusable(list(names), arguments[kind], found.pairs(kind))
                for kind, names in labels.items()
            },
        )

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
        self.entities: set[str] = set()
        self.relations: set[str] = set()
        self.events: dict[str, set[str]] = {}
        self.facts: set[Fact] = set()
        self.properties: dict[str, str] = {}
        self.occurrences = Occurrences()

    def add_all(self, examples: Iterable[Example]) -> _Collector:
        for example in examples:
            self.add(example)
        return self

    def add(self, example: Example) -> None:
        self.occurrences.add(example)
        self.entities.update(x.entity_type for x in example.entity if x.entity_type)
        for triple in example.relation:
            self.relations.add(triple.relation)
            if triple.property:
                self.properties[triple.relation] = triple.property
            self.facts.add((head_type(triple, example), triple.relation, triple.tail_type))
        for event in example.event:
            self.events.setdefault(event.event_type, set()).update(x.role for x in event.arguments)

    def schema(self) -> LabelSchema:
        return LabelSchema(
            entities={x: Label(x) for x in sorted(self.entities)},
            relations={x: Label(x) for x in sorted(self.relations)},
            events={x: Label(x, roles=tuple(sorted(y))) for x, y in sorted(self.events.items())},
            facts=tuple(sorted(self.facts)),
            with_answer={x: self.occurrences.share(task.kind) for x, task in TASKS.items()},
            inverses=inverse_names(self.properties),
        ).counted(self.occurrences)
