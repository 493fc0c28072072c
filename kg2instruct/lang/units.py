"""Units of measurement by their Wikidata entity: conversion, names, and the spellings that texts use.

The table is `data/units.yaml`; it is read once, on first use.
"""

from __future__ import annotations

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
    """One way to write a unit; an amount so written counts `scale` times in the unit `qid` (0 for a counter)."""

    text: str
    qid: int
    scale: float = 1.0


@cache
def load_table(name: str) -> dict[str, Any]:
    """A YAML table of `lang/data`."""
    text = (files("kg2instruct.lang") / "data" / name).read_text(encoding="utf-8")
    table: dict[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return table


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
    """The unit's usual name in Chinese (simplified) or English; empty for no unit, `Q…` for one not in the table."""
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
        by_text = {text: Spelling(text, 0) for text in table["counters"]["zh"]}
    for qid, row in table["units"].items():
        number = int(qid[1:])
        for text in (*row.get("symbols", ()), *row[lang], *row.get(f"{lang}_more", ())):
            by_text[text] = Spelling(text, number)
        for text, scale in row.get("scaled", {}).items():
            by_text[text] = Spelling(text, number, float(scale))
    grouped: dict[str, list[Spelling]] = {}
    for text in sorted(by_text, key=lambda text: (-len(text), text)):
        grouped.setdefault(text[0], []).append(by_text[text])
    return {first: tuple(found) for first, found in grouped.items()}
