"""People Daily (PFR) and MSRA as they were released: words with tags, a paragraph or sentence a line.

    19980101-01-001-006/m  [中央/n  人民/n  广播/vn  电台/n]nt  报道/v  江/nr  泽民/nr  ……
    当/o 希望工程/o 在/o 北京/ns 救助/o 儿童/o

Words tagged nr, ns and nt, or their finer kinds, are persons, places and organisations; so are compounds in
brackets, with what is nested in them. A surname and a given name that stand apart are one name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from kg2instruct.convert.formats.columns import Joined
from kg2instruct.convert.formats.jsonrows import Place
from kg2instruct.convert.formats.tags import Span
from kg2instruct.convert.guess import Head
from kg2instruct.convert.report import Report
from kg2instruct.convert.source import Source
from kg2instruct.records import Example, Mention

_TOKEN = re.compile(r"(\[*)(.+?)(?:\{[a-z]+[1-5]\})?/([A-Za-z]\w*)((?:\]/?[A-Za-z]\w*)*)", re.ASCII)
_CLOSING = re.compile(r"\]/?(\w+)")
_NUMBER = re.compile(r"\d{8}-\d\d-\d{3}-\d{3}")  # of a paragraph: date, page, article, paragraph
_TYPES = {"nr": "PER", "ns": "LOC", "nt": "ORG"}
MSRA_TAGS = frozenset(("o", "nr", "ns", "nt"))
_LONG_SURNAMES = frozenset(
    ("欧阳", "司马", "上官", "诸葛", "司徒", "皇甫", "夏侯", "尉迟", "公孙", "慕容", "令狐", "宇文", "长孙")
)
_FIRST_LINES = 20


def tags(head: Head) -> frozenset[str]:
    """The tags in the first lines of a file of tagged words; none where it is no such file."""
    words = [word for line in islice(head.lines, _FIRST_LINES) for word in line.split()]
    found = [match[3] for word in words if (match := _TOKEN.fullmatch(word))]
    return frozenset(found) if 10 * len(found) > 9 * len(words) else frozenset()


def read(source: Source, report: Report, corpus: str) -> Iterator[Example]:
    """Records of such a file, one a line."""
    for number, line in source.lines():
        place = Place(source, number, number)
        try:
            words = line.decode().split()
        except UnicodeDecodeError as error:
            report.lose(place, "record", f"is not as expected: {error.reason}; expected UTF-8")
            continue
        if words and _NUMBER.match(words[0]):
            del words[0]
        if not words:
            continue
        try:
            tokens, found = parse(words)
        except ValueError as error:
            report.lose(place, "record", "is not as expected: expected words such as 北京/ns", error)
            continue
        joined = Joined(tokens, "zh")
        entities = []
        for first, last, label in found:
            report.found["entity"] += 1
            start, end = joined.span(first, last)
            entities.append(Mention(joined.text[start:end], label, start, end))
        yield Example(place.id(corpus), "zh", corpus, None, joined.text, tuple(entities))


def parse(words: list[str]) -> tuple[list[str], list[Span]]:
    """The words without tags, and the names among them. Raises ValueError with what is no such word."""
    tokens, tags, opened, found = list[str](), list[str](), list[int](), list[Span]()
    for number, word in enumerate(words):
        match = _TOKEN.fullmatch(word)
        if not match:
            raise ValueError(word)
        tokens.append(match[2])
        tags.append(match[3])
        opened += [number] * len(match[1])
        for label in _CLOSING.findall(match[4]):
            if not opened:
                raise ValueError(word)
            found.append(Span(opened.pop(), number + 1, label))
    if opened:
        raise ValueError(words[opened[-1]])
    found += _single(tokens, tags)
    named = [Span(start, end, _TYPES[tag[:2]]) for start, end, tag in found if tag[:2] in _TYPES]
    return tokens, sorted(named, key=lambda x: (x.start, -x.end))


def _single(tokens: list[str], tags: list[str]) -> Iterator[Span]:
    """Words with their tags, a surname with the given name behind it."""
    number = 0
    while number < len(tokens):
        surname = len(tokens[number]) == 1 or tokens[number] in _LONG_SURNAMES
        pair = (
            surname
            and tags[number][:2] == "nr"
            and tags[number + 1 : number + 2] == tags[number : number + 1]
        )
        end = number + 1 + pair
        yield Span(number, end, tags[number])
        number = end
