"""Dates in Chinese texts: 1889年4月20日, 二〇一八年五月, 公元前221年, 20世纪80年代, 1949－1956年."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

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
from kg2instruct.lang.numbers import parse_number
from kg2instruct.lang.units import load_table
from kg2instruct.lang.values import CENTURY, DAY, DECADE, MONTH, YEAR

_N = "[0-9０-９〇○零一二三四五六七八九十廿卅百千]"
_SPACE = "[ \u00a0\u3000]?"
_GAP = re.compile(rf"{_SPACE}(?:[-–—－―~～〜至到、及和与與或]|——|直至|以及){_SPACE}")
_DASH = re.compile(rf"{_SPACE}(?:[-–—－―~～〜至到]|——){_SPACE}")

# The first group starts with a plain character class, which lets the search skip quickly. `titled` is a bare year
# behind a title or before one at the start of a line, as filmographies have it: 《意外》2009.
_TOKEN = re.compile(
    rf"""(?P<number>{_N}{_N}{{0,6}}){_SPACE}(?:
      (?P<century>世[纪紀])(?:{_SPACE}的?(?P<decade_of>{_N}{{1,3}}){_SPACE}年代)?
    | (?P<decade>年代)
    | (?P<year>年)(?P<close>[）)])?
        (?:{_SPACE}(?:[（(〈［\[](?![0-9]{{3,4}}年)[^（）()〈〉［］\[\]]{{1,14}}[）)〉］\]])?{_SPACE}(?P<month>{_N}{{1,3}}){_SPACE}月
        (?:{_SPACE}(?P<day>{_N}{{1,3}}){_SPACE}[日号號])?)?
    | (?P<lone_month>月)(?:{_SPACE}(?P<month_day>{_N}{{1,3}}){_SPACE}[日号號])?
    | (?P<lone_day>[日号號])
    | (?P<mark>[-/.])(?P<iso_month>[0-9]{{1,2}})(?P=mark)(?P<iso_day>[0-9]{{1,2}})(?![0-9])
    | (?P<titled>(?:(?<=》[0-9]{{4}})|(?<=》[ ][0-9]{{4}}))(?=[ ，。；、（(\n]|\Z)
        |(?:(?<=\A[0-9]{{4}})|(?<=\n[0-9]{{4}}))(?=《))
    | (?P<open>(?={_SPACE}(?:[-–—－―~～〜至到、及和与與]|——){_SPACE}{_N}))
    | (?P<closed>(?<=[0-9０-９]{{4}})(?={_SPACE}[)）,，、;；]))
    )""",
    re.VERBOSE,
)
# What each date has something of; other texts need no closer look.
_ANY = re.compile("[0-9０-９年月日号號世]")
_ERA_MARKS = ("公元", "西元", "公曆", "公历", "西曆", "西历", "纪元", "紀元")
# What 公元 and 前 end with, and the spaces behind them.
_SIGNED = frozenset("元曆历前 \u00a0")
# Before 前 of 前221年: where it stands alone, not 战前, 之前, 此前.
_BEFORE_BCE = re.compile(r"(?:[^\w]|[于於在约約自由从從至到及和与與为為死生卒即])?前")
_SPAN_BEFORE = re.compile(
    r"(?:历时|歷時|[长長]?[达達]|近|超过|超過|逾|共|[这這]|享年|[寿壽]|[历歷][经經]|[为為]期|[经經][过過]|相隔|[时時]隔|每|[满滿]|了|有|持续|持續|前|后|後|第)[约約]?$"
)
_SPAN_AFTER = re.compile(
    r"之?[后後前]|的?[历歷]史|以?[来來]|之久|多|以上|左右|[内內]|[间間]|期|制|[级級]|[龄齡]|的[时時][间間]"
)

_AFTER_YEAR = frozenset(("后", "後", "之后", "之後", "间", "間", "期", "制", "来", "來", "以来", "以來"))
# 同年 is the year last named, 翌年 the one after; not 同年级, 与他同年.
_RELATIVE = re.compile(
    rf"(?<![与與和])(?:(?P<same>同)|[翌次隔])年(?={_SPACE}{_N}{{1,2}}{_SPACE}月|[，,、]|[初底末春夏秋冬])"
)
_RELATIVE_YEARS = ("同年", "翌年", "次年", "隔年")


def pieces(text: str) -> list[Piece]:
    """The calendar pieces of a text, in order and without overlap."""
    if _ANY.search(text) is None:
        return []
    eras = _era_pieces(text) if "年" in text else []
    found: list[Piece] = []
    next_era = 0
    for match in _TOKEN.finditer(text):
        # An era in brackets inside a date, 1889年（明治22年）4月20日, is part of the date.
        while next_era < len(eras) and eras[next_era].start < match.start():
            found.append(eras[next_era])
            next_era += 1
        if found and match.start() < found[-1].end:
            continue
        piece = _piece(text, match)
        if piece is None:
            continue
        while next_era < len(eras) and eras[next_era].start < piece.end:
            next_era += 1
        while found and found[-1].start >= piece.start:
            found.pop()
        found.append(piece)
    found.extend(eras[next_era:])
    join_neighbours(text, found, _GAP, lambda left, right: _lend_unit(text, left, right))
    return _relative_years(text, _complete(text, found))


def _int(numeral: str) -> int:
    if numeral.isdecimal():
        return int(numeral)
    value = parse_number(numeral)
    return -1 if value is None else int(value)


def _piece(text: str, match: re.Match[str]) -> Piece | None:
    kind = match.lastgroup
    numeral, start, end = match["number"], match.start(), match.end()
    if start and text[start - 1] in "0123456789０１２３４５６７８９.．,第":
        return None
    if kind in ("year", "close", "month", "day"):
        return _year_piece(text, match)
    if kind in ("lone_month", "month_day"):
        month, day = _int(numeral), _int(match["month_day"]) if match["month_day"] else 0
        if not 1 <= month <= 12:
            return None
        # A lone month states no time; it is kept for its neighbours and so that no one counts it.
        return Piece(start, end, DATE, 0, month, day if is_day(0, month, day) else 0, DAY if day else MONTH)
    if kind == "lone_day":
        day = _int(numeral)
        return Piece(start, end, DATE, 0, 0, day, DAY) if 1 <= day <= 31 else None
    if kind in ("century", "decade_of"):
        return _century_piece(text, match)
    if kind == "decade":
        value = _int(numeral)
        if value % 10 or value < 10 or value > 2090:
            return None
        if value >= 100:
            return decade_piece(start, end, value)
        recent = text.endswith(("上世纪", "上世紀", "上个世纪", "上個世紀"), 0, start)
        # 80年代 alone: its century comes from a neighbour, or not at all.
        return decade_piece(start, end, 1900 + value if recent else value)
    if kind == "iso_day":
        year, month, day = _int(numeral), int(match["iso_month"]), int(match["iso_day"])
        return (
            date_piece(start, end, year, month, day)
            if 1000 <= year <= 2100 and is_day(year, month, day)
            else None
        )
    value, bce, start = _signed(text, start, numeral)
    if kind == "open":
        return Piece(start, end, NUMBER, -value if bce else value) if value > 0 else None
    if not bce and 1000 <= value < 2100 and (kind == "titled" or _in_brackets(text, start, end)):
        return date_piece(start, end, value)
    return Piece(start, end, NUMBER, -value if bce else value)


def _in_brackets(text: str, start: int, end: int) -> bool:
    """Whether a bare number is all that brackets hold, or ends or begins a list in them: （1969, 1992）."""
    before, after = text[max(0, start - 2) : start].rstrip()[-1:], text[end : end + 2].lstrip()[:1]
    return before in ("（", "(") or (after in ("）", ")") and before in tuple(",，、;；"))


def _signed(text: str, start: int, numeral: str) -> tuple[int, bool, int]:
    """The number, whether BCE, and where the mention starts with its 公元前."""
    value = _int(numeral)
    if text[start - 1 : start] not in _SIGNED:
        return value, False, start
    at = start - 1 if text[start - 1 : start] in (" ", "\u00a0") else start
    if text[at - 1 : at] == "前":
        if text.endswith(_ERA_MARKS, 0, at - 1):
            return value, True, at - 3
        if value >= 100 and _BEFORE_BCE.fullmatch(text, max(0, at - 2), at):
            return value, True, at - 1
    return value, False, at - 2 if text.endswith(_ERA_MARKS, 0, at) else start


def _year_piece(text: str, match: re.Match[str]) -> Piece | None:
    numeral, end = match["number"], match.end()
    value, bce, start = _signed(text, match.start(), numeral)
    marked = start < match.start()
    month = _int(match["month"]) if match["month"] else 0
    day = _int(match["day"]) if match["day"] else 0
    if match["close"]:
        era = _era_before(text, match) if month else -1
        if era < 0:
            month, day, end = 0, 0, match.end("year")
        else:
            start, marked = era, True
    if not 0 <= month <= 12:
        month, day, end = 0, 0, match.end("year")
    if day and not is_day(value, month, day):
        day, end = 0, text.index("月", match.end("month")) + 1
    if not (marked or _is_year(text, match, numeral, value, bool(month))):
        # 25年4月: of which era nobody says. Without a month it is a length of time, not a date.
        return Piece(start, end, DATE, 0, month, day, DAY if day else MONTH) if month else None
    if not 1 <= value <= (9999 if bce else 2100):
        return None
    return date_piece(start, end, -value if bce else value, month, day)


def _era_before(text: str, match: re.Match[str]) -> int:
    """Where 民國38年（1949年）12月7日 begins for a year in brackets; -1 where there is no era before them."""
    era = _eras()[2].search(text, max(0, match.start() - 12), match.start())
    return era.start() if era else -1


def _is_year(text: str, match: re.Match[str], numeral: str, value: int, has_month: bool) -> bool:
    if 0 < value <= 2100 and text[match.start() - 2 : match.start()] in ("年（", "年("):
        # 建武二年（26年）: the brackets hold the year of the common calendar.
        return True
    if not numeral.isdecimal() and (len(numeral) < 3 or any(char in "十百千廿卅" for char in numeral)):
        return False
    if not 100 <= value <= 2100 or numeral[0] in "0０":
        return False
    if has_month or (value >= 1000 and value % 100):
        return True
    after = _SPAN_AFTER.match(text, match.end())
    if value >= 1000:
        return after is None or after[0] in _AFTER_YEAR
    start = match.start()
    return bool(value % 100) and after is None and not _SPAN_BEFORE.search(text, max(0, start - 5), start)


def _century_piece(text: str, match: re.Match[str]) -> Piece | None:
    value, bce, start = _signed(text, match.start(), match["number"])
    if not bce and text.endswith("前", 0, start) and _BEFORE_BCE.fullmatch(text, max(0, start - 2), start):
        bce, start = True, start - 1
    if not 1 <= value <= 40:
        return None
    decade = _int(match["decade_of"]) if match["decade_of"] else 0
    if decade and not bce and decade % 10 == 0 and decade < 100:
        return decade_piece(start, match.end(), 100 * (value - 1) + decade)
    return century_piece(start, match.end(), value, bce=bce)


def _lend_unit(text: str, left: Piece, right: Piece) -> None:
    """1949－1956年, 18至19世纪, 60、70年代: the left number is of the right one's kind."""
    if left.kind != NUMBER:
        return
    value = abs(left.year)
    bce = left.year < 0
    if right.kind == NUMBER:
        dash = _DASH.fullmatch(text, left.end, right.start)
        if dash and 1000 <= left.year <= right.year < 2100 and text[left.start].isdecimal():
            left.kind = right.kind = DATE
        return
    if not right.year:
        if right.month and not right.day and value <= 12:
            left.kind, left.year, left.month, left.precision = DATE, 0, value, MONTH
        return
    if right.precision in (YEAR, MONTH, DAY) and (right.month == 0 or value >= 1000):
        # 前259－210年 counts down: the right year is BCE as the left one is.
        if bce and 0 < right.year < value:
            right.year = -right.year
        near = 0 < (right.year - left.year) < 1000 and value >= 100
        if near:
            left.kind = DATE
    elif right.precision == CENTURY and value <= 40:
        if bce and 0 < right.year <= 100 * value:
            right.year = -right.year
        left.kind, left.precision = DATE, CENTURY
        left.year = -100 * value if bce or right.year < 0 else 100 * value
    elif right.precision == DECADE and value % 10 == 0:
        century = right.year - right.year % 100 if value < 100 else 0
        left.kind, left.year, left.precision = DATE, century + value, DECADE


