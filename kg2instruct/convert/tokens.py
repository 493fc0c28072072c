"""Corpora of tokenized sentences with spans of tokens: SciERC, DyGIE++, OneIE, CoNLL-2004, CoNLL-2012.

Sentences become records, tokens joined by blanks. Mentions have the number of their cluster as `entity_id`; what
stands in a cluster and is no entity is left out, and told.

DyGIE++ and SciERC: one document a line, spans by the document's tokens, ends inclusive:
    {"doc_key": "…", "sentences": [["Ann", "works", …]], "ner": [[[0, 0, "PER"]]],
     "relations": [[[0, 0, 4, 4, "ORG-AFF"]]], "events": [[[[1, "Contact.Meet"], [0, 0, "Entity"]]]]}
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain, repeat
from typing import Any, TypeVar

import msgspec

from kg2instruct.convert.beyond import CorefMention
from kg2instruct.convert.formats.columns import Joined, guess_lang
from kg2instruct.convert.formats.jsonrows import Place, rows
from kg2instruct.convert.mentions import triple
from kg2instruct.convert.report import Kind, Report
from kg2instruct.convert.source import Source
from kg2instruct.records import Argument, Event, Example, Mention, Triple

T = TypeVar("T")

OUTSIDE = "has tokens that the sentence has not"
MALFORMED = "is not as expected"
UNLISTED = "is mentioned again by what is listed as no entity"


Spans = list[list[list[Any]]]


class Document(msgspec.Struct, gc=False):
    sentences: list[list[str]]
    ner: Spans | None = None
    relations: Spans | None = None
    events: Spans | None = None
    clusters: Any = None
    doc_key: str = ""


def read_scierc(source: Source, report: Report) -> Iterator[Example]:
    """Records of SciERC, one a sentence."""
    return _read(source, report, "scierc")


def read_dygiepp(source: Source, report: Report) -> Iterator[Example]:
    """Records of DyGIE++'s form of ACE 2005, GENIA and others, one a sentence."""
    return _read(source, report, "dygiepp")


def _read(source: Source, report: Report, corpus: str) -> Iterator[Example]:
    for place, document in rows(source, report, Document):
        count, first, record_id = len(document.sentences), 0, place.id(corpus)
        listed: list[tuple[Kind, Spans]] = [
            ("entity", document.ner or []),
            ("relation", document.relations or []),
            ("event", document.events or []),
        ]
        if document.ner is None or (document.relations is document.events is None):
            report.note(place, "record", "has no ner, or neither relations nor events", document.doc_key)
        for kind, lists in listed:
            for what in chain.from_iterable(lists[count:]):
                report.lose(place, kind, "is of a sentence beyond the last", what)
        clusters = _Clusters(document.clusters, place)
        parts = [chain(lists[:count], repeat([], max(0, count - len(lists)))) for _, lists in listed]
        for number, (tokens, ner, relations, events) in enumerate(
            zip(document.sentences, *parts, strict=True), 1
        ):
            sentence = _Sentence(tokens, first, clusters, place, report)
            first += len(tokens)
            entities = sentence.each(ner, "entity", sentence.mention)
            sentence.types = {(x.start, x.end): x.entity_type for x in entities} if relations else {}
            yield Example(
                f"{record_id}-{number}",
                sentence.lang,
                corpus,
                None,
                sentence.text,
                entities,
                sentence.each(relations, "relation", sentence.triple),
                sentence.each(events, "event", sentence.event),
            )
        for span, cluster in clusters.unlisted():
            report.note(place, "entity", UNLISTED, f"tokens {span[0]} to {span[1]} of cluster {cluster}")


class _Clusters:
    """The coreference clusters of a document by the spans in them; what is no list of clusters is none."""

    def __init__(self, found: Any, place: Place) -> None:
        self._names: dict[tuple[int, int], str] = {}
        self._listed: set[tuple[int, int]] = set()
        with suppress(TypeError, ValueError):
            for number, spans in enumerate(found or ()):
                for first, last, *_ in spans:
                    self._names[_whole(first), _whole(last)] = f"{place.number}-{number}"

    def of(self, first: int, last: int) -> str | None:
        """The name, within the file, of a listed mention's cluster."""
        found = self._names.get((first, last))
        if found:
            self._listed.add((first, last))
        return found

    def unlisted(self) -> Iterator[tuple[tuple[int, int], str]]:
        """The spans, with their clusters, that no mention had."""
        return ((span, name) for span, name in self._names.items() if span not in self._listed)


class _Sentence:
    """A sentence of a document, whose first token is the document's token `first`."""

    def __init__(
        self,
        tokens: list[str],
        first: int,
        clusters: _Clusters,
        place: Place,
        report: Report,
    ) -> None:
        self._clusters = clusters
        self.lang = guess_lang("".join(tokens))
        self._joined = Joined(tokens, self.lang)
        self.text, self._first, self._place, self._report = self._joined.text, first, place, report
        self.types: dict[tuple[int | None, int | None], str] = {}

    def each(self, items: list[list[Any]], kind: Kind, make: Callable[[list[Any]], T]) -> tuple[T, ...]:
        if not items:
            return ()
        self._report.found[kind] += len(items)
        made = []
        for item in items:
            try:
                made.append(make(item))
            except IndexError:
                self._report.drop(self._place, kind, OUTSIDE, item)
            except (KeyError, TypeError, ValueError, AttributeError):
                self._report.drop(self._place, kind, MALFORMED, item)
        return tuple(made)

    def _span(self, start: int, end: int) -> tuple[int, int]:
        if type(start) is int and type(end) is int:  # true and false are none
            return self._joined.span(start - self._first, end - self._first + 1)
        raise TypeError(f"tokens {start} to {end}")

    def mention(self, item: list[Any]) -> Mention:
        first, last, label, *_ = item
        start, end = self._span(first, last)
        cluster = self._clusters.of(first, last)
        return CorefMention(self.text[start:end], _name(label), start, end, entity_id=cluster)

    def triple(self, item: list[Any]) -> Triple:
        head_first, head_last, tail_first, tail_last, label, *_ = item
        ends = []
        for span in (self._span(head_first, head_last), self._span(tail_first, tail_last)):
            ends.append(Mention(self.text[span[0] : span[1]], self.types.get(span, ""), *span))
        return triple(ends[0], _name(label), ends[1])

    def event(self, item: list[Any]) -> Event:
        trigger, *rest = item
        label = _name(trigger[-1])
        start, end = self._span(trigger[0], trigger[0] if len(trigger) == 2 else trigger[1])
        self._report.found["argument"] += len(rest)
        arguments = []
        for x in rest:
            try:
                first, last, role, *_ = x
                a, b = self._span(first, last)
                arguments.append(Argument(_name(role), self.text[a:b], a))
            except IndexError:
                self._report.drop(self._place, "argument", OUTSIDE, x)
            except (KeyError, TypeError, ValueError):
                self._report.drop(self._place, "argument", MALFORMED, x)
        return Event(label, self.text[start:end], start, tuple(arguments))


def _whole(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise TypeError(value)


def _name(value: object) -> str:
    if isinstance(value, str) and value:
        return value
    raise TypeError(value)
