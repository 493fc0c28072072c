"""What must stay is found, and comes back byte by byte, whatever the text."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.convert.report import Report
from kg2instruct.translate.protect import Masked, faults, mask, protected_spans, restore
from kg2instruct.translate.readers import read_items

REAL = Path(__file__).parents[2] / ".." / "shared" / "data" / "instructions_en"

PIECES = [
    *(
        "⟦1⟧",
        "⟦",
        "⟧",
        "⟦a1⟧",
        "⟦end⟧",
        "`",
        "``",
        "```",
        "\n```\n",
        "~~~",
        "$",
        "$$",
        "\\(",
        "\\)",
        "\\[",
        "<<",
        ">>",
    ),
    *(
        "#### 12",
        "{",
        "}",
        "{name}",
        "{{x}}",
        "<image>",
        "</b>",
        "<a href='x'>",
        "https://a.b/c?d=(e)",
        "%s",
        "[MASK]",
    ),
    *(
        "3 + 4 = 7",
        "12",
        "1,000.5",
        "\n",
        " ",
        "\t",
        "def f(x):\n    return x",
        "text",
        "文字",
        "(A)",
        "____",
        "\r\n",
    ),
]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=40).map("".join))
def test_any_text_comes_back_from_its_mask(text: str) -> None:
    for code in (True, False):
        masked = mask(text, 5, code=code)
        assert restore(masked.text, masked.kept, masked.first) == text
        assert not faults(masked.text, masked)
        marks = [f"⟦{5 + number}⟧" for number in range(len(masked.kept))]
        assert re.findall(r"⟦\d+⟧|⟦|⟧", masked.text) == marks


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_spans_are_in_order_and_apart(text: str) -> None:
    position = 0
    for start, end, _ in protected_spans(text):
        assert position <= start < end <= len(text)
        position = end


@pytest.mark.parametrize(
    ("text", "kind", "kept"),
    [
        ("Call `f(x)` now.", "code", "`f(x)`"),
        ("See:\n```python\nx = 1\n```\nDone.", "fence", "```python\nx = 1\n```"),
        ("See:\n```python\nx = 1", "fence", "```python\nx = 1"),
        ("Use this:\ndef f(x):\n    return x\nIt is short.", "raw code", "def f(x):\n    return x"),
        ("SELECT name FROM users;", "raw code", "SELECT name FROM users;"),
        ("Go to https://example.org/a_(b)?c=d.", "address", "https://example.org/a_(b)?c=d"),
        ("It is https://example.org/Paris_(France).", "address", "https://example.org/Paris_(France)"),
        ("It is (https://example.org/a), or [b](https://example.org/b).", "address", "https://example.org/b"),
        ("Write to a.b@example.org, please.", "address", "a.b@example.org"),
        ("Type ``a `b` c`` here.", "code", "``a `b` c``"),
        ("So f(x) = 2x + 3 and more.", "formula", "f(x) = 2x + 3"),
        ("The area is $\\pi r^2$ here.", "formula", "$\\pi r^2$"),
        ("We get \\(x_1\\) and more.", "formula", "\\(x_1\\)"),
        ("So \\begin{align}a&=b\\end{align} holds.", "formula", "\\begin{align}a&=b\\end{align}"),
        ("He sold 48/2 = <<48/2=24>>24 clips.", "calculation", "<<48/2=24>>"),
        ("It is 72.\n#### 72", "final answer", "#### 72"),
        ("It is -1,234.5.\n#### -1,234.5", "final answer", "#### -1,234.5"),
        ("Dear {name}, welcome.", "placeholder", "{name}"),
        ("Dear {{ user.name }}, welcome.", "placeholder", "{{ user.name }}"),
        ("What is in <image>?", "tag", "<image>"),
        ("It was raining ____ today.", "placeholder", "____"),
        ("There are 12 + 3 = 15 of them.", "formula", "12 + 3 = 15"),
        ("Is it 4 x 4 x 10 long?", "formula", "4 x 4 x 10"),
        ("Solve 7x + 12 = 15 for x.", "formula", "7x + 12 = 15"),
        ("Options: (A) one (B) two", "label", "(A)"),
        ("A ⟦1⟧ mark.", "bracket", "⟦"),
    ],
)
def test_finds_what_must_stay(text: str, kind: str, kept: str) -> None:
    assert (kind, kept) in [(k.kind, k.text) for k in mask(text).kept]


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 today and $6 tomorrow.",
        "Between 2001-2005 it was 24/7 and/or 1/2 cup.",
        "For example, if you need the following items: eggs, milk.",
        "Yes",
        "apples, pears, plums",
        "#### Chapter two",
        "I love a < b and c > d as names.",
        "Technology: Blockchain",
        "<description of a product>",
        "Select the best answer from the list.",
        "Class was over; we went home.",
    ],
)
def test_leaves_prose_alone(text: str) -> None:
    assert mask(text).kept == ()


def test_faults_name_the_marks() -> None:
    masked = mask("Call `f` on `g`.")
    assert masked == Masked("Call ⟦1⟧ on ⟦2⟧.", masked.kept)
    assert faults("用 ⟦1⟧ 和 ⟦ 2 ⟧。", masked) == []
    assert faults("用 ⟦2⟧ 和 ⟦1⟧。", masked) == [], "inline code moves with the sentence"
    assert faults("用 ⟦1⟧。", masked) == ["missing: ⟦2⟧"]
    assert faults("用 ⟦1⟧⟦2⟧⟦2⟧。", masked) == ["repeated: ⟦2⟧"]
    assert faults("用 ⟦1⟧⟦2⟧⟦3⟧。", masked) == ["not in the source: ⟦3⟧"]
    assert faults("用 ⟦1⟧⟦2⟧⟦。", masked) == ["a mark is damaged"]


def test_steps_may_not_change_their_order() -> None:
    masked = mask("<<1+1=2>>2, then <<2+2=4>>4.\n#### 4")
    assert faults("⟦2⟧4，⟦1⟧2。\n⟦3⟧", masked) == ["in another order: ⟦2⟧, ⟦1⟧, ⟦3⟧"]


@pytest.mark.parametrize(
    "text", ["`" * 20_000, "<" * 20_000, "$a" * 10_000, "{" * 20_000, "1+" * 10_000, "\\begin{a}" * 2_000]
)
def test_hostile_texts_take_no_long_time(text: str) -> None:
    masked = mask(text)
    assert restore(masked.text, masked.kept) == text


@pytest.mark.skipif(not REAL.is_dir(), reason="samples of published instruction data are not here")
def test_real_files_are_read_and_come_back_byte_by_byte() -> None:
    count = 0
    for path in sorted([*REAL.rglob("*.json*"), *REAL.rglob("*.tsv")]):
        report = Report()
        for item in read_items(path, report):
            for part in item.parts:
                masked = mask(part.text, code=item.task != "cot")
                assert restore(masked.text, masked.kept) == part.text
                assert "```" not in masked.text
                assert "<<" not in masked.text
                assert "https://" not in masked.text
            count += 1
        assert not report.dropped, json.dumps([*map(str, report.dropped)])
    assert count > 2000
