"""Numbers that a text says in words, by value: two million is 200万 and 两百万, and no 2亿.

What may be read in several ways has several values: nineteen eighty is 1980, 两三百 two hundred or three hundred.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kg2instruct.lang.numbers import (
    EN_SCALES,
    EN_TENS,
    EN_UNITS,
    ZH_DIGITS,
    ZH_LARGE,
    ZH_NUMERAL_CHARS,
    ZH_SCALE_CHARS,
    ZH_UNIT_SCALE,
    parse_en,
    parse_zh,
    scaled,
)
from kg2instruct.records import Lang

# What a number before such a word may also be said as: three dozen are 36, two decades 20 years.
MULTIPLES: dict[Lang, dict[str, int]] = {
    "en": {"dozen": 12, "score": 20, "decades": 10, "centuries": 100, "weeks": 7, "fortnights": 14},
    "zh": {"打": 12, "个世纪": 100, "個世紀": 100, "周": 7, "星期": 7, "个星期": 7},
}
# From here on a number that is said is an amount; smaller ones are parts of words and idioms as often.
_LEAST_AMOUNT = 100


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands, and what it may be in the other language.

    `amount` is what it is and nothing else: 1.2 billion is 1.2 × 10^9 and no 1.2. Null where that is not sure.
    """

    text: str
    values: frozenset[float]
    amount: float | None = None


def worded(text: str, lang: Lang) -> Iterator[Number]:
    """The numbers that a text says in words, in order."""
    return _worded_zh(text) if lang == "zh" else _worded_en(text)


def _multiplied(value: float, lang: Lang, match: re.Match[str]) -> set[float]:
    return {value, value * MULTIPLES[lang][match["times"].lower()]} if match["times"] else {value}


# English

_SCALE = "|".join(EN_SCALES)
_UNIT = "|".join(EN_UNITS)
_WORD = "|".join((*EN_UNITS, *EN_TENS, *EN_SCALES))
_AND = f"(?:{'|'.join(f'(?<={word})' for word in EN_SCALES)})[ -]and[ -]"  # two hundred and five; not two and five
_EN = re.compile(
    rf"\b(?:(?P<half>half)[ -]an?[ -])?(?P<numeral>(?:{_WORD})\b(?:(?:[ -]+|{_AND})(?:{_WORD})\b)*)"
    rf"(?P<point>[ -]point(?:[ -](?:{_UNIT})\b)+)?(?P<more>[ -]and[ -]an?[ -]half\b)?"
    rf"(?:[ -](?P<scale>{_SCALE})\b)?(?:[ -](?P<times>{'|'.join(MULTIPLES['en'])})\b)?",
    re.IGNORECASE,
)
_TO_EN = re.compile(r"[ -](?:to|or|and)[ -]", re.IGNORECASE)


def _worded_en(text: str) -> Iterator[Number]:
    matches = list(_EN.finditer(text))
    for match, following in zip(matches, [*matches, None][1:], strict=True):
        words = match["numeral"].lower()
        pieces = {float(value) for value in map(parse_en, re.findall("[a-z]+", words)) if value is not None}
        value = _value_en(match)
        if value is None:
            yield Number(match[0], frozenset(pieces | set(_year(words))))
            continue
        values = pieces | _multiplied(value, "en", match)
        if following and _TO_EN.fullmatch(text[match.end() : following.start()]):  # two to three million
            values |= {value * EN_SCALES[word] for word in re.findall(_SCALE, following[0].lower())}
        # "A million" is as often said for many, "two hundred" is not.
        sure = value >= _LEAST_AMOUNT and (words not in EN_SCALES or match["half"] or match["more"])
        yield Number(match[0], frozenset(values), None if not sure or match["times"] else value)


def _value_en(match: re.Match[str]) -> float | None:
    words = match["numeral"].lower()
    value = parse_en(f"a {words}" if words.split()[0] in EN_SCALES else words)
    if value is None:
        return None
    if match["point"]:
        value = float(f"{value:.0f}.{''.join(str(EN_UNITS[w]) for w in _words(match['point'])[1:])}")
    last = _words(words)[-1]
    unit = 1 if match["scale"] else EN_SCALES.get(last, 1)  # a million and a half; two and a half million
    value = value * 0.5 if match["half"] else value + 0.5 * unit if match["more"] else value
    return scaled(value, EN_SCALES[match["scale"].lower()]) if match["scale"] else value


def _year(words: str) -> Iterator[float]:
    """Nineteen eighty-four as 1984."""
    first, *others = _words(words)
    century, rest = parse_en(first), parse_en(" ".join(others))
    if century and rest and 10 <= century <= 20 and 10 <= rest < 100:
        yield 100 * century + rest


def _words(text: str) -> list[str]:
    return re.findall("[a-z]+", text.lower())


# Chinese

_CHAR = f"(?:(?!{ZH_UNIT_SCALE})[{ZH_NUMERAL_CHARS}])"
_DIGIT = "".join(ZH_DIGITS)
_ZH = re.compile(
    rf"(?P<vague>[几幾数數好]?)(?P<numeral>{_CHAR}+(?:[多余餘来來几幾]{_CHAR}+)*)"
    rf"(?:[点點](?P<point>[{_DIGIT}]+)(?P<scale>{_CHAR}*))?(?P<times>{'|'.join(MULTIPLES['zh'])})?"
)
_EITHER = re.compile(rf"([{_DIGIT}])([{_DIGIT}])([{ZH_SCALE_CHARS}]+)")
_MORE = str.maketrans("", "", "多余餘来來")
_MANY = frozenset(("百", "佰", "千", "仟", *ZH_LARGE))


def _worded_zh(text: str) -> Iterator[Number]:
    for match in _ZH.finditer(text):
        numeral = match["numeral"].translate(_MORE)
        numeral = numeral.rstrip("两兩") or numeral  # 一万两 are taels
        values = {float(value) for value in map(parse_zh, numeral) if value is not None}
        value = _value_zh(match, numeral)
        if value is not None:
            values |= _multiplied(value, "zh", match)
        elif either := _EITHER.fullmatch(numeral):  # 两三百万
            values |= {v for digit in either.groups()[:2] if (v := parse_zh(digit + either[3])) is not None}
        sure = value is not None and value >= _LEAST_AMOUNT and not match["times"] and not match["vague"]
        # 千万 and 百 say many or "by all means", 二〇〇八 a year.
        sure = sure and numeral[0] not in _MANY and not all(char in ZH_DIGITS for char in numeral)
        yield Number(match[0], frozenset(values), value if sure else None)


def _value_zh(match: re.Match[str], numeral: str) -> float | None:
    if not match["point"]:
        return parse_zh(numeral)
    value, scale = parse_zh(f"{numeral}点{match['point']}"), parse_zh(f"一{match['scale']}")
    return None if value is None or scale is None else scaled(value, scale)
