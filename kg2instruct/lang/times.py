"""Dates that a text states, by meaning: "April 20, 1889", 1889年4月20日, 公元前221年, "19th century"."""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from kg2instruct.lang import times_en, times_zh
from kg2instruct.lang.calendar import Piece
from kg2instruct.lang.values import YEAR, Time
from kg2instruct.registry import Registry

_FINDERS = Registry("language of dates", {"zh": times_zh.pieces, "en": times_en.pieces})


class TimeSpan(Struct, frozen=True, gc=False):
    """A stretch of text that states a time; offsets into the text, end exclusive."""

    start: int
    end: int
    time: Time


def find_times(text: str, lang: str, *, eras: bool = False, carry_years: bool = False) -> list[TimeSpan]:
    """The times that a text of `lang` states, in order and without overlap.

    Years of reigns (民国三十七年) are read with `eras` only, a month and day without a year with `carry_years` only:
    they are in the year named last, 1906年…，7月3日. A length of time (历时3年) and a number that may be anything
    are no times. Raises UnknownName for another language.
    """
    found, year = [], 0
    for piece in calendar_pieces(text, lang):
        time = piece.time() if eras or not piece.era else None
        if time is None and carry_years:
            time = piece.time_in(year)
        elif time is not None and time.precision >= YEAR:
            year = time.year
        if time is not None:
            found.append(TimeSpan(piece.start, piece.end, time))
    return found


# Dates and quantities of one text are asked for one after the other.
@lru_cache(maxsize=4)
def calendar_pieces(text: str, lang: str) -> tuple[Piece, ...]:
    """All stretches that belong to the calendar, in order, those without a year too: they count nothing."""
    return tuple(_FINDERS[lang](text))
