"""JSON keyed by label, as IEPile and OneKE have it; every label asked for is there, an absent one empty.

    ner  {"人物": ["周星驰"], "地点": []}
    re   {"主演": [{"head": "喜剧之王", "tail": "周星驰"}]}
    spo  {"主演": [{"subject": "喜剧之王", "object": "周星驰"}]}
    ee   {"裁员": [{"trigger": "裁掉", "arguments": {"裁员方": "猛龙", "时间": "NAN"}}]}      eea the same
    eet  {"裁员": ["裁掉"]}
    kg   {"人物": {"刘太行": {"父母": ["刘伯承", "汪荣华"], "籍贯": "开州区"}}}

JSON's own escapes serve for all text. A role that was asked for and has no argument is "NAN" (of an event
without any, arguments are {}); an argument that reads NAN is written as a list, ["NAN"], as are several
arguments of one role. Where a relation occurs with several types in the question, and in open questions, the
objects of spo also have "subject_type" and "object_type". Nothing found: all labels empty, or {} for an open
question. Lossless. The variant `oneke` differs in one thing: "subject" and "object" for the ends of re.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg2instruct.render.asked import Asked
from kg2instruct.render.formats.base import Format, Parsed
from kg2instruct.render.formats.entries import read_entries
from kg2instruct.render.formats.jsontext import load_json
from kg2instruct.render.json_text import json_text
from kg2instruct.render.tasks import Answer, Item, Task

ABSENT = "NAN"


@dataclass(frozen=True, slots=True)
class KeyedJson(Format):
    """Schema-keyed JSON; `ends` are the keys of a relation's two ends."""

    name: str
    ends: tuple[str, str] = ("head", "tail")
    lossless: bool = True

    def render(self, answer: Answer, task: Task, asked: Sequence[Asked], lang: str, text: str) -> str:
        """See `Format.render`."""
        del lang, text
        form: dict[str, Any] = {x.name: {} if task.name == "kg" else [] for x in asked}
        if task.name == "spo":
            typed = _ambiguous(asked)
            for item in answer:
                head, head_type, relation, tail, tail_type = item.fields
                entry = {"subject": head, "object": tail}
                if typed is None or relation in typed:
                    entry = {"subject_type": head_type, **entry, "object_type": tail_type}
                form.setdefault(relation, []).append(entry)
        elif task.name == "re":
            one, other = self.ends
            for item in answer:
                head, relation, tail = item.fields
                form.setdefault(relation, []).append({one: head, other: tail})
        elif task.name == "ner":
            for item in answer:
                form.setdefault(item.fields[1], []).append(item.fields[0])
        elif task.name == "eet":
            for item in answer:
                form.setdefault(item.fields[0], []).append(item.fields[1])
        elif task.name == "kg":
            for item in answer:
                form.setdefault(item.fields[0], {})[item.fields[1]] = _values(item, ())
        else:
            roles = {x.name: x.roles for x in asked}
            for item in answer:
                entry_ = {
                    "trigger": item.fields[1],
                    "arguments": _values(item, roles.get(item.fields[0], ())),
                }
                form.setdefault(item.fields[0], []).append(entry_)
        return json_text(form)

    def read(self, output: str, task: Task, asked: Sequence[Asked], lang: str, *, strict: bool) -> Parsed:
        """See `Format.read`."""
        del lang
        form, problems = load_json(output, strict=strict)
        if form is None:
            return Parsed((), tuple(problems))
        if isinstance(form, list) and not strict:
            return Parsed(read_entries(form, task, problems, strict=False), tuple(problems))
        if not isinstance(form, dict):
            return Parsed((), (*problems, "not a JSON object keyed by label"))
        reader = _Reader(task, asked, problems)
        items = [item for label, found in form.items() for item in reader.items(str(label), found)]
        return Parsed(tuple(items), tuple(problems))


def _ambiguous(asked: Sequence[Asked]) -> set[str] | None:
    """Relations asked for with several types; null (all of them) for an open question."""
    if not asked:
        return None
    return {name for name, count in Counter(x.name for x in asked).items() if count > 1}


def _values(item: Item, roles: Sequence[str]) -> dict[str, Any]:
    """Pairs as an object: one value as a string, several as a list, asked and absent ones as NAN."""
    grouped: dict[str, list[str]] = {x: [] for x in roles} if item.pairs else {}
    for name, value in item.pairs:
        grouped.setdefault(name, []).append(value)
    form: dict[str, Any] = {}
    for name, values in grouped.items():
        single = len(values) == 1 and values[0] != ABSENT
        form[name] = values[0] if single else values or ABSENT
    return form


class _Reader:
    """Turns the value of one label into items; what does not fit becomes a problem."""

    def __init__(self, task: Task, asked: Sequence[Asked], problems: list[str]) -> None:
        self.task, self.problems = task, problems
        self.types = {x.name: (x.names[0], x.names[2]) for x in asked if len(x.names) == 3}

    def items(self, label: str, found: Any) -> Iterator[Item]:
        """The items under one label."""
        if self.task.name == "kg":
            yield from self._entities(label, found)
            return
        for x in found if isinstance(found, list) else [found]:
            item = self._item(label, x)
            if item is not None:
                yield item
            elif x not in (None, "", ABSENT, {}):
                self.problems.append(f"cannot read {str(x)[:60]!r} under {label!r}")

    def _item(self, label: str, x: Any) -> Item | None:
        if self.task.name in ("ner", "eet"):
            if isinstance(x, dict):
                x = next((x[k] for k in ("entity", "trigger", "name") if isinstance(x.get(k), str)), None)
            if not isinstance(x, str):
                return None
            return Item((x, label)) if self.task.name == "ner" else Item((label, x))
        if not isinstance(x, dict):
            return None
        if self.task.name in ("ee", "eea"):
            trigger = x.get("trigger")
            if not isinstance(trigger, str | None):
                return None
            return Item((label, trigger or ""), tuple(self._pairs(x.get("arguments") or {})))
        head, tail = _first(x, "head", "subject"), _first(x, "tail", "object")
        if head is None or tail is None:
            return None
        if self.task.name == "re":
            return Item((head, label, tail))
        known = self.types.get(label, ("", ""))
        head_type = _first(x, "subject_type", "head_type", default=known[0])
        tail_type = _first(x, "object_type", "tail_type", default=known[1])
        return Item((head, head_type or "", label, tail, tail_type or ""))

    def _entities(self, label: str, found: Any) -> Iterator[Item]:
        if not isinstance(found, Mapping):
            if found not in (None, [], "", ABSENT):
                self.problems.append(f"cannot read {str(found)[:60]!r} under {label!r}")
            return
        for name, values in found.items():
            yield Item((label, str(name)), tuple(self._pairs(values)))

    def _pairs(self, values: Any) -> Iterator[tuple[str, str]]:
        if not isinstance(values, Mapping):
            if values not in (None, [], "", ABSENT):
                self.problems.append(f"cannot read {str(values)[:60]!r} as arguments")
            return
        for name, value in values.items():
            if value == ABSENT or value is None:
                continue
            for x in value if isinstance(value, list) else [value]:
                if isinstance(x, str):
                    yield str(name), x
                elif isinstance(x, int | float) and not isinstance(x, bool):
                    yield str(name), str(x)
                else:
                    self.problems.append(f"cannot read {str(x)[:60]!r} as {name!r}")


def _first(x: Mapping[str, Any], *names: str, default: str | None = None) -> str | None:
    for name in names:
        if isinstance(x.get(name), str):
            return str(x[name])
    return default
