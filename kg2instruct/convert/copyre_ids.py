"""CopyRE's numbered form: word and relation numbers, with the dictionaries in files beside or above.

    train.json        [[[3, 1, 4], …], [[0, 2, 1], …]]: sentences, and for each its triples one after the other
    words2id.json     {"Ann": 3, "in": 1, "Oslo": 4}
    relations2id.json {"None": 0, "/people/person/place_lived": 1}

A triple is the place of the head's last word, that of the tail's, and the relation. The words before the last
are not told, so a mention is one word.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from kg2instruct.convert.formats.columns import Joined, guess_lang
from kg2instruct.convert.formats.jsonrows import Place
from kg2instruct.convert.mentions import Mentions, triple
from kg2instruct.convert.report import Report
from kg2instruct.convert.source import Source
from kg2instruct.records import Example, Triple

_WORDS, _RELATIONS = (
    ("words2id.json", "word2id.json"),
    ("relations2id.json", "relation2id.json", "rel2id.json"),
)
DICTIONARIES = frozenset(_WORDS + _RELATIONS)
_FORM = tuple[list[list[int]], list[list[int]]]


def read(source: Source, report: Report) -> Iterator[Example]:
    """Records of a file of numbers."""
    where = Place(source, 1, 1)
    try:
        sentences, triples = msgspec.json.decode(source.content(), type=_FORM)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        report.lose(where, "record", f"is not as expected: {error}; expected [[words], [triples]]")
        return
    words, relations = _names(source, _WORDS), _names(source, _RELATIONS)
    if words is None or relations is None:
        names = f"{_WORDS[0]} and {_RELATIONS[0]}"
        report.lose(where, "record", f"is of numbers alone; expected {names} beside it or above")
        return
    for number, numbers in enumerate(sentences, 1):
        place = Place(source, 1, number)
        tokens = [words.get(x, "") for x in numbers]
        if not all(tokens):
            report.lose(place, "record", "has a word that the dictionary has not", f"element {number}")
            continue
        found = triples[number - 1] if number <= len(triples) else []
        yield _example(place, tokens, found, relations, report)
    for number in range(len(sentences), len(triples)):
        for _ in range(0, len(triples[number]), 3):
            report.lose(where, "relation", "is of a sentence beyond the last", f"element {number + 1}")


def _example(
    place: Place, tokens: list[str], numbers: list[int], relations: dict[int, str], report: Report
) -> Example:
    joined = Joined(tokens, guess_lang("".join(tokens)))
    mentions, made = Mentions(joined.text), list[Triple]()
    for at in range(0, len(numbers), 3):
        report.found["relation"] += 1
        part = numbers[at : at + 3]
        try:
            head, tail, relation = part
            ends = []
            for x in (head, tail):
                start, end = joined.span(x, x + 1)
                ends.append(mentions.add(joined.text[start:end], "", start))
            made.append(triple(ends[0], relations[relation], ends[1]))
        except (IndexError, KeyError, ValueError):
            report.drop(place, "relation", "has words or a relation that are not there", part)
    record_id = place.id("nyt_copyre")
    return Example(record_id, "en", "nyt_copyre", None, joined.text, mentions.all, tuple(made))


def _names(source: Source, names: tuple[str, ...]) -> dict[int, str] | None:
    """The names by their numbers, from the first dictionary that there is."""
    for folder in (source.path.parent, source.path.parent.parent):
        for name in names:
            found: Path = folder / name
            if found.is_file():
                return _by_number(Source(found, name).content())
    return None


def _by_number(data: bytes) -> dict[int, str] | None:
    try:
        table: dict[str, Any] = msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return {value: key for key, value in table.items() if isinstance(value, int)}
