"""Parts of a message, read back from what models make of it."""

from __future__ import annotations

import pytest

from kg2instruct.translate import sections
from kg2instruct.translate.items import Part

PARTS = {"instruction": "甲\n⟦1⟧ 乙", "output": "**丙** ⟦2⟧"}
MESSAGE = sections.write(Part(name, text) for name, text in PARTS.items())


@pytest.mark.parametrize(
    "answer",
    [
        MESSAGE,
        f"\n{MESSAGE}\n",
        f"```\n{MESSAGE}\n```",
        f"```text\n{MESSAGE}\n```\n",
        MESSAGE.replace("⟦instruction⟧", "**⟦instruction⟧**").replace("⟦end⟧", "**⟦end⟧**"),
        MESSAGE.replace("⟦output⟧", "## ⟦ output ⟧"),
        MESSAGE.replace("⟦instruction⟧\n", "⟦instruction⟧ ").replace("⟦output⟧\n", "⟦output⟧"),
    ],
)
def test_what_models_put_around_names_does_no_harm(answer: str) -> None:
    assert sections.read(answer, list(PARTS)) == (PARTS, [])


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        (f"Here it is:\n{MESSAGE}", "text before the first part"),
        (f"```\n{MESSAGE}\n```\nI hope this helps.", "text behind ⟦end⟧"),
        (f"{MESSAGE}\n```", "text behind ⟦end⟧"),
        (MESSAGE.replace("⟦end⟧", ""), "⟦end⟧ is missing"),
        (MESSAGE.replace("⟦output⟧", "⟦answer⟧"), "unknown parts: ⟦answer⟧"),
        (MESSAGE.replace("⟦output⟧", "⟦instruction⟧"), "part ⟦instruction⟧ occurs twice"),
        (MESSAGE.replace("⟦output⟧", "The ⟦output⟧"), "missing parts: ⟦output⟧"),
    ],
)
def test_what_is_wrong_is_told(answer: str, wrong: str) -> None:
    assert wrong in "; ".join(sections.read(answer, list(PARTS))[1])
