"""Literal values by meaning: times, quantities and texts, as a knowledge base holds them and as a text states them."""

from __future__ import annotations

from dataclasses import dataclass

CENTURY, DECADE, YEAR, MONTH, DAY = 7, 8, 9, 10, 11


@dataclass(frozen=True, slots=True)
class Time:
    """A point in time; `precision` as in Wikidata: 7 century, 8 decade, 9 year, 10 month, 11 day (and coarser).

    A negative year is BCE: -44 is 44 BCE; there is no year 0. Month and day are 0 where the precision is coarser.
    A century is written by its last year (18th century: 1800), a decade by its first (1980s: 1980).
    """

    year: int
    month: int = 0
    day: int = 0
    precision: int = YEAR


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount with a unit: the QID number of the unit's Wikidata entity, 0 for none."""

    amount: float
    unit: int = 0


@dataclass(frozen=True, slots=True)
class Text:
    """A string or monolingual text; `lang` is empty for a plain string."""

    text: str
    lang: str = ""


def format_time(time: Time) -> str:
    """`+1889-04-20/11`, `-0044-00-00/9`."""
    sign = "-" if time.year < 0 else "+"
    return f"{sign}{abs(time.year):04d}-{time.month:02d}-{time.day:02d}/{time.precision}"


def format_amount(amount: float) -> str:
    """A signed decimal without exponent or trailing zeros: `+2.5`, `-3`."""
    if amount == int(amount) and abs(amount) < 1e15:
        return f"{int(amount):+d}"
    text = f"{amount:+.12g}"
    return text if "e" not in text else f"{amount:+f}".rstrip("0").rstrip(".")


def format_quantity(quantity: Quantity) -> str:
    """`+2.5/Q828224`, `+94441/1` without a unit."""
    return f"{format_amount(quantity.amount)}/{f'Q{quantity.unit}' if quantity.unit else '1'}"
