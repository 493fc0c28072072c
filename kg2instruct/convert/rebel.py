"""REBEL: abstracts of the English Wikipedia with Wikidata's entities and triples.

    {"docid": "…", "title": "…", "uri": "Q64", "text": "…",
     "entities": [{"uri": "Q183", "boundaries": [29, 36], "surfaceform": "Germany"}],
     "triples": [{"subject": {…}, "predicate": {"uri": "P17", "surfaceform": "country"}, "object": {…}}]}

The uri of a date or number is a literal with its XSD type; its value is taken over in the knowledge base's form,
a date as precise as its text. Entities without a uri ("None") are mentions without an id.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

import msgspec
from msgspec.structs import replace

from kg2instruct.convert.formats.jsonrows import Item, Place, rows
from kg2instruct.convert.mentions import triple
from kg2instruct.convert.place import check
from kg2instruct.convert.report import Kind, Report
from kg2instruct.convert.source import Source
from kg2instruct.lang.times import find_times
from kg2instruct.lang.values import Quantity, Time, format_quantity, format_time
from kg2instruct.records import Example, Mention, Triple

_DATE = re.compile(r"(-?)(\d+)-(\d\d)-(\d\d)T")
_TYPES = {"dateTime": "date", "decimal": "number"}


class RawMention(Item):
    kind: ClassVar[Kind] = "entity"
    uri: str | None
    boundaries: list[int]
    surfaceform: str


class Predicate(msgspec.Struct, gc=False):
    uri: str
    surfaceform: str


class RawTriple(Item):
    kind: ClassVar[Kind] = "relation"
    subject: RawMention
    predicate: Predicate
    object: RawMention
    confidence: float | None = None


class Row(msgspec.Struct, gc=False):
    text: str
    entities: list[RawMention]
    triples: list[RawTriple]
    docid: str | int = ""


def read(source: Source, report: Report) -> Iterator[Example]:
    """Records of a REBEL file."""
    for place, row in rows(source, report, Row):
        report.found["entity"] += len(row.entities)
        report.found["relation"] += len(row.triples)
        entities = tuple([_mention(x, row.text, place, report, "entity") for x in row.entities])
        triples = tuple([_triple(x, row.text, place, report) for x in row.triples])
        yield Example(place.id("rebel"), "en", "rebel", None, row.text, entities, triples)


def _mention(raw: RawMention, text: str, place: Place, report: Report, kind: Kind) -> Mention:
    name, given = raw.surfaceform, raw.boundaries[0] if raw.boundaries else None
    start = check(text, name, given, place, kind, report)
    uri = raw.uri or ""
    entity_type = _TYPES.get(uri.rpartition("#")[2], "") if "^^" in uri else ""
    qid = uri if uri[:1] == "Q" and uri[1:].isdigit() else None
    return Mention(name, entity_type, start, None if start is None else start + len(name), qid)


def _triple(raw: RawTriple, text: str, place: Place, report: Report) -> Triple:
    head = _mention(raw.subject, text, place, report, "relation")
    tail = _mention(raw.object, text, place, report, "relation")
    made = triple(head, raw.predicate.surfaceform, tail, raw.predicate.uri)
    value = literal(raw.object.uri or "", raw.object.surfaceform)
    return replace(made, tail_value=value, score=raw.confidence)


def literal(uri: str, surface: str) -> str | None:
    """The value of a literal's uri in the knowledge base's form: `+1913-00-00/9`; None where it is no value."""
    value, marks, kind = uri.partition("^^")
    if not marks:
        return None
    if kind.endswith("#decimal"):
        try:
            return format_quantity(Quantity(float(value), 0))
        except (ValueError, OverflowError):
            return value
    date = _DATE.match(value)
    if not date:
        return value
    spans = find_times(surface, "en")
    precision = spans[0].time.precision if spans else 11
    year, month, day = int(date[1] + date[2]), int(date[3]), int(date[4])
    return format_time(Time(year, month if precision > 9 else 0, day if precision > 10 else 0, precision))
