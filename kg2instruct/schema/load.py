"""Builds a SchemaSet from schema files, or says everything that is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kg2instruct.errors import ConfigError
from kg2instruct.resources import resource_dir
from kg2instruct.schema.check import SECTIONS, Entry, Tables, check_entries, near
from kg2instruct.schema.files import Mistakes, Source, read_sources, type_name
from kg2instruct.schema.model import LANGS, EntityType, Relation, SchemaSet, Topic

_DEFAULT_PRIORITY = 50
# A fallback class says little ("geographic location"): every class proper goes before it.
_FALLBACK = 1000


def load_schemas(path: Path | None = None) -> SchemaSet:
    """The packaged schemas, or those of a file or folder of the user (JSON or YAML).

    A file with `extends: default` changes the packaged set entry by entry. Raises ConfigError with all
    mistakes, one a line.
    """
    mistakes = Mistakes()
    tables: Tables = {section: {} for section in SECTIONS}
    if path is None:
        _add_layer(tables, read_sources(resource_dir("schemas"), mistakes), mistakes)
    else:
        sources = read_sources(path, mistakes)
        if any(source.data.get("extends") == "default" for source in sources):
            _add_layer(tables, read_sources(resource_dir("schemas"), mistakes), mistakes)
        _add_layer(tables, sources, mistakes)
    if not mistakes:
        check_entries(tables, mistakes)
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return _build(tables)


def _add_layer(tables: Tables, sources: list[Source], mistakes: Mistakes) -> None:
    """Add files that stand side by side: an entry stands in one of them only, and changes the one below."""
    owner: dict[tuple[str, str], Source] = {}
    for source in sources:
        for section, entries in source.data.items():
            if section == "extends":
                if entries != "default":
                    what = f"extends: only 'default' can be extended, not {entries!r}"
                    mistakes.at(source, (section,), what)
            elif section not in SECTIONS:
                known = f"{near(str(section), SECTIONS)}; known: {', '.join(SECTIONS)}"
                mistakes.at(source, (section,), f"unknown section {section!r}{known}")
            elif not isinstance(entries, dict):
                mistakes.at(source, (section,), f"{section}: expected an object, found {type_name(entries)}")
            else:
                for key, fields in entries.items():
                    first = owner.setdefault((section, key), source)
                    if first is source:
                        _add_entry(tables[section], Entry(section, str(key), fields, {}), source, mistakes)
                    else:
                        where = f"{first.name}:{first.line_of((section, key))}"
                        mistakes.at(source, (section, key), f"{key}: already defined at {where}")


def _add_entry(table: dict[str, Entry], entry: Entry, source: Source, mistakes: Mistakes) -> None:
    below = table.get(entry.key)
    if entry.fields is None and below:
        del table[entry.key]
    elif not isinstance(entry.fields, dict):
        what = f"{entry.key}: expected an object, found {type_name(entry.fields)}"
        mistakes.at(source, (entry.section, entry.key), what)
    else:
        entry.sources = dict.fromkeys(("", *entry.fields), source)
        if below:
            entry.fields = {**below.fields, **_changes(below, entry.fields)}
            entry.sources = {**below.sources, **entry.sources}
        table[entry.key] = entry


def _changes(below: Entry, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields to set: objects are changed key by key, `+P1` and `-P2` change a list of relations."""
    changed = dict(fields)
    for name, value in fields.items():
        old = below.fields.get(name)
        if isinstance(value, dict) and isinstance(old, dict):
            changed[name] = {**old, **value}
        elif name == "relations" and isinstance(value, list) and isinstance(old, list):
            signed = [item for item in value if isinstance(item, str) and item[:1] in "+-"]
            if signed and len(signed) == len(value):
                dropped = {item[1:] for item in signed if item[0] == "-"}
                kept = [pid for pid in old if pid not in dropped]
                changed[name] = kept + [i[1:] for i in signed if i[0] == "+" and i[1:] not in kept]
    return changed


def _build(tables: Tables) -> SchemaSet:
    relations = {int(key[1:]): _relation(entry) for key, entry in tables["relations"].items()}
    types = {
        key: EntityType(key, _by_lang(e.fields), e.fields.get("topic"), e.fields.get("parent"))
        for key, e in tables["types"].items()
    }
    topics = {key: _topic(entry) for key, entry in tables["topics"].items()}
    classes: dict[int, tuple[int, str]] = {}
    for key, entry in tables["types"].items():
        priority = entry.fields.get("priority", _DEFAULT_PRIORITY)
        classes.update((int(qid[1:]), (priority, key)) for qid in entry.fields.get("classes", {}))
        classes.update(
            (int(qid[1:]), (priority - _FALLBACK, key)) for qid in entry.fields.get("fallback", {})
        )
    heads = _reaches({pid: relation.head_types for pid, relation in relations.items()}, types)
    tails = _reaches({pid: relation.tail_types for pid, relation in relations.items()}, types)
    return SchemaSet(topics, relations, types, classes, heads, tails)


def _by_lang(fields: dict[str, Any]) -> dict[Any, Any]:
    return {lang: fields[lang] for lang in LANGS if lang in fields}


def _relation(entry: Entry) -> Relation:
    fields = entry.fields
    words = _by_lang(fields)
    return Relation(
        pid=int(entry.key[1:]),
        kind=fields["kind"],
        name={lang: word["name"] for lang, word in words.items()},
        definition={lang: word["definition"] for lang, word in words.items()},
        synonyms={lang: tuple(word.get("synonyms", ())) for lang, word in words.items()},
        triggers={lang: tuple(word.get("triggers", ())) for lang, word in words.items()},
        head_types=tuple(fields.get("head", ())),
        tail_types=tuple(fields.get("tail", ())),
        dimension=fields.get("dimension", ""),
        symmetric=fields.get("symmetric", False),
        functional=fields.get("functional", False),
        inverses=tuple(int(pid[1:]) for pid in fields.get("inverse", ())),
        canonical=fields.get("canonical", True),
        chain=fields.get("chain", False),
        needs_trigger=fields.get("needs_trigger", False),
    )


def _topic(entry: Entry) -> Topic:
    fields = entry.fields
    names = {int(pid[1:]): _by_lang(words) for pid, words in fields.get("names", {}).items()}
    description = _by_lang(fields.get("description", dict.fromkeys(LANGS, "")))
    relations = tuple(int(pid[1:]) for pid in fields["relations"])
    return Topic(entry.key, _by_lang(fields), description, relations, names)


def _reaches(listed: dict[int, tuple[str, ...]], types: dict[str, EntityType]) -> dict[int, frozenset[str]]:
    """For each relation the listed types, all below them and all above them."""
    lines = {key: _line_upward(key, types) for key in types}
    # Many relations list the same types.
    reach = {
        names: frozenset().union(
            (key for key, line in lines.items() if not line.isdisjoint(names)), *(lines[key] for key in names)
        )
        for names in set(listed.values())
    }
    return {pid: reach[names] for pid, names in listed.items()}


def _line_upward(key: str, types: dict[str, EntityType]) -> frozenset[str]:
    line = [key]
    while parent := types[line[-1]].parent:
        line.append(parent)
    return frozenset(line)
