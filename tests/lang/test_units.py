"""The table of units."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from kg2instruct.lang.units import convert, load_table, spellings, unit_at, units


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_spelling_names_two_units(lang: str) -> None:
    table = load_table("units.yaml")
    names = [
        text
        for row in table["units"].values()
        for text in (
            *row[lang],
            *row.get("symbols", ()),
            *row.get("scaled", {}),
            *row.get(f"{lang}_unsure", ()),
        )
    ]
    if lang == "zh":
        names += [*table["counters"]["any"], *table["counters"]["sure"]]
    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_every_dimension_has_a_base_unit_or_parts_of_one() -> None:
    for unit in units().values():
        assert unit.factor > 0
        assert unit.names.keys() == {"zh", "en"}


def test_the_longest_spelling_wins() -> None:
    spelling = unit_at("公里/小时", 0, "zh")
    assert spelling is not None and spelling.qid == 180154
    assert all(
        len(longer.text) >= len(shorter.text)
        for group in spellings("zh").values()
        for longer, shorter in pairwise(group)
    )


@pytest.mark.parametrize("text", ["mg5", "kmx", "in the town", "m's"])
def test_a_symbol_is_a_whole_word(text: str) -> None:
    assert unit_at(text, 0, "en") is None


def test_converts_between_units_of_one_dimension_only() -> None:
    assert convert(1, 828224, 11573) == 1000
    assert convert(0, 25267, 11579) == 273.15
    assert convert(1, 828224, 11570) is None
    assert convert(1, 4242424242, 11573) is None
