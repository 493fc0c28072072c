"""Records with annotations: what they mark is enclosed in brackets, and found again in the translation.

    柏林位于德国。  ->  ⟦a1⟧柏林⟦/a1⟧位于⟦a2⟧德国⟦/a2⟧。
    ⟦a1⟧Berlin⟦/a1⟧ lies in ⟦a2⟧Germany⟦/a2⟧.  ->  Berlin lies in Germany., mentions at 0-6 and 15-22

What cannot be found exactly is dropped, with all that hangs on it, and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from kg2instruct.records import Argument, Event, Example, Lang, Mention, Triple
from kg2instruct.translate.labels import Labels
from kg2instruct.translate.protect import Kept, Masked, protected_spans

Span = tuple[int, int]

_STAYS = ("bracket", "address", "tag")
_ANY = re.compile(r"⟦[ \t]*(?:(?P<kept>\d+)|(?P<close>/?)[ \t]*a(?P<number>\d+))[ \t]*⟧")


@dataclass(frozen=True, slots=True)
class Marked:
    """A text with brackets around `spans`: the n-th one, from 1, is within ⟦an⟧…⟦/an⟧."""

    masked: Masked
    spans: tuple[Span, ...]
    crossing: int = 0
    """Spans that cross others and have no brackets."""


def mark_mentions(example: Example) -> Marked:
    """The text of a record with brackets around all that its annotations mark."""
    text = example.text
    spans, crossing = _nested({span for span in _all_spans(example) if span is not None})
    stays = list(_stays(text, spans))
    # At one place the inner one closes first, and what is enclosed by another one opens behind it.
    signs = [(start, 1, -end, f"⟦a{n}⟧") for n, (start, end) in enumerate(spans, 1)]
    signs += [(end, 0, -start, f"⟦/a{n}⟧") for n, (start, end) in enumerate(spans, 1)]
    kept = [Kept("bracket", text[a:b]) for a, b in stays]
    pieces = [(a, 2, b, f"⟦{n}⟧") for n, (a, b) in enumerate(stays, 1)]
    out: list[str] = []
    position = 0
    for place, order, other, sign in sorted([*signs, *pieces]):
        out += [text[position:place], sign]
        position = other if order == 2 else place
    out.append(text[position:])
    return Marked(Masked("".join(out), tuple(kept)), spans, crossing)


def _stays(text: str, spans: tuple[Span, ...]) -> Iterator[Span]:
    """What stays as it is outside `spans`, and the text's own brackets, of those in or across spans each alone."""
    for a, b, kind in protected_spans(text, inline_only=True):
        if kind in _STAYS and not any(a < end and start < b for start, end in spans):
            yield a, b
        elif kind == "bracket":
            yield from ((at, at + 1) for at in range(a, b))


def _nested(found: set[Span]) -> tuple[tuple[Span, ...], int]:
    """Spans of which any two are apart or one within the other, in order; how many were left out for it."""
    kept: list[Span] = []
    for start, end in sorted(found, key=lambda span: (span[0], -span[1])):
        if not any(a < start < b < end for a, b in kept):
            kept.append((start, end))
    return tuple(kept), len(found) - len(kept)


def _all_spans(example: Example) -> Iterator[Span | None]:
    text = example.text
    for mention in example.entity:
        yield _span(text, mention.entity, mention.start)
    for triple in example.relation:
        yield _span(text, triple.head, triple.head_start)
        yield _span(text, triple.tail, triple.tail_start)
    for event in example.event:
        yield _span(text, event.event_trigger, event.start)
        for argument in event.arguments:
            yield _span(text, argument.argument, argument.start)


def _span(text: str, surface: str, start: int | None) -> Span | None:
    """Where an annotation stands; one without a place, where its text first occurs."""
    at = text.find(surface) if start is None else start
    return (at, at + len(surface)) if surface and at >= 0 and text.startswith(surface, at) else None


