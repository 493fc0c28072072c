"""What an answer says, read by the output format: rows of a table, edges of a graph, marks in the text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kg2instruct.render.asked import Asked
from kg2instruct.render.formats import FORMATS
from kg2instruct.render.tasks import TASKS, Item, Task
from kg2instruct.render.words import task_words


class Edge(NamedTuple):
    """An arrow of the graph."""

    head: str
    label: str
    tail: str


class Mark(NamedTuple):
    """A span of the text with the label that it is shown under; offsets in characters, end exclusive."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Found:
    """An answer, read."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    edges: tuple[Edge, ...]
    nodes: tuple[tuple[str, str], ...]
    """Names and, where known, their types."""
    missing: tuple[str, ...]
    """Spans that do not stand in the text."""
    marks: tuple[Mark, ...]
    problems: tuple[str, ...]


def read(
    answer: str, text: str, task_name: str, output_format: str, asked: Sequence[Asked], lang: str
) -> Found:
    """Read an answer; never raises."""
    task = TASKS[task_name]
    parsed = FORMATS[output_format].parse(answer, task, asked, lang)
    names = dict(_names(parsed.answer, task))
    words = task_words()[task_name][lang]
    return Found(
        header=(*words["fields"], *words.get("pair", ())),
        rows=tuple(row for item in parsed.answer for row in _rows(item)),
        edges=tuple(dict.fromkeys(edge for item in parsed.answer for edge in _edges(item, task))),
        nodes=tuple(names.items()),
        missing=tuple(name for name in names if name and name not in text),
        marks=tuple(mark(text, names)),
        problems=parsed.problems,
    )


def _rows(item: Item) -> Iterable[tuple[str, ...]]:
    """An item as rows: one for each of its pairs."""
    return [(*item.fields, *pair) for pair in item.pairs] or [item.fields]


def _names(items: Iterable[Item], task: Task) -> Iterable[tuple[str, str]]:
    """The spans of an answer with their types: what stands in the text."""
    for item in items:
        fields = item.fields
        if task.name == "ner":
            yield fields[0], fields[1]
        elif task.name == "re":
            yield from ((fields[0], ""), (fields[2], ""))
        elif task.name == "spo":
            yield from ((fields[0], fields[1]), (fields[3], fields[4]))
        else:
            yield fields[1], fields[0]
            yield from ((value, name) for name, value in item.pairs)


def _edges(item: Item, task: Task) -> Iterable[Edge]:
    fields = item.fields
    if task.name == "re":
        return [Edge(fields[0], fields[1], fields[2])]
    if task.name == "spo":
        return [Edge(fields[0], fields[2], fields[3])]
    if task.pair:
        return [Edge(fields[1] or fields[0], name, value) for name, value in item.pairs]
    return []


def mark(text: str, names: dict[str, str]) -> list[Mark]:
    """All places of names in the text, of overlapping ones the longest."""
    taken = [False] * len(text)
    marks = []
    for name in sorted((x for x in names if x), key=lambda x: (-len(x), x)):
        start = text.find(name)
        while start >= 0:
            end = start + len(name)
            if not any(taken[start:end]):
                taken[start:end] = [True] * len(name)
                marks.append(Mark(start, end, names[name]))
            start = text.find(name, end)
    return sorted(marks)
