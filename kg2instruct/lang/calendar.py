"""What the date finders of both languages share: the pieces they find, and putting pieces together to times.

A finder turns a text into `Piece`s in order: whole dates, but also a lone month and day or the first number
of a range, which get their missing parts from the neighbour on the other side of "–", "to", 至 and the like.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from msgspec import Struct

from kg2instruct.lang.values import CENTURY, DAY, DECADE, MONTH, YEAR, Time

# What a piece is; NUMBER is one that only a neighbour can make sense of.
DATE, NUMBER = 0, 1

_MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Piece(Struct, gc=False):
    """A stretch of text that belongs to the calendar; zero means that a part is not stated.

    `precision` says what a DATE with a year is; `era` marks years counted from a reign.
    """

    start: int
    end: int
    kind: int = DATE
    year: int = 0
    month: int = 0
    day: int = 0
    precision: int = YEAR
    era: bool = False

    def time(self) -> Time | None:
        """The time that it states, or None without a year."""
        if self.kind != DATE or not self.year:
            return None
        return Time(self.year, self.month, self.day, self.precision)

    def time_in(self, year: int) -> Time | None:
        """The day that a month and day without a year are in a year, or None."""
        if (
            self.kind != DATE
            or self.year
            or not year
            or not self.day
            or not is_day(year, self.month, self.day)
        ):
            return None
        return Time(year, self.month, self.day, DAY)


def is_day(year: int, month: int, day: int) -> bool:
    """Whether the day exists (every fourth year is a leap year before 1582, as people then counted)."""
    if not 1 <= month <= 12 or not 1 <= day <= _MONTH_DAYS[month - 1]:
        return False
    if month != 2 or day != 29 or not year:
        return True
    return year % 4 == 0 and (year < 1582 or year % 100 != 0 or year % 400 == 0)


def date_piece(start: int, end: int, year: int, month: int = 0, day: int = 0) -> Piece:
    """A date at the precision of what is stated; a day that does not exist leaves the month."""
    if day and not is_day(year, month, day):
        day = 0
    return Piece(start, end, DATE, year, month, day, DAY if day else MONTH if month else YEAR)


def century_piece(start: int, end: int, number: int, *, bce: bool) -> Piece:
    """A century, written by its last year (by its first where BCE)."""
    return Piece(start, end, DATE, -100 * number if bce else 100 * number, precision=CENTURY)


def decade_piece(start: int, end: int, year: int) -> Piece:
    """The decade that begins with `year`."""
    return Piece(start, end, DATE, year, precision=DECADE)


def year_named_last(text: str, found: Sequence[Piece], at: int, stop: str) -> int:
    """The year of the last date before `at` in its sentence or the one before, 0 where there is none.

    `stop` is what ends a sentence.
    """
    last = next((p for p in reversed(found) if p.end <= at and p.year and p.precision >= YEAR), None)
    return last.year if last is not None and text.count(stop, last.end, at) <= 1 else 0


def join_neighbours(
    text: str, pieces: list[Piece], gap: re.Pattern[str], join: Callable[[Piece, Piece], None]
) -> None:
    """Let `join` fill in what two pieces say together that only `gap` parts, last pair first."""
    for left, right in zip(reversed(pieces[:-1]), reversed(pieces[1:]), strict=True):
        if right.start - left.end <= 8 and gap.fullmatch(text, left.end, right.start):
            join(left, right)
