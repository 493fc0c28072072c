"""JSON keyed by label, as IEPile and OneKE have it; every label asked for is there, an absent one empty.

    ner  {"人物": ["周星驰"], "地点": []}
    re   {"主演": [{"head": "喜剧之王", "tail": "周星驰"}]}
    spo  {"主演": [{"subject": "喜剧之王", "object": "周星驰"}]}
    ee   {"裁员": [{"trigger": "裁掉", "arguments": {"裁员方": "猛龙", "时间": "NAN"}}]}      eea the same
    eet  {"裁员": ["裁掉"]}
    kg   {"人物": {"刘太行": {"父母": ["刘伯承", "汪荣华"], "籍贯": "开州区"}}}

JSON's own escapes serve for all text. A role that was asked for and has no argument is "NAN" (of an event
without any, arguments are {}); an argument that reads NAN, or is another word for nothing, is written as a list,
["NAN"], as are several arguments of one role. Where a relation of the question occurs with several types, and in
open questions, the objects of spo also have "subject_type" and "object_type". Nothing found: all labels empty,
or {} for an open question. Lossless. The variant `oneke` differs in one thing: "subject" and "object" for the
ends of re.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from kg2instruct.render.asked import Asked
from kg2instruct.render.formats.base import Format, Parsed
from kg2instruct.render.formats.entries import read_entries, read_entry, read_pairs, value_of
from kg2instruct.render.formats.jsontext import load_json
from kg2instruct.render.formats.nothing import means_nothing
from kg2instruct.render.json_text import json_text
from kg2instruct.render.tasks import Answer, Item, Task

ABSENT = "NAN"
_ENDS = {"head": "subject", "tail": "object", "head_type": "subject_type", "tail_type": "object_type"}
# What the objects of a relation hold.
_KEYS = frozenset((*_ENDS, *_ENDS.values()))


@dataclass(frozen=True, slots=True)
class KeyedJson(Format):
    """Schema-keyed JSON; `ends` are the keys of a relation's two ends."""

    name: str
    ends: tuple[str, str] = ("head", "tail")
    lossless: bool = True
    names_absent: ClassVar[bool] = True

    def render(self, answer: Answer, task: Task, asked: Sequence[Asked], lang: str, text: str) -> str:
        """See `Format.render`."""
        del lang, text
        form: dict[str, Any] = {x.name: {} if task.name == "kg" else [] for x in asked}
        if task.name == "spo":
            typed = needs_types(asked)
            for item in answer:
                head, head_type, relation, tail, tail_type = item.fields
                entry = {"subject": head, "object": tail}
                if typed:
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
        reader = _Reader(task, asked, problems, strict=strict)
        items = [item for label, found in form.items() for item in reader.items(str(label), found)]
        return Parsed(tuple(items), tuple(problems))


def needs_types(asked: Sequence[Asked]) -> bool:
    """Whether the types of spo are said: a relation is asked for with several, or nothing is listed."""
    return not asked or len({x.name for x in asked}) < len(asked)


def _values(item: Item, roles: Sequence[str]) -> dict[str, Any]:
    """Pairs as an object: one value as a string, several as a list, asked and absent ones as NAN."""
    grouped: dict[str, list[str]] = {x: [] for x in roles} if item.pairs else {}
    for name, value in item.pairs:
        grouped.setdefault(name, []).append(value)
    form: dict[str, Any] = {}
    for name, values in grouped.items():
        single = len(values) == 1 and not means_nothing(values[0])
        form[name] = values[0] if single else values or ABSENT
    return form


