"""What there is to draw of a record: marked spans of its text, and arcs between them.

The report's page, notebooks and the terminal all draw this; they differ in nothing but how they measure text.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from kg2instruct.records import Example, Triple

# Okabe and Ito's colours, dark enough to be seen on paper and light enough on slate; `record.css` has them as well.
COLOURS = ("#0072b2", "#b97700", "#00805d", "#d55e00", "#a8487f", "#2484bd", "#857400", "#5f6670")
HUES, LINES = len(COLOURS), 3
# Types that meet often look different from each other; both languages of a type look the same.
_KNOWN = (
    *(("人物", "Person"), ("地理地区", "Geographic region"), ("组织", "Organization"), ("时间", "Time")),
    *(("作品", "Work"), ("生物", "Organism"), ("事件", "Event"), ("数量", "Quantity")),
    *(
        ("职业", "Occupation"),
        ("建筑", "Building"),
        ("人造物件", "Artefact"),
        ("天文对象", "Astronomical object"),
    ),
    *(("自然科学", "Natural science"), ("医学", "Medicine"), ("奖项", "Award"), ("文本", "Text")),
    *(("运输", "Transport"), ("语言", "Language"), ("计量单位", "Unit of measurement"), ("职务", "Position")),
)
_LOOKS = {name: number for number, names in enumerate(_KNOWN) for name in names}


@dataclass(frozen=True, slots=True)
class Mark:
    """A span to mark; its type may be empty."""

    start: int
    end: int
    type: str
    qid: str | None = None
    via: str = ""


@dataclass(frozen=True, slots=True)
class Arc:
    """A relation between marks by their numbers; None where an end does not stand in the text."""

    head: int | None
    tail: int | None
    triple: Triple


@dataclass(frozen=True, slots=True)
class Drawing:
    """A text with marks in order, none overlapping another, and arcs."""

    text: str
    marks: tuple[Mark, ...]
    arcs: tuple[Arc, ...]


def drawing(example: Example, more: Iterable[Triple] = ()) -> Drawing:
    """What to draw of a record; `more` are triples to draw as well, behind its own."""
    triples = (*example.relation, *more)
    marks: dict[int, Mark] = {}
    for mention in example.entity:
        if mention.start is not None and mention.end is not None:
            _add(Mark(mention.start, mention.end, mention.entity_type, mention.qid, mention.via), marks)
    for t in triples:  # ends inside longer names, or those that no mention stands for
        for start, text, kind, qid in (
            (t.head_start, t.head, t.head_type, t.head_qid),
            (t.tail_start, t.tail, t.tail_type, t.tail_qid),
        ):
            if start is not None:
                _add(Mark(start, start + len(text), kind, qid), marks)
    ordered = tuple(marks[start] for start in sorted(marks))
    arcs = tuple(
        Arc(_at(t.head_start, t.head, ordered), _at(t.tail_start, t.tail, ordered), t) for t in triples
    )
    return Drawing(example.text, ordered, arcs)


def _add(mark: Mark, marks: dict[int, Mark]) -> None:
    if mark.end > mark.start and all(
        mark.end <= other.start or other.end <= mark.start for other in marks.values()
    ):
        marks[mark.start] = mark


def _at(start: int | None, text: str, marks: tuple[Mark, ...]) -> int | None:
    """The mark of an end: the one that begins there, else the one around it."""
    if start is None:
        return None
    exact = [n for n, mark in enumerate(marks) if mark.start == start]
    around = [n for n, mark in enumerate(marks) if mark.start < start + len(text) and start < mark.end]
    return next(iter(exact or around), None)


def look(kind: str) -> tuple[int, int]:
    """Hue and line style of an entity type: told apart by line, also where colours are not."""
    number = _LOOKS.get(kind)
    if number is None:
        number = HUES + zlib.crc32(kind.encode()) % (HUES * (LINES - 1))
    return number % HUES, number // HUES
