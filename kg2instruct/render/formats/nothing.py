"""What models write for "nothing found", beside the form that each output format defines."""

from __future__ import annotations

import re

NOTHING_WORDS = frozenset(
    (
        "无",
        "没有",
        "空",
        "不存在",
        "未找到",
        "none",
        "nothing",
        "nan",
        "null",
        "n/a",
        "no results",
        "{}",
        "[]",
        "()",
        '""',
    )
)
_ASIDE = "。.!！`\"'“”"
_ANSWER = re.compile(r"(?:答案|结果|输出|回答|answer|results?|output)\s*[:：]\s*", re.IGNORECASE)
# "没有找到相关实体", "No relations found": short, and about nothing else.
_NOTHING_SAID = re.compile(
    r"(?:文中|文本中|原文中?|句中)?(?:没有|未(?!能)|无(?!法))[^\s，,：:“”\"]{1,14}"
    r"|(?:there (?:is|are) )?(?:no|none)\b[^.,:：，\n“”\"]{0,60}",
    re.IGNORECASE,
)


def says_nothing(output: str) -> bool:
    """Whether an output says that nothing was found, in one of the words for it or in a short sentence."""
    said = output.strip()
    said = said[match.end() :] if (match := _ANSWER.match(said)) else said
    said = said.strip(_ASIDE).lower()
    return said in NOTHING_WORDS or bool(_NOTHING_SAID.fullmatch(said))


def means_nothing(value: str) -> bool:
    """Whether a value that stands where a name belongs is empty or a word for "nothing found"."""
    return not value or value.lower() in NOTHING_WORDS
