"""JSON files as typed rows: JSON lines, an array, or values one after the other; Parquet as if it were these.

`rows(source, report, Row)` yields `(place, Row(…))`. A row type is a msgspec.Struct, so that what does not
fit is told with its path in the row; of lists of structs with a `kind`, only the elements that do not fit are
left out, each told by itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, ClassVar, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from kg2instruct.convert.report import Kind, Report
from kg2instruct.convert.source import Source

T = TypeVar("T")

_SPACE = re.compile(r"[\s,\ufeff]*")
# The key of a list, at the begin of its object or behind the list before; and where it can be nothing else.
_GROUP = re.compile(r'[\s\]{,]*"([^"\\]*)"\s*:\s*\[')
_SURE_GROUP = re.compile(r'[\]{]\s*,?\s*"([^"\\]*)"\s*:\s*\[\s*(?=\{)')
_PARQUET = b"PAR1"
_BATCH = 1000
_DECODE_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Item(msgspec.Struct, gc=False):
    """A part of a row that is left out by itself where it does not fit; `kind` is what it counts as."""

    kind: ClassVar[Kind] = "record"


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where a row stands. `number` tells the rows of a file apart: the line, in an array the element."""

    source: Source
    line: int
    number: int

    def __str__(self) -> str:
        return f"{self.source.path}:{self.line}"

    def id(self, corpus: str) -> str:
        """The id of the row's record."""
        return f"{corpus}-{self.source.label}-{self.number}"


def rows(source: Source, report: Report, row_type: type[T]) -> Iterator[tuple[Place, T]]:
    """Yield the rows of a file; what is no such row is counted and told, with its place."""
    decode = msgspec.json.Decoder(row_type).decode
    for place, data in raw_rows(source, report):
        try:
            yield place, decode(data)
        except _DECODE_ERRORS as error:
            row = _mended(place, data, row_type, report, error)
            if row is not None:
                yield place, row


def raw_rows(source: Source, report: Report) -> Iterator[tuple[Place, bytes]]:
    """Yield each row of a file as the JSON text that it is, not yet read."""
    if is_parquet(source):
        yield from _parquet(source, report)
        return
    start = source.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"[" or source.encoding.startswith("utf-16"):
        yield from _array(source, report)
    elif _is_lines(source):
        for number, line in source.lines():
            if line and not line.isspace():
                yield Place(source, number, number), line
    else:
        yield from _values(source, source.content(), report)


def is_parquet(source: Source) -> bool:
    """True for a Parquet file, by its first bytes."""
    return source.head.startswith(_PARQUET)


def _parquet(source: Source, report: Report) -> Iterator[tuple[Place, bytes]]:
    import pyarrow as pa  # takes long to load
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(source.path) as file:
            for batch in file.iter_batches(_BATCH):
                for row in batch.to_pylist():
                    number += 1
                    yield Place(source, number, number), msgspec.json.encode(row)
    except (OSError, pa.ArrowException) as error:
        reason = f"is not Parquet: {str(error).splitlines()[0]}"
        report.lose(Place(source, number + 1, number + 1), "record", reason)


def _is_lines(source: Source) -> bool:
    """False only where the first line is the begin of a value that goes on in the next ones."""
    for _, line in source.lines():
        if line.strip():
            stripped = line.strip()
            return stripped not in (b"{", b"[") and (stripped[-1:] in b"}]" or not stripped.startswith(b"{"))
    return True


def _array(source: Source, report: Report) -> Iterator[tuple[Place, bytes]]:
    data = source.content()
    try:
        parts = msgspec.json.decode(data, type=list[msgspec.Raw])
    except _DECODE_ERRORS:
        yield from _values(source, data, report)
        return
    line, last, start = 1, 0, 0
    for number, part in enumerate(parts, 1):
        raw = bytes(part)
        start = data.find(raw, start)
        line += data.count(b"\n", last, start)
        last, start = start, start + len(raw)
        yield Place(source, line, number), raw


def _values(source: Source, data: bytes, report: Report) -> Iterator[tuple[Place, bytes]]:
    """Values one after the other, in or without an array; behind a damaged one, on with the next."""
    text = data.decode("utf-8", "surrogateescape")
    place = _skip(text, 0)
    for line, number, raw in _Walk(text, source, report).array(place + text.startswith("[", place)):
        yield Place(source, line, number), raw


