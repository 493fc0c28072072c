"""Files of records to files of instruction rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import msgspec

from kg2instruct.errors import InputError
from kg2instruct.jsonl import atomic_writer, decode_line, read_lines
from kg2instruct.records import Example
from kg2instruct.render.grounded import grounded
from kg2instruct.render.in_order import in_order
from kg2instruct.render.label_files import strange_labels
from kg2instruct.render.labels import LabelSchema, schemas_of
from kg2instruct.render.layouts import enter_layout, row_encoder
from kg2instruct.render.occurrences import Occurrences
from kg2instruct.render.options import RenderOptions
from kg2instruct.render.rows import render_example, unservable
from kg2instruct.render.tasks import TASKS

_CHUNK = 256  # records that a worker is handed at once
_DECODER = msgspec.json.Decoder(Example)


@dataclass(slots=True)
class RenderReport:
    """What a run made: records read, rows written, why records did not serve a task, lines that are no records.

    `unasked` are tasks that would ask for labels of a kind, such as events, that no chosen task asks for.
    """

    records: int = 0
    rows: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    bad_lines: int = 0
    first_bad: InputError | None = None
    unasked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Rows of some records, as they are written."""

    data: bytes
    size: int
    """Bytes of the records."""
    records: int
    rows: int
    left_out: Counter[str]


def render_file(
    path: Path,
    out: Path,
    options: RenderOptions,
    schema: LabelSchema | None = None,
    *,
    layout: str = "",
    limit: int | None = None,
    strict: bool = False,
    workers: int = 1,
    done: Callable[[int], object] = lambda _: None,
) -> RenderReport:
    """Write the instruction rows of a file of Examples (the first `limit`), JSON lines both.

    Without a schema the labels that occur in the file are asked for, for each source and language its own.
    The file is read twice: which labels are easily confused follows from which occur together in it. Memory
    does not grow with the file. With `layout` the rows are written as a trainer wants them. The rows are the same
    for any number of `workers`. `done` is told the bytes of records that are rendered.

    Lines that are no records are counted; with `strict` the first one is raised as InputError, and so is the first
    label that the schema lacks. A file of nothing but such lines is an InputError anyway. Raises OutputError where
    the rows cannot be written.
    """
    row_encoder(layout)  # a layout that is not known is told before the file is read
    report = RenderReport()
    records = _Records(path, limit, strict)
    one, found = _labels(records, schema)
    render = _Rendering(path, options, layout, strict, one, found)
    report.unasked = _unasked([one] if one else list(found.values()), options)
    if records.first_bad and not records.count:
        raise InputError(f"{path}: holds no record; the first line that is none: {records.first_bad}")
    with atomic_writer(out) as file:
        for chunk in in_order(render.chunk, records.chunks(), workers):
            file.write(chunk.data)
            report.records += chunk.records
            report.rows += chunk.rows
            report.left_out.update(chunk.left_out)
            done(chunk.size)
    if layout:
        enter_layout(out, layout)
    report.bad_lines, report.first_bad = len(records.bad), records.first_bad
    return report


def _labels(
    records: _Records, schema: LabelSchema | None
) -> tuple[LabelSchema | None, dict[tuple[str, str], LabelSchema]]:
    """The schema with what occurs together in the records, or the schemas that they themselves give."""
    if schema is None:
        return None, schemas_of(records)
    found = Occurrences()
    for example in records:
        found.add(example)
    return schema.counted(found), {}


def _unasked(schemas: Sequence[LabelSchema], options: RenderOptions) -> tuple[str, ...]:
    """The tasks for kinds of labels that the schemas have and no task of the options asks for."""
    asked = {TASKS[name].kind for name in options.tasks}
    kinds = {"entity": "entities", "relation": "relations", "event": "events"}
    left = {
        kind
        for kind, labels in kinds.items()
        if kind not in asked and any(getattr(x, labels) for x in schemas)
    }
    return tuple([name for name, task in TASKS.items() if task.kind in left])


@dataclass(slots=True)
class _Records:
    """A file read twice: first the records, then, without the lines that are none, the lines in chunks."""

    path: Path
    limit: int | None
    strict: bool
    count: int = 0
    bad: set[int] = field(default_factory=set)
    first_bad: InputError | None = None

    def __iter__(self) -> Iterator[Example]:
        for example in islice(self._examples(), self.limit):
            self.count += 1
            yield example

    def _examples(self) -> Iterator[Example]:
        for number, line in read_lines(self.path):
            try:
                yield grounded(decode_line(_DECODER, self.path, number, line))
            except InputError as error:
                if self.strict:
                    raise
                self.bad.add(number)
                self.first_bad = self.first_bad or error

    def chunks(self) -> Iterator[list[bytes]]:
        """The lines of all records."""
        good = (line for number, line in read_lines(self.path) if number not in self.bad)
        lines = islice(good, self.count)
        while chunk := list(islice(lines, _CHUNK)):
            yield chunk


@dataclass(frozen=True, slots=True)
class _Rendering:
    """All that the rows of a record depend on."""

    path: Path
    options: RenderOptions
    layout: str
    strict: bool
    schema: LabelSchema | None
    schemas: dict[tuple[str, str], LabelSchema]

    def chunk(self, lines: list[bytes]) -> _Chunk:
        """The rows of the records in some lines."""
        encode = row_encoder(self.layout)
        left_out: Counter[str] = Counter()
        rows: list[bytes] = []
        for example in map(grounded, map(_DECODER.decode, lines)):
            labels = self.schema or self.schemas[example.lang, example.source]
            left_out.update(self._left_out(example, labels))
            rows += map(encode, render_example(example, labels, self.options))
        return _Chunk(b"".join(rows), sum(map(len, lines)), len(lines), len(rows), left_out)

    def _left_out(self, example: Example, labels: LabelSchema) -> Iterator[str]:
        for name in self.options.tasks:
            if reason := unservable(example, TASKS[name], labels):
                yield f"{name}: {reason}"
            elif self.schema and (strange := strange_labels(example, TASKS[name], self.schema)):
                if self.strict:
                    raise InputError(f"{self.path}: record {example.id!r}: {strange[0]}")
                yield from (f"{name}: {x.split(';')[0]}" for x in strange)
