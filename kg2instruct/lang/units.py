"""Units of measurement by their Wikidata entity: conversion, names, and the spellings that texts use.

The table is `data/units.yaml`; it is read once, on first use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: `amount × factor + offset` is the amount in its dimension's base unit."""

    qid: int
    dimension: str
    factor: float
    offset: float
    names: dict[str, str]


@dataclass(frozen=True, slots=True)
class Spelling:
    """A way to write a unit: an amount so written counts `scale` times in the unit `qid`.

    A counter is of unit 0. One that is not `sure` also is, or begins, a word: 五行, 十分, "won".
    """

    text: str
    qid: int
    scale: float = 1.0
    sure: bool = True


@cache
def load_table(name: str) -> Any:
    """What a YAML table of `lang/data` holds."""
    text = (files("kg2instruct.lang") / "data" / name).read_text(encoding="utf-8")
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@cache
def cues(kind: str) -> frozenset[str]:
    """The English words beside a number that tell what it is, of one kind of `cues_en.yaml`."""
    return frozenset(load_table("cues_en.yaml")[kind])


@cache
def units() -> dict[int, Unit]:
    """All units by QID number."""
    return {
        int(qid[1:]): Unit(
            int(qid[1:]),
            row["dimension"],
            float(row["factor"]),
            float(row.get("offset", 0)),
            {lang: row[lang][0] for lang in ("zh", "en")},
        )
        for qid, row in load_table("units.yaml")["units"].items()
    }


def convert(amount: float, unit: int, target: int) -> float | None:
    """The amount in the target unit; None where the two are unknown or not of one dimension."""
    if unit == target:
        return amount
    source, goal = units().get(unit), units().get(target)
    if source is None or goal is None or source.dimension != goal.dimension:
        return None
    return (amount * source.factor + source.offset - goal.offset) / goal.factor


def unit_name(qid: int, lang: str) -> str:
    """The unit's name in Chinese (simplified) or English; empty for no unit, `Q…` for an unknown one."""
    if qid in (0, 199):
        return ""
    unit = units().get(qid)
    return unit.names[lang] if unit else f"Q{qid}"


@cache
def spellings(lang: str) -> dict[str, tuple[Spelling, ...]]:
    """Spellings after a number in texts of `lang`, by their first character, longest first.

    Symbols count in both languages; Chinese counters are spellings of no unit.
    """
    table = load_table("units.yaml")
    by_text: dict[str, Spelling] = {}
    if lang == "zh":
        by_text |= {text: Spelling(text, 0) for text in table["counters"]["any"]}
        by_text |= {text: Spelling(text, 0, sure=False) for text in table["counters"]["sure"]}
    for qid, row in table["units"].items():
        number = int(qid[1:])
        for text in (*row.get("symbols", ()), *row[lang]):
            by_text[text] = Spelling(text, number)
        for text in row.get(f"{lang}_unsure", ()):
            by_text[text] = Spelling(text, number, sure=False)
        for text, scale in row.get("scaled", {}).items():
            by_text[text] = Spelling(text, number, float(scale))
    return _by_character(by_text.values(), 0)


@cache
def currency_signs(lang: str) -> dict[str, tuple[Spelling, ...]]:
    """Signs and codes before a number, by their last character, longest first."""
    table = load_table("units.yaml")["prefixes"]
    rows = [*table["any"].items(), *table[lang].items()]
    return _by_character((Spelling(text, int(qid[1:])) for text, qid in rows), -1)


def _by_character(found: Iterable[Spelling], position: int) -> dict[str, tuple[Spelling, ...]]:
    grouped: dict[str, list[Spelling]] = {}
    for spelling in sorted(found, key=lambda spelling: (-len(spelling.text), spelling.text)):
        grouped.setdefault(spelling.text[position], []).append(spelling)
    return {character: tuple(group) for character, group in grouped.items()}


# "in" is a word before it is a unit.
_INCHES = re.compile(
    r"in(?=[ \u00a0]?[(),;×x–-]|\.|$|[ ](?:tall|long|wide|high|deep|thick|gun|guns|diameter)\b)"
)


def unit_at(text: str, position: int, lang: str) -> Spelling | None:
    """The unit or counter that begins at `position` of a text, as a whole word; the longest spelling wins."""
    for spelling in spellings(lang).get(text[position : position + 1], ()):
        if not text.startswith(spelling.text, position):
            continue
        last, after = (
            spelling.text[-1],
            text[position + len(spelling.text) : position + len(spelling.text) + 1],
        )
        if last < "\u2000" and last.isalnum() and (_is_latin(after) or after in ("’", "'", "⁄")):
            continue
        if spelling.text == "in" and not _INCHES.match(text, position):
            continue
        return spelling
    return None


def _is_latin(character: str) -> bool:
    return character < "\u2000" and character.isalnum()
