"""What the store answers with."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from kg2instruct.lang.values import Quantity, Text, Time

Value: TypeAlias = int | Time | Quantity | Text


class Claim(Struct, frozen=True, gc=False):
    """A claim about an entity; the value is a QID number, a time, a quantity or a text.

    `preferred` is its rank, `ended` says that it has an end time, `julian` that the day is of the Julian
    calendar.
    """

    property: int
    value: Value
    preferred: bool = False
    ended: bool = False
    julian: bool = False


class Candidate(Struct, frozen=True, gc=False):
    """An entity that a name may mean; `is_label` where the name is its label, not an alias only."""

    qid: int
    is_label: bool
