"""A record as annotation tools see it: spans with labels, and relations between spans."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kg2instruct.records import Example, Triple, lang_of
from kg2instruct.render.tasks import UNTYPED


@dataclass(frozen=True, slots=True)
class Span:
    """A labelled stretch of the text; end exclusive."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Link:
    """A relation between two spans."""

    head: Span
    relation: str
    tail: Span


@dataclass(frozen=True, slots=True)
class Annotated:
    """What stands in one text: by the record, or by one person."""

    spans: tuple[Span, ...]
    links: tuple[Link, ...]


def annotated(example: Example) -> Annotated:
    """The spans and links of a record, each once; a triple whose end has no place in the text is left out.

    Tools want a label for each span: what has no type is an "entity", see `type_of`.
    """
    untyped = UNTYPED[lang_of(example)]
    spans: dict[tuple[int, int], Span] = {}
    for mention in example.entity:
        if mention.start is not None and mention.end is not None:
            spans.setdefault(
                (mention.start, mention.end), Span(mention.start, mention.end, mention.entity_type or untyped)
            )
    links = []
    for triple in example.relation:
        if is_placed(triple):
            head = _span(spans, triple.head_start or 0, triple.head, triple.head_type or untyped)
            tail = _span(spans, triple.tail_start or 0, triple.tail, triple.tail_type or untyped)
            links.append(Link(head, triple.relation, tail))
    ordered = sorted(spans.values(), key=lambda x: (x.start, x.end))
    return Annotated(tuple(ordered), tuple(dict.fromkeys(links)))


def type_of(span: Span) -> str:
    """The type that a span's label stands for, empty for the label of what has none."""
    return "" if span.label in UNTYPED.values() else span.label


def is_placed(triple: Triple) -> bool:
    """Whether both ends have a place in the text."""
    return triple.head_start is not None and triple.tail_start is not None


def _span(spans: dict[tuple[int, int], Span], start: int, text: str, label: str) -> Span:
    return spans.setdefault((start, start + len(text)), Span(start, start + len(text), label))


def labels_of(examples: Iterable[Example]) -> tuple[list[str], list[str]]:
    """The types and relations that occur, by name."""
    types: set[str] = set()
    relations: set[str] = set()
    for example in examples:
        found = annotated(example)
        types.update(x.label for x in found.spans)
        relations.update(x.relation for x in found.links)
    return sorted(types), sorted(relations)


def placed(text: str, start: int, end: int, said: str | None) -> tuple[int, int] | None:
    """Where a span of a tool stands in characters: as it says, in UTF-16 units, or at the nearest like text."""
    whole = 0 <= start < end <= len(text)
    if said is None or (whole and text[start:end] == said):
        return (start, end) if whole else None
    units = text.encode("utf-16-le")
    if units[2 * start : 2 * end].decode("utf-16-le", "ignore") == said:
        begin = len(units[: 2 * start].decode("utf-16-le", "ignore"))
        return begin, begin + len(said)
    places = [n for n in range(len(text)) if said and text.startswith(said, n)]
    if not places:
        return None
    nearest = min(places, key=lambda n: (abs(n - start), n))
    return nearest, nearest + len(said)
