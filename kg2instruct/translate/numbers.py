"""Whether a translation says the numbers of its source, by value: $80,000 is 8万美元, March is 3月, twelve is 12."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import yaml

from kg2instruct.lang.numbers import (
    EN_SCALES,
    EN_SHORT_SCALES,
    ZH_NUMERAL_CHARS,
    arabic_value,
    parse_en,
    parse_zh,
)
from kg2instruct.records import Lang

_DIGITS = re.compile(
    r"(?P<century>\d{1,2})世纪(?P<tens>\d0)年代|"
    r"(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?|(?<![\d\w])\.\d+)"
    r"(?:(?P<zh>[十百千万亿萬億兆]+)|[ -]?(?P<en>hundred|thousand|million|billion|trillion)s?\b|(?P<short>[kKM]|bn)\b"
    r"|(?P<decade>'?s\b)|(?P<half>:\d\d\b|(?=\s*[pP]\.?[mM]\b)))?"
)
_EN_WORDS = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")
_EN_NUMERAL = re.compile(
    r"\b(?:(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million"
    r"|billion|trillion)(?:[ -]+(?:and[ -]+)?(?=\w)|\b))+",
    re.IGNORECASE,
)
_ZH_NUMERAL = re.compile(f"[{ZH_NUMERAL_CHARS}]+(?:点[{ZH_NUMERAL_CHARS}]+)?")
_FRACTIONS = {"½": 0.5, "¼": 0.25, "¾": 0.75, "⅓": 1 / 3, "⅔": 2 / 3}
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Number:
    """A number in digits as it stands, and what it may be in the other language.

    `amount` is its value with the scale word behind it, null without one: 1.2 billion is 1.2 × 10^9 and no 1.2.
    """

    text: str
    values: frozenset[float]
    amount: float | None = None


def numbers(text: str) -> list[Number]:
    """The numbers that a text writes with digits, in order."""
    found = []
    for match in _DIGITS.finditer(_plain(text)):
        if match["century"]:  # 20世纪90年代: 1990s
            century, tens = float(match["century"]), float(match["tens"])
            found.append(Number(match[0], frozenset({100 * (century - 1) + tens, century, tens})))
            continue
        value = arabic_value(match["number"])
        values, amount = {value}, None
        if scale := _scale(match):
            amount = round(value * scale, 6)
            values |= {amount}
        elif match["decade"] and value >= 1000:  # 1990s: 20世纪90年代
            values |= {value % 100, value // 100 + 1}
        elif match["half"] is not None and value <= 12:  # 3 pm: 15点
            values |= {value + 12}
        if (half := match["half"]) and ":" in half:
            found.append(Number(match["number"], frozenset(values)))
            found.append(Number(half[1:], frozenset({float(half[1:])})))
            continue
        found.append(Number(match[0].strip(" -:"), frozenset(round(v, 6) for v in values), amount))
    return found


def _scale(match: re.Match[str]) -> float | None:
    """What the word behind a number multiplies it by."""
    if match["zh"]:
        return parse_zh("一" + match["zh"]) or parse_zh(match["zh"])
    if match["en"]:
        return EN_SCALES[match["en"].lower()]
    return EN_SHORT_SCALES[match["short"].lower()] if match["short"] else None


def spelled(text: str, lang: Lang) -> Iterator[float]:
    """The numbers that a text says in words."""
    text = _plain(text)
    if lang == "zh":
        for match in _ZH_NUMERAL.finditer(text):
            yield from _zh_values(match[0])
    else:
        for match in _EN_NUMERAL.finditer(text):
            yield from (float(v) for v in (parse_en(match[0].strip(" -").lower()),) if v is not None)
            yield from (
                float(v) for v in map(parse_en, re.findall(r"[a-z]+", match[0].lower())) if v is not None
            )
    for word in _words(text, lang):
        yield from word
    for sign, value in _FRACTIONS.items():
        if sign in text:
            yield from (value, round(1 / value), round(value * 100))


def _zh_values(numeral: str) -> Iterator[float]:
    whole, _, fraction = numeral.partition("点")
    value = parse_zh(whole)
    if value is not None:
        yield float(value)
        if fraction and (digits := parse_zh(fraction)) is not None:
            yield float(f"{value:g}.{digits:g}")
    for character in whole:  # 三四十, 两三百: each by itself
        if (single := parse_zh(character)) is not None:
            yield float(single)


def _words(text: str, lang: Lang) -> Iterator[list[float]]:
    table = _table()[lang]
    if lang == "en":
        for word in _EN_WORDS.findall(text.lower()):
            for piece in (word, *word.split("-")):
                if piece in table:
                    yield table[piece]
    else:
        yield from (values for word, values in table.items() if word in text)


@lru_cache(maxsize=1)
def _table() -> dict[Lang, dict[str, list[float]]]:
    text = (files("kg2instruct.translate") / "data" / "number_words.yaml").read_text(encoding="utf-8")
    table: dict[Lang, dict[str, list[float]]] = yaml.safe_load(text)
    return table


def _plain(text: str) -> str:
    return (
        unicodedata.normalize("NFKC", "".join(" " if ch in _FRACTIONS else ch for ch in text))
        if not (text.isascii())
        else text
    )


def compare(source: str, target: str, source_lang: Lang, target_lang: Lang) -> list[str]:
    """Numbers of the source that the target lacks, and numbers of the target that the source does not have."""
    wanted, given = numbers(source), numbers(target)
    in_words = list(spelled(target, target_lang))
    missing = _unmatched(wanted, given, in_words)
    sayable = {v for number in wanted for v in number.values} | {
        round(v, 6) for v in spelled(source, source_lang)
    }
    sayable |= {v * scale for v in sayable for scale in (1e4, 1e8) if v * scale in sayable}
    extra = [n.text for n in given if not n.values & sayable]
    told = []
    if missing:
        told.append(f"numbers of the source are missing: {', '.join(missing[:_SHOWN])}")
    if extra:
        told.append(f"numbers that the source does not have: {', '.join(extra[:_SHOWN])}")
    return told


def _unmatched(wanted: list[Number], given: list[Number], in_words: list[float]) -> list[str]:
    """Numbers without a partner of their own; a number in words may stand for several, as 各 and 每 do.

    Equal amounts are partners before readings of other kinds: 20k is 2万, though 2nd might be.
    """
    left = list(given)
    words = {round(v, 6) for v in in_words}
    open_ = list(enumerate(wanted))
    for fits in (_equal, _alike):
        still = []
        for index, number in open_:
            partner = next((i for i, other in enumerate(left) if fits(number, other)), None)
            if partner is None:
                still.append((index, number))
            else:
                left.pop(partner)
        open_ = [entry for entry in still if fits is _equal or not entry[1].values & words]
    return [number.text for _, number in open_]


def _equal(number: Number, other: Number) -> bool:
    return number.values == other.values or max(number.values) == max(other.values)


def _alike(number: Number, other: Number) -> bool:
    if number.amount is not None and other.amount is not None:  # 1.2 billion is not 1.2亿
        return number.amount == other.amount
    return bool(number.values & other.values)
