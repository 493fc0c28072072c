"""Quantities in texts: golden cases, and amounts with units that the finder must read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from kg2instruct.errors import UnknownName
from kg2instruct.lang.quantities import find_quantities
from kg2instruct.lang.units import units
from kg2instruct.lang.values import Quantity, format_quantity, quantities_agree

CASES = yaml.safe_load(
    (Path(__file__).parents[1] / "data/literals/quantities.yaml").read_text(encoding="utf-8")
)
# Percent and per mille have a sign, or stand before the number, in Chinese.
# 约101年 may be a year.
YEAR = 577
SHARES = {11229, 181011}
GOLD = Path(__file__).parents[2] / ".." / "shared" / "gold"


def found(text: str, lang: str) -> list[list[str]]:
    return [
        [text[span.start : span.end], format_quantity(span.quantity)] for span in find_quantities(text, lang)
    ]


@pytest.mark.parametrize(("text", "expected"), CASES["zh"])
def test_chinese_quantities(text: str, expected: list[list[str]]) -> None:
    assert found(text, "zh") == expected


@pytest.mark.parametrize(("text", "expected"), CASES["en"])
def test_english_quantities(text: str, expected: list[list[str]]) -> None:
    assert found(text, "en") == expected


def test_the_number_alone_ends_before_its_unit() -> None:
    text = "面积593.2平方公里，人口94,441人"
    assert [text[span.start : span.number_end] for span in find_quantities(text, "zh")] == ["593.2", "94,441"]


@given(
    st.one_of(
        st.integers(101, 999), st.integers(2200, 9999999), st.integers(1010, 99999).map(lambda n: n / 100)
    ),
    st.sampled_from(sorted(set(units()) - SHARES)),
    st.sampled_from([("zh", "约", "{:,}{}。"), ("en", "about ", "{:,} {}.")]),
)
def test_reads_back_every_unit_by_its_name(amount: float, unit: int, frame: tuple[str, str, str]) -> None:
    lang, before, pattern = frame
    assume((lang, unit) != ("zh", YEAR) or amount > 2200)
    written = pattern.format(amount, units()[unit].names[lang])
    text = before + written
    spans = find_quantities(text, lang)
    assert [text[span.start : span.end] for span in spans] == [written[:-1]]
    assert quantities_agree(Quantity(amount, unit), spans[0].quantity)


PIECES = [
    "1",
    "12",
    "3,000",
    ".5",
    "公里",
    "人",
    "万",
    "亿",
    "多",
    "–",
    "至",
    "百分之",
    "三",
    "十",
    "年",
    " ",
    "-",
    "第",
    "元",
    "$",
]
PIECES += [
    "km",
    " million",
    "three",
    " hundred",
    " people",
    "ft ",
    "in",
    "/",
    ":",
    "%",
    "×10^5",
    "US",
    "BC",
    "每秒",
    "分之",
]
NOISE = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=14).map("".join))


@given(NOISE, st.sampled_from(["zh", "en"]))
def test_spans_are_in_order_inside_the_text_and_never_overlap(text: str, lang: str) -> None:
    end = 0
    for span in find_quantities(text, lang):
        assert end <= span.start < span.number_end <= span.end <= len(text)
        end = span.end


@pytest.mark.parametrize("text", ["9" * 400 + " km", "1×10^999 km", "九" * 400 + "点五公里"])
def test_numbers_beyond_all_measure_are_left_out(text: str) -> None:
    assert find_quantities(text, "zh") == []


def test_another_language_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="known: en, zh"):
        find_quantities("12 km", "fr")


@pytest.mark.skipif(not GOLD.is_dir(), reason="no gold sets beside the project")
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_finds_nearly_all_quantities_of_real_pages(lang: str) -> None:
    lines = [
        json.loads(line) for line in (GOLD / lang / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    claims = [line for line in lines if line["kind"] == "quantity"]
    hits = 0
    for line in claims:
        amount, unit = line["tail"].rsplit("/", 1)
        claim = Quantity(float(amount), int(unit[1:]) if unit != "1" else 0)
        hits += any(
            quantities_agree(claim, span.quantity) for span in find_quantities(line["evidence"], lang)
        )
    assert hits >= 0.9 * len(claims)


@pytest.mark.parametrize(
    ("text", "lang", "words", "amount"),
    [
        ("平均半径为736±2公里。", "zh", "736±2公里", 736.0),
        ("直径12.3 ± 0.4毫米", "zh", "12.3 ± 0.4毫米", 12.3),
        ("a mean radius of 734.5 ± 2.8 km", "en", "734.5 ± 2.8 km", 734.5),
    ],
)
def test_a_tolerance_belongs_to_its_amount(text: str, lang: Any, words: str, amount: float) -> None:
    (found,) = find_quantities(text, lang)
    assert text[found.start : found.end] == words
    assert found.quantity.amount == amount


def test_days_of_the_earth_are_days() -> None:
    (found,) = find_quantities("自转周期长达79个地球日", "zh")
    assert (found.quantity.amount, found.quantity.unit) == (79.0, 573)
