"""Times of Wikibase's RDF back to what its JSON says.

    "1616-05-03T00:00:00Z", precision 11, Julian  ->  "+1616-04-23T00:00:00Z"

RDF has each day in the Gregorian calendar and years before Christ counted with a year 0 (those of less than a
year's precision without one); JSON has the day as it was written, and no year 0.
"""

from __future__ import annotations

import re

JULIAN = "http://www.wikidata.org/entity/Q1985786"
YEAR, MONTH, DAY = 9, 10, 11

_DATE = re.compile(r"([+-]?)(\d{1,15})-(\d\d)-(\d\d)(?:T|$)")
# Beyond these, days are written as they are.
_FIRST_YEAR, _LAST_YEAR = -4712, 1465073


def json_time(text: str, precision: int, calendar: str) -> str:
    """The time as in JSON; empty where it is none. What RDF could not write as a date comes as JSON has it."""
    found = _DATE.match(text)
    if found is None:
        return ""
    sign, digits, month, day = found[1], found[2], int(found[3]), int(found[4])
    if sign == "+":
        return text
    year = -int(digits) if sign else int(digits)
    if precision >= DAY and calendar == JULIAN and _FIRST_YEAR <= year <= _LAST_YEAR:
        year, month, day = to_julian(year, month, day)
    if precision >= YEAR and year <= 0:
        year -= 1
    month, day = month if precision >= MONTH else 0, day if precision >= DAY else 0
    return f"{'-' if year < 0 else '+'}{abs(year):04d}-{month:02d}-{day:02d}T00:00:00Z"


def to_julian(year: int, month: int, day: int) -> tuple[int, int, int]:
    """The day of the Julian calendar that is a day of the Gregorian one; years with a year 0.

    By the day's number, as in E. G. Richards, Calendars (Explanatory Supplement to the Astronomical Almanac).
    """
    late = (14 - month) // 12
    y, m = year + 4800 - late, month + 12 * late - 3
    number = day + (153 * m + 2) // 5 + 365 * y + y // 4 - y // 100 + y // 400 - 32045
    c = number + 32082
    years = (4 * c + 3) // 1461
    days = c - 1461 * years // 4
    months = (5 * days + 2) // 153
    return (
        years - 4800 + months // 10,
        months + 3 - 12 * (months // 10),
        days - (153 * months + 2) // 5 + 1,
    )
