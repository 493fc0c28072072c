"""DuEE 1.0 and DuEE-fin (Baidu): Chinese events; 1.0 of sentences and with offsets, fin of documents, without.

    {"text": "…", "id": "…", "event_list": [{"event_type": "组织关系-裁员", "trigger": "裁员",
      "trigger_start_index": 15, "arguments": [{"role": "时间", "argument": "5月份", "argument_start_index": 10}]}]}

An event type's class ("组织关系") is the part of its name before the hyphen. Roles of DuEE-fin whose arguments
are names of a list (环节 of 公司上市) often have no place in the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import msgspec

from kg2instruct.convert.formats.jsonrows import Item, Place, rows
from kg2instruct.convert.place import check, locate
from kg2instruct.convert.report import Kind, Report
from kg2instruct.convert.source import Source
from kg2instruct.records import Argument, Event, Example


class RawArgument(Item):
    kind: ClassVar[Kind] = "argument"
    role: str
    argument: str
    argument_start_index: int | None = None
    alias: list[str] = msgspec.field(default_factory=list)


class RawEvent(Item):
    kind: ClassVar[Kind] = "event"
    event_type: str
    trigger: str
    arguments: list[RawArgument]
    trigger_start_index: int | None = None


class Row(msgspec.Struct, gc=False):
    text: str
    event_list: list[RawEvent]
    id: str | int | None = None


class FinRow(msgspec.Struct, gc=False):
    text: str
    event_list: list[RawEvent] | None = None
    id: str | int | None = None


def read_duee1(source: Source, report: Report) -> Iterator[Example]:
    """Records of a DuEE 1.0 file."""
    for place, row in rows(source, report, Row):
        events = tuple([_event(x, row.text, place, report) for x in row.event_list])
        yield Example(_id(place, "duee1", row.id), "zh", "duee1", None, row.text, event=events)


def read_dueefin(source: Source, report: Report) -> Iterator[Example]:
    """Records of a DuEE-fin file; a row without `event_list` is a document without events, and told."""
    for place, row in rows(source, report, FinRow):
        if row.event_list is None:
            report.note(place, "record", "has no event_list; taken as a document without events", row.id)
        events = tuple([_event(x, row.text, place, report) for x in row.event_list or ()])
        yield Example(_id(place, "dueefin", row.id), "zh", "dueefin", None, row.text, event=events)


def _id(place: Place, corpus: str, own: str | int | None) -> str:
    return place.id(corpus) if own in (None, "") else f"{place.id(corpus)}-{own}"


def _event(raw: RawEvent, text: str, place: Place, report: Report) -> Event:
    report.found["event"] += 1
    report.found["argument"] += len(raw.arguments)
    arguments = []
    for x in raw.arguments:
        start = _start(x.argument, x.argument_start_index, text, place, "argument", report)
        arguments.append(Argument(x.role, x.argument, start))
        for alias in x.alias:
            report.lose(place, "argument", "is another name of an argument; records have one", alias)
    start = _start(raw.trigger, raw.trigger_start_index, text, place, "event", report)
    return Event(raw.event_type, raw.trigger, start, tuple(arguments))


def _start(
    mention: str, given: int | None, text: str, place: Place, kind: Kind, report: Report
) -> int | None:
    if given is None:
        return locate(text, mention, place, kind, report)
    return check(text, mention, given, place, kind, report)


def export(examples: Iterable[Example]) -> Iterator[dict[str, Any]]:
    """Rows of DuEE 1.0."""
    for example in examples:
        yield {
            "text": example.text,
            "id": _own_id(example),
            "event_list": [
                {
                    "event_type": event.event_type,
                    "trigger": event.event_trigger,
                    "trigger_start_index": event.start,
                    "arguments": [
                        {"argument_start_index": x.start, "role": x.role, "argument": x.argument, "alias": []}
                        for x in event.arguments
                    ],
                    "class": event.event_type.partition("-")[0],
                }
                for event in example.event
            ],
        }


def _own_id(example: Example) -> str:
    return example.id.rpartition("-")[2] if example.source == "duee1" else example.id
