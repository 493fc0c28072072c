"""A JSON list of objects, one per item, with the task's field names as keys.

    ner  [{"entity": "周星驰", "type": "人物"}]
    re   [{"head": "喜剧之王", "relation": "主演", "tail": "周星驰"}]
    ee   [{"event_type": "裁员", "trigger": "裁掉", "arguments": [{"role": "裁员方", "argument": "猛龙"}]}]
    kg   [{"type": "人物", "entity": "刘太行", "attributes": [{"attribute": "籍贯", "value": "开州区"}]}]

JSON's own escapes serve for all text. Nothing found: []. Lossless.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg2instruct.render.asked import Asked
from kg2instruct.render.formats.base import Format, Parsed
from kg2instruct.render.formats.jsontext import load_json
from kg2instruct.render.formats.keyed import KeyedJson
from kg2instruct.render.tasks import Answer, Item, Pairs, Task

_encode = json.JSONEncoder(ensure_ascii=False).encode
# Other names under which models give a field.
_ALSO = {
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


@dataclass(frozen=True, slots=True)
class JsonList(Format):
    """A JSON list of flat objects."""

    name: str = "json_list"
    lossless: bool = True

    def render(self, answer: Answer, task: Task, asked: Sequence[Asked], lang: str, text: str) -> str:
        """See `Format.render`."""
        del asked, lang, text
        form: list[dict[str, Any]] = [dict(zip(task.fields, item.fields, strict=True)) for item in answer]
        if task.pair:
            one, other = task.pair
            for entry, item in zip(form, answer, strict=True):
                entry[task.plural] = [{one: x, other: y} for x, y in item.pairs]
        return _encode(form)

    def read(self, output: str, task: Task, asked: Sequence[Asked], lang: str, *, strict: bool) -> Parsed:
        """See `Format.read`."""
        form, problems = load_json(output, strict=strict)
        if form is None:
            return Parsed((), tuple(problems))
        if isinstance(form, dict) and not strict:
            if form and not set(form) & {*task.fields, *(y for x in task.fields for y in _ALSO.get(x, ()))}:
                return KeyedJson("json").read(output, task, asked, lang, strict=False)
            form = [form] if form else []
        if not isinstance(form, list):
            return Parsed((), (*problems, "not a JSON list"))
        items = []
        for entry in form:
            item = _item(entry, task, strict)
            if item is None:
                problems.append(f"not an object with {', '.join(task.fields)}: {str(entry)[:60]}")
            else:
                items.append(item)
        return Parsed(tuple(items), tuple(problems))


def _item(entry: Any, task: Task, strict: bool) -> Item | None:
    if not isinstance(entry, Mapping):
        return None
    fields = []
    for name in task.fields:
        value = entry.get(name)
        for other in () if strict else _ALSO.get(name, ()):
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
