"""What of a record can be asked for: triples whose ends its text names."""

from __future__ import annotations

from msgspec.structs import replace

from kg2instruct.records import Example, Triple

WIKIPEDIA = "wikipedia"


def grounded(example: Example) -> Example:
    """A record of Wikipedia with only the triples whose two ends stand in its text, by different names.

    A sentence may leave out the page's subject. `Panthera`, scientific name `Panthera`, and a film about a ship of its
    name are stated, but nobody could tell from the answer which is which. Other corpora may lack offsets, or mean
    what they annotate: their records stay as they are.
    """
    if example.source != WIKIPEDIA or all(map(_is_grounded, example.relation)):
        return example
    return replace(example, relation=tuple(filter(_is_grounded, example.relation)))


def _is_grounded(triple: Triple) -> bool:
    return triple.head_start is not None and triple.tail_start is not None and triple.head != triple.tail
