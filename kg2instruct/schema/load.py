"""Builds a SchemaSet from schema files, or says everything that is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kg2instruct.errors import ConfigError
from kg2instruct.resources import resource_dir
from kg2instruct.schema.check import SECTIONS, Entry, Tables, check_entries
from kg2instruct.schema.files import Mistakes, read_sources
from kg2instruct.schema.layers import add_layer
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
        add_layer(tables, read_sources(resource_dir("schemas"), mistakes), mistakes)
    else:
        sources = read_sources(path, mistakes)
        if any(source.data.get("extends") == "default" for source in sources):
            add_layer(tables, read_sources(resource_dir("schemas"), mistakes), mistakes)
        add_layer(tables, sources, mistakes)
    if not mistakes:
        check_entries(tables, mistakes)
    if mistakes:
        raise ConfigError(str(mistakes))
    return _build(tables)


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