class _Reader:
    """Turns the value of one label into items; what does not fit becomes a problem."""

    def __init__(self, task: Task, asked: Sequence[Asked], problems: list[str], *, strict: bool) -> None:
        self.task, self.problems, self.strict = task, problems, strict
        self.types = {x.name: (x.names[0], x.names[2]) for x in asked if len(x.names) == 3}
        self.roles = {x.name: x.roles for x in asked}

    def items(self, label: str, found: Any) -> Iterator[Item]:
        """The items under one label."""
        if not self.strict and label not in self.roles and (wrapped := self._wrapped(found)) is not None:
            yield from wrapped
            return
        if self.task.name == "kg":
            yield from self._entities(label, found)
            return
        if not isinstance(found, list):
            if self.strict:
                self.problems.append(f"not a list under {label!r}")
            found = [] if _is_nothing(found) else [found]
        for x in found:
            items = self._items(label, x)
            yield from items
            if not items and x is not None and x != {}:
                self._unread(x, f"under {label!r}")

    def _unread(self, x: Any, where: str) -> None:
        self.problems.append(f"cannot read {str(x)[:60]!r} {where}")

    def _wrapped(self, found: Any) -> list[Item] | None:
        """Items under a key that is no label: objects that name their label themselves, or a whole answer."""
        if isinstance(found, dict) and any(x in self.roles for x in found):
            return [item for label, x in found.items() for item in self.items(str(label), x)]
        if isinstance(found, list) and found and all(isinstance(x, dict) for x in found):
            items = [item for x in found if (item := read_entry(x, self.task, strict=False))]
            return items if len(items) == len(found) else None
        return None

    def _items(self, label: str, x: Any) -> list[Item]:
        name = self.task.name
        if name in ("ner", "eet"):
            span = self._name(x)
            return [] if span is None else [Item((span, label) if name == "ner" else (label, span))]
        if name in ("ee", "eea"):
            return self._event(label, x)
        return self._relations(label, x)

    def _name(self, x: Any) -> str | None:
        if isinstance(x, dict) and not self.strict:
            x = self._value(x, self.task.fields[self.task.spans[0]])
        return self._text(x)

    def _event(self, label: str, x: Any) -> list[Item]:
        if not isinstance(x, dict) or (self.strict and not x.keys() <= {"trigger", self.task.plural}):
            return []
        trigger = self._value(x, "trigger")
        if isinstance(trigger, list) and len(trigger) == 1 and not self.strict:
            trigger = trigger[0]
        if not isinstance(trigger, str | None):
            return []
        arguments = self._value(x, self.task.plural)
        if arguments is None and not self.strict:
            arguments = {role: x[role] for role in self.roles.get(label, ()) if role in x}
        return [Item((label, trigger or ""), tuple(self._pairs(arguments)))]

    def _relations(self, label: str, x: Any) -> list[Item]:
        if not self.strict and isinstance(x, list) and len(x) == 2:
            x = dict(zip(("head", "tail"), x, strict=True))
        if not isinstance(x, dict) or (self.strict and not _KEYS.issuperset(x)):
            return []
        ends = [(head, tail) for head in self._ends(x, "head") for tail in self._ends(x, "tail")]
        if self.task.name == "re":
            return [Item((head, label, tail)) for head, tail in ends]
        known = self.types.get(label, ("", ""))
        given = [self._text(self._value(x, name)) for name in ("head_type", "tail_type")]
        head_type, tail_type = [default if y is None else y for y, default in zip(given, known, strict=True)]
        return [Item((head, head_type, label, tail, tail_type)) for head, tail in ends]

    def _ends(self, x: Mapping[str, Any], name: str) -> list[str]:
        """The names at one end of a relation: one or, not strict, several; none where one cannot be read."""
        value = self._value(x, name)
        several = isinstance(value, list) and not self.strict
        names = [self._text(y) for y in (value if several else [value])]
        return [] if None in names else [y for y in names if y is not None]

    def _value(self, x: Mapping[str, Any], name: str) -> Any:
        value = value_of(x, self.task, name, strict=self.strict)
        return x.get(_ENDS[name]) if value is None and name in _ENDS else value

    def _text(self, x: Any) -> str | None:
        """A name; not strict, a number is one too."""
        if isinstance(x, int | float) and not isinstance(x, bool) and not self.strict:
            return str(x)
        return x if isinstance(x, str) else None

    def _entities(self, label: str, found: Any) -> Iterator[Item]:
        if isinstance(found, list) and not self.strict:
            for x in found:
                item = (
                    read_entry({"type": label, **x}, self.task, strict=False) if isinstance(x, dict) else None
                )
                if item is None:
                    self._unread(x, f"under {label!r}")
                else:
                    yield item
        elif isinstance(found, Mapping):
            for name, values in found.items():
                yield Item((label, str(name)), tuple(self._pairs(values)))
        elif found not in (None, []) and not _is_nothing(found):
            self._unread(found, f"under {label!r}")

    def _pairs(self, values: Any) -> Iterator[tuple[str, str]]:
        if (
            isinstance(values, list)
            and not self.strict
            and (pairs := read_pairs(values, self.task)) is not None
        ):
            yield from pairs
            return
        if not isinstance(values, Mapping):
            if values not in (None, []) and not _is_nothing(values):
                self._unread(values, "as arguments")
            return
        for name, value in values.items():
            if value is None or _is_nothing(value):
                continue
            for x in value if isinstance(value, list) else [value]:
                if isinstance(x, int | float) and not isinstance(x, bool):
                    yield str(name), str(x)
                elif isinstance(x, str):
                    yield str(name), x
                else:
                    self._unread(x, f"as {name!r}")


def _is_nothing(value: Any) -> bool:
    """Whether a text stands where nothing was found; a name that reads so is written in a list."""
    return value is None or (isinstance(value, str) and means_nothing(value))
