"""Checks the entries of schema files, one by one and against each other; notes each mistake with its line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kg2instruct.schema.files import Mistakes, Source, type_name
from kg2instruct.schema.model import DIMENSIONS, KINDS, LANGS

SECTIONS = ("topics", "types", "relations")
_PID = re.compile(r"P[1-9]\d*")
_QID = re.compile(r"Q[1-9]\d*")


@dataclass
class Entry:
    """One topic, type or relation: its fields, and the file that gave each of them."""

    section: str
    key: str
    fields: dict[str, Any]
    sources: dict[str, Source]

    def note(self, mistakes: Mistakes, what: str, *path: str | int) -> None:
        """Note a mistake at a field of this entry, or at the entry where the field is missing."""
        source = self.sources.get(str(path[0])) if path else None
        source = source or next(iter(self.sources.values()))
        mistakes.at(source, (self.section, self.key, *path), f"{self.key}: {what}")


Tables = dict[str, dict[str, Entry]]
Check = Callable[[Any], Iterator[tuple[tuple[str | int, ...], str]]]


def near(name: str, known: Iterable[str]) -> str:
    """`; did you mean …?` for a name that is close to a known one, else nothing."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _text(value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if not isinstance(value, str):
        yield (), f"expected text, found {type_name(value)}"
    elif not value.strip() or "\n" in value:
        yield (), "expected one line of text"


