"""Numbers are compared by value, in both directions of translation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from kg2instruct.translate.numbers import compare, numbers

from ..lang.spelling import SIMPLIFIED, TRADITIONAL, spell_en, spell_zh

CASES = yaml.safe_load(
    (Path(__file__).parents[1] / "data" / "translate" / "numbers.yaml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=[f"{case['en']} {case['zh']}" for case in CASES])
def test_a_translation_into_chinese_says_the_numbers_of_its_source(case: dict[str, Any]) -> None:
    wanted = []
    if case.get("missing"):
        wanted.append(f"numbers of the source are missing: {', '.join(case['missing'])}")
    if case.get("extra"):
        wanted.append(f"numbers that the source does not have: {', '.join(case['extra'])}")
    assert compare(case["en"], case["zh"], "en", "zh") == wanted


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.get("ok") and c["en"][0].isupper()], ids=lambda case: str(case["zh"])
)
def test_the_same_pairs_hold_from_chinese(case: dict[str, Any]) -> None:
    assert compare(case["zh"], case["en"], "zh", "en") == []


@given(st.text(alphabet="0123456789,.-+%$ 万亿百kKM:'spm年月½⅓", max_size=30))
def test_any_text_says_its_own_numbers(text: str) -> None:
    assert compare(text, text, "en", "zh") == []
    assert numbers(text) == numbers(text)


AMOUNTS = st.integers(100, 10**9 - 1) | st.builds(
    lambda digits, power: digits * 10**power, st.integers(1, 999), st.integers(2, 6)
)
STYLES = st.sampled_from([SIMPLIFIED, TRADITIONAL])


def scaled_zh(number: int) -> str:
    """With 万 or 亿 behind digits, where nothing is lost by it."""
    for scale, word in ((10**8, "亿"), (10**4, "万")):
        if number % scale == 0:
            return f"{number // scale}{word}"
    return str(number)


@given(AMOUNTS, STYLES)
def test_an_amount_in_words_is_the_same_one_in_words_or_digits(number: int, style: Any) -> None:
    en, zh = f"There are {spell_en(number)} stones.", spell_zh(number, style)
    for said in (zh, scaled_zh(number), f"{number:,}", str(number)):
        assert compare(en, f"有{said}块石头。", "en", "zh") == []
    assert compare(f"有{zh}块石头。", en, "zh", "en") == []


@given(AMOUNTS, AMOUNTS, STYLES)
def test_another_amount_is_told_in_whatever_way_it_is_said(number: int, other: int, style: Any) -> None:
    assume(number != other)
    en = f"There are {spell_en(number)} stones."
    for said in (spell_zh(other, style), scaled_zh(other)):
        assert compare(en, f"有{said}块石头。", "en", "zh") != []
        assert compare(f"有{said}块石头。", en, "zh", "en") != []


@given(
    st.lists(
        st.sampled_from(
            [
                "a",
                "half",
                "and",
                "hundred",
                "million",
                "two",
                "nineteen",
                "eighty",
                "point",
                "of",
                "dozen",
                ",",
                "3",
                "20",
            ]
        )
    )
)
def test_any_words_say_their_own_numbers(words: list[str]) -> None:
    text = " ".join(words)
    assert compare(text, text, "en", "en") == []


@given(st.text(alphabet="一二两十百千万亿多几点半打零〇3", max_size=20))
def test_any_numerals_say_their_own_numbers(text: str) -> None:
    assert compare(text, text, "zh", "zh") == []
