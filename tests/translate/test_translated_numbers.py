"""Numbers are compared by value, in both directions of translation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.translate.numbers import compare, numbers

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
