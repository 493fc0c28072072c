"""Files read by a mapping (`mapping.py`)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

import jmespath  # type: ignore[import-untyped, unused-ignore]
import jmespath.exceptions  # type: ignore[import-untyped, unused-ignore]
import msgspec

from kg2instruct.convert.bio import read_columns
from kg2instruct.convert.formats.columns import Joined, guess_lang
from kg2instruct.convert.formats.jsonrows import Place, raw_rows
from kg2instruct.convert.formats.tags import is_tag, spans
from kg2instruct.convert.mapping import NAMES, FieldMapping
from kg2instruct.convert.place import check, locate
from kg2instruct.convert.report import Kind, Report
from kg2instruct.convert.source import Source
from kg2instruct.records import Argument, Event, Example, Mention, Triple


def read_mapped(source: Source, report: Report, mapping: FieldMapping) -> Iterator[Example]:
    """Records of a file by a mapping."""
    if mapping.format == "columns":
        name, lang = mapping.source, mapping.lang
        yield from read_columns(source, report, name, lang, mapping.token, mapping.tag)
        return
    reader = _Reader(mapping, report)
    for place, row in _json(source, report) if mapping.format == "json" else _table(source, report, mapping):
        example = reader.example(place, row)
        if example:
            yield example


def _json(source: Source, report: Report) -> Iterator[tuple[Place, Any]]:
    for place, data in raw_rows(source, report):
        try:
            yield place, msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            report.lose(place, "record", f"is not JSON: {error}", data[:400].decode("utf-8", "replace"))


def _table(source: Source, report: Report, mapping: FieldMapping) -> Iterator[tuple[Place, Any]]:
    def lines() -> Iterator[str]:
        for number, line in source.lines():
            try:
                yield line.decode() + "\n"
            except UnicodeDecodeError as error:
                report.lose(Place(source, number, number), "record", f"is not UTF-8: {error.reason}")

    cells = csv.reader(lines(), delimiter="," if mapping.format == "csv" else "\t")
    names = mapping.columns
    last = 0
    while True:
        place = Place(source, last + 1, last + 1)
        try:
            row = next(cells)
        except StopIteration:
            return
        except csv.Error as error:
            report.lose(place, "record", f"is not as expected: {error}")
            last = cells.line_num
            continue
        last = cells.line_num
        if not row:
            continue
        if names is None:
            names = row
        elif len(row) != len(names):
            reason = f"is not as expected: {len(row)} cells; expected {', '.join(names)}"
            report.lose(place, "record", reason, " | ".join(row))
        else:
            yield place, dict(zip(names, row, strict=True))


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


class _Fields:
    """The compiled expressions of a part of a mapping; `fields("head", item)` is the value of one."""

    def __init__(self, fields: msgspec.Struct | None) -> None:
        names = fields.__struct_fields__ if fields else ()
        given = {name: getattr(fields, name) for name in names if name not in NAMES}
        self._find = {
            name: jmespath.compile(x).search for name, x in given.items() if x and isinstance(x, str)
        }

    def __call__(self, name: str, item: Any) -> Any:
        find = self._find.get(name)
        return find(item) if find else None

    def each(self, row: Any) -> list[Any]:
        """The items of a row."""
        found = self("items", row)
        return found if isinstance(found, list) else [] if found is None else [found]


class _Reader:
    """Makes records of rows."""

    def __init__(self, mapping: FieldMapping, report: Report) -> None:
        self._mapping, self._report = mapping, report
        self._top, self._entity = _Fields(mapping), _Fields(mapping.entity)
        self._relation, self._event = _Fields(mapping.relation), _Fields(mapping.event)
        self._argument = _Fields(mapping.event.arguments if mapping.event else None)

    def example(self, place: Place, row: Any) -> Example | None:
        """The record of a row; None, and told, where it has no text."""
        try:
            return self._example(place, row)
        except jmespath.exceptions.JMESPathError as error:
            self._report.lose(place, "record", f"is not as the mapping says: {str(error).splitlines()[0]}")
            return None

    def _example(self, place: Place, row: Any) -> Example | None:
        mapping, report = self._mapping, self._report
        joined: Joined | None = None
        if mapping.tokens:
            tokens = self._top("tokens", row)
            if not isinstance(tokens, list) or not all(isinstance(x, str) for x in tokens):
                report.lose(place, "record", f"has no list of tokens at {mapping.tokens!r}")
                return None
            joined = Joined(tokens, mapping.lang or guess_lang("".join(tokens)))
        tagged: list[Mention] = []
        if joined and mapping.tags:
            try:
                tagged = self._tagged(joined, len(tokens), self._top("tags", row))
            except ValueError as error:
                reason = f"has not a tag for each token at {mapping.tags!r}; expected O or such as B-PER"
                report.lose(place, "record", reason, error)
                return None
        text = joined.text if joined else self._top("text", row)
        if not isinstance(text, str):
            report.lose(place, "record", f"has no text at {mapping.text!r}")
            return None
        own = _string(self._top("id", row))
        mentions: dict[str, Mention] = {}
        at = _At(text, joined, place, report)
        named = [x for item in self._entity.each(row) if (x := self._mention(item, at, mentions))]
        return Example(
            f"{mapping.source}-{own}" if own else place.id(mapping.source),
            mapping.lang or guess_lang(text),
            mapping.source,
            _string(self._top("cate", row)) or None,
            text,
            (*tagged, *named),
            tuple([t for item in self._relation.each(row) if (t := self._triple(item, at, mentions))]),
            tuple([e for item in self._event.each(row) if (e := self._event_of(item, at))]),
        )

    def _tagged(self, joined: Joined, count: int, tags: Any) -> list[Mention]:
        """The entities that tags of tokens mark. Raises ValueError where these are not a tag a token."""
        if not isinstance(tags, list) or len(tags) != count:
            found = f"{len(tags)} tags" if isinstance(tags, list) else "no list of tags"
            raise ValueError(f"{found} for {count} tokens")
        names = [self._tag(tag) for tag in tags]
        mentions = []
        for first, last, label in spans(names):
            start, end = joined.span(first, last)
            mentions.append(Mention(joined.text[start:end], label, start, end))
        self._report.found["entity"] += len(mentions)
        return mentions

    def _tag(self, tag: Any) -> str:
        names, number = self._mapping.tag_names, _number(tag)
        found = _string(tag) if number is None else names[number] if 0 <= number < len(names) else ""
        if is_tag(found):
            return found
        raise ValueError(f"{tag!r}")

    def _mention(self, item: Any, at: _At, mentions: dict[str, Mention]) -> Mention | None:
        fields = self._entity
        self._report.found["entity"] += 1
        start, end = _number(fields("start", item)), _number(fields("end", item))
        if end is not None and self._mapping.entity and self._mapping.entity.end_inclusive:
            end += 1
        name, place = at.place(_string(fields("entity", item)), start, end, "entity")
        if not name:
            self._report.drop(at.where, "entity", "has no name, nor a place where one is", item)
            return None
        last = None if place is None else place + len(name)
        qid = _string(fields("qid", item)) or None
        mention = Mention(name, _string(fields("entity_type", item)), place, last, qid)
        if own := _string(fields("id", item)):
            mentions.setdefault(own, mention)
        return mention

    def _triple(self, item: Any, at: _At, mentions: dict[str, Mention]) -> Triple | None:
        fields = self._relation
        self._report.found["relation"] += 1
        relation = _string(fields("relation", item))
        ends = []
        for side in ("head", "tail"):
            found = mentions.get(_string(fields(f"{side}_id", item)))
            if not found:
                given = _number(fields(f"{side}_start", item))
                name, place = at.place(_string(fields(side, item)), given, None, "relation")
                found = Mention(name, _string(fields(f"{side}_type", item)), place, None)
            ends.append(found)
        head, tail = ends
        if not (relation and head.entity and tail.entity):
            self._report.drop(at.where, "relation", "has no name, head or tail", item)
            return None
        return Triple(
            head.entity,
            head.entity_type,
            head.start,
            head.qid,
            relation,
            _string(fields("property", item)) or None,
            tail.entity,
            tail.entity_type,
            tail.start,
            tail.qid,
        )

    def _event_of(self, item: Any, at: _At) -> Event | None:
        fields, report = self._event, self._report
        report.found["event"] += 1
        label = _string(fields("event_type", item))
        if not label:
            report.drop(at.where, "event", "has no type", item)
            return None
        trigger, start = at.place(
            _string(fields("event_trigger", item)), _number(fields("start", item)), None, "event"
        )
        arguments = []
        for x in self._argument.each(item):
            report.found["argument"] += 1
            role, given = _string(self._argument("role", x)), _number(self._argument("start", x))
            name, place = at.place(_string(self._argument("argument", x)), given, None, "argument")
            if role and name:
                arguments.append(Argument(role, name, place))
            else:
                report.drop(at.where, "argument", "has no role or text", x)
        return Event(label, trigger, start, tuple(arguments))


class _At:
    """Places of mentions in one text."""

    def __init__(self, text: str, joined: Joined | None, where: Place, report: Report) -> None:
        self._text, self._joined, self.where, self._report = text, joined, where, report

    def place(self, name: str, start: int | None, end: int | None, kind: Kind) -> tuple[str, int | None]:
        """A mention's name and offset, by what of them is given; offsets count tokens where there are any."""
        if self._joined and start is not None:
            try:
                first, last = self._joined.span(start, start + 1 if end is None else end)
            except IndexError:
                first, last = -1, -1
            if end is not None and first >= 0:
                return self._text[first:last], first
            start = first
        if not name and start is not None and end is not None and not self._joined:
            return (self._text[start:end], start) if 0 <= start < end <= len(self._text) else ("", None)
        if not name:
            return "", None
        if start is None:
            return name, locate(self._text, name, self.where, kind, self._report)
        return name, check(self._text, name, start, self.where, kind, self._report)
