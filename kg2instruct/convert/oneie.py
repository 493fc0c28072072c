"""OneIE's form of ACE 2005 and ERE: one sentence a line, spans by its tokens, ends exclusive.

    {"doc_id": "…", "sent_id": "…", "tokens": ["Ann", "met", …], "entity_mentions": [{"id": "E1", "text": "Ann",
      "entity_type": "PER", "start": 0, "end": 1}], "relation_mentions": [{"relation_type": "ORG-AFF",
      "arguments": [{"entity_id": "E1", "role": "Arg-1"}, {"entity_id": "E2", "role": "Arg-2"}]}],
     "event_mentions": [{"event_type": "Contact:Meet", "trigger": {"text": "met", "start": 1, "end": 2},
      "arguments": [{"entity_id": "E1", "role": "Entity"}]}]}

Subtypes and levels (NAM, NOM, PRO) stand beside the types. The other common form has the same in
`golden-entity-mentions` and `golden-event-mentions`, whose arguments have tokens of their own (`read_golden`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from kg2instruct.convert.beyond import AceMention, AceTriple
from kg2instruct.convert.formats.apf import same_text
from kg2instruct.convert.formats.columns import Joined, guess_lang
from kg2instruct.convert.formats.jsonrows import Item, Place, rows
from kg2instruct.convert.report import Kind, Report
from kg2instruct.convert.source import Source
from kg2instruct.convert.tokens import OUTSIDE
from kg2instruct.records import Argument, Event, Example, Mention, Triple


class Span(msgspec.Struct, gc=False):
    start: int
    end: int
    text: str = ""


class RawMention(Item):
    kind: ClassVar[Kind] = "entity"
    id: str
    entity_type: str
    start: int
    end: int
    text: str = ""
    entity_subtype: str | None = None
    mention_type: str | None = None


class RelationEnd(msgspec.Struct, gc=False):
    entity_id: str
    role: str


class RawRelation(Item):
    kind: ClassVar[Kind] = "relation"
    relation_type: str
    arguments: list[RelationEnd]
    relation_subtype: str | None = None


class EventEnd(Item):
    kind: ClassVar[Kind] = "argument"
    entity_id: str
    role: str


class RawEvent(Item):
    kind: ClassVar[Kind] = "event"
    event_type: str
    trigger: Span
    arguments: list[EventEnd]


class Row(msgspec.Struct, gc=False):
    tokens: list[str]
    entity_mentions: list[RawMention]
    relation_mentions: list[RawRelation] | None = None
    event_mentions: list[RawEvent] | None = None


class GoldenMention(Item):
    kind: ClassVar[Kind] = "entity"
    start: int
    end: int
    entity_type: str = msgspec.field(name="entity-type")
    text: str = ""
    head: Span | None = None


class GoldenArgument(Item):
    kind: ClassVar[Kind] = "argument"
    role: str
    start: int
    end: int
    text: str = ""


class GoldenEvent(Item):
    kind: ClassVar[Kind] = "event"
    event_type: str
    trigger: Span
    arguments: list[GoldenArgument]


class GoldenRow(msgspec.Struct, gc=False):
    words: list[str]
    entities: list[GoldenMention] = msgspec.field(name="golden-entity-mentions")
    events: list[GoldenEvent] = msgspec.field(name="golden-event-mentions")


_Tokens = Span | RawMention | GoldenMention | GoldenArgument


def read(source: Source, report: Report) -> Iterator[Example]:
    """Records of OneIE's form."""
    for place, row in rows(source, report, Row):
        if row.relation_mentions is None or row.event_mentions is None:
            report.note(
                place, "record", "has no relation_mentions or no event_mentions; taken as without any"
            )
        sentence = _Sentence(row.tokens, place, report)
        mentions: dict[str, Mention] = {}
        entities: list[Mention] = []
        for x in row.entity_mentions:
            if found := sentence.mention(x, x.entity_type, x.entity_subtype, x.mention_type):
                mentions[x.id] = found
                entities.append(found)
        triples = [t for r in row.relation_mentions or () if (t := _triple(r, mentions, place, report))]
        events = [e for v in row.event_mentions or () if (e := _event(v, sentence, mentions))]
        text, lang = sentence.joined.text, sentence.lang
        yield Example(
            place.id("oneie"), lang, "oneie", None, text, tuple(entities), tuple(triples), tuple(events)
        )


