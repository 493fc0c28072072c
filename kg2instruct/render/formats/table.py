"""A Markdown table: a column for each field of the task, and one for all pairs.

    | 头实体 | 关系 | 尾实体 |            | 事件类型 | 触发词 | 角色=论元 |
    | --- | --- | --- |               | --- | --- | --- |
    | 喜剧之王 | 主演 | 周星驰 |          | 裁员 | 裁掉 | 裁员方=猛龙; 时间=5月份 |

A value that holds a bar, semicolon or equals sign is a JSON string, see `quoting`, in which a bar is
\\u007c, so that every bar ends a cell. Nothing found: the header alone. Lossless.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kg2instruct.render.asked import Asked
from kg2instruct.render.formats.base import Format, Parsed
from kg2instruct.render.formats.loose import loose_item
from kg2instruct.render.formats.nothing import says_nothing
from kg2instruct.render.formats.quoting import quoter, tokens
from kg2instruct.render.tasks import Answer, Item, Pairs, Task
from kg2instruct.render.words import task_words

_quote_value = quoter("|;=")


@dataclass(frozen=True, slots=True)
class Table(Format):
    """A Markdown table with a header in the language of the wording."""

    name: str = "table"
    lossless: bool = True

    def render(self, answer: Answer, task: Task, asked: Sequence[Asked], lang: str, text: str) -> str:
        """See `Format.render`."""
        del asked, text
        lines = _header(task, lang)
        for item in answer:
            cells = [_quote(x) for x in item.fields]
            if task.pair:
                cells.append("; ".join([f"{_quote(x)}={_quote(y)}" for x, y in item.pairs]))
            lines.append(f"| {' | '.join(cells)} |")
        return "\n".join(lines)

    def read(self, output: str, task: Task, asked: Sequence[Asked], lang: str, *, strict: bool) -> Parsed:
        """See `Format.read`."""
        lines = output.split("\n")
        if strict:
            if lines[:2] != _header(task, lang):
                return Parsed((), ("the table does not begin with its header",))
            rows = list(range(2, len(lines)))
        elif says_nothing(output):
            return Parsed(())
        else:
            rows = _rows(lines, task)
        items: list[Item] = []
        problems: list[str] = []
        for number in rows:
            try:
                items.append(_item(lines[number], task))
            except ValueError as error:
                item = None if strict or _is_cut(lines, number) else _loose(lines[number], task, asked)
                if item:
                    items.append(item)
                else:
                    problems.append(str(error))
        if not strict and "|" not in output:
            problems.append("no table in the answer")
        return Parsed(tuple(items), tuple(problems))


def _rows(lines: Sequence[str], task: Task) -> list[int]:
    """The numbers of the lines that are rows: not prose, rules or headers."""
    headers = [_header(task, lang)[0].replace(" ", "") for lang in ("zh", "en")]
    return [
        number
        for number, line in enumerate(lines)
        if "|" in line
        and line.strip("|-: \t")
        and line.replace(" ", "") not in headers
        and not _is_rule(lines[number + 1 : number + 2])
    ]


def _quote(value: str) -> str:
    quoted = _quote_value(value)
    return quoted.replace("|", "\\u007c") if "|" in quoted else quoted


def _header(task: Task, lang: str) -> list[str]:
    words = task_words()[task.name][lang]
    names = [*words["fields"], *(["=".join(words["pair"])] if task.pair else [])]
    return [f"| {' | '.join(names)} |", f"|{' --- |' * len(names)}"]


def _item(line: str, task: Task) -> Item:
    """One row; raises ValueError where its cells are not those of the task."""
    stripped = line.strip()
    cells = stripped.removeprefix("|").removesuffix("|").split("|")
    count = len(task.fields) + bool(task.pair)
    if len(cells) != count or not (stripped.startswith("|") and stripped.endswith("|")):
        raise ValueError(f"not a row of {count} cells: {line[:60]!r}")
    values = [list(tokens(x, "")) for x in cells[: len(task.fields)]]
    if any(len(x) != 1 for x in values):
        raise ValueError(f"a cell without one value: {line[:60]!r}")
    pairs = _pairs(cells[-1], line) if task.pair else ()
    return Item(tuple([x[0][1] for x in values]), pairs)


def _pairs(cell: str, line: str) -> Pairs:
    groups: list[list[tuple[str, str]]] = [[]]
    for token in tokens(cell, ";="):
        if token[0] == ";":
            groups.append([])
        else:
            groups[-1].append(token)
    if groups == [[]]:
        return ()
    if any([y[0] for y in x] != ["", "=", ""] for x in groups):
        raise ValueError(f"not pairs: {line[:60]!r}")
    return tuple([(x[0][1], x[2][1]) for x in groups])


def _loose(line: str, task: Task, asked: Sequence[Asked]) -> Item | None:
    """A row with escaped bars, stray quotes or a missing edge."""
    cells = [x.replace("\0", "|").strip() for x in line.strip().replace("\\|", "\0").strip("|").split("|")]
    if task.pair:
        pairs = re.split(r"[;；]|<br\s*/?>", "".join(cells[len(task.fields) :]))
        return loose_item(", ".join([*cells[: len(task.fields)], *pairs]).strip(", "), task, asked)
    if len(cells) != len(task.fields) or not all(cells):
        return None
    return Item(tuple(cells))


def _is_cut(lines: Sequence[str], number: int) -> bool:
    """Whether a row is the last thing that a model wrote, and lacks the bar at its end that the others have."""
    line, before = lines[number].strip(), lines[number - 1].strip() if number else ""
    return number == len(lines) - 1 and before.endswith("|") and not line.endswith("|")


def _is_rule(lines: Sequence[str]) -> bool:
    """Whether the next line is the rule under a header."""
    return any("-" in x and not x.strip("|-: \t") for x in lines)