def _complete(text: str, found: list[Piece]) -> list[Piece]:
    """Give the right side of a range what only the left one states; leave out what stays a mere number."""
    kept: list[Piece] = []
    for piece in found:
        if piece.kind == NUMBER:
            continue
        left = kept[-1] if kept else None
        if left is not None and left.year and piece.start - left.end <= 4:
            _carry(text, left, piece)
            if left.precision == CENTURY and piece.precision == DECADE and piece.start <= left.end:
                kept.pop()
        kept.append(piece)
    for piece in kept:
        if piece.precision == DECADE and 0 < piece.year < 100:
            piece.year = 0
    return kept


def _carry(text: str, left: Piece, right: Piece) -> None:
    """1939年4月1日至5月3日, 1939年4月1日至3日, 20世纪60至70年代: the right side is of the left one's year."""
    if right.precision == DECADE and 0 < right.year < 100:
        if left.precision == CENTURY and left.year > 0 and text[left.end : right.start] in ("", "的"):
            right.start, right.year = left.start, left.year - 100 + right.year
        elif left.precision == DECADE and _GAP.fullmatch(text, left.end, right.start):
            right.year += left.year - left.year % 100
    elif not right.year and right.month and left.precision == YEAR and right.start == left.end:
        right.year = left.year
    elif not right.year and left.month and right.precision in (MONTH, DAY):
        month = right.month or left.month
        later = (month, right.day or 32) > (left.month, left.day) and (right.month or left.day)
        valid = not right.day or is_day(left.year, month, right.day)
        if later and valid and _GAP.fullmatch(text, left.end, right.start):
            right.year, right.month = left.year, month