class _Walk:
    """Reads values one by one, and goes on behind one that is damaged where the next one begins."""

    def __init__(self, text: str, source: Source, report: Report) -> None:
        self._text, self._source, self._report = text, source, report
        self._scan = json.JSONDecoder().raw_decode
        self._line, self._counted, self._number, self._first = 1, 0, 0, ""
        self.end = 0

    def array(self, position: int, next_group: re.Pattern[str] | None = None) -> Iterator[Walked]:
        """Yield the values up to the bracket that ends them, with line and number; `end` is then where that is."""
        text = self._text
        while (position := _skip(text, position)) < len(text) and text[position] != "]":
            start, self._number = position, self._number + 1
            self._line += text.count("\n", self._counted, start)
            self._counted = start
            try:
                position = self._scan(text, position)[1]
            except (ValueError, RecursionError) as error:
                at = Place(self._source, self._line, self._number)
                self._report.lose(at, "record", f"is not JSON: {_reason(error)}", text[start : start + 99])
                position = self._next(position + 1, next_group)
                continue
            self._first = self._first or _opening(text, start)
            yield self._line, self._number, text[start:position].encode("utf-8", "surrogateescape")
        self.end = position

    def _next(self, position: int, next_group: re.Pattern[str] | None) -> int:
        """Where the next value of the shape of the first one begins, before the next group."""
        found = self._text.find(self._first, position) if self._first else -1
        end = found if found >= 0 else len(self._text)
        group = next_group.search(self._text, position, end) if next_group else None
        return group.start() if group else end


Walked = tuple[int, int, bytes]


def _skip(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def grouped_rows(source: Source, report: Report, row_type: type[T]) -> Iterator[tuple[Place, str, T]]:
    """Yield the rows of an object of lists, each with the key of its list; numbers count in the list."""
    text = source.content().decode("utf-8", "surrogateescape")
    walk, position, found = _Walk(text, source, report), 0, False
    decode = msgspec.json.Decoder(row_type).decode
    while group := _GROUP.match(text, position) or _SURE_GROUP.search(text, position):
        found = True
        for number, (line, _, raw) in enumerate(walk.array(group.end(), _SURE_GROUP), 1):
            place = Place(source, line, number)
            try:
                yield place, group[1], decode(raw)
            except _DECODE_ERRORS as error:
                row = _mended(place, raw, row_type, report, error)
                if row is not None:
                    yield place, group[1], row
        position = walk.end
    if not found:
        report.lose(Place(source, 1, 1), "record", "is not as expected: no lists; expected {key: [rows]}")


def _opening(text: str, position: int) -> str:
    """How a row begins: its brace and first key, by which the next one is found."""
    found = re.compile(r'\{\s*"[^"]*"').match(text, position)
    return found[0] if found else ""


def _mended(place: Place, data: bytes, row_type: type[T], report: Report, error: Exception) -> T | None:
    """The row without the items that do not fit; None, and told, where the row itself does not."""
    lost: list[tuple[Kind, str, Any]] = []
    try:
        if not isinstance(error, msgspec.ValidationError):
            raise error
        # Whether all of it is JSON is known only now: the first misfit ends the reading.
        row = salvage(msgspec.json.decode(data), row_type, lost)
    except msgspec.ValidationError as failure:
        reason = f"is not as expected: {_reason(failure)}; expected {expected(row_type)}"
        report.lose(place, "record", reason, _shown(data))
        return None
    except _DECODE_ERRORS as failure:
        report.lose(place, "record", f"is not JSON: {_reason(failure)}", _shown(data))
        return None
    for kind, reason, value in lost:
        report.lose(place, kind, reason, value)
    return row


def salvage(value: Any, row_type: type[T], lost: list[tuple[Kind, str, Any]]) -> T:
    """`value` as a row without the items that do not fit, which are added to `lost`.

    Raises msgspec.ValidationError where more than items does not fit.
    """
    if isinstance(value, dict):
        hints = get_type_hints(row_type)
        for field in msgspec.structs.fields(row_type):  # type: ignore[arg-type]
            item, items = _item_type(hints[field.name]), value.get(field.encode_name)
            if item and isinstance(items, list):
                value[field.encode_name] = [x for x in items if _fits(x, item, lost)]
    return msgspec.convert(value, row_type)


def _fits(value: Any, item: type[Item], lost: list[tuple[Kind, str, Any]]) -> bool:
    try:
        salvage(value, item, lost)
    except msgspec.ValidationError as error:
        lost.append((item.kind, f"is not as expected: {_reason(error)}; expected {expected(item)}", value))
        return False
    return True


def _item_type(hint: Any) -> type[Item] | None:
    for option in (hint, *get_args(hint)):  # a list, or a list or null
        inner = get_args(option)[0] if get_origin(option) is list else None
        if isinstance(inner, type) and issubclass(inner, Item):
            return inner
    return None


def expected(row_type: type) -> str:
    """The fields of a row type, for messages."""
    fields = msgspec.structs.fields(row_type) if issubclass(row_type, msgspec.Struct) else ()
    return "{" + ", ".join(x.encode_name for x in fields) + "}"


def _reason(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


def _shown(data: bytes) -> str:
    return data[:400].decode("utf-8", "replace")
