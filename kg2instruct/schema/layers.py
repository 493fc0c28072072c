"""Lays schema files over one another: a user's entries add to the packaged ones, change or remove them."""

from __future__ import annotations

from typing import Any

from kg2instruct.schema.check import SECTIONS, Entry, Tables, near
from kg2instruct.schema.files import Mistakes, Source, type_name

# Fields that name entries of a section.
_REFERENCES = {
    "head": "types",
    "tail": "types",
    "parent": "types",
    "topic": "topics",
    "inverse": "relations",
    "relations": "relations",
    "names": "relations",
}


def add_layer(tables: Tables, sources: list[Source], mistakes: Mistakes) -> None:
    """Add files that stand side by side: an entry stands in one of them only, and changes the one below."""
    owner: dict[tuple[str, str], Source] = {}
    removed: dict[str, set[str]] = {section: set() for section in SECTIONS}
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
                    if first is not source:
                        where = f"{first.name}:{first.line_of((section, key))}"
                        mistakes.at(source, (section, key), f"{key}: already defined at {where}")
                    elif fields is None and key in tables[section]:
                        del tables[section][key]
                        removed[section].add(key)
                    else:
                        _add_entry(tables[section], Entry(section, str(key), fields, {}), source, mistakes)
    for table in tables.values():
        for entry in table.values():
            _forget(entry, removed)


def _add_entry(table: dict[str, Entry], entry: Entry, source: Source, mistakes: Mistakes) -> None:
    below = table.get(entry.key)
    if not isinstance(entry.fields, dict):
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


def _forget(entry: Entry, removed: dict[str, set[str]]) -> None:
    """Drop from an entry what it says about entries that were removed."""
    for name, section in _REFERENCES.items():
        value, gone = entry.fields.get(name), removed[section]
        if not gone:
            continue
        if isinstance(value, list):
            entry.fields[name] = [item for item in value if item not in gone]
        elif isinstance(value, dict):
            entry.fields[name] = {key: item for key, item in value.items() if key not in gone}
        elif value in gone:
            del entry.fields[name]
    if removed["relations"] and not entry.fields.get("inverse"):
        entry.fields.pop("canonical", None)