def _flag(value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if not isinstance(value, bool):
        yield (), f"expected true or false, found {type_name(value)}"


def _number(value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield (), f"expected a whole number, found {type_name(value)}"


def _one_of(known: Iterable[str]) -> Check:
    names = list(known)

    def check(value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if value not in names:
            yield (), f"{value!r} is not one of {', '.join(names)}{near(str(value), names)}"

    return check


def _matching(pattern: re.Pattern[str], example: str) -> Check:
    def check(value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            yield (), f"{value!r} is not like {example!r}"

    return check


def _list_of(item: Check) -> Check:
    def check(value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if not isinstance(value, list):
            yield (), f"expected a list, found {type_name(value)}"
            return
        for index, element in enumerate(value):
            for path, what in item(element):
                yield (index, *path), what

    return check


def _mapping(key: Check, item: Check) -> Check:
    def check(value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if not isinstance(value, dict):
            yield (), f"expected an object, found {type_name(value)}"
            return
        for name, element in value.items():
            yield from (((str(name), *path), what) for path, what in key(name))
            yield from (((str(name), *path), what) for path, what in item(element))

    return check


def _fields(known: dict[str, Check], required: Iterable[str] = ()) -> Check:
    needed = list(required)

    def check(value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if not isinstance(value, dict):
            yield (), f"expected an object, found {type_name(value)}"
            return
        yield from (((), f"{name} is missing") for name in needed if name not in value)
        for name, element in value.items():
            if name not in known:
                what = f"unknown field {name!r}{near(str(name), known)}; known: {', '.join(known)}"
                yield (str(name),), what
                continue
            yield from (((name, *path), f"{name}: {what}") for path, what in known[name](element))

    return check


_WORDING = _fields(
    {"name": _text, "definition": _text, "synonyms": _list_of(_text), "triggers": _list_of(_text)},
    required=("name", "definition"),
)
_PIDS = _list_of(_matching(_PID, "P31"))
_QIDS = _mapping(_matching(_QID, "Q515"), _text)

CHECKS: dict[str, Check] = {
    "relations": _fields(
        {
            "kind": _one_of(KINDS),
            "head": _list_of(_text),
            "tail": _list_of(_text),
            "dimension": _one_of(DIMENSIONS),
            "symmetric": _flag,
            "functional": _flag,
            "inverse": _PIDS,
            "canonical": _flag,
            "chain": _flag,
            "needs_trigger": _flag,
            **dict.fromkeys(LANGS, _WORDING),
        },
        required=("kind", *LANGS),
    ),
    "types": _fields(
        {
            **dict.fromkeys(LANGS, _text),
            "topic": _text,
            "parent": _text,
            "priority": _number,
            "classes": _QIDS,
            "fallback": _QIDS,
        },
        required=LANGS,
    ),
    "topics": _fields(
        {
            **dict.fromkeys(LANGS, _text),
            "description": _fields(dict.fromkeys(LANGS, _text), required=LANGS),
            "relations": _PIDS,
            "names": _mapping(_matching(_PID, "P31"), _fields(dict.fromkeys(LANGS, _text))),
        },
        required=(*LANGS, "relations"),
    ),
}


def check_entries(tables: Tables, mistakes: Mistakes) -> None:
    """Check each entry by itself, then all against each other once every entry is well formed."""
    before = len(mistakes)
    for section, entries in tables.items():
        for entry in entries.values():
            if section == "relations" and not _PID.fullmatch(entry.key):
                entry.note(mistakes, "a relation is keyed by its property, like 'P19'")
            for path, what in CHECKS[section](entry.fields):
                entry.note(mistakes, what, *path)
    if len(mistakes) == before:
        _check_relations(tables, mistakes)
        _check_types(tables, mistakes)
        _check_topics(tables, mistakes)


def _known(
    entry: Entry, field: str, values: Iterable[str], known: Collection[str], kind: str, mistakes: Mistakes
) -> None:
    for index, value in enumerate(values):
        if value not in known:
            # Numbers that look alike mean nothing.
            hint = "" if kind == "relation" else near(value, known)
            entry.note(mistakes, f"{field}: no {kind} {value!r}{hint}", field, index)


def _check_relations(tables: Tables, mistakes: Mistakes) -> None:
    relations = tables["relations"]
    for entry in relations.values():
        fields = entry.fields
        for end in ("head", "tail"):
            _known(entry, end, fields.get(end, ()), tables["types"], "type", mistakes)
        if fields["kind"] != "entity" and fields.get("inverse"):
            entry.note(mistakes, f"inverse: a relation of kind {fields['kind']} has none", "inverse")
        if fields["kind"] != "quantity" and "dimension" in fields:
            entry.note(mistakes, "dimension: only a quantity has one", "dimension")
        if fields.get("canonical") is False and not fields.get("inverse"):
            entry.note(mistakes, "canonical: false needs an inverse to write instead", "canonical")
        _known(entry, "inverse", fields.get("inverse", ()), relations, "relation", mistakes)
        for index, other in enumerate(fields.get("inverse", ())):
            back = relations.get(other)
            if back and entry.key not in back.fields.get("inverse", ()):
                what = f"inverse: {other} does not name {entry.key} as its inverse"
                entry.note(mistakes, what, "inverse", index)
            elif back and fields.get("canonical") is False and back.fields.get("canonical") is False:
                entry.note(mistakes, f"canonical: {other} is not canonical either", "canonical")


def _check_types(tables: Tables, mistakes: Mistakes) -> None:
    taken: dict[str, Entry] = {}
    for entry in tables["types"].values():
        topic, parent = entry.fields.get("topic"), entry.fields.get("parent")
        if topic is not None and topic not in tables["topics"]:
            entry.note(mistakes, f"topic: no topic {topic!r}{near(topic, tables['topics'])}", "topic")
        if parent is not None and parent not in tables["types"]:
            entry.note(mistakes, f"parent: no type {parent!r}{near(parent, tables['types'])}", "parent")
        elif parent is not None and _is_above_itself(entry.key, tables["types"]):
            entry.note(mistakes, "parent: goes round in a circle", "parent")
        for field in ("classes", "fallback"):
            for qid in entry.fields.get(field, {}):
                other = taken.setdefault(qid, entry)
                if other is not entry or (field == "fallback" and qid in entry.fields.get("classes", {})):
                    entry.note(mistakes, f"{field}: {qid} already belongs to type {other.key!r}", field, qid)


def _is_above_itself(key: str, types: dict[str, Entry]) -> bool:
    above = types[key].fields.get("parent")
    for _ in types:
        if above == key:
            return True
        above = types[above].fields.get("parent") if above in types else None
    return False


def _check_topics(tables: Tables, mistakes: Mistakes) -> None:
    relations = tables["relations"]
    for entry in tables["topics"].values():
        pids = entry.fields["relations"]
        names = entry.fields.get("names", {})
        _known(entry, "relations", pids, relations, "relation", mistakes)
        for index, pid in enumerate(pids):
            if pid in pids[:index]:
                entry.note(mistakes, f"relations: {pid} is listed twice", "relations", index)
        for pid in names:
            if pid not in pids:
                entry.note(mistakes, f"names: {pid} is not among the topic's relations", "names", pid)
        for lang in LANGS:
            taken: dict[str, str] = {}
            for index, pid in enumerate(pids):
                if pid in relations:
                    name = names.get(pid, {}).get(lang) or relations[pid].fields[lang]["name"]
                    other = taken.setdefault(name, pid)
                    if other != pid:
                        what = f"relations: {pid} and {other} are both called {name!r} in {lang}"
                        entry.note(mistakes, what, "relations", index)
