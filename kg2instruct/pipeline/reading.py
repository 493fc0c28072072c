"""Records to look at: out of dataset folders and files, with filters, as a stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from kg2instruct.errors import InputError, UnknownName
from kg2instruct.jsonl import read_jsonl, read_lines
from kg2instruct.records import Example, InstructionRow
from kg2instruct.render.answered import answered_labels
from kg2instruct.render.parquet_rows import row_batches

Kind = Literal["records", "rows"]
Record = Example | InstructionRow


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records are wanted; what is empty lets all through."""

    search: str = ""
    """Text that the id, the title or one of the texts holds, whatever its case."""
    topic: str = ""
    relation: str = ""
    """A relation (or its property) of a record, or a label that a row's answer has something for."""
    task: str = ""

    def fits(self, record: Record) -> bool:
        """Whether a record is wanted."""
        if self.topic and record.cate != self.topic:
            return False
        if isinstance(record, Example):
            if self.relation and not any(self.relation in (t.relation, t.property) for t in record.relation):
                return False
            title = record.page.title if record.page else ""
            return not self.task and self._found(record.id, title, record.text)
        if self.task and record.task != self.task:
            return False
        if self.relation and self.relation not in (answered_labels(record) or ()):
            return False
        return self._found(record.id, record.instruction, record.input, record.output)

    def _found(self, *texts: str) -> bool:
        wanted = self.search.casefold()
        return not wanted or any(wanted in text.casefold() for text in texts)

    def check(self, records: Iterable[Record]) -> None:
        """Raise UnknownName for a topic, relation or task that none of the records has: it may be misspelt."""
        topics, relations, tasks = set[str](), set[str](), set[str]()
        for record in records:
            topics.add(record.cate or "")
            if isinstance(record, Example):
                relations.update(name for x in record.relation for name in (x.relation, x.property) if name)
            else:
                tasks.add(record.task)
                relations.update(answered_labels(record) or ())
        for kind, name, known in (
            ("topic", self.topic, topics - {""}),
            ("relation", self.relation, relations),
            ("task", self.task, tasks),
        ):
            if name and name not in known:
                raise UnknownName(kind, name, known)


def read_records(path: Path, kind: Kind | None = None) -> Iterator[Record]:
    """The records of a dataset folder or file, aligned records before rows where both are there and none is named.

    Raises InputError where there is nothing of the kind.
    """
    if not path.is_dir():
        yield from _read_file(path)
        return
    aligned = sorted(p for p in (path / "aligned").glob("*.jsonl*") if not p.name.startswith("."))
    rows = sorted((path / "data").glob("*.parquet"), key=lambda p: (not p.name.startswith("train"), p.name))
    files = rows if kind == "rows" else aligned if kind == "records" else aligned or rows
    if not files:
        where = "data/*.parquet" if kind == "rows" else "aligned/*.jsonl"
        raise InputError(
            f"{path}: no {kind or 'records'} ({where}); name a dataset folder or a file of records"
        )
    for file in files:
        yield from _read_file(file)


def _read_file(path: Path) -> Iterator[Record]:
    if path.suffix == ".parquet":
        for batch in row_batches(path):
            yield from batch
    else:
        yield from read_jsonl(path, _kind_of(path))


def _kind_of(path: Path) -> type[Record]:
    """Which records a file has, by its first line."""
    number, first = next(read_lines(path), (1, b"{}"))
    try:
        fields: Any = msgspec.json.decode(first)
    except msgspec.DecodeError as error:
        raise InputError(f"{path}:{number}: not JSON: {error}") from error
    if isinstance(fields, dict) and "instruction" in fields:
        return InstructionRow
    return Example
