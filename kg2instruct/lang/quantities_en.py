"""Quantities in English texts: "593.2 km2", "94,441 people", "$1.5 million", "33–41 kg", "three children"."""

from __future__ import annotations

import re

from kg2instruct.lang.amounts import (
    Amount,
    close_range,
    currency_before,
    free,
    is_tolerance,
    range_sign,
    spelled_unit,
)
from kg2instruct.lang.numbers import (
    ARABIC_REST,
    DIGITS,
    EN_SCALES,
    EN_SHORT_SCALES,
    EN_TENS,
    EN_UNITS,
    FRACTION_REST,
    POWER,
    VULGAR,
    arabic_value,
    fraction_value,
    parse_en,
    scaled,
)
from kg2instruct.lang.units import cues

_NUMBER = re.compile(
    rf"""(?P<number>[{DIGITS}{VULGAR}](?:
      (?P<junk>[0-9]*(?:
          (?:\.[0-9]+){{2,}}|(?:-[0-9]+){{2,}}|(?:/[0-9]+){{2,}}|(?::[0-9]+)+|(?:st|nd|rd|th)(?![a-z])))
    | (?P<fraction>{FRACTION_REST})
    | {ARABIC_REST})(?P<power>{POWER})?)
    (?:[ \u00a0-](?P<scale>hundred|thousand|million|billion|trillion)(?![a-z]))?""",
    re.VERBOSE,
)
_SMALL_WORDS = sorted([*EN_UNITS, *EN_TENS], key=len, reverse=True)
_WORD_START = "|".join(form for word in _SMALL_WORDS for form in (word, word.capitalize()))
_WORD_MORE = "|".join([*_SMALL_WORDS, *EN_SCALES])
_WORD_NUMERAL = rf"(?:{_WORD_START})(?:(?:[ -]| and )(?:{_WORD_MORE})(?![a-z]))*(?![a-zA-Z])"
# Spaces are rarer than the letters that these words begin with.
_WORDS = re.compile(rf"[ \n\u00a0(“\"]{_WORD_NUMERAL}")
_FIRST_WORD = re.compile(_WORD_NUMERAL)
_NOUN = re.compile(
    r"[ \u00a0](?:people|children|men|women|persons?|(?!(?:is|was|has|this|its|as|us|does|plus|minus|versus|"
    r"times|others|percent|across|ones)\b)[a-z]{2,}[a-rt-z]s)\b"
)
_NAME_BEFORE = re.compile(
    r"(?:^|[\s(\"“])([A-Z][A-Za-z.]*|no\.|pp?\.|(?<!atomic )(?<!mass )(?<!quantum )number"
    r"|chapter|page|route|vol\.|size|type|class|age|aged)[ \u00a0]$"
)


def amounts(text: str, busy: list[tuple[int, int]]) -> list[Amount]:
    """The amounts of a text outside the busy stretches, in order; `open` ones are unfinished ranges."""
    found: list[Amount] = []
    position = 0
    for match in free(_NUMBER.finditer(text), busy):
        if match.start() < position or match["junk"] is not None:
            continue
        amount = _arabic(text, match)
        lower = found[-1] if found and found[-1].open else None
        if amount is None:
            if lower is not None:
                found.pop()
            continue
        position = amount.end
        if lower is not None:
            if range_sign(text, lower.end) != match.start("number"):
                found.pop()
            else:
                close_range(found, amount, float(EN_SCALES[match["scale"]]) if match["scale"] else 1.0)
                if amount.bare and (not found or found[-1] is not lower):
                    continue
                if is_tolerance(text, lower, amount):
                    continue
        found.append(amount)
    words = [
        amount
        for match in free(_WORDS.finditer(text), busy)
        if (amount := _word(text, match.start() + 1, match.end()))
    ]
    first = _FIRST_WORD.match(text)
    if first and (amount := _word(text, 0, first.end())):
        words.append(amount)
    return sorted(found + words, key=lambda amount: amount.start) if words else found


def _arabic(text: str, match: re.Match[str]) -> Amount | None:
    start, end = match.span()
    before = text[start - 1] if start else " "
    negative = False
    if (
        before.isalnum()
        or before in "_#№/^&='’"
        or (before in ".,:" and text[start - 2 : start - 1].isdecimal())
    ):
        return None
    if before in "-−":
        earlier = text[start - 2] if start > 1 else " "
        if earlier.isalpha():
            return None
        negative = not earlier.isdecimal() and earlier != ")"
    value = _value(match)
    money = currency_before(text, start, "en")
    if money is not None:
        short = text[end : end + 2].rstrip(" .,;)")
        if (
            not match["scale"]
            and short in EN_SHORT_SCALES
            and not text[end + len(short) : end + len(short) + 1].isalnum()
        ):
            value, end = scaled(value, EN_SHORT_SCALES[short]), end + len(short)
        return Amount(money[1], end, end, value, money[0].qid)
    begin, value = (start - 1, -value) if negative else (start, value)
    unit = spelled_unit(text, end, "en")
    if unit is not None and (unit[0].sure or value >= 1000):
        return Amount(begin, unit[1], end, value * unit[0].scale, unit[0].qid)
    if range_sign(text, end):
        return Amount(begin, end, end, value, open=True)
    noun = _NOUN.match(text, end)
    if noun is not None:
        return Amount(begin, noun.end(), end, value)
    if before == "+":
        return None
    return None if _is_name(text, match, start, end) else Amount(begin, end, end, value, bare=True)


def _value(match: re.Match[str]) -> float:
    number = match["number"]
    if match["fraction"] is not None:
        value = fraction_value(number) or 0.0
    else:
        power = match["power"]
        value = arabic_value(number[: len(number) - len(power)] if power else number, power)
    return scaled(value, EN_SCALES[match["scale"]]) if match["scale"] else value


def _is_name(text: str, match: re.Match[str], start: int, end: int) -> bool:
    """Whether a number without a unit belongs to a name: Apollo 11, Chapter 4, 747-400, 007."""
    after = text[end : end + 1]
    counts = after == "-" and text[end + 1 : end + 3].islower()  # a 1,500-seat theatre
    if after.isalnum() or (not counts and after in "-–—_/'’" and after):
        return True
    digits = match["number"]
    if digits.isdecimal() and (len(digits) >= 8 or (len(digits) > 1 and digits[0] == "0")):
        return True
    name = None if match["scale"] else _NAME_BEFORE.search(text, max(0, start - 20), start)
    return name is not None and name[1] not in cues("unnamed")


def _word(text: str, start: int, end: int) -> Amount | None:
    """Number words: with a unit or a noun in the plural behind them, or in the hundreds at least."""
    value = parse_en(text[start:end])
    if value is None:
        return None
    unit = spelled_unit(text, end, "en")
    if unit is not None and len(unit[0].text) > 2:
        return Amount(start, unit[1], end, value * unit[0].scale, unit[0].qid)
    noun = _NOUN.match(text, end)
    if noun is not None and value != 1:
        return Amount(start, noun.end(), end, value)
    return Amount(start, end, end, value) if value >= 100 else None
