"""The text itself with its mentions marked: [mention](notes).

    ner  [周星驰](人物)主演《[喜剧之王](作品)》
    re   [周星驰](1.尾实体)主演《[喜剧之王](1=主演)》
    ee   [猛龙](1.裁员方)[裁掉](1=裁员)三人

Where a mention is a part of several items its notes are separated by "; ". Marks may be nested. In the text a
backslash stands before [ ] and a backslash of its own; a note that holds a delimiter is a JSON string, see
`quoting`. Parts without a place of their own (not in the text, or across another mark) follow the text after
a blank line as further marks. Nothing found: the text as it is. Lossless but for repeated mentions of one
entity, which are one item.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from kg2instruct.render.asked import Asked
from kg2instruct.render.formats.base import Format, Parsed
from kg2instruct.render.formats.quoting import quoter, tokens
from kg2instruct.render.tasks import Answer, Item, Task
from kg2instruct.render.words import task_words

_DELIMITERS = "()[];=./"
_quote = quoter(_DELIMITERS)
_TO_ESCAPE = re.compile(r"[\[\]\\]")
_MARK = re.compile(r"\\(.)|(\[)|\]\(((?:\"(?:[^\"\\\n]|\\.)*\"|[^\"()\n])*)\)|(\])", re.DOTALL)

_WIDE_MARK = re.compile(r"[\[［【]([^\[\]［］【】\n]+)[\]］】][(（]([^()（）\n]+)[)）]")

# (start, end, note)
Mark = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Inline(Format):
    """The text with marks."""

    name: str = "inline"
    lossless: bool = True
    says_empty: ClassVar[bool] = False

    def render(self, answer: Answer, task: Task, asked: Sequence[Asked], lang: str, text: str) -> str:
        """See `Format.render`."""
        del asked
        placed: list[Mark] = []
        loose: list[tuple[str, str]] = []
        for number, item in enumerate(answer, 1):
            for value, starts, note in _notes(item, task, number, lang):
                places = [(x, x + len(value)) for x in starts if value and text.startswith(value, x)]
                if not places and value and (found := text.find(value)) >= 0:
                    places = [(found, found + len(value))]
                if not places:
                    loose.append((value, note))
                placed += [(*x, note) for x in places]
        return _written(text, placed, loose)

    def read(self, output: str, task: Task, asked: Sequence[Asked], lang: str, *, strict: bool) -> Parsed:
        """See `Format.read`."""
        problems: list[str] = []
        marks = _marks(output, problems)
        if not strict:
            problems.clear()
            marks = marks or _wide_marks(output, asked)
        if len(task.spans) == 1 and not task.pair:
            return _flat(marks, task, problems)
        return _numbered(marks, task, lang, problems)


def _notes(item: Item, task: Task, number: int, lang: str) -> list[tuple[str, tuple[int, ...], str]]:
    """Each value of an item with its offsets and its note."""
    starts = item.starts or ((),) * (len(item.fields) + len(item.pairs))
    label = "/".join([_quote(item.fields[i]) for i in task.labels])
    first = task.spans[0]
    if len(task.spans) == 1 and not task.pair:
        return [(item.fields[first], starts[first], label)]
    names = task_words()[task.name][lang]["fields"]
    notes = [(item.fields[first], starts[first], f"{number}={label}")]
    notes += [(item.fields[i], starts[i], f"{number}.{_quote(names[i])}") for i in task.spans[1:]]
    for (role, value), places in zip(item.pairs, starts[len(item.fields) :], strict=True):
        notes.append((value, places, f"{number}.{_quote(role)}"))
    return notes


def _written(text: str, placed: list[Mark], loose: list[tuple[str, str]]) -> str:
    notes: dict[tuple[int, int], list[str]] = {}
    for start, end, note in placed:
        notes.setdefault((start, end), []).append(note)
    pieces: list[str] = []
    position = 0
    open_: list[tuple[int, str]] = []  # where marks end and how they close, the innermost last

    def close(until: int) -> None:
        nonlocal position
        while open_ and open_[-1][0] <= until:
            end, closing = open_.pop()
            pieces.extend((_escape(text[position:end]), closing))
            position = end

    for start, end in sorted(notes, key=lambda x: (x[0], -x[1])):  # the outer one first
        close(start)
        if open_ and open_[-1][0] < end:  # across another mark
            loose += [(text[start:end], note) for note in notes[start, end]]
            continue
        pieces += _escape(text[position:start]), "["
        position = start
        open_.append((end, f"]({'; '.join(notes[start, end])})"))
    close(len(text))
    pieces.append(_escape(text[position:]))
    if loose:
        pieces.append("\n\n" + " ".join([f"[{_escape(value)}]({note})" for value, note in loose]))
    return "".join(pieces)


def _marks(output: str, problems: list[str]) -> list[tuple[str, str]]:
    """The marked values and their notes, inner ones first."""
    stack: list[list[str]] = [[]]
    found: list[tuple[str, str]] = []
    position = 0
    for match in _MARK.finditer(output):
        stack[-1].append(output[position : match.start()])
        position = match.end()
        escaped, opening, note, closing = match.groups()
        if escaped is not None:
            stack[-1].append(escaped)
        elif opening:
            stack.append([])
        elif note is not None and len(stack) > 1:
            value = "".join(stack.pop())
            found.append((value, note))
            stack[-1].append(value)
        else:
            problems.append(f"a bracket that belongs to no mark at {match.start()}")
            stack[-1].append(match[0])
            if closing and len(stack) > 1:
                inner = "".join(stack.pop())
                stack[-1].append("[" + inner)
    if len(stack) > 1:
        problems.append("a mark that is not closed")
    return found


def _wide_marks(output: str, asked: Sequence[Asked]) -> list[tuple[str, str]]:
    """Marks in full-width brackets, where their notes name labels asked for: brackets may be the text's own."""
    found = [(value, note.strip()) for value, note in _WIDE_MARK.findall(output)]
    names = {x.name for x in asked}
    labels = (note.partition("=")[2] or note for _, note in found if "." not in note)
    return found if names and found and names.issuperset(labels) else []


