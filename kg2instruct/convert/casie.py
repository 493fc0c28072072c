"""CASIE: English reports of cyber attacks, each a JSON file, with events of five types and their arguments.

    {"content": "…", "cyberevent": {"hopper": [{"events": [{"type": "Attack", "subtype": "Ransom",
      "nugget": {"text": "…", "startOffset": 36, "endOffset": 50}, "realis": "Actual",
      "argument": [{"text": "…", "startOffset": 1, "endOffset": 22, "type": "Person",
                    "role": {"type": "Victim"}, "external_reference": {"wikidataid": "Q467"}}]}]}]}}

Arguments are listed as entities of their type too. Offsets of some files are wrong by a few characters and put
right. Events have `realis` (Actual, Generic, Other) and `event_id`, the hopper of events that are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import msgspec

from kg2instruct.convert.beyond import RealisEvent
from kg2instruct.convert.formats.jsonrows import Item, Place, rows
from kg2instruct.convert.mentions import Mentions
from kg2instruct.convert.place import check
from kg2instruct.convert.report import Kind, Report
from kg2instruct.convert.source import Source
from kg2instruct.records import Argument, Example


class Span(msgspec.Struct, gc=False):
    text: str
    start: int | None = msgspec.field(default=None, name="startOffset")


class Role(msgspec.Struct, gc=False):
    type: str


class References(msgspec.Struct, gc=False):
    wikidataid: str | None = None


class RawArgument(Item):
    kind: ClassVar[Kind] = "argument"
    text: str
    type: str
    role: Role
    start: int | None = msgspec.field(default=None, name="startOffset")
    external_reference: References | None = None


class RawEvent(Item):
    kind: ClassVar[Kind] = "event"
    type: str
    subtype: str
    nugget: Span
    argument: list[RawArgument] = msgspec.field(default_factory=list)
    realis: Any = None


class Hopper(Item):
    kind: ClassVar[Kind] = "event"
    events: list[RawEvent]
    index: Any = None


class CyberEvent(msgspec.Struct, gc=False):
    hopper: list[Hopper]


class Row(msgspec.Struct, gc=False):
    content: str
    cyberevent: CyberEvent
    sourcefile: str = ""


def read(source: Source, report: Report) -> Iterator[Example]:
    """The record of a CASIE annotation file."""
    for place, row in rows(source, report, Row):
        mentions = Mentions(row.content)
        events = [
            _event(x, str(h.index or f"h{number}"), mentions, place, report)
            for number, h in enumerate(row.cyberevent.hopper)
            for x in h.events
        ]
        yield Example(place.id("casie"), "en", "casie", None, row.content, mentions.all, event=tuple(events))


def _event(raw: RawEvent, hopper: str, mentions: Mentions, place: Place, report: Report) -> RealisEvent:
    report.found["event"] += 1
    report.found["argument"] += len(raw.argument)
    text, arguments = mentions.text, []
    for x in raw.argument:
        start = check(text, x.text, x.start, place, "argument", report)
        arguments.append(Argument(x.role.type, x.text, start))
        if start is not None:
            reference = x.external_reference
            mentions.add(x.text, x.type, start, reference.wikidataid if reference else None)
    start = check(text, raw.nugget.text, raw.nugget.start, place, "event", report)
    return RealisEvent(
        f"{raw.type}:{raw.subtype}",
        raw.nugget.text,
        start,
        tuple(arguments),
        realis=raw.realis if isinstance(raw.realis, str) else None,
        event_id=hopper,
    )
