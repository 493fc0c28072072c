"""Literal values by meaning, as a knowledge base holds them and as a text states them."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from kg2instruct.lang.units import convert, unit_name

__all__ = [
    "CENTURY",
    "DAY",
    "DECADE",
    "MONTH",
    "YEAR",
    "Quantity",
    "Text",
    "Time",
    "format_amount",
    "format_quantity",
    "format_time",
    "quantities_agree",
    "times_agree",
    "unit_name",
]

# How far two amounts of the same thing may lie apart: texts round.
RELATIVE_TOLERANCE = 0.005
# Amounts without a unit are either written without one or in "1" (Q199).
NO_UNIT = (0, 199)

CENTURY, DECADE, YEAR, MONTH, DAY = 7, 8, 9, 10, 11


class Time(Struct, frozen=True, gc=False):
    """A point in time; `precision` as in Wikidata: 7 century, 8 decade, 9 year, 10 month, 11 day.

    A negative year is BCE: -44 is 44 BCE; there is no year 0. Month and day are 0 where the precision is
    coarser. A century is written by its last year (18th century: 1800), a decade by its first (1980s: 1980).
    """

    year: int
    month: int = 0
    day: int = 0
    precision: int = YEAR


class Quantity(Struct, frozen=True, gc=False):
    """An amount with a unit: the QID number of the unit's Wikidata entity, 0 for none."""

    amount: float
    unit: int = 0


class Text(Struct, frozen=True, gc=False):
    """A string or monolingual text; `lang` is empty for a plain string."""

    text: str
    lang: str = ""


def format_time(time: Time) -> str:
    """`+1889-04-20/11`, `-0044-00-00/9`."""
    sign = "-" if time.year < 0 else "+"
    return f"{sign}{abs(time.year):04d}-{time.month:02d}-{time.day:02d}/{time.precision}"


def format_amount(amount: float) -> str:
    """A signed decimal without exponent or trailing zeros: `+2.5`, `-3`."""
    if abs(amount) < 1e15 and amount == int(amount):
        return f"{int(amount):+d}"
    return f"{Decimal(f'{amount:.12g}'):+f}"


def format_quantity(quantity: Quantity) -> str:
    """`+2.5/Q828224`, `+94441/1` without a unit."""
    return f"{format_amount(quantity.amount)}/{f'Q{quantity.unit}' if quantity.unit else '1'}"


def times_agree(claim: Time, mention: Time) -> bool:
    """Equal at the coarser of the two precisions, which must not be coarser than a year.

    Decades agree with equal decades and centuries with equal centuries, whichever of its years names them
    (1701 and 1800 at century precision are both the 18th century). BCE and CE never agree.
    """
    if (claim.year < 0) != (mention.year < 0):
        return False
    coarser = min(claim.precision, mention.precision)
    if coarser >= YEAR:
        return (
            claim.year == mention.year
            and (coarser < MONTH or claim.month == mention.month)
            and (coarser < DAY or claim.day == mention.day)
        )
    if claim.precision != mention.precision:
        return False
    ours, theirs = abs(claim.year), abs(mention.year)
    if coarser == DECADE:
        return ours // 10 == theirs // 10
    return coarser == CENTURY and (ours + 99) // 100 == (theirs + 99) // 100


def quantities_agree(claim: Quantity, mention: Quantity) -> bool:
    """Equal after conversion to the claim's unit, within half a per cent.

    Zero agrees with zero alone. Units of different dimensions never agree, and a unit that the table does not
    have agrees with itself only.
    """
    theirs: float | None = mention.amount
    if not (claim.unit in NO_UNIT and mention.unit in NO_UNIT):
        theirs = convert(mention.amount, mention.unit, claim.unit)
    if theirs is None:
        return False
    return abs(claim.amount - theirs) <= RELATIVE_TOLERANCE * max(abs(claim.amount), abs(theirs))
