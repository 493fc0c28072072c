"""What `parse_number` reads, against a renderer of numbers written here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.lang.numbers import fraction_value, parse_number

from .spelling import FINANCIAL, SIMPLIFIED, TRADITIONAL, spell_en, spell_zh


@given(st.integers(0, 10**12 - 1), st.sampled_from([SIMPLIFIED, TRADITIONAL, FINANCIAL]))
def test_reads_every_chinese_numeral(number: int, style: tuple[str, str, str]) -> None:
    assert parse_number(spell_zh(number, style)) == number


@given(st.integers(1000, 9999))
def test_reads_chinese_digits_one_by_one(number: int) -> None:
    assert parse_number("".join("〇一二三四五六七八九"[int(digit)] for digit in str(number))) == number


@given(st.integers(0, 10**9 - 1))
def test_reads_english_words(number: int) -> None:
    assert parse_number(spell_en(number)) == number


@given(
    st.integers(0, 999), st.integers(1, 99), st.integers(1, 999), st.sampled_from("/⁄"), st.sampled_from(" +")
)
def test_reads_fractions(whole: int, above: int, below: int, bar: str, between: str) -> None:
    assert fraction_value(f"{above}{bar}{below}") == pytest.approx(above / below)
    assert fraction_value(f"{whole}{between}{above}{bar}{below}") == pytest.approx(whole + above / below)


@given(st.integers(0, 999))
def test_reads_fractions_of_one_character(whole: int) -> None:
    assert {f: fraction_value(f"{whole}{f}") for f in "½¼"} == {"½": whole + 0.5, "¼": whole + 0.25}
    assert fraction_value(f"{whole}/0") is None
    assert fraction_value(str(whole)) is None


@given(st.integers(0, 10**14))
def test_reads_commas_and_full_width_digits(number: int) -> None:
    assert parse_number(f"{number:,}") == number
    assert parse_number(str(number).translate(str.maketrans("0123456789", "０１２３４５６７８９"))) == number


@given(st.decimals(0, 9999, places=2), st.sampled_from([("万", 10**4), ("億", 10**8), (" million", 10**6)]))
def test_reads_decimals_with_a_scale(number: object, scale: tuple[str, int]) -> None:
    assert parse_number(f"{number}{scale[0]}") == pytest.approx(float(str(number)) * scale[1])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("四十六", 46), ("五万八千", 58000), ("五万八", 58000), ("一百零三", 103), ("两千", 2000),
        ("廿一", 21), ("卅", 30), ("十", 10), ("二〇一八", 2018), ("壹佰貳拾參", 123), ("一万亿", 10**12),
        ("十二兆", 12 * 10**12),
        ("三点五", 3.5), ("负五", -5), ("-2.5", -2.5), ("−3", -3), ("3万5千", 35000), ("12.5萬", 125000),
        ("1亿2345万", 123450000), ("1.1亿", 110000000), ("3 thousand", 3000), ("two hundred and five", 205),
        ("1.2e5", 120000), ("1.2×10^5", 120000), ("2×10⁻³", 0.002),
    ],
)  # fmt: skip
def test_reads_the_spellings_that_texts_use(text: str, value: float) -> None:
    assert parse_number(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "第三",
        "3rd",
        "third",
        "33–41",
        "三四十",
        "百",
        "万",
        "one two",
        "and",
        "3 apples",
        "1,2,3",
        "abc",
        "1e999",
        "九" * 400,
    ],
)
def test_is_silent_about_what_is_not_one_number(text: str) -> None:
    assert parse_number(text) is None


@given(st.text(max_size=20))
def test_never_fails(text: str) -> None:
    value = parse_number(text)
    assert value is None or isinstance(value, float)
