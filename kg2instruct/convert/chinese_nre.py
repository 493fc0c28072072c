"""FinRE and SanWen (Chinese-NRE): `head TAB tail TAB relation TAB sentence`, without types and offsets; see `pairs`."""

from __future__ import annotations

from collections.abc import Iterator

from kg2instruct.convert.formats.jsonrows import Place
from kg2instruct.convert.formats.tables import table
from kg2instruct.convert.mentions import Mentions, triple
from kg2instruct.convert.pairs import joined
from kg2instruct.convert.report import Report
from kg2instruct.convert.source import Source
from kg2instruct.records import Example

NO_RELATION = "unknown"


def read_finre(source: Source, report: Report) -> Iterator[Example]:
    """Records of a FinRE file: financial news, 44 relations."""
    return _read(source, report, "finre")


def read_sanwen(source: Source, report: Report) -> Iterator[Example]:
    """Records of a SanWen file: literature, 9 relations and `unknown`."""
    return _read(source, report, "sanwen")


def _read(source: Source, report: Report, corpus: str) -> Iterator[Example]:
    return joined(_rows(source, report, corpus), report)


def _rows(source: Source, report: Report, corpus: str) -> Iterator[tuple[Place, Example]]:
    for place, (head, tail, relation, text) in table(
        source, report, ("head", "tail", "relation", "sentence")
    ):
        report.found["relation"] += 1
        mentions = Mentions(text)
        if not (head and tail and relation):
            report.drop(place, "relation", "has an empty head, tail or name", f"{head} {relation} {tail}")
            yield place, Example(place.id(corpus), "zh", corpus, None, text)
            continue
        if relation == NO_RELATION:
            report.note(place, "relation", "says that there is none", f"{head} {relation} {tail}")
            report.found["relation"] -= 1
            mentions.find(head, "")
            mentions.find(tail, "")
            yield place, Example(place.id(corpus), "zh", corpus, None, text, mentions.all)
            continue
        made = triple(mentions.find(head, ""), relation, mentions.find(tail, ""))
        for name, start in ((head, made.head_start), (tail, made.tail_start)):
            if start is None:
                report.unplaced(place, "relation", name)
        yield place, Example(place.id(corpus), "zh", corpus, None, text, mentions.all, (made,))
