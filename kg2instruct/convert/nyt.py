"""The New York Times corpus of Freebase's relations, in its three common forms; English, tokens parted by blanks.

    opennre  {"text": "…", "relation": "/people/person/nationality",
              "h": {"id": "/m/0", "name": "Ann", "pos": [0, 3]}, "t": {…}}
             and, older, {"sentence": "…", "head": {"word": "Ann", "id": "…"}, "tail": {…}, "relation": "…"}
    copyre   {"sentText": "…", "relationMentions": [{"em1Text": "Ann", "em2Text": "…", "label": "…"}],
              "entityMentions": [{"text": "Ann", "label": "PERSON", "start": "0"}]}
    triples  {"text": "…", "triple_list": [["Ann", "/people/person/nationality", "Norway"]]}

CopyRE's numbered form is in `copyre_ids.py`. Offsets are searched where a form has none; `start` of copyre is
no offset but a running number. Pairs marked NA or None have no relation: their mentions are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

import msgspec

from kg2instruct.convert import copyre_ids
from kg2instruct.convert.formats.columns import Joined, guess_lang
from kg2instruct.convert.formats.jsonrows import Item, Place, rows
from kg2instruct.convert.mentions import Mentions, triple
from kg2instruct.convert.pairs import joined
from kg2instruct.convert.place import check, find
from kg2instruct.convert.report import Kind, Report
from kg2instruct.convert.source import Source
from kg2instruct.records import Example, Mention, Triple

NO_RELATION = frozenset(("NA", "None", "no_relation", "Other"))


class End(msgspec.Struct, gc=False):
    name: str = ""
    word: str = ""
    id: str | int | None = None
    pos: list[int] | None = None


class OpenNreRow(msgspec.Struct, gc=False):
    relation: str
    text: str | None = None
    sentence: str | None = None
    token: list[str] | None = None
    h: End | None = None
    t: End | None = None
    head: End | None = None
    tail: End | None = None


class RelationMention(Item):
    kind: ClassVar[Kind] = "relation"
    em1: str = msgspec.field(name="em1Text")
    em2: str = msgspec.field(name="em2Text")
    label: str


class EntityMention(Item):
    kind: ClassVar[Kind] = "entity"
    text: str
    label: str


class CopyReRow(msgspec.Struct, gc=False):
    text: str = msgspec.field(name="sentText")
    relations: list[RelationMention] = msgspec.field(name="relationMentions")
    entities: list[EntityMention] | None = msgspec.field(name="entityMentions", default=None)


class TriplesRow(msgspec.Struct, gc=False):
    text: str
    triple_list: list[list[str]]


def read_opennre(source: Source, report: Report) -> Iterator[Example]:
    """Records of the OpenNRE form: one relation a row."""
    return joined(_opennre_rows(source, report), report)


def _opennre_rows(source: Source, report: Report) -> Iterator[tuple[Place, Example]]:
    for place, row in rows(source, report, OpenNreRow):
        head, tail = row.h or row.head, row.t or row.tail
        joined = Joined(row.token, guess_lang("".join(row.token))) if row.token is not None else None
        text = joined.text if joined else row.text if row.text is not None else row.sentence
        if text is None or head is None or tail is None:
            reason = "is not as expected: no text, head or tail; expected {text, relation, h, t}"
            report.lose(place, "record", reason)
            continue
        mentions = Mentions(text)
        ends = [_end(x, text, joined, mentions, place, report) for x in (head, tail)]
        made = _related(ends, row.relation, place, report)
        record_id = place.id("nyt_opennre")
        yield place, Example(record_id, guess_lang(text), "nyt_opennre", None, text, mentions.all, made)


def _end(
    end: End, text: str, joined: Joined | None, mentions: Mentions, place: Place, report: Report
) -> Mention:
    name, given = end.name or end.word, end.pos[0] if end.pos else None
    if joined and end.pos and len(end.pos) == 2:  # positions are of tokens
        try:
            start, last = joined.span(*end.pos)
            return mentions.add(text[start:last], "", start, _qid(end))
        except IndexError:
            given = None
    if given is None:
        found = mentions.find(name, "", _qid(end))
        if found.start is None:
            report.unplaced(place, "relation", name)
        return found
    return mentions.add(name, "", check(text, name, given, place, "relation", report), _qid(end))


def _qid(end: End) -> str | None:
    """The id where it is one of Wikidata (wiki80 and others of this form), not of Freebase."""
    own = end.id
    return own if isinstance(own, str) and own[:1] == "Q" and own[1:].isdigit() else None


def read_copyre(source: Source, report: Report) -> Iterator[Example]:
    """Records of the CopyRE form, as JSON of texts or of numbers (`copyre_ids`); dictionaries have none."""
    if source.path.name in copyre_ids.DICTIONARIES:
        return
    if re.match(rb"\s*\[\s*\[\s*\[", source.head):
        yield from copyre_ids.read(source, report)
        return
    for place, row in rows(source, report, CopyReRow):
        if row.entities is None:
            report.note(place, "record", "has no entityMentions; taken from its relations")
        else:
            report.found["entity"] += len(row.entities)
        entities, types, position = [], dict[str, str](), dict[tuple[str, str], int]()
        for x in row.entities or ():  # the same name again is its next occurrence
            start = find(row.text, x.text)
            if (x.text, x.label) in position and start is not None:
                later = row.text.find(x.text, position[x.text, x.label] + 1)
                start = later if later >= 0 else start
            if start is None:
                report.unplaced(place, "entity", x.text)
            else:
                position[x.text, x.label] = start
            types.setdefault(x.text, x.label)
            entities.append(Mention(x.text, x.label, start, None if start is None else start + len(x.text)))
        mentions, triples = Mentions(row.text), list[Triple]()
        for relation in row.relations:
            ends = [mentions.find(x, types.get(x, "")) for x in (relation.em1, relation.em2)]
            triples += _related(ends, relation.label, place, report, unplaced=True)
        listed = mentions.all if row.entities is None else tuple(entities)
        yield Example(place.id("nyt_copyre"), "en", "nyt_copyre", None, row.text, listed, tuple(triples))


def read_triples(source: Source, report: Report) -> Iterator[Example]:
    """Records of the form with `triple_list`: head, relation, tail."""
    for place, row in rows(source, report, TriplesRow):
        mentions, triples = Mentions(row.text), list[Triple]()
        for x in row.triple_list:
            if len(x) != 3:
                report.lose(place, "relation", f"has {len(x)} parts; expected head, relation, tail", x)
                continue
            ends = [mentions.find(name, "") for name in (x[0], x[2])]
            triples += _related(ends, x[1], place, report, unplaced=True)
        lang, record_id = guess_lang(row.text), place.id("nyt_triples")
        yield Example(record_id, lang, "nyt_triples", None, row.text, mentions.all, tuple(triples))


def _related(
    ends: list[Mention], relation: str, place: Place, report: Report, *, unplaced: bool = False
) -> tuple[Triple, ...]:
    head, tail = ends
    if relation in NO_RELATION:
        shown = f"{head.entity} {relation} {tail.entity}"
        report.note(place, "relation", "says that there is none", shown)
        return ()
    report.found["relation"] += 1
    if not (head.entity and tail.entity and relation):
        shown = f"{head.entity} {relation} {tail.entity}"
        report.drop(place, "relation", "has an empty head, tail or name", shown)
        return ()
    if unplaced:
        for x in ends:
            if x.start is None:
                report.unplaced(place, "relation", x.entity)
    return (triple(head, relation, tail),)
