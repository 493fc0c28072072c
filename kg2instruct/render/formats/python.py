"""Python code: a list of constructor calls with keyword arguments.

    results = [
        Relation(head="喜剧之王", relation="主演", tail="周星驰"),
        Event(event_type="裁员", trigger="裁掉", arguments=[("裁员方", "猛龙"), ("时间", "5月份")]),
    ]

Strings are double-quoted with JSON's escapes, which Python reads alike. Nothing found: results = [].
Lossless.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kg2instruct.render.asked import Asked
from kg2instruct.render.formats.base import Format, Parsed
from kg2instruct.render.formats.jsontext import unfenced
from kg2instruct.render.formats.nothing import says_nothing
from kg2instruct.render.tasks import Answer, Item, Task

_string = json.JSONEncoder(ensure_ascii=False).encode
EMPTY = "results = []"
_LITERAL = r"""(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
# ("role", "argument"); as models also have it "role": "argument", Argument(role="role", argument="argument").
_PAIR = re.compile(
    rf"[(\[]\s*(?:\w+\s*=\s*)?({_LITERAL})\s*,\s*(?:\w+\s*=\s*)?({_LITERAL})\s*[)\]]"
    rf"|({_LITERAL})\s*:\s*({_LITERAL})"
)


@dataclass(frozen=True, slots=True)
class Python(Format):
    """Constructor calls of one class per task."""

    name: str = "python"
    lossless: bool = True

    def render(self, answer: Answer, task: Task, asked: Sequence[Asked], lang: str, text: str) -> str:
        """See `Format.render`."""
        del asked, lang, text
        if not answer:
            return EMPTY
        name, lines = task.item.capitalize(), ["results = ["]
        for item in answer:
            arguments = [f"{x}={_string(y)}" for x, y in zip(task.fields, item.fields, strict=True)]
            if task.pair:
                pairs = ", ".join([f"({_string(x)}, {_string(y)})" for x, y in item.pairs])
                arguments.append(f"{task.plural}=[{pairs}]")
            lines.append(f"    {name}({', '.join(arguments)}),")
        return "\n".join([*lines, "]"])

    def read(self, output: str, task: Task, asked: Sequence[Asked], lang: str, *, strict: bool) -> Parsed:
        """See `Format.read`."""
        if output == EMPTY or (not strict and says_nothing(output)):
            return Parsed(())
        if strict and not (output.startswith("results = [\n") and output.endswith("\n]")):
            return Parsed((), ("not a list called results",))
        problems: list[str] = []
        items = tuple(_items(output if strict else unfenced(output), task, problems))
        if strict and self.render(items, task, asked, lang, "") != output:
            problems.append("not only calls, one a line")
        if not items and not problems and not re.search(r"=?\s*\[\s*\]", output):
            problems.append(f"no call of {task.item.capitalize()} in the answer")
        return Parsed(items, tuple(problems))


def _items(code: str, task: Task, problems: list[str]) -> Iterator[Item]:
    """The calls in the code, read by regular expression: the code of a model is never run or even parsed."""
    inner = rf"(?:{_LITERAL}|\((?:{_LITERAL}|[^\"'()])*\)|[^\"'()])*"
    call = re.compile(rf"\b{task.item}\s*\(({inner})\)", re.IGNORECASE)
    argument = re.compile(rf"(?:(\w+)\s*=\s*)?({_LITERAL})")
    starts = {
        x.start()
        for x in re.finditer(rf"(?<=[\[\s,]){task.item}\s*\(", _without_strings(code), re.IGNORECASE)
    }
    for match in call.finditer(code):
        if match.start() not in starts:
            continue
        starts.discard(match.start())
        head, tail = _split(match[1], task)
        found: dict[str, str] = {}
        free = iter(task.fields)
        for name, literal in argument.findall(head):
            found[name or next((x for x in free if x not in found), "")] = _value(literal)
        if any(x not in found for x in task.fields):
            problems.append(f"not a call with {', '.join(task.fields)}: {match[0][:60]!r}")
            continue
        pairs = tuple((_value(x or z), _value(y or v)) for x, y, z, v in _PAIR.findall(tail))
        if len(re.findall(_LITERAL, tail)) != 2 * len(pairs):
            problems.append(f"not all {task.plural} are pairs: {tail[:60]!r}")
        yield Item(tuple([found[x] for x in task.fields]), pairs)
    problems += [f"not a whole call: {code[x : x + 60]!r}" for x in sorted(starts)]


def _split(arguments: str, task: Task) -> tuple[str, str]:
    """The arguments of a call before the pairs' list, and this list with its name."""
    if not task.pair:
        return arguments, ""
    match = re.search(rf"\b{task.plural}\s*=", _without_strings(arguments))
    at = match.start() if match else len(arguments)
    return arguments[:at], arguments[at:]


def _without_strings(code: str) -> str:
    """The code with the contents of its strings blanked, of the same length."""
    return re.sub(_LITERAL, lambda x: '"' + " " * (len(x[0]) - 2) + '"', code)


def _value(literal: str) -> str:
    try:
        return str(json.loads(literal)) if literal[0] == '"' else str(ast.literal_eval(literal))
    except (ValueError, SyntaxError, MemoryError):
        return literal[1:-1]
