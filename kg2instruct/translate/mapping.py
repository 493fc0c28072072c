"""Rows of any JSON, TSV or CSV file as items, by a mapping file.

    task: general                  # general, code or cot; by what the row holds if left out
    id: meta.uid                   # keys; a dot goes into objects, a number into lists and columns (from 0)
    instruction: prompt
    input: context
    output: [choices.0.text, completion]     # the first one that is there
    columns: true                  # the first line of a table names its columns

`rationale` and `answer` may stand in the place of `output`; `turns` names a list of turns for conversations.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import yaml

from kg2instruct.convert.formats.jsonrows import raw_rows
from kg2instruct.convert.report import Report
from kg2instruct.convert.source import Source, sources
from kg2instruct.errors import ConfigError, InputError
from kg2instruct.translate.items import Item
from kg2instruct.translate.readers import RejectedError, chat, decoded, plain_item

_PARTS = ("instruction", "input", "output", "rationale", "answer")
_KEYS = {*_PARTS, "id", "turns", "task", "columns", "delimiter"}
_TASKS = ("general", "code", "cot")


def read_mapping(path: Path) -> dict[str, Any]:
    """A mapping file; raises ConfigError with all that is wrong."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: expected keys and values")
    wrong = [f"unknown key {key}; known: {', '.join(sorted(_KEYS))}" for key in data if key not in _KEYS]
    if "instruction" not in data and "turns" not in data:
        wrong.append("name the key of the instruction (or turns)")
    if data.get("task") not in (None, *_TASKS):
        wrong.append(f"task: one of {', '.join(_TASKS)}")
    if wrong:
        raise ConfigError(f"{path}: {'; '.join(wrong)}")
    return data


def read_mapped(path: Path, report: Report, mapping: Mapping[str, Any]) -> Iterator[Item]:
    """The items of a file as a mapping reads it; rows that do not fit are counted in `report`."""
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name the files in it, one a run")
    source = sources([path])[0]
    is_table = path.suffix.lower() in (".tsv", ".csv") or "delimiter" in mapping
    rows = _table(source, report, mapping) if is_table else _json(source, report)
    for place, number, row in rows:
        try:
            yield replace(_item(row, mapping, f"{source.label}-{number}", source.label), place=place)
        except RejectedError as error:
            report.lose(place, "record", str(error), row)


def _item(row: Any, mapping: Mapping[str, Any], id_: str, source: str) -> Item:
    found = _look_up(row, mapping["id"]) if "id" in mapping else None
    id_ = id_ if found is None else str(found)
    if "turns" in mapping:
        return next(chat({"messages": _look_up(row, mapping["turns"]), "id": id_}, id_, source))
    texts = {}
    for name in _PARTS:
        if name in mapping:
            value = _look_up(row, mapping[name])
            if value is None and name == "instruction":
                raise RejectedError(f"has nothing under {mapping[name]!r}")
            if not isinstance(value, str | int | float | None):
                raise RejectedError(f"has no text under {mapping[name]!r}")
            texts[name] = "" if value is None else str(value)
    return plain_item(id_, source, texts, task=mapping.get("task"))


def _look_up(row: Any, keys: Any) -> Any:
    """The value under a key, or under the first of several that has one."""
    for key in keys if isinstance(keys, list) else [keys]:
        value = row
        for step in [key] if isinstance(value, Mapping) and key in value else str(key).split("."):
            if isinstance(value, Mapping):
                value = value.get(step)
            elif isinstance(value, list) and str(step).isdigit() and int(step) < len(value):
                value = value[int(step)]
            else:
                value = None
        if value is not None:
            return value
    return None


def _json(source: Source, report: Report) -> Iterator[tuple[str, int, Any]]:
    for place, data in raw_rows(source, report):
        try:
            yield str(place), place.number, decoded(data)
        except RejectedError as error:
            report.lose(place, "record", str(error), data[:200].decode("utf-8", "replace"))


def _table(source: Source, report: Report, mapping: Mapping[str, Any]) -> Iterator[tuple[str, int, Any]]:
    delimiter = str(mapping.get("delimiter") or ("\t" if source.path.suffix.lower() == ".tsv" else ","))
    try:
        text = source.content().decode("utf-8")
    except UnicodeDecodeError as error:
        report.lose(source.path, "record", f"is not UTF-8: {error}")
        return
    if delimiter == "\t":
        reader = csv.reader(StringIO(text), delimiter=delimiter, quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(StringIO(text), delimiter=delimiter)
    names = next(reader, None) if mapping.get("columns") else None
    for number, cells in enumerate(reader, 1):
        cells = [cell.replace("\\n", "\n") for cell in cells]
        yield (
            f"{source.path}:{reader.line_num}",
            number,
            dict(zip(names, cells, strict=False)) if names else cells,
        )
