"""FewRel: sentences of the English Wikipedia by property, each with one head and one tail of Wikidata.

    {"P155": [{"tokens": ["Hot", "Dance", …], "h": ["song for a …", "Q7561099", [[16, 17]]], "t": […]}]}

The name of head and tail is in small letters there; records have it as it stands in the text. Of several
occurrences all are listed as mentions, and the first is the triple's. A relation's name is the property's
English label.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from kg2instruct.convert.formats.columns import Joined
from kg2instruct.convert.formats.jsonrows import Place, grouped_rows
from kg2instruct.convert.mentions import Mentions, triple
from kg2instruct.convert.report import Report
from kg2instruct.convert.schemas import corpus_schema
from kg2instruct.convert.source import Source
from kg2instruct.records import Example, Mention

End = tuple[str, str, list[list[int]]]


class Row(msgspec.Struct, gc=False):
    tokens: list[str]
    h: End
    t: End


def read(source: Source, report: Report) -> Iterator[Example]:
    """Records of a FewRel file."""
    names = corpus_schema("fewrel").names_by_property()
    for place, property, row in grouped_rows(source, report, Row):
        joined = Joined(row.tokens, "en")
        mentions = Mentions(joined.text)
        report.found["relation"] += 1
        head = _mentions(row.h, joined, mentions, place, report)
        tail = _mentions(row.t, joined, mentions, place, report)
        report.found["entity"] += len(mentions.all)
        record_id = f"fewrel-{place.source.label}-{property}-{place.number}"
        made = () if not (head and tail) else (triple(head, names.get(property, property), tail, property),)
        if not made:
            report.drop(place, "relation", "has a head or tail without tokens", f"{row.h[0]} {row.t[0]}")
        yield Example(record_id, "en", "fewrel", None, joined.text, mentions.all, made)


def _mentions(end: End, joined: Joined, mentions: Mentions, place: Place, report: Report) -> Mention | None:
    """List all occurrences of a head or tail; the first of them."""
    first = None
    for tokens in end[2]:
        try:
            start, last = joined.span(min(tokens), max(tokens) + 1)
        except (IndexError, ValueError):
            report.lose(place, "entity", "has tokens that the sentence has not", f"{end[0]} {tokens}")
            continue
        if max(tokens) - min(tokens) >= len(tokens):
            report.mend(place, "entity", "is not of one piece; taken with what is between", end[0])
        found = mentions.add(joined.text[start:last], "", start, end[1] or None)
        first = first or found
    return first