def _flat(marks: list[tuple[str, str]], task: Task, problems: list[str]) -> Parsed:
    items: dict[Item, None] = {}
    repeated: list[Item] = []
    for value, notes in marks:
        for note in _split(notes, problems):
            labels = [x for kind, x in note if not kind]
            if len(labels) != len(task.labels):
                problems.append(f"not the label of a {task.item}: {notes[:60]!r}")
                continue
            item = _placed(task, labels, [value])
            items[item] = None
            repeated.append(item)
    return Parsed(tuple(items if task.kind == "entity" else repeated), tuple(problems))


def _numbered(marks: list[tuple[str, str]], task: Task, lang: str, problems: list[str]) -> Parsed:
    labels: dict[str, tuple[list[str], str]] = {}
    parts: dict[str, list[tuple[str, str]]] = {}
    for value, notes in marks:
        for note in _split(notes, problems):
            kinds, values = [x[0] for x in note], [x[1] for x in note]
            if len(note) >= 3 and kinds[:2] == ["", "="]:
                labels.setdefault(values[0], (values[2::2], value))
            elif kinds == ["", ".", ""]:
                parts.setdefault(values[0], []).append((values[2], value))
            else:
                problems.append(f"a note that is no label and no part: {notes[:60]!r}")
    items = []
    words = [task_words()[task.name][x]["fields"] for x in (lang, "zh", "en")]
    for number, (label, value) in labels.items():
        found = parts.pop(number, [])
        spans = [value]
        for i in task.spans[1:]:
            names = {*(x[i] for x in words), task.fields[i]}
            spans += [y for x, y in found if x in names][:1]
        if len(label) != len(task.labels) or len(spans) != len(task.spans):
            problems.append(f"item {number} is not whole")
            continue
        fields = _placed(task, label, spans).fields
        items.append(Item(fields, tuple(found) if task.pair else ()))
    problems += [f"parts of an item {x} without its label" for x in parts]
    return Parsed(tuple(items), tuple(problems))


def _split(notes: str, problems: list[str]) -> list[list[tuple[str, str]]]:
    """The notes of a mark, each as delimiters and values."""
    groups: list[list[tuple[str, str]]] = [[]]
    try:
        for token in tokens(notes, _DELIMITERS):
            if token[0] == ";":
                groups.append([])
            else:
                groups[-1].append(token)
    except ValueError as error:
        problems.append(str(error))
        return []
    return [x for x in groups if x]


def _placed(task: Task, labels: Sequence[str], spans: Sequence[str]) -> Item:
    fields = dict(zip((*task.labels, *task.spans), (*labels, *spans), strict=True))
    return Item(tuple([fields[i] for i in range(len(task.fields))]))


def _escape(text: str) -> str:
    return _TO_ESCAPE.sub(lambda x: "\\" + x[0], text) if _TO_ESCAPE.search(text) else text
