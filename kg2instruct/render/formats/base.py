"""What an output format is, and what reading an answer gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from kg2instruct.render.asked import Asked
from kg2instruct.render.tasks import Answer, Task

NOTHING = {"zh": "无", "en": "None"}
# What models write for "nothing found", beside the form that each format defines.
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


@dataclass(frozen=True, slots=True)
class Parsed:
    """What could be read of an output, and one line for each thing that could not."""

    answer: Answer
    problems: tuple[str, ...] = ()


class Format(Protocol):
    """An output format: `parse(render(answer)) == answer` up to order where `lossless`.

    `asked` are the labels of the question, empty for an open one; `lang` is the language of the wording; `text` is
    what is read (only formats that repeat it use it). `parse` never raises. With `strict` it reads exactly what
    `render` writes; without, whatever can be saved of a model's answer.
    """

    @property
    def name(self) -> str:
        """The name under which the format is registered."""

    @property
    def lossless(self) -> bool:
        """Whether reading gives back what was written."""

    def render(self, answer: Answer, task: Task, asked: Sequence[Asked], lang: str, text: str) -> str:
        """The answer as text, never empty."""

    def parse(
        self, output: str, task: Task, asked: Sequence[Asked], lang: str, *, strict: bool = False
    ) -> Parsed:
        """The answer from text."""


def says_nothing(output: str) -> bool:
    """Whether an output is one of the words for "nothing found"."""
    return output.strip().strip("。.!！`\"'“”").lower() in NOTHING_WORDS
