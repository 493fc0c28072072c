"""Quantities that a text states, by meaning: "593.2 km2", 94,441人, 三万多人, 12亿元, "three children"."""

from __future__ import annotations

from math import isfinite

from msgspec import Struct

from kg2instruct.lang import quantities_en, quantities_zh
from kg2instruct.lang.amounts import merge_compounds
from kg2instruct.lang.times import calendar_pieces
from kg2instruct.lang.values import Quantity
from kg2instruct.registry import Registry

_FINDERS = Registry("language of quantities", {"zh": quantities_zh.amounts, "en": quantities_en.amounts})


class QuantitySpan(Struct, frozen=True, gc=False):
    """A stretch of text that states a quantity, number and unit; the number alone ends at `number_end`.

    Offsets into the text, end exclusive. The lower end of a range (33–41公斤) has the unit that stands behind
    the upper one, though its span is the number only.
    """

    start: int
    end: int
    number_end: int
    quantity: Quantity


def find_quantities(text: str, lang: str) -> list[QuantitySpan]:
    """The quantities that a text of `lang` states, in order and without overlap.

    Numbers with a counter or without anything have unit 0. Left out are the numbers of dates, of names and
    identifiers (A380, 2号线, No. 5), ordinals, clock times, scores, and Chinese numerals that count nothing.
    Raises UnknownName for another language.
    """
    found = _FINDERS[lang](text, _busy(text, lang))
    return [
        QuantitySpan(amount.start, amount.end, amount.number_end, Quantity(amount.value, amount.unit))
        for amount in merge_compounds(text, found)
        if isfinite(amount.value)
    ]


def _busy(text: str, lang: str) -> list[tuple[int, int]]:
    return [(piece.start, piece.end) for piece in calendar_pieces(text, lang)]
