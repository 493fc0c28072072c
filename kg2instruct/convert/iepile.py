"""IEPile's and InstructIE's JSON: records as they are before instructions are made of them, and instruction rows.

    {"id": "…", "cate": "人物", "text": "…", "entity": [{"entity": "…", "entity_type": "…"}],
     "relation": [{"head": "…", "head_type": "…", "relation": "…", "tail": "…", "tail_type": "…"}],
     "event": [{"event_type": "…", "event_trigger": "…", "arguments": [{"role": "…", "argument": "…"}]}]}
    {"task": "NER", "source": "…", "instruction": "{\\"schema\\": […], \\"input\\": \\"…\\"}", "output": "{…}"}

Older releases have the text in `input`, and instead of `relation` triples of names in `kg`. Rows ask a text's
labels in parts: rows of one text that follow each other become one record. Neither form has offsets; mentions are
placed where they stand first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import msgspec

from kg2instruct.convert.formats.columns import guess_lang
from kg2instruct.convert.formats.jsonrows import Item, Place, rows
from kg2instruct.convert.iepile_rows import Answers, Question, parse_row
from kg2instruct.convert.place import find
from kg2instruct.convert.report import Kind, Report
from kg2instruct.convert.source import Source
from kg2instruct.records import Argument, Event, Example, Mention, Triple


class RawEntity(Item):
    kind: ClassVar[Kind] = "entity"
    entity: str
    entity_type: str


class RawRelation(Item):
    kind: ClassVar[Kind] = "relation"
    head: str
    relation: str
    tail: str
    head_type: str = ""
    tail_type: str = ""


class RawArgument(Item):
    kind: ClassVar[Kind] = "argument"
    role: str
    argument: str


class RawEvent(Item):
    kind: ClassVar[Kind] = "event"
    event_type: str
    event_trigger: str = ""
    arguments: list[RawArgument] | None = None


class Row(msgspec.Struct, gc=False):
    text: str | None = None
    input: str | None = None
    entity: list[RawEntity] | None = None
    relation: list[RawRelation] | None = None
    event: list[RawEvent] | None = None
    id: str | int | None = None
    cate: str | None = None
    task: str | None = None
    source: str | None = None
    instruction: str | None = None
    output: Any = None
    kg: list[Any] | None = None


def read_iepile(source: Source, report: Report) -> Iterator[Example]:
    """Records of an IEPile file of either form."""
    return _read(source, report, "iepile")


def read_instructie(source: Source, report: Report) -> Iterator[Example]:
    """Records of an InstructIE file of either form."""
    return _read(source, report, "instructie")


def _read(source: Source, report: Report, corpus: str) -> Iterator[Example]:
    joined: _Joined | None = None
    for place, row in rows(source, report, Row):
        if row.instruction is not None and row.output is not None and row.kg is None:
            question = parse_row(row.task, row.source, row.instruction, row.input, row.output, place, report)
            if question is None:
                continue
            if joined and not joined.takes(question):
                yield joined.example()
                joined = None
            if joined is None:
                joined = _Joined(question, place, corpus, report)
            else:
                report.note(place, "record", "asks more of the text before; joined with it")
            joined.add(question, place)
            continue
        if joined:
            yield joined.example()
            joined = None
        if (example := _record(row, corpus, place, report)) is not None:
            yield example
    if joined:
        yield joined.example()


def _record(row: Row, corpus: str, place: Place, report: Report) -> Example | None:
    """The record that a row is; None, and told, where it has no text."""
    text = row.input if row.text is None else row.text
    if text is None:
        reason = (
            "is not as expected: no text; expected {text, entity, relation, event} or {instruction, output}"
        )
        report.lose(place, "record", reason)
        return None
    if all(x is None for x in (row.entity, row.relation, row.event, row.kg)):
        report.note(place, "record", "has none of entity, relation and event; taken as a text without any")
    if any(x.arguments is None for x in row.event or ()):
        report.note(place, "event", "has no arguments; taken as an event without any")
    answers = Answers(
        [(x.entity, x.entity_type) for x in row.entity or ()],
        [
            *((x.head, x.head_type, x.relation, x.tail, x.tail_type) for x in row.relation or ()),
            *_names(row.kg if row.relation is None else None, place, report),
        ],
        [
            (x.event_type, x.event_trigger, [(y.role, y.argument) for y in x.arguments or ()])
            for x in row.event or ()
        ],
    )
    report.find(answers.counts())
    record_id = f"{corpus}-{row.id}" if row.id not in (None, "") else place.id(corpus)
    return _example(record_id, corpus, row.cate or None, text, answers, place, report)


def _names(
    triples: list[Any] | None, place: Place, report: Report
) -> Iterator[tuple[str, str, str, str, str]]:
    """The triples of names of a row, without types."""
    for x in triples or ():
        if isinstance(x, list) and len(x) == 3 and all(isinstance(name, str) for name in x):
            yield x[0], "", x[1], x[2], ""
        else:
            report.lose(place, "relation", "is not as expected: expected [head, relation, tail]", x)


class _Joined:
    """Rows of one text on their way to one record."""

    def __init__(self, question: Question, place: Place, corpus: str, report: Report) -> None:
        self._question, self._place, self._corpus, self._report = question, place, corpus, report
        self._answers = Answers()
        self._asked: set[str] = set()

    def takes(self, question: Question) -> bool:
        mine = self._question
        return (question.text, question.task, question.source) == (mine.text, mine.task, mine.source)

    def add(self, question: Question, place: Place) -> None:
        self._report.find(question.answers.counts())
        self._answers.extend(question.answers, self._asked, place, self._report)
        self._asked.update(question.labels)

    def example(self) -> Example:
        origin, task = self._question.source, self._question.task
        source = f"{self._corpus}/{origin}" if origin and origin != task else self._corpus
        record_id = self._place.id(self._corpus)
        text = self._question.text
        return _example(record_id, source, None, text, self._answers, self._place, self._report)


def _example(
    record_id: str, source: str, cate: str | None, text: str, answers: Answers, place: Place, report: Report
) -> Example:
    starts: dict[str, int | None] = {}

    def start(name: str, kind: Kind) -> int | None:
        if name not in starts:
            starts[name] = find(text, name)
            if starts[name] is None and name:
                report.unplaced(place, kind, name)
        return starts[name]

    entities = []
    for name, kind in answers.entities:
        at = start(name, "entity")
        entities.append(Mention(name, kind, at, None if at is None else at + len(name)))
    triples = [
        Triple(h, ht, start(h, "relation"), None, r, None, t, tt, start(t, "relation"), None)
        for h, ht, r, t, tt in answers.relations
    ]
    events = []
    for label, trigger, pairs in answers.events:
        arguments = tuple([Argument(role, x, start(x, "argument")) for role, x in pairs])
        events.append(Event(label, trigger, start(trigger, "event"), arguments))
    lang = guess_lang(text)
    return Example(record_id, lang, source, cate, text, tuple(entities), tuple(triples), tuple(events))


def export_iepile(examples: Iterable[Example]) -> Iterator[dict[str, Any]]:
    """Records in the form that IEPile makes instructions of."""
    for x in examples:
        yield {
            "text": x.text,
            "entity": [{"entity": m.entity, "entity_type": m.entity_type} for m in x.entity],
            "relation": [_relation(t) for t in x.relation],
            "event": [
                {
                    "event_trigger": e.event_trigger,
                    "event_type": e.event_type,
                    "arguments": [{"argument": a.argument, "role": a.role} for a in e.arguments],
                }
                for e in x.event
            ],
        }


def _relation(x: Triple) -> dict[str, str]:
    if not (x.head_type or x.tail_type):
        return {"head": x.head, "relation": x.relation, "tail": x.tail}
    return {
        "head": x.head,
        "head_type": x.head_type,
        "relation": x.relation,
        "tail": x.tail,
        "tail_type": x.tail_type,
    }


def export_instructie(examples: Iterable[Example]) -> Iterator[dict[str, Any]]:
    """Records in InstructIE's form: topic, text, entities and typed relations."""
    for x in examples:
        yield {
            "id": x.id.removeprefix("instructie-"),
            "cate": x.cate,
            "text": x.text,
            "entity": [{"entity": m.entity, "entity_type": m.entity_type} for m in x.entity],
            "relation": [_relation(t) for t in x.relation],
        }
