"""Rows as trainers want them, one JSON object a line.

    alpaca      {"instruction", "input", "output"}                                      LLaMA-Factory
    sharegpt    {"conversations": [{"from": "human", "value"}, {"from": "gpt", …}]}     LLaMA-Factory
    messages    {"messages": [{"role": "user", "content"}, {"role": "assistant", …}]}   TRL, LLaMA-Factory
    prompt      {"prompt", "completion"}                                                TRL
    iepile      {"task", "source", "instruction": JSON text of instruction, schema and input, "output"}

Every row also has its `id`. `write_layout` puts a `dataset_info.json` beside the file, LLaMA-Factory's
catalogue.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from kg2instruct.errors import InputError
from kg2instruct.jsonl import atomic_writer, encode, write_jsonl
from kg2instruct.records import InstructionRow
from kg2instruct.registry import Registry
from kg2instruct.render.asked import read_schema, shown
from kg2instruct.render.json_text import json_text
from kg2instruct.render.tasks import TASKS

Layout = Callable[[InstructionRow], dict[str, Any]]


def prompt_of(row: InstructionRow) -> str:
    """What the model is given: the instruction and, where it does not hold the text, the text after it."""
    return f"{row.instruction}\n\n{row.input}" if row.input else row.instruction


def alpaca(row: InstructionRow) -> dict[str, Any]:
    """Instruction, input and output."""
    return {"id": row.id, "instruction": row.instruction, "input": row.input, "output": row.output}


def sharegpt(row: InstructionRow) -> dict[str, Any]:
    """A conversation of two turns with `from` and `value`."""
    turns = [{"from": "human", "value": prompt_of(row)}, {"from": "gpt", "value": row.output}]
    return {"id": row.id, "conversations": turns}


def messages(row: InstructionRow) -> dict[str, Any]:
    """A conversation of two turns with `role` and `content`."""
    turns = [{"role": "user", "content": prompt_of(row)}, {"role": "assistant", "content": row.output}]
    return {"id": row.id, "messages": turns}


def prompt(row: InstructionRow) -> dict[str, Any]:
    """Prompt and completion."""
    return {"id": row.id, "prompt": prompt_of(row), "completion": row.output}


def iepile(row: InstructionRow) -> dict[str, Any]:
    """IEPile's rows; those of the template set `iepile` are in this form from the start.

    Rows of other tasks than extraction, which have no labels, keep their instruction as it is.
    """
    instruction = row.instruction
    if row.task not in TASKS:
        instruction = prompt_of(row)
    elif "/keyed/" not in row.template:
        task = TASKS[row.task]
        labels = [shown(task, x) for x in read_schema(task, row.schema)]
        form = {"instruction": instruction, "schema": labels, "input": row.input}
        instruction = json_text(form)
    return {
        "id": row.id,
        "task": row.task.upper(),
        "source": row.source,
        "instruction": instruction,
        "output": row.output,
    }


LAYOUTS: Registry[Layout] = Registry(
    "layout",
    {"alpaca": alpaca, "sharegpt": sharegpt, "messages": messages, "prompt": prompt, "iepile": iepile},
)

_ROLES = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}
_INFO: dict[str, dict[str, Any]] = {
    "alpaca": {"columns": {"prompt": "instruction", "query": "input", "response": "output"}},
    "sharegpt": {"formatting": "sharegpt", "columns": {"messages": "conversations"}},
    "messages": {"formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": _ROLES},
    "prompt": {"columns": {"prompt": "prompt", "response": "completion"}},
    "iepile": {"columns": {"prompt": "instruction", "response": "output"}},
}


def row_encoder(layout: str) -> Callable[[InstructionRow], bytes]:
    """What writes a row as a line, in a layout or, without one, as it is; raises UnknownName for an unknown layout."""
    if not layout:
        return encode
    shape = LAYOUTS[layout]
    return lambda row: encode(shape(row))


def write_layout(rows: Iterable[InstructionRow], layout: str, out: Path) -> int:
    """Write rows in a layout to `out` and enter the file in `dataset_info.json` beside it; return how many.

    Raises UnknownName for an unknown layout, InputError where the present dataset_info.json is not a JSON
    object.
    """
    shape = LAYOUTS[layout]
    count = write_jsonl(out, (shape(row) for row in rows))
    enter_layout(out, layout)
    return count


def enter_layout(out: Path, layout: str) -> None:
    """Enter a file of rows in `dataset_info.json` beside it; raises InputError where that is not a JSON object."""
    catalogue = out.parent / "dataset_info.json"
    entries = _entries(catalogue)
    entries[out.name.split(".")[0]] = {"file_name": out.name, **_INFO[layout]}
    # As ASCII: it is read in whatever encoding the reader's system has.
    with atomic_writer(catalogue) as file:
        file.write(json.dumps(entries, indent=2, sort_keys=True).encode() + b"\n")


def _entries(catalogue: Path) -> dict[str, Any]:
    if not catalogue.exists():
        return {}
    try:
        return msgspec.json.decode(catalogue.read_bytes(), type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise InputError(f"{catalogue}: not a JSON object of data sets: {error}") from error
