"""The seven extraction tasks: what an answer to each consists of, and how it follows from an Example.

An answer is a collection of items without order. An item has a fixed number of fields and, for events and
entity knowledge, any number of pairs (role and argument, attribute and value):

    ner  (entity, type)
    re   (head, relation, tail)
    spo  (head, head_type, relation, tail, tail_type)
    eet  (type, trigger)
    ee   (type, trigger) + (role, argument)…
    eea  the same, type and trigger given in the question
    kg   (type, entity) + (attribute, value)…

Output formats are written against these shapes, so that each works for every task.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from kg2instruct.records import Example, Triple, lang_of
from kg2instruct.registry import Registry

Pairs = tuple[tuple[str, str], ...]
Kind = Literal["entity", "relation", "event"]

# The type of entities whose type a corpus does not tell, in the task that asks by type.
UNTYPED = {"zh": "实体", "en": "entity"}


class Item(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One thing found. `starts` are, where known, the offsets of each field, then of each pair's value.

    Two items are equal whose fields and pairs are, wherever they stand.
    """

    fields: tuple[str, ...]
    pairs: Pairs = ()
    starts: tuple[tuple[int, ...], ...] = ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Item):
            return NotImplemented
        return self.fields == other.fields and self.pairs == other.pairs

    def __hash__(self) -> int:
        return hash((self.fields, self.pairs))


Answer = tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """The shape of a task's items and how to read them off an Example."""

    name: str
    kind: Kind
    """Of the labels that are asked for."""
    item: str
    """What one item is called."""
    fields: tuple[str, ...]
    labels: tuple[int, ...]
    """Positions of the fields that hold labels of the schema."""
    main: int
    """Position of the label by which a row is counted."""
    gold: Callable[[Example], Answer]
    pair: tuple[str, str] | None = None
    """What the two sides of a pair are called; None for tasks without pairs."""
    plural: str = ""
    """What the list of pairs is called."""
    split_num: int = 4
    """Labels in one instruction, unless the options say otherwise."""
    spans: tuple[int, ...] = field(init=False)
    """Positions of the fields that hold words of the text: all others."""
    plain: bool = field(init=False)
    """Its labels are single words: no types, no roles."""

    def __post_init__(self) -> None:
        spans = tuple(i for i in range(len(self.fields)) if i not in self.labels)
        object.__setattr__(self, "spans", spans)
        object.__setattr__(self, "plain", len(self.labels) == 1 and not self.pair)

    def key(self, item: Item) -> tuple[str, ...]:
        """The labels of an item, which decide what question it answers."""
        if len(self.labels) == 1:
            return (item.fields[self.labels[0]],)
        return tuple([item.fields[i] for i in self.labels])


def canonical(answer: Iterable[Item]) -> tuple[Item, ...]:
    """The answer in one fixed order, for comparing answers, whose order means nothing."""
    return tuple(sorted((Item(x.fields, tuple(sorted(x.pairs))) for x in answer), key=_sort_key))


def _sort_key(item: Item) -> tuple[tuple[str, ...], Pairs]:
    return item.fields, item.pairs


def _known(start: int | None) -> tuple[int, ...]:
    return () if start is None else (start,)


def _entities(example: Example) -> Answer:
    starts: dict[tuple[str, str], list[int]] = {}
    for mention in example.entity:
        if mention.entity and mention.entity_type:
            places = starts.setdefault((mention.entity, mention.entity_type), [])
            if mention.start is not None:
                places.append(mention.start)
    return tuple([Item(key, (), (tuple(places), ())) for key, places in starts.items()])


def _relations(example: Example) -> Answer:
    found = {}
    for triple in example.relation:
        fields = (triple.head, triple.relation, triple.tail)
        if all(fields) and fields not in found:
            found[fields] = Item(fields, (), (_known(triple.head_start), (), _known(triple.tail_start)))
    return tuple(found.values())


def _facts(example: Example) -> Answer:
    found = {}
    for x in example.relation:
        fields = (x.head, x.head_type, x.relation, x.tail, x.tail_type)
        if all(fields) and fields not in found:
            found[fields] = Item(fields, (), (_known(x.head_start), (), (), _known(x.tail_start), ()))
    return tuple(found.values())


def _events(example: Example) -> Answer:
    items = []
    for event in example.event:
        arguments = [x for x in event.arguments if x.role and x.argument]
        pairs = tuple([(x.role, x.argument) for x in arguments])
        starts = ((), _known(event.start), *(_known(x.start) for x in arguments))
        items.append(Item((event.event_type, event.event_trigger), pairs, starts))
    return tuple(items)


def _triggers(example: Example) -> Answer:
    return tuple(
        Item((x.event_type, x.event_trigger), (), ((), _known(x.start)))
        for x in example.event
        if x.event_trigger
    )


def head_type(triple: Triple, example: Example) -> str:
    """The type of a triple's head: its own, else that of a mention of the same name, else a general word."""
    if triple.head_type:
        return triple.head_type
    for mention in example.entity:
        if mention.entity == triple.head and mention.entity_type:
            return mention.entity_type
    return UNTYPED[lang_of(example)]


def _knowledge(example: Example) -> Answer:
    found: dict[tuple[str, str], dict[tuple[str, str], tuple[int, ...]]] = {}
    heads: dict[tuple[str, str], tuple[int, ...]] = {}
    for x in example.relation:
        if x.head and x.relation and x.tail:
            key = (head_type(x, example), x.head)
            heads.setdefault(key, _known(x.head_start))
            found.setdefault(key, {}).setdefault((x.relation, x.tail), _known(x.tail_start))
    return tuple(Item(key, tuple(pairs), ((), heads[key], *pairs.values())) for key, pairs in found.items())


def _event_task(name: str, gold: Callable[[Example], Answer], *, arguments: bool) -> Task:
    return Task(
        name=name,
        kind="event",
        item="event",
        fields=("event_type", "trigger"),
        labels=(0,),
        main=0,
        gold=gold,
        pair=("role", "argument") if arguments else None,
        plural="arguments" if arguments else "",
    )


_ALL = (
    Task(
        name="ner",
        kind="entity",
        item="entity",
        fields=("entity", "type"),
        labels=(1,),
        main=1,
        gold=_entities,
        split_num=6,
    ),
    Task(
        name="re",
        kind="relation",
        item="relation",
        fields=("head", "relation", "tail"),
        labels=(1,),
        main=1,
        gold=_relations,
    ),
    Task(
        name="spo",
        kind="relation",
        item="fact",
        fields=("head", "head_type", "relation", "tail", "tail_type"),
        labels=(1, 2, 4),
        main=2,
        gold=_facts,
    ),
    _event_task("ee", _events, arguments=True),
    _event_task("eet", _triggers, arguments=False),
    _event_task("eea", _events, arguments=True),
    Task(
        name="kg",
        kind="relation",
        item="entity",
        fields=("type", "entity"),
        labels=(0,),
        main=0,
        gold=_knowledge,
        pair=("attribute", "value"),
        plural="attributes",
        split_num=1,
    ),
)

TASKS: Registry[Task] = Registry("task", {task.name: task for task in _ALL})
