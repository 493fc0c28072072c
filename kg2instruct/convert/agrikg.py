"""The agricultural knowledge graph's sentences of the Chinese Wikipedia, labelled by Wikidata's triples.

    10 TAB 穆罕默德 TAB 70 TAB 人类 TAB "sentence" TAB instance of

The numbers are the offsets of head and tail; one in a hundred is wrong by the characters that were taken off the
sentence, and put right. A sentence with several triples comes several times; it is one record, see `pairs`.
"""

from __future__ import annotations

from collections.abc import Iterator

from kg2instruct.convert.formats.jsonrows import Place
from kg2instruct.convert.formats.tables import table
from kg2instruct.convert.mentions import Mentions, triple
from kg2instruct.convert.pairs import joined
from kg2instruct.convert.place import check
from kg2instruct.convert.report import Report
from kg2instruct.convert.source import Source
from kg2instruct.records import Example, Mention

_COLUMNS = ("head offset", "head", "tail offset", "tail", "sentence", "relation")
# The relations are labels of these properties.
PROPERTIES = {"instance of": "P31", "subclass of": "P279", "parent taxon": "P171", "taxon rank": "P105"}


def read(source: Source, report: Report) -> Iterator[Example]:
    """Records of such a file, one a sentence."""
    return joined(_rows(source, report), report)


def _rows(source: Source, report: Report) -> Iterator[tuple[Place, Example]]:
    for place, cells in table(source, report, _COLUMNS):
        head_offset, head, tail_offset, tail, sentence, relation = cells
        text = sentence[1:-1] if len(sentence) > 1 and sentence[0] == sentence[-1] == '"' else sentence
        mentions, found = Mentions(text), list[Mention]()
        report.found["relation"] += 1
        if not (head and tail and relation):
            report.drop(place, "relation", "has an empty head, tail or name", f"{head} {relation} {tail}")
            yield place, Example(place.id("agrikg"), "zh", "agrikg", None, text)
            continue
        for name, offset in ((head, head_offset), (tail, tail_offset)):
            given = int(offset) if offset.isascii() and offset.isdecimal() and len(offset) < 10 else None
            start = check(text, name, given, place, "relation", report)
            found.append(mentions.add(name, "", start))
        made = triple(found[0], relation, found[1], PROPERTIES.get(relation))
        yield place, Example(place.id("agrikg"), "zh", "agrikg", None, text, mentions.all, (made,))