def _relative_years(text: str, found: list[Piece]) -> list[Piece]:
    """Read 同年5月 and 翌年 by the year that was named last, in this sentence or the one before."""
    if not any(word in text for word in _RELATIVE_YEARS):
        return found
    for match in _RELATIVE.finditer(text):
        named = year_named_last(text, found, match.start(), "。")
        if not named:
            continue
        year = named + (0 if match["same"] else 1)
        month = next((piece for piece in found if match.end() <= piece.start <= match.end() + 1), None)
        if month is not None and month.month and not month.year and is_day(year, month.month, month.day or 1):
            month.start, month.year = match.start(), year
        elif year:
            found.append(date_piece(match.start(), match.end(), year))
            found.sort(key=lambda piece: piece.start)
    return found


@cache
def _eras() -> tuple[re.Pattern[str], dict[str, Any], re.Pattern[str]]:
    rows: dict[str, Any] = {name: row for row in load_table("eras.yaml") for name in row["names"]}
    names = "|".join(sorted(rows, key=lambda name: (-len(name), name)))
    pattern = rf"({names})(元|{_N}{{1,4}})年(?:({_N}{{1,3}})月(?:({_N}{{1,3}})[日号號])?)?"
    return re.compile(pattern), rows, re.compile(rf"(?:{names})(?:元|{_N}{{1,4}})年[（(]$")


def _era_pieces(text: str) -> list[Piece]:
    pattern, rows, _ = _eras()
    found = []
    for match in pattern.finditer(text):
        row = rows[match[1]]
        number = 1 if match[2] == "元" else _int(match[2])
        year = row["first"] + number - 1
        if number < 1 or year > row["last"]:
            continue
        month, day = (_int(part) if part else 0 for part in (match[3], match[4]))
        # Other eras count by the moon: 光緒三年四月 is not April.
        if year < row.get("solar", 9999) or not 1 <= month <= 12:
            month = day = 0
        end = match.end() if month else text.index("年", match.end(2)) + 1
        piece = date_piece(match.start(), end, year, month, day)
        piece.era = True
        found.append(piece)
    return found
