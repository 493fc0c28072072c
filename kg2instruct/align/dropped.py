"""Claims that a passage was searched for and does not state, as records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kg2instruct.align.case import Case
from kg2instruct.align.context import AlignContext
from kg2instruct.align.evidence import HEAD, TAIL
from kg2instruct.align.layout import triple
from kg2instruct.align.names import PageNames
from kg2instruct.align.reading import Reading
from kg2instruct.align.stated import Unstated
from kg2instruct.records import Dropped, Example

_SWAPPED = str.maketrans(HEAD + TAIL, TAIL + HEAD)


def dropped_claims(
    unstated: Iterable[Unstated],
    example: Example,
    reading: Reading,
    names: PageNames,
    title: str,
    context: AlignContext,
) -> Iterator[Dropped]:
    """Each claim with the rule that dropped it; `example` is the record of the passage without it."""
    for dropped in unstated:
        claim = dropped.claim
        relation = context.schemas.relations[claim.candidate.claim.property]
        case = Case(claim.candidate, relation, reading.passage, claim.sentence, names, context)
        shown = triple(claim, reading, names, title, context)
        # The record may say it from the other end.
        seen = (
            case.masked_text if shown.property == f"P{relation.pid}" else case.masked_text.translate(_SWAPPED)
        )
        yield Dropped(example.id, "align", dropped.rule, page=example.page, triple=shown, seen=seen)
