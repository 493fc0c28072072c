"""CoNLL-2004 and others as JSON of tokens, entities and relations between entities by their numbers.

{"tokens": ["Ann", "lives", "in", "Oslo"], "entities": [{"type": "Peop", "start": 0, "end": 1}, …],
 "relations": [{"type": "Live_In", "head": 0, "tail": 1}], "orig_id": 7}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from kg2instruct.convert.formats.columns import Joined, guess_lang
from kg2instruct.convert.formats.jsonrows import Item, rows
from kg2instruct.convert.mentions import triple
from kg2instruct.convert.report import Kind, Report
from kg2instruct.convert.source import Source
from kg2instruct.convert.tokens import OUTSIDE
from kg2instruct.records import Example, Mention, Triple


class Entity(Item):
    kind: ClassVar[Kind] = "entity"
    type: str
    start: int
    end: int


class Relation(Item):
    kind: ClassVar[Kind] = "relation"
    type: str
    head: int
    tail: int


class Row(msgspec.Struct, gc=False):
    tokens: list[str]
    # Not Entity: an entity left out would move the numbers by which relations name the others.
    entities: list[msgspec.Raw]
    relations: list[Relation]


def read(source: Source, report: Report) -> Iterator[Example]:
    """Records of such a file."""
    decode = msgspec.json.Decoder(Entity).decode
    for place, row in rows(source, report, Row):
        joined = Joined(row.tokens, guess_lang("".join(row.tokens)))
        entities: list[Mention | None] = []
        for raw in row.entities:
            report.found["entity"] += 1
            try:
                x = decode(raw)
                start, end = joined.span(x.start, x.end)
                entities.append(Mention(joined.text[start:end], x.type, start, end))
            except (IndexError, msgspec.DecodeError) as error:
                reason = OUTSIDE if isinstance(error, IndexError) else f"is not as expected: {error}"
                report.drop(place, "entity", reason, bytes(raw).decode("utf-8", "replace"))
                entities.append(None)
        triples: list[Triple] = []
        for relation in row.relations:
            report.found["relation"] += 1
            ends = [entities[x] if 0 <= x < len(entities) else None for x in (relation.head, relation.tail)]
            if ends[0] and ends[1]:
                triples.append(triple(ends[0], relation.type, ends[1]))
            else:
                reason = "names an entity that the sentence has not"
                report.drop(place, "relation", reason, f"{relation.type} {relation.head} {relation.tail}")
        lang, kept = guess_lang(joined.text), tuple([x for x in entities if x])
        yield Example(place.id("conll04"), lang, "conll04", None, joined.text, kept, tuple(triples))
