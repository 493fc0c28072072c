"""Lines of plain texts: paragraphs, or pieces of paragraphs that were wrapped."""

from __future__ import annotations

import textwrap

import pytest

from kg2instruct.annotate.paragraphs import paragraphs

EN = (
    "The ferry from Hamburg was late that evening, and the two sisters had been waiting on the pier since four. "
    "Neither of them had spoken for an hour. When at last the lights of the well-known steamer came round the "
    "headland, the elder one took out her watch, looked at it for a while, and put it away without a word."
)
ZH = (
    "那年冬天，镇上来了一位从柏林回来的医生，他在河边租下一间旧屋，门口挂着一块木牌。人们起初只是远远地看，"
    "后来便有人抱着孩子去敲他的门，他从不问价钱，也从不提起自己的过去，只在灯下把药一包一包地分好。"
)


@pytest.mark.parametrize("width", [50, 72, 100])
def test_wrapped_english_is_put_together(width: int) -> None:
    wrapped = "\n\n".join(["CHAPTER I", *(textwrap.fill(EN, width) for _ in range(2)), "THE END"])
    assert list(paragraphs(wrapped, "en")) == ["CHAPTER I", EN, EN, "THE END"]


def test_wrapped_chinese_with_indented_paragraphs_is_put_together() -> None:
    indented = f"\u3000\u3000{ZH}"
    wrapped = "\r\n".join(indented[at : at + 36] for at in range(0, len(indented), 36))
    assert list(paragraphs(f"{wrapped}\r\n{wrapped}", "zh")) == [ZH, ZH]


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("\n".join([EN, EN, "Short.", EN, EN, EN, EN]), "en"),
        ("\n".join(["Berlin", "Paris", "London", "Rome", "Madrid", "Oslo", "Vienna"]), "en"),
        ("\n".join(f"Station {n:02} of the line lies in district {n:02} of the town." for n in range(9)), "en"),
        ("\n".join(["I saw him go.", EN[:60], "Yes.", EN[:70], "And then nothing for a year.", EN[:50]]), "en"),
        ("\n".join([ZH, ZH[:40], ZH[:20], ZH, ZH[:30], ZH]), "zh"),
        ("\n".join(f"第{n:03}站位于城北的河边，每天有三十多班车由此开往市中心的各个地方去。" for n in range(9)), "zh"),
    ],
)  # fmt: skip
def test_lines_that_were_not_wrapped_stay_apart(text: str, lang: str) -> None:
    assert list(paragraphs(text, lang)) == [line.strip() for line in text.split("\n")]
