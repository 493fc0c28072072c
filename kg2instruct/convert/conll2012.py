"""CoNLL-2012 (OntoNotes 5): sentences in columns, named entities in brackets, English and Chinese.

    #begin document (bc/x/00/x_0000); part 000
    bc/x/00/x_0000  0  0  John   NNP  (TOP(S(NP*)  -  -  -  Speaker#1  (PERSON)  (ARG0*)  (1)
    bc/x/00/x_0000  0  1  works  VBZ  (VP*)      work 01  1  Speaker#1     *     (V*)     -

Records have no place for syntax, predicates, speakers and coreference. The released files without words
([WORD]) must be filled first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kg2instruct.convert.formats.columns import Joined, guess_lang, sentences
from kg2instruct.convert.formats.tags import Span
from kg2instruct.convert.guess import Head
from kg2instruct.convert.report import Report
from kg2instruct.convert.source import Source
from kg2instruct.records import Example, Mention

_WORD, _NAMES = 3, 10


def looks(head: Head) -> bool:
    """True for a file that begins as a document does."""
    return head.matches(r"\s*#begin document")


def read(source: Source, report: Report) -> Iterator[Example]:
    """Records of a CoNLL-2012 file."""
    for sentence in sentences(source, report, comment="#", ragged=True):
        place = sentence.place
        if min(map(len, sentence.rows)) <= _NAMES:
            report.lose(place, "record", "is not as expected: too few columns; expected 12 or more")
            continue
        tokens = sentence.column(_WORD)
        try:
            found = brackets(sentence.column(_NAMES))
        except ValueError as error:
            reason = "is not as expected: brackets of names that do not match"
            report.lose(place, "record", reason, error)
            continue
        joined = Joined(tokens, guess_lang("".join(tokens)))
        entities = []
        for first, last, label in found:
            report.found["entity"] += 1
            start, end = joined.span(first, last)
            entities.append(Mention(joined.text[start:end], label, start, end))
        lang = guess_lang(joined.text)
        yield Example(place.id("conll2012"), lang, "conll2012", None, joined.text, tuple(entities))


def brackets(cells: list[str]) -> list[Span]:
    """The spans of a column such as `(ORG*`, `*`, `*)`, `(GPE)`. Raises ValueError at a cell that is wrong."""
    found, begun = [], list[tuple[int, str]]()
    for number, cell in enumerate(cells):
        opened = re.findall(r"\(([^()*]+)", cell)
        if re.sub(r"\([^()*]+|[*)]", "", cell):
            raise ValueError(cell)
        begun += [(number, label) for label in opened]
        for _ in range(cell.count(")")):
            if not begun:
                raise ValueError(cell)
            start, label = begun.pop()
            found.append(Span(start, number + 1, label))
    if begun:
        raise ValueError(cells[begun[-1][0]])
    return sorted(found, key=lambda x: (x.start, -x.end))
