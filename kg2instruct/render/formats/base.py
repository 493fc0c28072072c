"""What an output format is, and what reading an answer gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from kg2instruct.render.asked import Asked
from kg2instruct.render.tasks import Answer, Task

# Of a model that does not stop, no more is read.
MOST_CHARACTERS = 200_000

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


class Format(ABC):
    """An output format: `parse(render(answer)) == answer` up to order where `lossless`.

    `asked` are the labels of the question, empty for an open one; `lang` is the language of the wording;
    `text` is what is read (only formats that repeat it use it).
    """

    name: str
    lossless: bool

    @abstractmethod
    def render(self, answer: Answer, task: Task, asked: Sequence[Asked], lang: str, text: str) -> str:
        """The answer as text, never empty."""

    @abstractmethod
    def read(self, output: str, task: Task, asked: Sequence[Asked], lang: str, *, strict: bool) -> Parsed:
        """The answer from text: exactly what `render` writes or, not strict, what can be saved."""

    def parse(
        self, output: str, task: Task, asked: Sequence[Asked], lang: str, *, strict: bool = False
    ) -> Parsed:
        """The answer from text; never raises. What is written as it should be is not guessed at."""
        parsed = self.read(output, task, asked, lang, strict=True)
        if strict or not parsed.problems:
            return parsed
        return self.read(output[:MOST_CHARACTERS], task, asked, lang, strict=False)


def says_nothing(output: str) -> bool:
    """Whether an output is one of the words for "nothing found"."""
    return output.strip().strip("。.!！`\"'“”").lower() in NOTHING_WORDS