def read_marks(answer: str, marked: Marked) -> tuple[str, dict[Span, Span]]:
    """The text of an answer without brackets, and where in it the spans are that came back once and whole."""
    out: list[str] = []
    length = position = 0
    opened: dict[int, list[int]] = {}
    closed: dict[int, list[int]] = {}
    for match in _ANY.finditer(answer):
        piece = answer[position : match.start()]
        position = match.end()
        if match["kept"]:
            index = int(match["kept"]) - 1
            piece += marked.masked.kept[index].text if 0 <= index < len(marked.masked.kept) else ""
        out.append(piece)
        length += len(piece)
        if match["number"]:
            (closed if match["close"] else opened).setdefault(int(match["number"]), []).append(length)
    out.append(answer[position:])
    text = "".join(out)
    places = {}
    for number, span in enumerate(marked.spans, 1):
        starts, ends = opened.get(number, []), closed.get(number, [])
        if len(starts) == len(ends) == 1 and (place := _trimmed(text, starts[0], ends[0])):
            places[span] = place
    return text, places


def _trimmed(text: str, start: int, end: int) -> Span | None:
    inner = text[start:end]
    if not inner.strip():
        return None
    return start + len(inner) - len(inner.lstrip()), end - (len(inner) - len(inner.rstrip()))


class Projection:
    """Annotations moved to a translation; `counts` tells what is kept and what is dropped."""

    def __init__(self, example: Example, answer: str, to: Lang, labels: Labels, counts: Counter[str]) -> None:
        self._example, self._to, self._labels, self._counts = example, to, labels, counts
        marked = mark_mentions(example)
        raw, places = read_marks(answer, marked)
        lead = len(raw) - len(raw.lstrip())
        self._text = raw.strip()
        self._places: Mapping[Span, Span] = {
            span: (start - lead, end - lead) for span, (start, end) in places.items()
        }

    def record(self) -> Example:
        """The record in the other language."""
        example = self._example
        return replace(
            example,
            id=f"{example.id}-{self._to}",
            lang=self._to,
            cate=self._labels.topic(example.cate),
            text=self._text,
            entity=tuple(m for mention in example.entity if (m := self._mention(mention))),
            relation=tuple(t for triple in example.relation if (t := self._triple(triple))),
            event=tuple(e for event in example.event if (e := self._event(event))),
        )

    def _place(self, surface: str, start: int | None) -> tuple[str, int | None] | None:
        """Text and begin of an annotation in the translation; no begin where the source has none."""
        span = _span(self._example.text, surface, start)
        place = self._places.get(span) if span else None
        if place is None:
            return None
        return self._text[place[0] : place[1]], None if start is None else place[0]

    def _kept(self, kind: str, is_kept: bool) -> bool:
        self._counts[f"{kind} {'kept' if is_kept else 'dropped'}"] += 1
        return is_kept

    def _mention(self, mention: Mention) -> Mention | None:
        place = self._place(mention.entity, mention.start)
        if not self._kept("mention", place is not None) or place is None:
            return None
        text, start = place
        end = None if start is None else start + len(text)
        entity_type = self._labels.entity_type(mention.entity_type)
        return replace(mention, entity=text, entity_type=entity_type, start=start, end=end)

    def _triple(self, triple: Triple) -> Triple | None:
        head = self._place(triple.head, triple.head_start)
        tail = self._place(triple.tail, triple.tail_start)
        if not self._kept("triple", head is not None and tail is not None) or head is None or tail is None:
            return None
        return replace(
            triple,
            head=head[0],
            head_start=head[1],
            head_type=self._labels.entity_type(triple.head_type),
            relation=self._labels.relation(triple.relation, triple.property, self._example.cate),
            tail=tail[0],
            tail_start=tail[1],
            tail_type=self._labels.entity_type(triple.tail_type),
        )

    def _event(self, event: Event) -> Event | None:
        trigger = self._place(event.event_trigger, event.start)
        if not self._kept("event", trigger is not None or not event.event_trigger):
            return None
        arguments = []
        for argument in event.arguments:
            place = self._place(argument.argument, argument.start)
            if self._kept("argument", place is not None) and place is not None:
                arguments.append(Argument(self._labels.other(argument.role), *place))
        text, start = trigger or ("", None)
        return Event(self._labels.other(event.event_type), text, start, tuple(arguments))


def project(example: Example, answer: str, to: Lang, labels: Labels, counts: Counter[str]) -> Example:
    """The record in the other language, from the translation of its marked text."""
    return Projection(example, answer, to, labels, counts).record()