def read_golden(source: Source, report: Report) -> Iterator[Example]:
    """Records of the form with `golden-entity-mentions`; the part of an entity type before the colon."""
    for place, row in rows(source, report, GoldenRow):
        sentence = _Sentence(row.words, place, report)
        entities = []
        for x in row.entities:
            label, _, subtype = x.entity_type.partition(":")
            if mention := sentence.mention(x, label, subtype or None, None, x.head):
                entities.append(mention)
        events = []
        for raw in row.events:
            report.found["argument"] += len(raw.arguments)
            arguments = [(x.role, sentence.argument(x)) for x in raw.arguments]
            if event := sentence.event(raw.event_type, raw.trigger, arguments):
                events.append(event)
        text, lang = sentence.joined.text, sentence.lang
        yield Example(place.id("ace2005"), lang, "ace2005", None, text, tuple(entities), event=tuple(events))


class _Sentence:
    def __init__(self, tokens: list[str], place: Place, report: Report) -> None:
        self.lang = guess_lang("".join(tokens))
        self.joined = Joined(tokens, self.lang)
        self._place, self._report = place, report

    def mention(
        self, raw: _Tokens, label: str, subtype: str | None, level: str | None, head: Span | None = None
    ) -> Mention | None:
        self._report.found["entity"] += 1
        span = self._span(raw, "entity")
        if not span:
            return None
        text, start = self._head(head) if head else (None, None)
        return AceMention(
            self.joined.text[slice(*span)],
            label,
            *span,
            subtype=subtype,
            level=level,
            head=text,
            head_start=start,
        )

    def _head(self, raw: Span) -> tuple[str | None, int | None]:
        try:
            start, end = self.joined.span(raw.start, raw.end)
        except IndexError:
            self._report.note(
                self._place, "entity", f"has a head that {OUTSIDE}", f"{raw.start} to {raw.end}"
            )
            return None, None
        return self.joined.text[start:end], start

    def argument(self, raw: _Tokens) -> tuple[str, int] | None:
        span = self._span(raw, "argument")
        return (self.joined.text[span[0] : span[1]], span[0]) if span else None

    def event(
        self, label: str, trigger: Span, arguments: list[tuple[str, tuple[str, int] | None]]
    ) -> Event | None:
        self._report.found["event"] += 1
        span = self._span(trigger, "event")
        kept = [Argument(role, *end) for role, end in arguments if end]
        if not span:
            for x in kept:
                self._report.drop(self._place, "argument", "is of an event that was dropped", x.argument)
            return None
        return Event(label, self.joined.text[span[0] : span[1]], span[0], tuple(kept))

    def _span(self, raw: _Tokens, kind: Kind) -> tuple[int, int] | None:
        try:
            span = self.joined.span(raw.start, raw.end)
        except IndexError:
            self._report.drop(self._place, kind, OUTSIDE, f"{raw.start} to {raw.end}")
            return None
        found = self.joined.text[slice(*span)]
        if raw.text and not same_text(found, raw.text):
            self._report.note(self._place, kind, "has another text than its tokens", f"{raw.text}: {found}")
        return span

    def missing(self, kind: Kind, entity: str) -> None:
        self._report.drop(self._place, kind, "names an entity that the sentence has not", entity)


def _triple(raw: RawRelation, mentions: dict[str, Mention], place: Place, report: Report) -> Triple | None:
    report.found["relation"] += 1
    ends = {x.role: mentions.get(x.entity_id) for x in raw.arguments}
    head, tail = ends.get("Arg-1"), ends.get("Arg-2")
    if head and tail:
        return AceTriple(
            head.entity,
            head.entity_type,
            head.start,
            None,
            raw.relation_type,
            None,
            tail.entity,
            tail.entity_type,
            tail.start,
            None,
            subtype=(raw.relation_subtype or "").rpartition(":")[2] or None,
        )
    reason = "does not have an Arg-1 and an Arg-2 that are entities of the sentence"
    report.drop(place, "relation", reason, [x.entity_id for x in raw.arguments])
    return None


def _event(raw: RawEvent, sentence: _Sentence, mentions: dict[str, Mention]) -> Event | None:
    sentence._report.found["argument"] += len(raw.arguments)
    arguments: list[tuple[str, tuple[str, int] | None]] = []
    for x in raw.arguments:
        found = mentions.get(x.entity_id)
        if found is None or found.start is None:
            sentence.missing("argument", x.entity_id)
            continue
        arguments.append((x.role, (found.entity, found.start)))
    return sentence.event(raw.event_type, raw.trigger, arguments)
