"""Dates in English texts: "April 20, 1889", "20th of April, 1889", "1920–1935", "44 BC", "19th century"."""

from __future__ import annotations

import re

from kg2instruct.lang.calendar import (
    DATE,
    NUMBER,
    Piece,
    century_piece,
    date_piece,
    decade_piece,
    is_day,
    join_neighbours,
    year_named_last,
)
from kg2instruct.lang.units import Spelling, cues, unit_at
from kg2instruct.lang.values import CENTURY, DAY, DECADE, MONTH, YEAR

_MONTH_NAMES = (
    "January Jan",
    "February Feb",
    "March Mar",
    "April Apr",
    "May",
    "June Jun",
    "July Jul",
    "August Aug",
    "September Sept Sep",
    "October Oct",
    "November Nov",
    "December Dec",
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
_MONTH = "(?:" + "|".join(_MONTHS) + r")(?![A-Za-z])\.?"
_ERA = (
    r"(?:[ \u00a0]?(?P<bce{0}>BCE?(?![A-Za-z])|B\.[ ]?C\.(?:[ ]?E\.)?)"
    r"|[ \u00a0]?(?P<ce{0}>CE(?![A-Za-z])|AD(?![A-Za-z])|A\.D\.|C\.E\.))?"
)
_ORDINAL = "(?:st|nd|rd|th)"
_GAP_TEXT = r"[ \u00a0]?(?:[-–—―~]|\bto\b|\band\b|\bor\b|\buntil\b|\bthrough\b|&|/)[ \u00a0]?(?:the[ ])?"
_GAP = re.compile(_GAP_TEXT)
_DASH = re.compile(r"[ \u00a0]?(?:[-–—―~/]|to|until|through)[ \u00a0]?")
_YEAR_TEXT = r"(?:[0-9]{3,4}(?![0-9]|[,.][0-9])|[0-9]{1,4}(?=[ ]?(?:BC|AD|CE|B\.C)))"
_S = "[ \u00a0\n]"

# A number alone is looked at where it has four digits, an era, or a dash before it (1914–18).
_BARE = (
    r"(?<=[0-9]{4})|(?=[ \u00a0]?(?:BC|B\.|AD|A\.D|CE|C\.E))|(?<=[-–—/][0-9]{2})"
    r"|(?<=AD[ \u00a0][0-9])|(?<=AD[ \u00a0][0-9]{2})|(?<=AD[ \u00a0][0-9]{3})|(?<=year[ \u00a0][0-9]{3})"
    r"|(?<=D\.[ \u00a0][0-9])|(?<=D\.[ \u00a0][0-9]{2})|(?<=D\.[ \u00a0][0-9]{3})"
)
_AD_BEFORE = ("AD ", "AD\u00a0", "A.D. ")

_MONTH_FIRST = re.compile(
    rf"""(?P<month>{"|".join(_MONTHS)})(?![A-Za-z])\.?(?:
      {_S}(?P<day>[0-9]{{1,2}}){_ORDINAL}?(?![0-9:]|\.[0-9])
      (?:[ ]?[-–—][ ]?(?P<last_day>[0-9]{{1,2}}){_ORDINAL}?(?=,?{_S}[0-9]{{4}}))?
      (?:,?{_S}(?P<year>{_YEAR_TEXT}){_ERA.format("")})?
    | ,?{_S}(?:of[ ])?(?P<lone_year>{_YEAR_TEXT}){_ERA.format("_lone")}
    | (?P<open>(?={_GAP_TEXT}(?:{_MONTH}|[0-9]{{1,2}}{_S})))
    )""",
    re.VERBOSE,
)
_NUMBER_FIRST = re.compile(
    rf"""(?P<number>[0-9][0-9]{{0,3}})(?![0-9])(?:
      {_ORDINAL}?(?:{_S}(?:day[ ])?of)?[ \u00a0\n-](?P<month>{_MONTH})
        (?:(?:,?{_S}|-)(?:of[ ])?(?P<year>{_YEAR_TEXT}){_ERA.format("")})?
    | (?P<mark>[-/.])(?P<iso_month>[0-9]{{1,2}})(?P=mark)(?P<iso_day>[0-9]{{1,2}})(?![0-9])
    | {_ORDINAL}[ \u00a0-](?P<century>centur(?:y|ies)|Century){_ERA.format("_century")}
    | (?P<decade>['’]?s(?![A-Za-z]))
    | (?P<open>{_ORDINAL}?(?={_GAP_TEXT}[0-9]))
    | (?P<bare>{_BARE}){_ERA.format("_bare")}
    )""",
    re.VERBOSE,
)
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_ORDINAL_WORDS = {word: number for number, word in enumerate(_ORDINALS.split(), 1)}
_DIGIT = re.compile("[0-9]")
_CENTURY_WORD = re.compile(r"[ \u00a0-][Cc]entur(?:y|ies)(?P<bce> BCE?\b| B\.C\.)?")
_ORDINAL_BEFORE = re.compile(r"(?:(?P<tens>twenty)-)?\b(?P<word>[a-z]+(?:st|nd|rd|th))$", re.IGNORECASE)
_LAST_WORD = re.compile(r"([A-Za-z.]+)[ \u00a0\n]+(?:\()?$")
_NEXT_WORD = re.compile(r"[ \u00a0-]([a-z]+)")

_RELATIVE = re.compile(
    r"\b(?:(?P<same>[Tt]he same|[Tt]hat(?: same)?)|[Tt]he (?:following|next)) year\b(?!['’]s)"
)


def pieces(text: str) -> list[Piece]:
    """The calendar pieces of a text, in order and without overlap."""
    found: list[Piece] = []
    if _DIGIT.search(text) is not None:
        found += [piece for match in _MONTH_FIRST.finditer(text) for piece in _month_first(text, match)]
        found += [piece for match in _NUMBER_FIRST.finditer(text) if (piece := _number_first(text, match))]
    if "entur" in text:
        found += [piece for match in _CENTURY_WORD.finditer(text) if (piece := _word_century(text, match))]
    if not found:
        return found
    found.sort(key=lambda piece: (piece.start, -piece.end))
    kept: list[Piece] = []
    for piece in found:
        if not kept or piece.start >= kept[-1].end:
            kept.append(piece)
    join_neighbours(text, kept, _GAP, lambda left, right: _join(text, left, right))
    for piece in kept:
        if piece.precision == DECADE and piece.year < 100:
            piece.year = 0
    return _relative_years(text, [piece for piece in kept if piece.kind == DATE])


def _relative_years(text: str, found: list[Piece]) -> list[Piece]:
    """Read "the same year" and "the following year" by the year named last, in this sentence or the one before."""
    if " year" not in text:
        return found
    for match in _RELATIVE.finditer(text):
        named = year_named_last(text, found, match.start(), ". ")
        year = named + (0 if match["same"] else 1)
        if named and year:
            found.append(date_piece(match.start(), match.end(), year))
            found.sort(key=lambda piece: piece.start)
    return found


def _month_first(text: str, match: re.Match[str]) -> list[Piece]:
    start = match.start()
    if start and text[start - 1].isalpha():
        return []
    date = _month_date(text, match)
    if date is None or not match["last_day"]:
        return [date] if date else []
    # January 1–3, 2004
    last = date_piece(match.start("last_day"), date.end, date.year, date.month, int(match["last_day"]))
    date.end = match.end("day")
    return [date, last]


def _month_date(text: str, match: re.Match[str]) -> Piece | None:
    start, end = match.span()
    month = _MONTHS[match["month"]]
    day = int(match["day"] or 0)
    if match["lone_year"]:
        year = int(match["lone_year"])
        return date_piece(start, end, -year if match["bce_lone"] else year, month) if year <= 2100 else None
    if day and not is_day(0, month, day):
        return None
    if match["year"] and int(match["year"]) <= 2100 and not _unit_after(text, match.end("year")):
        year = int(match["year"])
        return date_piece(start, end, -year if match["bce"] else year, month, day)
    end = match.start("year") if match["year"] else end
    return Piece(start, len(text[:end].rstrip(" ,\u00a0\n")), DATE, 0, month, day, DAY if day else MONTH)


def _number_first(text: str, match: re.Match[str]) -> Piece | None:
    start, end = match.span()
    before = text[start - 1] if start else " "
    if (
        before.isalnum()
        or (before in ".,:" and start > 1 and text[start - 2].isdigit())
        or before in "$£€¥#№_"
    ):
        return None
    number = int(match["number"])
    if match["month"]:
        month, year = _MONTHS[match["month"].rstrip(".")], int(match["year"] or 0)
        if not is_day(0, month, number) or year > 2100:
            return None
        if not year and text.endswith(".", 0, end):
            end -= 1  # it may end the sentence
        return date_piece(start, end, -year if match["bce"] else year, month, number)
    if match["iso_day"]:
        month, day = int(match["iso_month"]), int(match["iso_day"])
        valid = 1000 <= number <= 2100 and is_day(number, month, day)
        return date_piece(start, end, number, month, day) if valid else None
    if match["century"]:
        valid = 1 <= number <= 40
        return century_piece(start, end, number, bce=bool(match["bce_century"])) if valid else None
    if match["decade"] is not None:
        # "1800s" may be the decade or the century.
        if number % 10 or number > 2090:
            return None
        # "1800s" may be the decade or the century, and "60s" of any century: no time, but no quantity either.
        known = number > 100 and (number % 100 != 0 or number == 2000)
        return decade_piece(start, end, number if known or number < 100 else 0)
    return _year_or_number(text, match, number)


def _year_or_number(text: str, match: re.Match[str], number: int) -> Piece | None:
    start, end = match.span()
    if match["bce_bare"] and number:
        return date_piece(start, end, -number)
    marked = text.endswith(_AD_BEFORE, 0, start)
    if (match["ce_bare"] or marked) and 1 <= number <= 2100:
        return date_piece(text.rindex("A", 0, start) if marked else start, end, number)
    if len(match["number"]) == 3 and text.endswith("year", 0, start - 1):
        return date_piece(start, end, number)
    if match["open"] is not None:
        return Piece(start, end, NUMBER, number, precision=CENTURY if match["open"] else YEAR)
    after = text[end : end + 1]
    if len(match["number"]) == 4 and _is_year(text, start, end, number):
        return date_piece(start, end, number)
    if len(match["number"]) in (2, 4) and start and text[start - 1] in "-–—/" and not after.isalnum():
        return Piece(start, end, NUMBER, number)
    return None


def _is_year(text: str, start: int, end: int, number: int) -> bool:
    """Whether a number of four digits is a year: by what stands before and after it."""
    if not 1000 <= number <= 2099 or text[start] == "0":
        return False
    before, after = text[start - 1] if start else " ", text[end : end + 1]
    if (
        after.isalpha()
        or after in ("%", "°", "$", "€")
        or (after in (",", ".", ":") and text[end + 1 : end + 2].isdigit())
    ):
        return False
    if before in "-./+×*^=&@\\":
        return text.endswith(("c.", "ca."), 0, start)
    last = _LAST_WORD.search(text, max(0, start - 16), start)
    previous = last[1].lower() if last else ""
    if previous in cues("numbered"):
        return False
    unit = _unit_after(text, end)
    if unit is not None:
        return len(unit.text) == 1 and unit.text.isupper() and previous in cues("dating")
    following = _NEXT_WORD.match(text, end)
    if following is None:
        return True
    word = following[1]
    if word in cues("counted"):
        return False
    plural = len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
    if word in ("were", "are", "have", "of"):
        return previous in cues("dating")
    return not plural or not previous or previous in cues("dating")


def _unit_after(text: str, end: int) -> Spelling | None:
    return unit_at(text, end + 1 if text[end : end + 1] in (" ", "\u00a0", "-") else end, "en")


def _word_century(text: str, match: re.Match[str]) -> Piece | None:
    """The nineteenth century; one with a numeral is found by its number."""
    before = _ORDINAL_BEFORE.search(text, max(0, match.start() - 20), match.start())
    number = _ORDINAL_WORDS.get(before["word"].lower()) if before else None
    if before is None or number is None:
        return None
    number += 20 if before["tens"] else 0
    return century_piece(before.start(), match.end(), number, bce=bool(match["bce"]))


def _join(text: str, left: Piece, right: Piece) -> None:
    """Ranges and lists: "4–7 April 1889", "28 July – 11 November 1918", "384–322 BC"."""
    if left.kind == DATE:
        if not left.year and right.year and right.kind == DATE and right.precision in (MONTH, DAY):
            if left.month and (left.month, left.day) < (right.month, right.day or 32):
                left.year = right.year
        elif left.precision == YEAR and left.year >= 1000 and right.kind == NUMBER and right.year < 100:
            _short_year(left, right)
        elif (
            left.precision == DECADE
            and left.year >= 1000
            and right.precision == DECADE
            and 0 < right.year < 100
        ):
            right.year += left.year - left.year % 100
        return
    dash = _DASH.fullmatch(text, left.end, right.start) is not None
    number = left.year
    if right.kind == NUMBER:
        if 1000 <= number < 2100 and left.precision == YEAR and dash:
            if right.year < 100:
                _short_year(left, right)
            elif number < right.year < 2100:
                left.kind = right.kind = DATE
        return
    if right.precision == CENTURY:
        if left.precision == CENTURY and number <= 40:
            left.kind, left.year = DATE, -100 * number if right.year < 0 else 100 * number
    elif right.precision == DAY and number <= 31 and right.month:
        if number < right.day:
            left.kind, left.month, left.day, left.precision = DATE, right.month, number, DAY
            left.year = right.year
    elif right.year < 0:
        if number > -right.year:
            left.kind, left.year = DATE, -number
    elif (right.precision == YEAR and 0 < right.year - number < 1000 and number >= 100) or (
        right.precision in (MONTH, DAY) and 1000 <= number <= right.year
    ):
        left.kind = DATE


def _short_year(left: Piece, right: Piece) -> None:
    """1914–18: the right year is of the left one's century."""
    year = left.year - left.year % 100 + right.year
    if year > left.year:
        left.kind = right.kind = DATE
        right.year = year
