"""DuIE 1.0 and 2.0 (Baidu): Chinese sentences with typed relations, without offsets.

    {"text": "…", "spo_list": [{"subject": "…", "subject_type": "人物", "predicate": "饰演",
      "object": {"@value": "…", "inWork": "…"}, "object_type": {"@value": "人物", "inWork": "影视作品"}}]}

In 1.0, object and object_type are plain strings. An object of several slots becomes as many triples: the
value by the plain predicate, each other slot by `predicate_slot` ("饰演_inWork"), directly behind it, so that
the objects can be put together again (`export_duie2`). A slot of null, as tables of rows have it, is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import msgspec

from kg2instruct.convert.formats.jsonrows import Item, Place, rows
from kg2instruct.convert.mentions import Mentions, triple
from kg2instruct.convert.report import Kind, Report
from kg2instruct.convert.source import Source
from kg2instruct.records import Example, Triple

VALUE = "@value"
SLOTS = frozenset(("inWork", "inArea", "onDate", "period"))


class Spo(Item):
    kind: ClassVar[Kind] = "relation"
    subject: str
    predicate: str
    object: dict[str, str | None]
    subject_type: str = ""
    object_type: dict[str, str | None] = msgspec.field(default_factory=dict)
    combined: Any = msgspec.field(name="Combined", default=None)


class Row(msgspec.Struct, gc=False):
    text: str
    spo_list: list[Spo]


class PlainSpo(Item):
    kind: ClassVar[Kind] = "relation"
    combined: ClassVar[None] = None
    subject: str
    predicate: str
    object: str
    subject_type: str = ""
    object_type: str = ""


class PlainRow(msgspec.Struct, gc=False):
    text: str
    spo_list: list[PlainSpo]


def read_duie1(source: Source, report: Report) -> Iterator[Example]:
    """Records of a DuIE 1.0 file."""
    for place, row in rows(source, report, PlainRow):
        mentions, triples = Mentions(row.text), list[Triple]()
        for spo in row.spo_list:
            report.found["relation"] += 1
            _add(place, report, mentions, triples, spo, spo.predicate, spo.object, spo.object_type)
        yield _example(place, "duie1", mentions, triples)


def read_duie2(source: Source, report: Report) -> Iterator[Example]:
    """Records of a DuIE 2.0 file; each slot of an object counts as a relation."""
    yield from read_slots(source, report, "duie2")


def read_slots(source: Source, report: Report, corpus: str) -> Iterator[Example]:
    """Records of a file whose objects have slots."""
    for place, row in rows(source, report, Row):
        mentions, triples = Mentions(row.text), list[Triple]()
        for spo in row.spo_list:
            slots = [(slot, tail) for slot, tail in spo.object.items() if tail is not None]
            if not slots:
                report.lose(place, "relation", "has no object; expected one of the slot @value", spo.subject)
            if len(slots) > 1:
                slots.sort(key=lambda item: item[0] != VALUE)
            for slot, tail in slots:
                name = spo.predicate if slot == VALUE else f"{spo.predicate}_{slot}"
                kind = spo.object_type.get(slot) or ""
                _add(place, report, mentions, triples, spo, name, tail, kind)
            report.found["relation"] += len(slots)
        yield _example(place, corpus, mentions, triples)


def _add(
    place: Place,
    report: Report,
    mentions: Mentions,
    triples: list[Triple],
    spo: Spo | PlainSpo,
    relation: str,
    tail: str,
    tail_type: str,
) -> None:
    if not spo.subject or not tail:
        report.drop(place, "relation", "has an empty subject or object", f"{spo.subject} {relation} {tail}")
        return
    ends = mentions.find(spo.subject, spo.subject_type), mentions.find(tail, tail_type)
    combined = spo.combined if isinstance(spo.combined, bool) else None
    triples.append(triple(ends[0], relation, ends[1], None, combined))
    for mention in ends:
        if mention.start is None:
            report.unplaced(place, "relation", mention.entity)


def _example(place: Place, corpus: str, mentions: Mentions, triples: list[Triple]) -> Example:
    return Example(place.id(corpus), "zh", corpus, None, mentions.text, mentions.all, tuple(triples))


def export_duie2(examples: Iterable[Example]) -> Iterator[dict[str, Any]]:
    """Rows of DuIE 2.0; of relations with slots, a triple that has its plain name begins a new object."""
    for example in examples:
        listed: list[dict[str, Any]] = []
        for x in example.relation:
            predicate, slot = split_slot(x.relation)
            last = listed[-1] if listed else None
            if last and slot != VALUE and slot not in last["object"] and _same(last, x, predicate):
                last["object"][slot] = x.tail
                last["object_type"][slot] = x.tail_type
                continue
            listed.append(
                {
                    "predicate": predicate,
                    "object_type": {slot: x.tail_type},
                    "subject_type": x.head_type,
                    "object": {slot: x.tail},
                    "subject": x.head,
                }
            )
        yield {"text": example.text, "spo_list": listed}


def split_slot(relation: str) -> tuple[str, str]:
    """A relation's name as predicate and slot: `饰演_inWork` as ("饰演", "inWork"), others with "@value"."""
    predicate, _, slot = relation.rpartition("_")
    return (predicate, slot) if predicate and slot in SLOTS else (relation, VALUE)


def _same(spo: dict[str, Any], x: Triple, predicate: str) -> bool:
    return (spo["subject"], spo["predicate"], spo["subject_type"]) == (x.head, predicate, x.head_type)
