"""Corpora whose rows tell one pair of names of a sentence each: the rows on one sentence are one record.

Rendered alone, each of them would say of what the others tell that the sentence holds nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, groupby

from msgspec.structs import replace

from kg2instruct.convert.formats.jsonrows import Place
from kg2instruct.convert.report import Report
from kg2instruct.records import Example


def joined(found: Iterable[tuple[Place, Example]], report: Report) -> Iterator[Example]:
    """The records, those after each other on one text as one, with the id of the first."""
    for _, group in groupby(found, lambda x: x[1].text):
        (_, first), *others = group
        for place, _ in others:
            report.note(place, "record", "tells more of the text before; joined with it")
        yield _together(first, [x for _, x in others]) if others else first


def _together(first: Example, others: list[Example]) -> Example:
    """One record of several on one text; a mention that several have is listed once."""
    mentions = dict.fromkeys(chain(first.entity, *(x.entity for x in others)))
    triples = chain(first.relation, *(x.relation for x in others))
    return replace(first, entity=tuple(mentions), relation=tuple(triples))
