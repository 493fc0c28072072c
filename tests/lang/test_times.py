"""Dates in texts: golden cases, and a renderer written here that the finder must read back."""

from __future__ import annotations

import calendar
import json
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.errors import UnknownName
from kg2instruct.lang.times import find_times
from kg2instruct.lang.values import Time, format_time, times_agree

CASES = yaml.safe_load((Path(__file__).parents[1] / "data/literals/times.yaml").read_text(encoding="utf-8"))
GOLD = Path(__file__).parents[2] / ".." / "shared" / "gold"

DATES = st.dates(date(1000, 1, 1), date(2099, 12, 31))
ZH_DIGITS = str.maketrans("0123456789", "〇一二三四五六七八九")
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
AROUND = st.sampled_from([("", ""), ("他于", "在北京出生。"), ("（", "）"), ("至", "，")])


def spell_small(number: int) -> str:
    tens, ones = divmod(number, 10)
    digits = "零一二三四五六七八九"
    return ("" if tens < 1 else "十" if tens == 1 else digits[tens] + "十") + (digits[ones] if ones else "")


def found(text: str, lang: str, *, eras: bool = False, carry_years: bool = False) -> list[list[str]]:
    times = find_times(text, lang, eras=eras, carry_years=carry_years)
    return [[text[span.start : span.end], format_time(span.time)] for span in times]


@pytest.mark.parametrize(("text", "expected"), CASES["zh"])
def test_chinese_dates(text: str, expected: list[list[str]]) -> None:
    assert found(text, "zh") == expected


@pytest.mark.parametrize(("text", "expected"), CASES["eras"])
def test_years_of_reigns_are_read_on_request(text: str, expected: list[list[str]]) -> None:
    assert found(text, "zh", eras=True) == expected


@pytest.mark.parametrize(("text", "expected"), CASES["en"])
def test_english_dates(text: str, expected: list[list[str]]) -> None:
    assert found(text, "en") == expected


@pytest.mark.parametrize(("lang", "text", "expected"), CASES["carried"])
def test_a_month_and_day_are_in_the_year_named_last_on_request(
    lang: str, text: str, expected: list[list[str]]
) -> None:
    assert found(text, lang, carry_years=True) == expected


@given(DATES, st.sampled_from(["arabic", "padded", "full-width", "words", "號", "spaced"]), AROUND)
def test_reads_back_every_chinese_spelling_of_a_day(day: date, style: str, around: tuple[str, str]) -> None:
    year, month, number = day.year, day.month, day.day
    written = {
        "arabic": f"{year}年{month}月{number}日",
        "padded": f"{year}年{month:02d}月{number:02d}日",
        "full-width": f"{year}年{month}月{number}日".translate(FULL_WIDTH),
        "words": f"{str(year).translate(ZH_DIGITS)}年{spell_small(month)}月{spell_small(number)}日",
        "號": f"{year}年{month}月{number}號",
        "spaced": f"{year} 年 {month} 月 {number} 日",
    }[style]
    text = around[0] + written + around[1]
    assert found(text, "zh") == [[written, format_time(Time(year, month, number, 11))]]


@given(
    DATES,
    st.sampled_from(
        ["{d} {m} {y}", "{m} {d}, {y}", "{o} {m} {y}", "{o} of {m}, {y}", "{d} {s}. {y}", "{s} {d}, {y}"]
    ),
    st.sampled_from([("", ""), ("He was born on ", " in Rome."), ("(", ")"), ("until ", ", when")]),
)
def test_reads_back_every_english_spelling_of_a_day(day: date, pattern: str, around: tuple[str, str]) -> None:
    suffix = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}.get(day.day, "th")
    written = pattern.format(
        d=day.day,
        o=f"{day.day}{suffix}",
        m=calendar.month_name[day.month],
        s=calendar.month_abbr[day.month],
        y=day.year,
    )
    text = around[0] + written + around[1]
    assert found(text, "en") == [[written, format_time(Time(day.year, day.month, day.day, 11))]]


@given(st.integers(1, 3000), st.sampled_from(["公元前{}年", "西元前{}年"]))
def test_years_before_the_common_era_are_negative(year: int, pattern: str) -> None:
    text = pattern.format(year)
    assert found(text, "zh") == [[text, format_time(Time(-year))]]
    assert found(f"{year} BC", "en") == [[f"{year} BC", format_time(Time(-year))]]


@given(st.integers(1, 99), st.sampled_from(["历时{}年", "{}年后", "每{}年一次", "长达{}年之久", "{}年制"]))
def test_lengths_of_time_are_no_dates(years: int, pattern: str) -> None:
    assert find_times(pattern.format(years), "zh") == []


PIECES = [
    "1",
    "19",
    "1889",
    "年",
    "月",
    "日",
    "世纪",
    "年代",
    "–",
    "至",
    "、",
    "前",
    "公元",
    "三",
    "十",
    "（",
    "）",
    " ",
    "民国",
]
PIECES += [
    "April",
    "May ",
    "th",
    "s",
    " BC",
    "AD ",
    " century",
    "and",
    "to",
    "-",
    ".",
    ",",
    "/",
    "同年",
    " the same year",
    " the next year",
    "，",
    "2",
]
NOISE = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=14).map("".join))


@given(NOISE, st.sampled_from(["zh", "en"]), st.booleans(), st.booleans())
def test_spans_are_in_order_inside_the_text_and_never_overlap(
    text: str, lang: str, eras: bool, carry_years: bool
) -> None:
    end = 0
    for span in find_times(text, lang, eras=eras, carry_years=carry_years):
        assert end <= span.start < span.end <= len(text)
        assert span.time.year != 0
        assert (span.time.month == 0) == (span.time.precision < 10)
        assert (span.time.day == 0) == (span.time.precision < 11)
        end = span.end


def test_another_language_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="known: en, zh"):
        find_times("1889", "fr")


@pytest.mark.skipif(not GOLD.is_dir(), reason="no gold sets beside the project")
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_finds_nearly_all_dates_of_real_pages(lang: str) -> None:
    lines = [
        json.loads(line) for line in (GOLD / lang / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    claims = [line for line in lines if line["kind"] == "time"]
    hits = 0
    for line in claims:
        value, precision = line["tail"].rsplit("/", 1)
        year, month, day = (int(part) for part in value[1:].split("-"))
        claim = Time(-year if value[0] == "-" else year, month, day, int(precision))
        hits += any(times_agree(claim, span.time) for span in find_times(line["evidence"], lang))
    assert hits >= 0.95 * len(claims)
