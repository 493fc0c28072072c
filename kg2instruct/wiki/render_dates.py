"""Templates that show dates, lives and ages."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kg2instruct.wiki.calls import Call

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_NUMBER = re.compile(r"-?\d+")
_DATE_LIKE = re.compile(r"\d|[?？]|年|世紀|世纪|不[详詳]|未知|约|約|前")
_MINUS = "－"


def _number(text: str) -> int | None:
    match = _NUMBER.fullmatch(text.strip())
    return int(match[0]) if match else None


def _month(text: str) -> int | None:
    number = _number(text)
    if number is not None:
        return number if 1 <= number <= 12 else None
    short = text.strip()[:3].lower()
    return next(
        (i for i, name in enumerate(_MONTHS, 1) if len(short) == 3 and name.lower().startswith(short)), None
    )


def format_date(lang: str, year: str, month: str, day: str, *, day_first: bool = False) -> str:
    """A date in words, as far as its parts are numbers; a year that is no number is shown as it is."""
    y, m, d = _number(year), _month(month), _number(day)
    if y is None:
        return year
    if lang == "zh":
        text = f"公元前{-y}年" if y < 0 else f"{y}年"
        return text + (f"{m}月" + (f"{d}日" if d else "") if m else "")
    shown = f"{-y} BC" if y < 0 else str(y)
    if m is None:
        return shown
    name = _MONTHS[m - 1]
    if not d:
        return f"{name} {shown}"
    return f"{d} {name} {shown}" if day_first else f"{name} {d}, {shown}"


def _day_first(call: Call) -> bool:
    return call.get("df").lower() in ("y", "yes", "true", "1")


def date(call: Call, options: Mapping[str, str]) -> str:
    """Year, month and day as parameters one to three, or from `start` on; free text stays as it is."""
    first = int(options.get("start", "1"))
    parts = [call.get(str(first + offset)) for offset in range(3)]
    if not parts[0]:
        parts = [call.get(key) for key in ("year", "month", "day")]
    return format_date(call.lang, *parts, day_first=_day_first(call))


def years_between(start: tuple[int, int, int], end: tuple[int, int, int]) -> int:
    """Whole years from one date to the other."""
    return end[0] - start[0] - (end[1:] < start[1:])


def _ymd(call: Call, first: int) -> tuple[int, int, int] | None:
    year = _number(call.get(str(first)))
    if year is None:
        return None
    return year, _month(call.get(str(first + 1))) or 0, _number(call.get(str(first + 2))) or 0


def death_date(call: Call, _options: Mapping[str, str]) -> str:
    """Date of death (1–3) and, where the date of birth (4–6) is given, the age reached."""
    shown = format_date(call.lang, *(call.get(str(i)) for i in (1, 2, 3)), day_first=_day_first(call))
    died, born = _ymd(call, 1), _ymd(call, 4)
    if not shown or died is None or born is None or not born[1]:
        return shown
    age = years_between(born, died)
    return f"{shown}（{age}岁）" if call.lang == "zh" else f"{shown} (aged {age})"


def age(call: Call, _options: Mapping[str, str]) -> str:
    """Age at a given date; nothing where it would depend on today."""
    start, end = _ymd(call, 1), _ymd(call, 4)
    return str(years_between(start, end)) if start and end else ""


def life(call: Call, _options: Mapping[str, str]) -> str:
    """`{{bd|1881年|9月25日|1936年|10月19日}}`: 1881年9月25日－1936年10月19日; of `{{BD|…}}` with brackets around it."""
    born = call.get("1") + call.get("2")
    died = call.get("3")
    # In pages of the living the third parameter may be a sort key.
    died = died + call.get("4") if _DATE_LIKE.search(died) else ""
    if not born and not died:
        return ""
    years = f"{born.replace('?', '？')}{_MINUS}{died.replace('?', '？')}"
    return f"（{years}）" if call.name.strip() == "BD" else years


def birth_death(call: Call, _options: Mapping[str, str]) -> str:
    """`{{BirthDeathAge|B|year|month|day|year|month|day}}`: the date of birth (B), of death (D) or both."""
    which = call.get("1").upper()
    born = format_date(call.lang, *(call.get(str(i)) for i in (2, 3, 4)))
    died = format_date(call.lang, *(call.get(str(i)) for i in (5, 6, 7)))
    if which == "B":
        return born
    return died if which == "D" else f"{born}{_MINUS}{died}"


def span(call: Call, options: Mapping[str, str]) -> str:
    """Years from and to with a word before or after: reign, floruit and the like."""
    years = [value for value in call.positional()[:2] if value]
    if not years:
        return ""
    return options.get("before", "") + "–".join(years) + options.get("after", "")


def as_of(call: Call, _options: Mapping[str, str]) -> str:
    """`{{as of|2010|5}}`: As of May 2010; with alt, that text."""
    if call.get("alt"):
        return call.get("alt")
    shown = format_date(call.lang, *(call.get(str(i)) for i in (1, 2, 3)), day_first=True)
    if call.lang == "zh":
        return f"截至{shown}"
    start = "as of" if call.get("lc") else "As of"
    return f"{'since' if start[0] == 'a' else 'Since'} {shown}" if call.get("since") else f"{start} {shown}"
