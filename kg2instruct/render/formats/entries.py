"""Items from JSON objects with a task's field names as keys, or other names that models use for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kg2instruct.render.tasks import Item, Pairs, Task

# Other names under which models give a field.
ALSO = {
    "head": ("subject", "head_entity", "h"),
    "tail": ("object", "tail_entity", "t"),
    "relation": ("predicate", "rel", "type"),
    "head_type": ("subject_type",),
    "tail_type": ("object_type",),
    "entity": ("name", "text", "mention"),
    "type": ("entity_type", "label"),
    "event_type": ("type", "event"),
    "trigger": ("event_trigger",),
}


def read_entries(entries: list[Any], task: Task, problems: list[str], *, strict: bool) -> tuple[Item, ...]:
    """The items of a list of objects; what is none becomes a problem."""
    items = []
    for entry in entries:
        item = _item(entry, task, strict)
        if item is None:
            problems.append(f"not an object with {', '.join(task.fields)}: {str(entry)[:60]}")
        else:
            items.append(item)
    return tuple(items)


def _item(entry: Any, task: Task, strict: bool) -> Item | None:
    if not isinstance(entry, Mapping):
        return None
    fields = []
    for name in task.fields:
        value = entry.get(name)
        for other in () if strict else ALSO.get(name, ()):
            value = entry.get(other) if value is None else value
        if not isinstance(value, str):
            return None
        fields.append(value)
    pairs = _pairs(entry.get(task.plural) or (), task) if task.pair else ()
    return None if pairs is None else Item(tuple(fields), pairs)


def _pairs(found: Any, task: Task) -> Pairs | None:
    """Pairs from a list of objects, or from one object of role to argument or arguments."""
    if isinstance(found, Mapping):
        return tuple(
            (str(k), str(x)) for k, v in found.items() if v for x in (v if isinstance(v, list) else [v])
        )
    pairs = []
    for x in found if isinstance(found, list | tuple) else [found]:
        if not isinstance(x, Mapping) or not task.pair:
            return None
        one, other = (x.get(name) for name in task.pair)
        if not isinstance(one, str) or not isinstance(other, str):
            return None
        pairs.append((one, other))
    return tuple(pairs)
