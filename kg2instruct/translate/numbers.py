"""Whether a translation says the numbers of its source, by value: $80,000 is 8万美元, March is 3月, twelve is 12.

Numbers in digits must all be there, in digits or in words. Of numbers in words only amounts are compared, and only
with amounts: two million is not 2亿 and not 两亿, while "two of them" and "one in a million" may be said in any way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cached_property, lru_cache
from importlib.resources import files

import yaml

from kg2instruct.lang.numbers import (
    EN_SCALES,
    EN_SHORT_SCALES,
    ZH_SCALE_CHARS,
    ZH_UNIT_SCALE,
    arabic_value,
    parse_zh,
    scaled,
)
from kg2instruct.records import Lang
from kg2instruct.translate.worded import MULTIPLES, Number, worded

_SCALE_ZH = f"(?:(?!{ZH_UNIT_SCALE})[{ZH_SCALE_CHARS}])"
_DIGIT = re.compile(r"\d")
_DIGITS = re.compile(
    r"(?P<century>\d{1,2})世纪(?P<tens>\d0)年代|"
    r"(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?|(?<![\d\w.])\.\d+)"
    rf"(?:[多余餘来來]?(?P<zh>{_SCALE_ZH}+(?:\d+{_SCALE_ZH}+)*(?:\d{{3,4}}(?!\d))?)"
    rf"|[ -]?(?P<en>{'|'.join(EN_SCALES)})s?\b|(?P<short>[kKM]|bn)\b"
    r"|(?P<decade>'?s\b)|(?P<half>:\d\d\b|(?=\s*[pP]\.?[mM]\b)))?"
    rf"(?:[ -]?(?P<times>{'|'.join(MULTIPLES['en'])})\b|(?P<times_zh>{'|'.join(MULTIPLES['zh'])}))?"
)
_TO = re.compile(r"\s*(?:to|or|and|[-–—~～至到或])\s*")
_EN_WORDS = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")
_FRACTIONS = {"½": 0.5, "¼": 0.25, "¾": 0.75, "⅓": 1 / 3, "⅔": 2 / 3}
_NO_FRACTIONS = str.maketrans(dict.fromkeys(_FRACTIONS, " "))
_SHOWN = 6


def numbers(text: str) -> list[Number]:
    """The numbers that a text writes with digits, in order."""
    found: list[Number] = []
    text, end = _plain(text), 0
    for match in _DIGITS.finditer(text) if _DIGIT.search(text) else ():
        if match["century"]:  # 20世纪90年代: 1990s
            century, tens = float(match["century"]), float(match["tens"])
            found.append(Number(match[0], frozenset({100 * (century - 1) + tens, century, tens})))
            continue
        number = _number(match)
        if found and number.amount and _TO.fullmatch(text, end, match.start()):
            found[-1] = _scaled_too(found[-1], number.amount / arabic_value(match["number"]))
        found.append(number)
        if (half := match["half"]) and ":" in half:
            found.append(Number(half[1:], frozenset({float(half[1:])})))
        end = match.end()
    return found


def _number(match: re.Match[str]) -> Number:
    value, amount = arabic_value(match["number"]), None
    values = {value}
    if match["zh"] or match["en"] or match["short"]:
        amount = _amount(match, value)
    elif match["decade"] and value >= 1000:  # 1990s: 20世纪90年代
        values |= {value % 100, value // 100 + 1}
    elif match["half"] is not None and value <= 12:  # 3 pm: 15点
        values |= {value + 12}
    if amount is not None:
        values |= {amount}
    if times := MULTIPLES["en"].get(match["times"] or "") or MULTIPLES["zh"].get(match["times_zh"] or ""):
        values, amount = values | {value * times for value in values}, None  # 3 dozen: 36
    stands = match["number"] if match["half"] else match[0].strip(" -")
    return Number(stands, frozenset(round(value, 6) for value in values), amount)


def _amount(match: re.Match[str], value: float) -> float | None:
    if match["zh"]:
        digits = match["number"].replace(",", "")
        return parse_zh(f"{'0' if digits[0] == '.' else ''}{digits}{match['zh']}")
    scales, word = (EN_SCALES, match["en"]) if match["en"] else (EN_SHORT_SCALES, match["short"].lower())
    return scaled(value, scales[word])


def _scaled_too(number: Number, scale: float) -> Number:
    """The lower end of a range, which may have the scale of the upper one: 2 to 3 million."""
    if number.amount is not None:
        return number
    return Number(number.text, number.values | {round(value * scale, 6) for value in number.values})


def _words(text: str, lang: Lang) -> Iterator[float]:
    """The values of words such as March, twice and 半, and of signs such as ½."""
    table = _table()[lang]
    if lang == "en":
        for word in _EN_WORDS.findall(text.lower()):
            for piece in (word, *word.split("-")):
                yield from table.get(piece, ())
    else:
        yield from (value for word, values in table.items() if word in text for value in values)
    for sign, value in _FRACTIONS.items():
        if sign in text:
            yield from (value, round(1 / value), round(value * 100))


@lru_cache(maxsize=1)
def _table() -> dict[Lang, dict[str, list[float]]]:
    text = (files("kg2instruct.translate") / "data" / "number_words.yaml").read_text(encoding="utf-8")
    table: dict[Lang, dict[str, list[float]]] = yaml.safe_load(text)
    return table


def _plain(text: str) -> str:
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", text.translate(_NO_FRACTIONS))


class _Told:
    """All numbers of one text."""

    def __init__(self, text: str, lang: Lang) -> None:
        self._text, self._lang = text, lang
        self.digits = numbers(text)
        self.worded = list(worded(_plain(text), lang))

    @cached_property
    def _words(self) -> frozenset[float]:
        """What words beside the amounts may say: there is no hundred in "one hundred one"."""
        text = self._text
        for said in self.worded:
            text = text if said.amount is None else text.replace(said.text, " ")
        return frozenset(round(value, 6) for value in _words(text, self._lang))

    def says(self, number: Number) -> bool:
        """Whether words say a number in digits; one may say several, as 各 and 每 do."""
        return bool(number.values & self._words) or any(_alike(number, said) for said in self.worded)

    def amounts_not_in(self, other: _Told) -> list[str]:
        """Amounts said in words that the other text does not say at all."""
        known = {value for number in (*other.digits, *other.worded) for value in number.values}
        return [said.text for said in self.worded if said.amount is not None and said.amount not in known]


def compare(source: str, target: str, source_lang: Lang, target_lang: Lang) -> list[str]:
    """Numbers of the source that the target lacks, and numbers of the target that the source does not have."""
    wanted, given = _Told(source, source_lang), _Told(target, target_lang)
    missing = [number.text for number in _unmatched(wanted.digits, given.digits) if not given.says(number)]
    sayable = frozenset(value for number in wanted.digits for value in number.values)
    extra = [n.text for n in given.digits if not n.values & sayable and not wanted.says(n)]
    if amounts := given.amounts_not_in(
        wanted
    ):  # an amount that is not said may be an idiom; said otherwise it is none
        missing += (unsaid := wanted.amounts_not_in(given))
        extra += amounts if unsaid else []
    told = []
    if missing:
        told.append(f"numbers of the source are missing: {', '.join(missing[:_SHOWN])}")
    if extra:
        told.append(f"numbers that the source does not have: {', '.join(extra[:_SHOWN])}")
    return told


def _unmatched(wanted: list[Number], given: list[Number]) -> list[Number]:
    """Numbers without a partner of their own.

    Equal amounts are partners before readings of other kinds: 20k is 2万, though 2nd might be.
    """
    left = list(given)
    for fits in (_equal, _alike):
        still = []
        for number in wanted:
            partner = next((i for i, other in enumerate(left) if fits(number, other)), None)
            if partner is None:
                still.append(number)
            else:
                left.pop(partner)
        wanted = still
    return wanted


def _equal(number: Number, other: Number) -> bool:
    return number.values == other.values or max(number.values) == max(other.values)


def _alike(number: Number, other: Number) -> bool:
    if number.amount is not None and other.amount is not None:  # 1.2 billion is not 1.2亿
        return number.amount == other.amount
    return bool(number.values & other.values)
