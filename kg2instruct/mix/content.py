"""What a row is about: the text it reads, the labels it asks for and answers with, the record it comes from."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from kg2instruct.mix.rows import keyed_input
from kg2instruct.records import InstructionRow
from kg2instruct.render import TASKS, template_sets

_SENTENCE = "input"  # the field of templates that holds the text
_LONG_INPUT = 40  # bytes; shorter inputs say too little to stand alone


@dataclass(frozen=True, slots=True)
class Content:
    """The text of a row, and what is asked of it.

    Of two rows with the same `kind` and near-duplicate texts one is enough. `near` is false for a text that
    is mostly an instruction used for many inputs, which only an equal one duplicates.
    """

    text: str
    kind: str
    near: bool = True


def content_of(row: InstructionRow) -> Content:
    """What a row is about: for extraction the text it reads, else its input, or the instruction alone.

    The text of an extraction row is found whether it stands in `input`, in IEPile's JSON or inside the
    instruction.
    """
    if row.task in TASKS:
        return Content(_text_read(row), row.task)
    if not row.input.strip():
        return Content(row.instruction, row.task)
    if len(row.input.encode("utf-8", "surrogatepass")) < _LONG_INPUT:
        return Content(f"{row.instruction}\n{row.input}", row.task, near=False)
    return Content(row.input, f"{row.task}\n{row.instruction}")


def _text_read(row: InstructionRow) -> str:
    if row.input.strip():
        return row.input
    if keyed := keyed_input(row.instruction):
        return str(keyed["input"])
    pattern = _pattern(row.template) if row.template else None
    match = pattern.fullmatch(row.instruction) if pattern else None
    return match[1] if match else row.instruction


@lru_cache(maxsize=4096)  # names of templates come from rows, whoever made them
def _pattern(template: str) -> re.Pattern[str] | None:
    """What an instruction of a template looks like, if it holds the text; None for templates of others."""
    name, _, place = template.rpartition("/")
    name, _, kind = name.rpartition("/")
    sets = template_sets()
    if name not in sets or not place.isdigit():
        return None
    templates = sets[name].templates.get(kind, ())
    if not 1 <= int(place) <= len(templates) or not templates[int(place) - 1].holds_text:
        return None
    pieces = []
    seen = False
    for i, part in enumerate(templates[int(place) - 1].parts):
        if i % 2 == 0:
            pieces.append(re.escape(part))
        elif part == _SENTENCE and not seen:
            pieces.append("(.*)")
            seen = True
        else:
            pieces.append(".*?")
    return re.compile("".join(pieces), re.DOTALL) if seen else None


def asked_labels(row: InstructionRow) -> list[str]:
    """The labels that a row asks for, in one order for all wordings; empty where it does not list them."""
    schema = row.schema
    if not schema or schema == "[]":
        return []
    try:
        entries = json.loads(schema)
    except ValueError:
        return [schema]
    if not isinstance(entries, list):
        return [schema]
    return sorted({_label(entry) for entry in entries})


def _label(entry: Any) -> str:
    if isinstance(entry, dict):
        entry = entry.get("label", entry)
    return entry if isinstance(entry, str) else json.dumps(entry, ensure_ascii=False, sort_keys=True)


def example_of(row: InstructionRow) -> str:
    """The id of the record that a row was rendered from; empty where the id does not tell."""
    head, _, number = row.id.rpartition("-")
    head, _, task = head.rpartition("-")
    return head if number.isdigit() and task == row.task and row.task in TASKS else ""
