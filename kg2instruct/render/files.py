"""Files of records to files of instruction rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from kg2instruct.errors import InputError
from kg2instruct.jsonl import read_jsonl, write_jsonl
from kg2instruct.records import Example, InstructionRow
from kg2instruct.render.label_files import strange_labels
from kg2instruct.render.labels import LabelSchema, schemas_of
from kg2instruct.render.layouts import write_layout
from kg2instruct.render.occurrences import Occurrences
from kg2instruct.render.options import RenderOptions
from kg2instruct.render.rows import render_example, unservable
from kg2instruct.render.tasks import TASKS


@dataclass(slots=True)
class RenderReport:
    """What a run made: records read, rows written, and why records did not serve a task (task: reason)."""

    records: int = 0
    rows: int = 0
    left_out: Counter[str] = field(default_factory=Counter)


def render_file(
    path: Path,
    out: Path,
    options: RenderOptions,
    schema: LabelSchema | None = None,
    *,
    layout: str = "",
    limit: int | None = None,
    strict: bool = False,
) -> RenderReport:
    """Write the instruction rows of a file of Examples (the first `limit`), JSON lines both.

    Without a schema the labels that occur in the file are asked for, for each source and language its own.
    The file is read twice: which labels are easily confused follows from which occur together in it. Memory
    does not grow with the file. With `layout` the rows are written as a trainer wants them.
    """
    report = RenderReport()
    schemas = None
    if schema:
        found = Occurrences()
        for example in _examples(path, limit):
            found.add(example)
        schema = schema.counted(found)
    else:
        schemas = schemas_of(_examples(path, limit))
    rows = _rows(path, options, schema, schemas, report, limit, strict)
    report.rows = write_layout(rows, layout, out) if layout else write_jsonl(out, rows)
    return report


def _examples(path: Path, limit: int | None) -> Iterator[Example]:
    return islice(read_jsonl(path, Example), limit)


def _rows(
    path: Path,
    options: RenderOptions,
    schema: LabelSchema | None,
    schemas: Mapping[tuple[str, str], LabelSchema] | None,
    report: RenderReport,
    limit: int | None,
    strict: bool,
) -> Iterator[InstructionRow]:
    for example in _examples(path, limit):
        labels = schema or (schemas or {})[example.lang, example.source]
        report.records += 1
        for name in options.tasks:
            if reason := unservable(example, TASKS[name], labels):
                report.left_out[f"{name}: {reason}"] += 1
            elif schema and (strange := strange_labels(example, TASKS[name], schema)):
                if strict:
                    raise InputError(f"{path}: record {example.id!r}: {strange[0]}")
                report.left_out.update(f"{name}: {x.split(';')[0]}" for x in strange)
        yield from render_example(example, labels, options)
