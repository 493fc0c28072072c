"""One item a line, the label first: `relation: head, tail`.

    ner  人物：周星驰                              person: Stephen Chow
    re   主演：喜剧之王，周星驰                    lead actor: King of Comedy, Stephen Chow
    spo  影视作品/主演/人物：喜剧之王，周星驰      film/lead actor/person: King of Comedy, Stephen Chow
    ee   裁员：裁掉，裁员方=猛龙，时间=5月份       layoff: cut, employer=Raptors, time=May
    kg   人物：刘太行，籍贯=开州区                 person: Liu Taihang, origin=Kaizhou

Punctuation is full-width in Chinese. A value that holds a comma, colon, equals sign (either width) or a
slash is a JSON string, see `quoting`; so is a label that looks like a bullet or as what introduces talk (结果：).
Nothing found: 无, None. Lossless.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kg2instruct.render.asked import Asked
from kg2instruct.render.formats.base import NOTHING, Format, Parsed, strangers
from kg2instruct.render.formats.jsontext import unfenced
from kg2instruct.render.formats.loose import loose_item
from kg2instruct.render.formats.nothing import means_nothing, says_nothing
from kg2instruct.render.formats.quoting import quoter, tokens
from kg2instruct.render.json_text import json_text
from kg2instruct.render.tasks import Answer, Item, Task

_COLON = {"zh": "：", "en": ": "}
_COMMA = {"zh": "，", "en": ", "}
_DELIMITERS = ",，:：=＝/"
_PLAIN = {"，": ",", "：": ":", "＝": "="}
_quote = quoter(_DELIMITERS)
_BOLD = re.compile(r"\*\*(.*?)\*\*")
_TALK = re.compile(
    r"\s*(?:答案|结果|输出|说明|解释|备?注|answer|results?|output|note)\s*[:：]", re.IGNORECASE
)
_BULLET = re.compile(r"^\s*(?:[-*•]\s+|\d+[.)、]\s*)")


@dataclass(frozen=True, slots=True)
class Lines(Format):
    """Lines that begin with the label."""

    name: str = "lines"
    lossless: bool = True

    def render(self, answer: Answer, task: Task, asked: Sequence[Asked], lang: str, text: str) -> str:
        """See `Format.render`."""
        del asked, text
        if not answer:
            return NOTHING[lang]
        comma, lines = _COMMA[lang], []
        for item in answer:
            fields = item.fields
            label = "/".join([_quote(fields[i]) for i in task.labels])
            if _BULLET.match(label) or _TALK.match(f"{label}:"):
                label = "/".join([json_text(fields[i]) for i in task.labels])
            rest = [_quote(fields[i]) for i in task.spans]
            rest += [f"{_quote(x)}={_quote(y)}" for x, y in item.pairs]
            lines.append(f"{label}{_COLON[lang]}{comma.join(rest)}")
        return "\n".join(lines)

    def read(self, output: str, task: Task, asked: Sequence[Asked], lang: str, *, strict: bool) -> Parsed:
        """See `Format.read`."""
        if output == NOTHING[lang] or (not strict and says_nothing(output)):
            return Parsed(())
        if not strict:
            return _saved(unfenced(output), task, asked)
        items: list[Item] = []
        problems: list[str] = []
        for line in output.split("\n"):
            try:
                items.append(_item(line, task))
            except ValueError as error:
                problems.append(str(error))
        return Parsed(tuple(items), tuple(problems))


def _saved(body: str, task: Task, asked: Sequence[Asked]) -> Parsed:
    """What can be read of a model's lines: bullets, bold labels, a label alone above its values."""
    items: list[Item] = []
    problems: list[str] = []
    heading = ""  # the label that stands alone on a line above
    for line in body.split("\n"):
        line = _BOLD.sub(r"\1", _BULLET.sub("", line)).strip()
        label, rest = _labelled(line, asked)
        if label and not rest:
            heading = line
        elif not line or means_nothing(rest.rstrip("。.")):
            continue
        elif item := _saved_item(line, task, asked) or (heading and _saved_item(heading + line, task, asked)):
            items.append(item)
        else:
            problems.append(f"not a line of the form label: values: {line[:60]!r}")
    return Parsed(tuple(items), tuple(problems))


def _saved_item(line: str, task: Task, asked: Sequence[Asked]) -> Item | None:
    try:
        item: Item | None = _item(line, task)
    except ValueError:
        item = None
    if item is None or strangers((item,), task, asked):
        item = _loose(line, task, asked) or item
    return item


def _labelled(line: str, asked: Sequence[Asked]) -> tuple[Asked | None, str]:
    """The label asked for that a line begins with, and what follows its colon; none, and the line."""
    for x in sorted(asked, key=lambda x: -len(x.name)):
        match = re.match(rf"[\"“']?{re.escape('/'.join(x.names))}[\"”']?\s*[:：]\s*", line)
        if match:
            return x, line[match.end() :]
    return None, line


def _item(line: str, task: Task) -> Item:
    """One line; raises ValueError where it is not of the form."""
    if _BULLET.match(line) or _TALK.match(line):
        raise ValueError(f"a bullet before the label, or talk: {line[:60]!r}")
    groups: list[list[str]] = [[]]
    marks = []
    for delimiter, value in tokens(line, _DELIMITERS):
        if delimiter:
            marks.append(_PLAIN.get(delimiter, delimiter))
            groups.append([])
        else:
            groups[-1].append(value)
    spans, labels = len(task.spans), len(task.labels)
    pairs = (len(marks) - (labels - 1) - 1 - (spans - 1)) // 2
    expected = ["/"] * (labels - 1) + [":"] + [","] * (spans - 1) + [",", "="] * pairs
    if marks != expected or any(len(x) != 1 for x in groups) or (pairs and not task.pair):
        raise ValueError(f"not a line of the form label: values: {line[:60]!r}")
    values = [x[0] for x in groups]
    fields = dict(zip((*task.labels, *task.spans), values, strict=False))
    rest = values[labels + spans :]
    return Item(
        tuple([fields[i] for i in range(len(task.fields))]), tuple(zip(rest[::2], rest[1::2], strict=True))
    )


def _loose(line: str, task: Task, asked: Sequence[Asked]) -> Item | None:
    """A line with unquoted delimiters: the label asked for that it begins with tells where the colon is."""
    label, rest = _labelled(line, asked)
    if label is None or not rest:
        return None
    if len(task.spans) == 1 and not task.pair:
        return _placed(task, label.names, [rest.strip('"“”')])
    pieces = re.split(r"\s*[，,]\s*", rest)
    if len(pieces) == len(task.spans):
        return _placed(task, label.names, pieces)
    return loose_item(", ".join((*label.names, *pieces)), task, asked) if task.pair else None


def _placed(task: Task, names: Sequence[str], spans: Sequence[str]) -> Item:
    fields = dict(zip((*task.labels, *task.spans), (*names, *spans), strict=True))
    return Item(tuple([fields[i].strip() for i in range(len(task.fields))]))
