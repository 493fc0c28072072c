"""A JSON list of objects, one per item, with the task's field names as keys.

    ner  [{"entity": "周星驰", "type": "人物"}]
    re   [{"head": "喜剧之王", "relation": "主演", "tail": "周星驰"}]
    ee   [{"event_type": "裁员", "trigger": "裁掉", "arguments": [{"role": "裁员方", "argument": "猛龙"}]}]
    kg   [{"type": "人物", "entity": "刘太行", "attributes": [{"attribute": "籍贯", "value": "开州区"}]}]

JSON's own escapes serve for all text. Nothing found: []. Lossless.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kg2instruct.render.asked import Asked
from kg2instruct.render.formats.base import Format, Parsed
from kg2instruct.render.formats.entries import other_names, read_entries
from kg2instruct.render.formats.jsontext import load_json
from kg2instruct.render.formats.keyed import KeyedJson
from kg2instruct.render.json_text import json_text
from kg2instruct.render.tasks import Answer, Task


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
        return json_text(form)

    def read(self, output: str, task: Task, asked: Sequence[Asked], lang: str, *, strict: bool) -> Parsed:
        """See `Format.read`."""
        form, problems = load_json(output, strict=strict, several=True)
        if form is None:
            return Parsed((), tuple(problems))
        if isinstance(form, dict) and not strict:
            names = {*task.fields, *(y for x in task.fields for y in other_names(task, x))}
            if form and not names & set(form):
                return KeyedJson("json").read(output, task, asked, lang, strict=False)
            form = [form] if form else []
        if not isinstance(form, list):
            return Parsed((), (*problems, "not a JSON list"))
        items = read_entries(form, task, problems, strict=strict)
        return Parsed(items, tuple(problems))
