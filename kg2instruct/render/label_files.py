"""Labels from a file: a list of one's own in YAML or JSON, a corpus' own schema, or IEPile's `schema.json`.

    entities: [人物, {name: 地点, en: place}]
    relations:
      - 主演
      - {name: 出生地, en: place of birth, synonyms: [诞生地], definition: 人出生的地方,
         head: [人物], tail: [地点]}
    events:
      裁员: [裁员方, 时间]

`head` and `tail` are needed for the tasks spo and kg only. A corpus' schema, as `convert` writes it and
`schemas/corpora/` holds it, has `names` by language and `facts`, (head type, relation, tail type); a relation
with a Wikidata `property` takes definition and synonyms from the relations of the project's own schemas. IEPile's
file is three JSON values on three lines: types (or head_relation_tail), roles or relations, and roles by type.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from kg2instruct.errors import InputError, UnknownName
from kg2instruct.records import Example
from kg2instruct.render.inverses import inverse_names, known_relations
from kg2instruct.render.labels import Fact, Label, LabelSchema
from kg2instruct.render.occurrences import Occurrences
from kg2instruct.render.tasks import Task
from kg2instruct.resources import resource_dir

KEYS = ("entities", "relations", "events")
FIELDS = ("name", "zh", "en", "names", "synonyms", "definition", "property", "roles", "head", "tail")


def published() -> dict[str, Traversable]:
    """The files of `schemas/corpora/`, by the name of the corpus."""
    files = (resource_dir("schemas") / "corpora").iterdir()
    return {x.name.removesuffix(".yaml"): x for x in files if x.name.endswith(".yaml")}


def load_labels(path: Path, lang: str) -> LabelSchema:
    """The labels of a file, or of a published corpus by its name, for records in `lang`.

    Raises InputError with the file, the line or label concerned, and what would be right.
    """
    file = path if path.is_file() else published().get(str(path), path)
    try:
        text = file.read_text(encoding="utf-8").removeprefix("\ufeff")
    except (OSError, UnicodeDecodeError) as error:
        known = ", ".join(sorted(published()))
        why = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: cannot read the labels: {why}; published ones: {known}") from error
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
        if key not in (*KEYS, "facts"):
            raise InputError(f"{path}: {UnknownName('kind of labels', str(key), KEYS)}")
    return _own(path, form, lang)


def _three_values(text: str) -> tuple[list[str], list[str], dict[str, list[str]]] | None:
    """IEPile's three lines, None where the text is something else."""
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
    properties: dict[str, str] = {}
    facts = _facts(path, form.get("facts") or ())
    for kind in KEYS:
        kinds[kind] = {}
        for entry in _entries(form.get(kind) or []):
            label = _label(path, kind, entry, lang)
            if label.name in kinds[kind]:
                raise InputError(f"{path}: {kind}: {label.name!r} is there twice")
            kinds[kind][label.name] = label
            properties[label.name] = str(entry.get("property") or "")
            facts += [(x, label.name, y) for x in _list(entry.get("head")) for y in _list(entry.get("tail"))]
    schema = _schema(kinds["entities"], kinds["relations"], kinds["events"], facts)
    return dataclasses.replace(schema, inverses=inverse_names(properties))


def _facts(path: Path, found: Any) -> list[Fact]:
    if not all(isinstance(x, list) and len(x) == 3 for x in found):
        raise InputError(f"{path}: facts are lists of head type, relation and tail type")
    return [(str(head), str(relation), str(tail)) for head, relation, tail in found]


def _entries(found: Any) -> Iterator[dict[str, Any]]:
    """Entries as objects: names alone, objects, or roles by name."""
    if isinstance(found, Mapping):
        for name, roles in found.items():
            yield {"name": name, **(roles if isinstance(roles, dict) else {"roles": roles})}
        return
    for x in found if isinstance(found, list) else [found]:
        yield x if isinstance(x, dict) else {"name": x}


def _label(path: Path, kind: str, entry: Mapping[str, Any], lang: str) -> Label:
    for field in entry:
        if field not in FIELDS:
            raise InputError(f"{path}: {kind}: {UnknownName('field of a label', str(field), FIELDS)}")
    if isinstance(entry.get("name"), bool):
        raise InputError(
            f"{path}: {kind}: a label that YAML takes for true or false (yes, no, on) needs quotes"
        )
    if not entry.get("name"):
        raise InputError(f"{path}: {kind}: a label without name: {dict(entry)}")
    synonyms, definition = entry.get("synonyms"), entry.get("definition")
    name, names = str(entry["name"]), {x: str(y) for x, y in _by_lang(entry.get("names"), lang).items()}
    label = Label(
        name,
        names | {x: str(entry[x]) for x in ("zh", "en") if entry.get(x)},
        {x: tuple(_list(y)) for x, y in _by_lang(synonyms, lang).items()},
        {x: str(y) for x, y in _by_lang(definition, lang).items()},
        tuple(_list(entry.get("roles"))),
    )
    return _described(label, str(entry.get("property") or ""))


def _described(label: Label, pid: str) -> Label:
    """The label with definition and synonyms of the property that it stands for, where it has none."""
    relation = known_relations().get(int(pid[1:])) if re.fullmatch(r"P\d+", pid) else None
    if relation is None:
        return label
    definitions = {str(lang): text for lang, text in relation.definition.items() if text}
    words: dict[str, tuple[str, ...]] = {}
    for lang, name in relation.name.items():
        own = {label.name, label.names.get(lang)}
        words[str(lang)] = tuple(x for x in (name, *relation.synonyms.get(lang, ())) if x and x not in own)
    return dataclasses.replace(
        label, definitions=label.definitions or definitions, synonyms=label.synonyms or words
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
    schema = LabelSchema(entities=entities, relations=relations, events=events, facts=tuple(facts))
    return schema.counted(Occurrences())


def strange_labels(example: Example, task: Task, schema: LabelSchema) -> list[str]:
    """One line for each label of a record that the schema does not have, with the nearest that it has."""
    pool = schema.pool(task, example.cate, example.lang)
    known = {"entity": schema.entities, "relation": schema.relations, "event": schema.events}[task.kind]
    found = dict.fromkeys(task.key(x) for x in task.gold(example) if not pool.choice(task.key(x)))
    return [
        str(UnknownName(f"{task.kind} label", key[-2 if task.name == "spo" else 0], known)) for key in found
    ]
