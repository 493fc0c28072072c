"""FewRel: sentences of the English Wikipedia by property, each with one head and one tail of Wikidata.

    {"P155": [{"tokens": ["Hot", "Dance", …], "h": ["song for a …", "Q7561099", [[16, 17]]], "t": […]}]}
    {"relation": "P155", "tokens": ["Hot", …], "head": {"text": "…", "type": "Q7561099", "indices": [[16, 17]]}, …}

The second is that of the Hub's copy, a sentence a row. FewRel 2.0 has names of relations and ids of UMLS instead.
The name of head and tail is in small letters there; records have it as it stands in the text. Of several
occurrences all are listed as mentions, and the first is the triple's. A relation's name is the property's
English label.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from kg2instruct.convert.formats.columns import Joined
from kg2instruct.convert.formats.jsonrows import Place, grouped_rows, rows
from kg2instruct.convert.guess import Head
from kg2instruct.convert.mentions import Mentions, triple
from kg2instruct.convert.report import Report
from kg2instruct.convert.schemas import corpus_schema
from kg2instruct.convert.source import Source
from kg2instruct.records import Example, Mention, Triple

End = tuple[str, str, list[list[int]]]
_SENTENCES = r'\s*\{\s*"[^"\\]+"\s*:\s*\[\s*\{[^{}]*"tokens"'
_NAMES = r'\s*\{\s*"P\d+"\s*:\s*\[\s*"'  # pid2name.json
_PROPERTY, _QID = re.compile(r"P\d+"), re.compile(r"Q\d+")


class Row(msgspec.Struct, gc=False):
    tokens: list[str]
    h: End
    t: End


class FlatEnd(msgspec.Struct, gc=False):
    text: str
    type: str
    indices: list[list[int]]

    @property
    def end(self) -> End:
        """As it stands in a group."""
        return self.text, self.type, self.indices


class FlatRow(msgspec.Struct, gc=False):
    relation: str
    tokens: list[str]
    head: FlatEnd
    tail: FlatEnd


def looks(head: Head) -> bool:
    """True for groups of sentences by relation, and for the form of a sentence a row."""
    return head.matches(_SENTENCES) or _is_flat(head)


def _is_flat(head: Head) -> bool:
    return head.has("relation", "tokens", "head", "tail")


def read(source: Source, report: Report) -> Iterator[Example]:
    """Records of a FewRel file; a file of the relations' names has none."""
    if Head(source).matches(_NAMES):
        report.note(source.path, "file", "has the names of relations, no sentences")
        return
    names = corpus_schema("fewrel").names_by_property()
    for place, relation, row in _rows(source, report):
        joined = Joined(row.tokens, "en")
        mentions = Mentions(joined.text)
        report.found["relation"] += 1
        head = _mentions(row.h, joined, mentions, place, report)
        tail = _mentions(row.t, joined, mentions, place, report)
        report.found["entity"] += len(mentions.all)
        record_id = f"fewrel-{place.source.label}-{relation}-{place.number}"
        made: tuple[Triple, ...] = ()
        if head and tail:
            property = relation if _PROPERTY.fullmatch(relation) else None
            made = (triple(head, names.get(relation, relation), tail, property),)
        else:
            report.drop(place, "relation", "has a head or tail without tokens", f"{row.h[0]} {row.t[0]}")
        yield Example(record_id, "en", "fewrel", None, joined.text, mentions.all, made)


def _rows(source: Source, report: Report) -> Iterator[tuple[Place, str, Row]]:
    """The sentences of a file of either form, each with its relation."""
    if not _is_flat(Head(source)):
        yield from grouped_rows(source, report, Row)
        return
    for place, row in rows(source, report, FlatRow):
        yield place, row.relation, Row(row.tokens, row.head.end, row.tail.end)


def _mentions(end: End, joined: Joined, mentions: Mentions, place: Place, report: Report) -> Mention | None:
    """List all occurrences of a head or tail; the first of them."""
    first, qid = None, end[1] if _QID.fullmatch(end[1]) else None
    for tokens in end[2]:
        try:
            start, last = joined.span(min(tokens), max(tokens) + 1)
        except (IndexError, ValueError):
            report.lose(place, "entity", "has tokens that the sentence has not", f"{end[0]} {tokens}")
            continue
        if max(tokens) - min(tokens) >= len(tokens):
            report.mend(place, "entity", "is not of one piece; taken with what is between", end[0])
        found = mentions.add(joined.text[start:last], "", start, qid)
        first = first or found
    return first
