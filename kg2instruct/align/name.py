"""A name found in a passage."""

from __future__ import annotations

from msgspec import Struct

from kg2instruct.records import MentionVia

NOWHERE = -1
"""Where a name stands whose entity the text tells without it: `the film`, `his father`."""


class Name(Struct, frozen=True, gc=False):
    """A span of a passage and the entities it may name, best first."""

    start: int
    end: int
    qids: tuple[int, ...]
    via: MentionVia
