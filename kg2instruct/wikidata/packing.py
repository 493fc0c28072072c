"""Claims as numbers: how a property, a kind of value and a time fit into integers.

A claim is two 32-bit numbers. The key holds property, kind and flags; the value is a QID for an item and an
index into the table of its kind for the others.
"""

from __future__ import annotations

from kg2instruct.lang.values import CENTURY, DAY, DECADE, MONTH, Time

# Kinds of value; those but ITEM have a table.
ITEM, TIME, QUANTITY, TEXT = range(4)

PREFERRED = 1
ENDED = 2
KIND_SHIFT = 2
PROPERTY_SHIFT = 4

# Properties are entities like items; their numbers are kept apart by the highest bit.
PROPERTY_BIT = 1 << 31

INSTANCE_OF, SUBCLASS_OF, INVERSE_PROPERTY = 31, 279, 1696

_JULIAN = 1 << 13
_YEAR_SHIFT = 14
_MAX_YEAR = 1 << 48


def natural(digits: str) -> int:
    """The number that ASCII digits write; 0 for anything else, and for what no id or year can be."""
    return int(digits) if len(digits) <= 18 and digits.isascii() and digits.isdecimal() else 0


def pack_time(text: str, precision: int, calendar: str) -> int | None:
    """Pack Wikidata's `+1889-04-20T00:00:00Z`; None where it is not a time.

    Month and day below the precision are dropped, clock times become days, a century is written by its last
    year and a decade by its first, whatever year Wikidata's editors wrote for it.
    """
    sign, digits, month, day = text[:1], *[*text[1:].partition("T")[0].split("-"), "", ""][:3]
    year = natural(digits)
    if sign not in ("+", "-") or not year or not 0 <= precision <= 14:
        return None
    precision = min(precision, DAY)
    months = natural(month) if precision >= MONTH else 0
    days = natural(day) if precision >= DAY else 0
    if precision >= MONTH and not 1 <= months <= 12:
        precision, months, days = MONTH - 1, 0, 0
    elif precision == DAY and not 1 <= days <= 31:
        precision, days = MONTH, 0
    if precision == CENTURY:
        year = (year + 99) // 100 * 100
    elif precision == DECADE:
        year = year // 10 * 10
    if year == 0 or year >= _MAX_YEAR:
        return None
    julian = _JULIAN if calendar.endswith("Q1985786") else 0
    signed = -year if sign == "-" else year
    return signed << _YEAR_SHIFT | julian | precision << 9 | months << 5 | days


def unpack_time(packed: int) -> Time:
    """The time that `pack_time` packed."""
    return Time(packed >> _YEAR_SHIFT, packed >> 5 & 15, packed & 31, packed >> 9 & 15)


def is_julian(packed: int) -> bool:
    """Whether the time was given in the Julian calendar (day and month are then of that calendar)."""
    return bool(packed & _JULIAN)
