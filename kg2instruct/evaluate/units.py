"""What is counted: an answer taken apart into the smallest things that can be right or wrong.

ner  entity                    ee   trigger, argument (each with the event's type)      eet  trigger
re, spo  relation              eea  argument                                            kg   entity, attribute
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kg2instruct.render.asked import Asked
from kg2instruct.render.rows import renamed
from kg2instruct.render.tasks import Item, Task


class Unit(NamedTuple):
    """Something that counts once: right if kind, label, names and all spans are those of the gold."""

    kind: str
    label: str
    names: tuple[str, ...]
    spans: tuple[str, ...]


def units(answer: Iterable[Item], task: Task) -> list[Unit]:
    """The units of an answer, with repetitions."""
    return [unit for item in answer for unit in _units(item, task)]


def _units(item: Item, task: Task) -> Iterator[Unit]:
    fields = item.fields
    if task.name == "ner":
        yield Unit("entity", fields[1], (), fields[:1])
    elif task.name == "re":
        yield Unit("relation", fields[1], (), (fields[0], fields[2]))
    elif task.name == "spo":
        yield Unit("relation", fields[2], (fields[1], fields[4]), (fields[0], fields[3]))
    elif task.name == "kg":
        yield Unit("entity", fields[0], (), (fields[1],))
        for name, value in item.pairs:
            yield Unit("attribute", fields[0], (name,), (fields[1], value))
    else:
        if fields[1] and task.name != "eea":
            yield Unit("trigger", fields[0], (), (fields[1],))
        for role, value in item.pairs:
            yield Unit("argument", fields[0], (role,), (value,))


def with_record_labels(answer: Iterable[Item], task: Task, asked: Iterable[Asked]) -> list[Item]:
    """The answer with the records' names for labels, where the question had other ones."""
    other = {x.names: x for x in asked if x.names != x.key or x.role_keys}
    return [_as_recorded(item, task, x) if (x := other.get(task.key(item))) else item for item in answer]


def _as_recorded(item: Item, task: Task, asked: Asked) -> Item:
    return renamed(item, task, asked.key, {name: key for key, name in asked.roles_by_key.items()})


def asked_part(answer: Iterable[Item], task: Task, asked: tuple[Asked, ...]) -> list[Item]:
    """What of a record's answer a question asks for: its labels and their roles; all for an open one."""
    if not asked:
        return list(answer)
    roles = {x.key: frozenset(x.role_keys or x.roles) for x in asked}
    items = []
    for item in answer:
        wanted = roles.get(task.key(item))
        if wanted is None:
            continue
        pairs = tuple([x for x in item.pairs if x[0] in wanted]) if task.pair else ()
        if pairs or not item.pairs or task.name != "kg":
            items.append(Item(item.fields, pairs))
    return items
