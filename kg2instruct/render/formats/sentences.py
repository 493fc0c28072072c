"""Sentences, one a line, whose wording per task and language is in `templates/tasks.yaml`.

    re  “喜剧之王”的“主演”是“周星驰”。
        For "King of Comedy", the "lead actor" is "Stephen Chow".
    ee  “裁员”事件的触发词是“裁掉”，“裁员方”是“猛龙”。
        An event of the type "layoff" is triggered by "cut"; its "employer" is "Raptors".

Values stand in quotation marks, “ ” in Chinese and " " in English. Within them a backslash stands before
either kind of quotation mark and before a backslash; a line break is \\n, a carriage return \\r. Reading
goes by the quoted values and their order alone. Nothing found: 文中没有相关内容。 There is nothing of the
kind in the text. Lossless.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kg2instruct.render.asked import Asked
from kg2instruct.render.formats.base import Format, Parsed
from kg2instruct.render.formats.jsontext import unfenced
from kg2instruct.render.formats.nothing import says_nothing
from kg2instruct.render.tasks import Answer, Item, Task
from kg2instruct.render.words import task_words

NOTHING = {"zh": "文中没有相关内容。", "en": "There is nothing of the kind in the text."}
_NOTHING_BARE = frozenset(x.rstrip("。.") for x in NOTHING.values())
_QUOTED = re.compile(r'“((?:[^“”"\\\n]|\\.)*)”|"((?:[^“”"\\\n]|\\.)*)"')
_LOOSE = re.compile(r'“([^“”\n]*)”|"([^"\n]*)"|「([^「」\n]*)」|『([^『』\n]*)』|‘([^‘’\n]*)’')
_ESCAPES = {"\\": "\\\\", '"': '\\"', "“": "\\“", "”": "\\”", "\n": "\\n", "\r": "\\r"}
_TO_ESCAPE = re.compile('[\\\\"“”\n\r]')
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Sentences(Format):
    """Sentences of natural language with quoted values."""

    name: str = "sentences"
    lossless: bool = True

    def render(self, answer: Answer, task: Task, asked: Sequence[Asked], lang: str, text: str) -> str:
        """See `Format.render`."""
        del asked, text
        if not answer:
            return NOTHING[lang]
        first, more, end = _patterns(task.name, lang)
        sentences = []
        for item in answer:
            sentence = first % tuple([_escape(x) for x in item.fields])
            for pair in item.pairs:
                sentence += more % (_escape(pair[0]), _escape(pair[1]))
            sentences.append(sentence + end)
        return "\n".join(sentences)

    def read(self, output: str, task: Task, asked: Sequence[Asked], lang: str, *, strict: bool) -> Parsed:
        """See `Format.read`."""
        del asked
        if output == NOTHING[lang] or (
            not strict and (says_nothing(output) or output.strip().rstrip("。.") in _NOTHING_BARE)
        ):
            return Parsed(())
        items: list[Item] = []
        problems: list[str] = []
        count = len(task.fields)
        for line in output.split("\n") if strict else unfenced(output).split("\n"):
            values = [_unescape(x[1] or x[2] or "") for x in _QUOTED.finditer(line)]
            whole = len(values) >= count and (len(values) == count or bool(task.pair))
            if whole and (len(values) - count) % 2 == 0 and (not strict or _same(line, values, task, lang)):
                rest = values[count:]
                items.append(Item(tuple(values[:count]), tuple(zip(rest[::2], rest[1::2], strict=True))))
            elif not strict and (found := list(_loose(line, task))):
                items += found
            elif line.strip():
                problems.append(f"not a sentence with {count} quoted values: {line[:60]!r}")
        if strict and not items and not problems:
            problems.append("nothing readable")
        return Parsed(tuple(items), tuple(problems))


def _loose(line: str, task: Task) -> Iterator[Item]:
    """Several sentences in one line, other quotation marks, unescaped quotes of the other kind."""
    for sentence in re.split(r"(?<=[”\"」』][。.])\s*|(?<=[。])", line):
        values = [next((y for y in x.groups() if y is not None), "") for x in _LOOSE.finditer(sentence)]
        count = len(task.fields)
        rest = values[count:]
        if len(values) < count or (rest and not task.pair) or len(rest) % 2:
            continue
        yield Item(tuple(values[:count]), tuple(zip(rest[::2], rest[1::2], strict=True)))


def _same(line: str, values: Sequence[str], task: Task, lang: str) -> bool:
    """Whether the line is what these values are written as."""
    first, more, end = _patterns(task.name, lang)
    count = len(task.fields)
    quoted = tuple(_escape(x) for x in values)
    return (
        line
        == first % quoted[:count]
        + "".join(more % quoted[i : i + 2] for i in range(count, len(quoted), 2))
        + end
    )


@lru_cache(maxsize=64)
def _patterns(task: str, lang: str) -> tuple[str, str, str]:
    """The sentence, its continuation and its end as %-patterns with the quotation marks of the language."""
    words = task_words()[task][lang]
    opening, closing = ("“", "”") if lang == "zh" else ('"', '"')
    slot = f"{opening}%s{closing}"
    sentence, more = words["sentence"], words.get("more", "")
    for i in range(9):
        sentence, more = (x.replace(f"${i}", slot) for x in (sentence, more))
    return sentence[:-1], more, sentence[-1]


def _escape(value: str) -> str:
    return _TO_ESCAPE.sub(lambda x: _ESCAPES[x[0]], value)


def _unescape(value: str) -> str:
    if "\\" not in value:
        return value
    return _ESCAPED.sub(lambda x: {"n": "\n", "r": "\r"}.get(x[1], x[1]), value)
