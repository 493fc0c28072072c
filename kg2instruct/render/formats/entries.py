"""Items from JSON objects with a task's field names as keys, or other names that models use for them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from kg2instruct.render.tasks import Item, Pairs, Task
from kg2instruct.render.words import task_words

# Other names under which models give a field, beside those that instructions show (头实体).
ALSO = {
    "head": ("subject", "head_entity", "h", "主语", "主体"),
    "tail": ("object", "tail_entity", "t", "宾语", "客体"),
    "relation": ("predicate", "rel", "type", "谓词", "谓语"),
    "head_type": ("subject_type",),
    "tail_type": ("object_type",),
    "entity": ("name", "text", "mention"),
    "type": ("entity_type", "label"),
    "event_type": ("type", "event"),
    "trigger": ("event_trigger",),
    "arguments": ("roles", "论元"),
    "attributes": ("relations", "属性"),
    "argument": ("text", "value"),
}


@lru_cache(maxsize=512)
def other_names(task: Task, name: str) -> tuple[str, ...]:
    """Other names of a field, of the list of pairs or of one side of a pair."""
    shown = []
    for words in task_words()[task.name].values():
        named = dict(
            zip((*task.fields, *(task.pair or ())), (*words["fields"], *words.get("pair", ())), strict=True)
        )
        shown += [named[name]] if name in named else []
    return (*ALSO.get(name, ()), *shown)


def value_of(entry: Mapping[str, Any], task: Task, name: str, *, strict: bool) -> Any:
    """What an object gives for a field, None where it has none."""
    value = entry.get(name)
    for other in () if strict else other_names(task, name):
        value = entry.get(other) if value is None else value
    return value


def read_entries(entries: list[Any], task: Task, problems: list[str], *, strict: bool) -> tuple[Item, ...]:
    """The items of a list of objects; what is none becomes a problem."""
    items = []
    for entry in entries:
        item = read_entry(entry, task, strict=strict)
        if item is None:
            problems.append(f"not an object with {', '.join(task.fields)}: {str(entry)[:60]}")
        else:
            items.append(item)
    return tuple(items)


def read_entry(entry: Any, task: Task, *, strict: bool) -> Item | None:
    """The item that an object is, None where it lacks a field; not strict, a list of the fields will do."""
    if not strict and isinstance(entry, list) and not task.pair and len(entry) == len(task.fields):
        entry = dict(zip(task.fields, entry, strict=True))
    if not isinstance(entry, Mapping):
        return None
    fields = []
    for name in task.fields:
        value = value_of(entry, task, name, strict=strict)
        if not strict and isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            return None
        fields.append(value)
    pairs = read_pairs(value_of(entry, task, task.plural, strict=strict) or (), task) if task.pair else ()
    return None if pairs is None else Item(tuple(fields), pairs)


def read_pairs(found: Any, task: Task) -> Pairs | None:
    """Pairs from a list of objects, or from one object of role to argument or arguments."""
    if isinstance(found, Mapping):
        return tuple(
            (str(k), str(x)) for k, v in found.items() if v for x in (v if isinstance(v, list) else [v])
        )
    pairs = []
    for x in found if isinstance(found, list | tuple) else [found]:
        if not isinstance(x, Mapping) or not task.pair:
            return None
        one, other = (value_of(x, task, name, strict=False) for name in task.pair)
        if not isinstance(one, str) or not isinstance(other, str):
            return None
        pairs.append((one, other))
    return tuple(pairs)
