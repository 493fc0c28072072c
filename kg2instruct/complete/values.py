"""Dates, amounts and texts that a model gives as a tail, read by meaning from the text that states them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from kg2instruct.complete.ground import Span
from kg2instruct.lang.quantities import find_quantities
from kg2instruct.lang.times import find_times
from kg2instruct.lang.units import units
from kg2instruct.lang.values import NO_UNIT, Quantity, format_quantity, format_time
from kg2instruct.records import Lang
from kg2instruct.schema import Relation

NO_TIME, NO_QUANTITY = "the tail is no date", "the tail is no amount"
WRONG_UNIT = "the amount is of another dimension"
# What an amount without a unit may measure.
_BARE = ("", "count", "ratio")
# The units' dimensions that schemas call otherwise.
_MEASURED = {"duration": ("time", "age"), "ratio": ("share",)}


class Literal(NamedTuple):
    """Where a value stands, and the value as records write it."""

    span: Span
    value: str


def read_literal(text: str, span: Span, relation: Relation, lang: Lang) -> Literal | str:
    """The value that the text has at a span, as the relation asks for it, or why there is none."""
    if relation.kind == "time":
        times = [((x.start, x.end), format_time(x.time)) for x in find_times(text, lang, eras=True)]
        return _at(span, times) or NO_TIME
    if relation.kind == "quantity":
        amounts = [((x.start, x.end), x.quantity) for x in find_quantities(text, lang)]
        found = _covering(span, (place for place, _ in amounts))
        if found is None:
            return NO_QUANTITY
        quantity = dict(amounts)[found]
        fits = _fits(quantity, relation.dimension)
        return Literal(found, format_quantity(quantity)) if fits else WRONG_UNIT
    return Literal(span, text[span[0] : span[1]])


def _at(span: Span, values: list[tuple[Span, str]]) -> Literal | None:
    found = _covering(span, (place for place, _ in values))
    return Literal(found, dict(values)[found]) if found else None


def _covering(span: Span, places: Iterable[Span]) -> Span | None:
    """The place that has most in common with a span, one of the two within the other."""
    shared = [
        (min(span[1], end) - max(span[0], start), -start, (start, end))
        for start, end in places
        if (start <= span[0] and span[1] <= end) or (span[0] <= start and end <= span[1])
    ]
    return max(shared)[2] if shared else None


def _fits(quantity: Quantity, dimension: str) -> bool:
    if quantity.unit in NO_UNIT:
        return dimension in _BARE
    unit = units().get(quantity.unit)
    if not dimension or unit is None:
        return True
    if dimension == "currency":  # each has a dimension of its own, by its code
        return len(unit.dimension) == 3 and unit.dimension.isupper()
    return unit.dimension in _MEASURED.get(dimension, (dimension,))


def is_value(text: str, lang: Lang) -> bool:
    """Whether a name is nothing but a date or an amount."""
    times = ((x.start, x.end) for x in find_times(text, lang))
    amounts = ((x.start, x.end) for x in find_quantities(text, lang))
    return any(span == (0, len(text)) for span in (*times, *amounts))
