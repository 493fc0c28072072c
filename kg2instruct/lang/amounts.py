"""What the quantity finders of both languages share: amounts, ranges, and compounds such as 5 ft 11 in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from kg2instruct.lang.numbers import scaled
from kg2instruct.lang.units import Spelling, currency_signs, unit_at, units

SPACES = frozenset(" \u00a0\u2009\u202f\u3000")
_JOINTS = frozenset((*SPACES, "-"))  # between a number and its unit
RANGE_SIGNS = frozenset("-–—－―~～〜至到±")
_COMPOUND_GAP = re.compile(r"[ \u00a0]?(?:零|又|and|,)?[ \u00a0]?")


class Amount(Struct, gc=False):
    """A number with its unit; `open` while it is the lower end of a range whose unit is still to come."""

    start: int
    end: int
    number_end: int
    value: float
    unit: int = 0
    bare: bool = False
    open: bool = False


def free(matches: Iterable[re.Match[str]], busy: list[tuple[int, int]]) -> Iterator[re.Match[str]]:
    """The matches that touch none of the busy stretches; both in order."""
    if not busy:
        yield from matches
        return
    position = 0
    for match in matches:
        start, end = match.span()
        while position < len(busy) and busy[position][1] <= start:
            position += 1
        if position == len(busy) or busy[position][0] >= end:
            yield match


def range_sign(text: str, end: int) -> int:
    """Where the upper number of a range begins whose lower one ends at `end`; 0 where there is none."""
    at = end
    while text[at : at + 1] in SPACES:
        at += 1
    if text[at : at + 1] not in RANGE_SIGNS and not text.startswith("to ", at):
        return 0
    at += 2 if text.startswith(("to", "——"), at) else 1
    while text[at : at + 1] in SPACES:
        at += 1
    return at if text[at : at + 1].isdecimal() else 0


def spelled_unit(text: str, end: int, lang: str) -> tuple[Spelling, int] | None:
    """The unit behind a number, and where it ends; a space or a hyphen may stand between."""
    at = end + 1 if text[end : end + 1] in _JOINTS else end
    spelling = unit_at(text, at, lang)
    return (spelling, at + len(spelling.text)) if spelling else None


def currency_before(text: str, start: int, lang: str) -> tuple[Spelling, int] | None:
    """The currency sign before a number, and where it begins."""
    at = start - 1 if text[start - 1 : start] in SPACES else start
    signs = currency_signs(lang).get(text[at - 1 : at])
    if signs is None:
        return None
    for spelling in signs:
        begin = at - len(spelling.text)
        if text.endswith(spelling.text, 0, at) and not (
            spelling.text[0].isalpha()
            and text[max(0, begin - 1) : begin].isascii()
            and text[max(0, begin - 1) : begin].isalpha()
        ):
            return spelling, begin
    return None


def close_range(found: list[Amount], upper: Amount, factor: float = 1.0) -> None:
    """Give the open lower end of a range the unit of the upper one, or drop it where that has none.

    `factor` is the scale word of the upper number: in 3至5万人 the lower end is 3万.
    """
    if not found or not found[-1].open:
        return
    lower = found[-1]
    if upper.open or (upper.bare and min(lower.value, upper.value) < 1000):
        # Small numbers with a dash between them are a score, a page range, a telephone number.
        found.pop()
        return
    lower.open, lower.unit = False, upper.unit
    if factor != 1.0 and lower.value < upper.value / factor:
        lower.value = scaled(lower.value, factor)


def is_tolerance(text: str, lower: Amount, upper: Amount) -> bool:
    """Whether the upper number only says how sure the lower one is, which then takes its place: 736±2公里."""
    if "±" not in text[lower.end : upper.start]:
        return False
    lower.end, lower.number_end = upper.end, upper.number_end
    return True


def merge_compounds(text: str, found: list[Amount]) -> Iterator[Amount]:
    """Join what is one amount in two units of a kind: 5 ft 11 in, 1小时30分钟; drop ranges left open."""
    table = units()
    previous: Amount | None = None
    for amount in found:
        if amount.open:
            continue
        if previous is not None and previous.unit and amount.unit:
            coarse, fine = table[previous.unit], table[amount.unit]
            gap = amount.start - previous.end
            if (
                gap <= 5
                and coarse.dimension == fine.dimension
                and coarse.factor > fine.factor
                and coarse.offset == 0 == fine.offset
                and amount.value * fine.factor < coarse.factor
                and previous.value == int(previous.value)
                and _COMPOUND_GAP.fullmatch(text, previous.end, amount.start)
            ):
                previous.value += amount.value * fine.factor / coarse.factor
                previous.end = amount.end
                continue
        if previous is not None:
            yield previous
        previous = amount
    if previous is not None:
        yield previous
