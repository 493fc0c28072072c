"""What an output format is, and what reading an answer gives."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from kg2instruct.render.asked import Asked
from kg2instruct.render.formats.nothing import means_nothing
from kg2instruct.render.tasks import Answer, Item, Task

# Of a model that does not stop, no more is read.
MOST_CHARACTERS = 200_000

NOTHING = {"zh": "无", "en": "None"}
_THOUGHT = re.compile(r"\s*<think(?:ing)?>")
_THOUGHT_END = re.compile(r"</think(?:ing)?>")


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
    names_absent: ClassVar[bool] = False
    """Roles that were asked for and have no argument are there, as NAN."""
    says_empty: ClassVar[bool] = True
    """Nothing found has a form of its own, which no other answer has."""

    @abstractmethod
    def render(self, answer: Answer, task: Task, asked: Sequence[Asked], lang: str, text: str) -> str:
        """The answer as text, never empty."""

    @abstractmethod
    def read(self, output: str, task: Task, asked: Sequence[Asked], lang: str, *, strict: bool) -> Parsed:
        """The answer from text: exactly what `render` writes or, not strict, what can be saved."""

    def parse(
        self, output: str, task: Task, asked: Sequence[Asked], lang: str, *, strict: bool = False
    ) -> Parsed:
        """The answer from text; never raises.

        What is written as it should be is not guessed at, unless that is how its labels are those asked for.
        Unless strict, what a model thought before it answered is not read, and a word for "nothing" is no name.
        """
        if not strict and _THOUGHT.match(output):
            output = without_thoughts(output)
        parsed = self.read(output, task, asked, lang, strict=True)
        whole = not parsed.problems and bool(parsed.answer or self.says_empty)
        if strict or (whole and not strangers(parsed.answer, task, asked)):
            return parsed
        output = without_thoughts(output)[:MOST_CHARACTERS]
        if not output.strip():
            return Parsed((), ("nothing in the answer",))
        saved = self.read(output, task, asked, lang, strict=False)
        if whole and (not saved.answer or strangers(saved.answer, task, asked)):
            return parsed
        return Parsed(_named(saved.answer, task), saved.problems)


def _named(answer: Answer, task: Task) -> Answer:
    """The items and pairs that name something; of an event the trigger may be unknown."""
    needed = () if task.kind == "event" and task.pair else task.spans
    return tuple(
        [
            Item(x.fields, tuple([pair for pair in x.pairs if not means_nothing(pair[1])]), x.starts)
            for x in answer
            if not any(means_nothing(x.fields[i]) for i in needed)
        ]
    )


def strangers(answer: Answer, task: Task, asked: Sequence[Asked]) -> bool:
    """Whether an answer to a question that lists labels has others."""
    if not asked:
        return False
    names = {x.names for x in asked}
    return any(task.key(item) not in names for item in answer)


def without_thoughts(output: str) -> str:
    """What a model answered after thinking aloud; nothing where it was cut off before."""
    ends = list(_THOUGHT_END.finditer(output))
    if ends:
        return output[ends[-1].end() :].strip()
    return "" if _THOUGHT.match(output) else output
