"""Labels from a file: a list of one's own in YAML or JSON, or IEPile's `schema.json`.

    entities: [人物, {name: 地点, en: place}]
    relations:
      - 主演
      - {name: 出生地, en: place of birth, synonyms: [诞生地], definition: 人出生的地方,
         head: [人物], tail: [地点]}
    events:
      裁员: [裁员方, 时间]

`head` and `tail` are needed for the tasks spo and kg only. IEPile's file is three JSON values on three lines:
types (or head_relation_tail), roles or relations, and roles by type.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from kg2instruct.errors import InputError, UnknownName
from kg2instruct.records import Example
from kg2instruct.render.confusable import confusable
from kg2instruct.render.labels import Fact, Label, LabelSchema
from kg2instruct.render.tasks import Task

KEYS = ("entities", "relations", "events")
FIELDS = ("name", "zh", "en", "synonyms", "definition", "roles", "head", "tail")


def load_labels(path: Path, lang: str) -> LabelSchema:
    """The labels of a file for records in `lang`.

    Raises InputError with the file, the line or label concerned, and what would be right.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot read the labels: {error}") from error
    three = _three_values(text)
    if three:
        return _iepile(*three)
    try:
        form = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise InputError(f"{path}:{mark.line + 1 if mark else 1}: neither YAML nor JSON") from error
    if not isinstance(form, dict) or not form:
        raise InputError(f"{path}: labels are listed under {', '.join(KEYS)}")
    for key in form:
        if key not in KEYS:
            raise InputError(f"{path}: {UnknownName('kind of labels', str(key), KEYS)}")
    return _own(path, form, lang)


def _three_values(text: str) -> tuple[list[str], list[str], dict[str, list[str]]] | None:
    """IEPile's three lines, null where the text is something else."""
    lines = [x for x in text.splitlines() if x.strip()]
    if len(lines) != 3:
        return None
    try:
        types, roles, by_type = (json.loads(x) for x in lines)
    except ValueError:
        return None
    if isinstance(types, list) and isinstance(roles, list) and isinstance(by_type, dict):
        return types, roles, by_type
    return None


def _iepile(types: list[str], roles: list[str], by_type: dict[str, list[str]]) -> LabelSchema:
    if types and all(x.count("_") == 2 for x in types):
        facts = [(a, b, c) for a, b, c in (x.split("_") for x in types)]
        names = {x: Label(x) for fact in facts for x in (fact[0], fact[2])}
        return _schema(names, {x[1]: Label(x[1]) for x in facts}, {}, facts)
    events = {x: Label(x, roles=tuple(by_type.get(x, ()))) for x in types}
    if by_type:
        return _schema({}, {}, events, [])
    return _schema({x: Label(x) for x in types}, {x: Label(x) for x in roles}, events, [])


def _own(path: Path, form: Mapping[str, Any], lang: str) -> LabelSchema:
    kinds: dict[str, dict[str, Label]] = {}
    facts: list[Fact] = []
    for kind in KEYS:
        kinds[kind] = {}
        for entry in _entries(form.get(kind) or ()):
            label = _label(path, kind, entry, lang)
            if label.name in kinds[kind]:
                raise InputError(f"{path}: {kind}: {label.name!r} is there twice")
            kinds[kind][label.name] = label
            facts += [(x, label.name, y) for x in _list(entry.get("head")) for y in _list(entry.get("tail"))]
    return _schema(kinds["entities"], kinds["relations"], kinds["events"], facts)


def _entries(found: Any) -> Iterator[dict[str, Any]]:
    """Entries as objects: names alone, objects, or roles by name."""
    if isinstance(found, Mapping):
        for name, roles in found.items():
            yield {"name": str(name), **(roles if isinstance(roles, dict) else {"roles": roles})}
        return
    for x in found if isinstance(found, list) else [found]:
        yield x if isinstance(x, dict) else {"name": str(x)}


def _label(path: Path, kind: str, entry: Mapping[str, Any], lang: str) -> Label:
    for field in entry:
        if field not in FIELDS:
            raise InputError(f"{path}: {kind}: {UnknownName('field of a label', str(field), FIELDS)}")
    if not entry.get("name"):
        raise InputError(f"{path}: {kind}: a label without name: {dict(entry)}")
    synonyms, definition = entry.get("synonyms"), entry.get("definition")
    return Label(
        str(entry["name"]),
        {x: str(entry[x]) for x in ("zh", "en") if entry.get(x)},
        {x: tuple(_list(y)) for x, y in _by_lang(synonyms, lang).items()},
        {x: str(y) for x, y in _by_lang(definition, lang).items()},
        tuple(_list(entry.get("roles"))),
    )


def _by_lang(value: Any, lang: str) -> Mapping[str, Any]:
    """What is given by language, or once for the language of the records."""
    if value is None:
        return {}
    return value if isinstance(value, dict) else {lang: value}


def _list(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(x) for x in value] if isinstance(value, list) else [str(value)]


def _schema(
    entities: Mapping[str, Label],
    relations: Mapping[str, Label],
    events: Mapping[str, Label],
    facts: list[Fact],
) -> LabelSchema:
    arguments: dict[str, set[str]] = {}
    for head, relation, tail in facts:
        arguments.setdefault(relation, set()).update((f"head {head}", f"tail {tail}"))
    roles = {x.name: set(x.roles) for x in events.values()}
    return LabelSchema(
        entities=entities,
        relations=relations,
        events=events,
        facts=tuple(facts),
        confusable={
            "entity": confusable(list(entities), {}, {}),
            "relation": confusable(list(relations), arguments, {}),
            "event": confusable(list(events), roles, {}),
        },
    )


def strange_labels(example: Example, task: Task, schema: LabelSchema) -> list[str]:
    """One line for each label of a record that the schema does not have, with the nearest that it has."""
    pool = schema.pool(task, example.cate, example.lang)
    known = {"entity": schema.entities, "relation": schema.relations, "event": schema.events}[task.kind]
    found = dict.fromkeys(task.key(x) for x in task.gold(example) if not pool.choice(task.key(x)))
    return [
        str(UnknownName(f"{task.kind} label", key[-2 if task.name == "spo" else 0], known)) for key in found
    ]
