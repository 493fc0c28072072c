"""CoNLL-2012 (OntoNotes 5): sentences in columns, named entities in brackets, English and Chinese.

    #begin document (bc/x/00/x_0000); part 000
    bc/x/00/x_0000  0  0  John   NNP  (TOP(S(NP*)  -  -  -  Speaker#1  (PERSON)  (ARG0*)  (1)
    bc/x/00/x_0000  0  1  works  VBZ  (VP*)      work 01  1  Speaker#1     *     (V*)     -

A name that is in a chain of coreference has the chain as `entity_id`; what stands in one and is no name is left out,
and told. Records have no place for syntax, predicates and speakers. The released files without words ([WORD])
must be filled first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kg2instruct.convert.beyond import CorefMention
from kg2instruct.convert.formats.columns import Joined, guess_lang, sentences
from kg2instruct.convert.formats.tags import Span
from kg2instruct.convert.guess import Head
from kg2instruct.convert.report import Report
from kg2instruct.convert.source import Source
from kg2instruct.convert.tokens import UNLISTED
from kg2instruct.records import Example

_WORD, _NAMES = 3, 10
_HIDDEN = "[WORD]"


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
        if all(token == _HIDDEN for token in tokens):
            reason = "has [WORD] for words; expected those of OntoNotes, which its scripts fill in"
            report.lose(place, "record", reason)
            continue
        try:
            found = brackets(sentence.column(_NAMES))
        except ValueError as error:
            reason = "is not as expected: brackets of names that do not match"
            report.lose(place, "record", reason, error)
            continue
        joined = Joined(tokens, guess_lang("".join(tokens)))
        document = "/".join(sentence.rows[0][:2])
        chains = coreference(sentence.column(-1))
        entities = []
        for first, last, label in found:
            report.found["entity"] += 1
            start, end = joined.span(first, last)
            chain = chains.get((first, last))
            named = f"{document}/{chain}" if chain else None
            entities.append(CorefMention(joined.text[start:end], label, start, end, entity_id=named))
        for first, last in sorted(chains.keys() - {(x.start, x.end) for x in found}):
            report.note(place, "entity", UNLISTED, joined.text[slice(*joined.span(first, last))])
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


def coreference(cells: list[str]) -> dict[tuple[int, int], str]:
    """The chain of each span of tokens in a column such as `(0`, `-`, `0)`, `(1)|(2`; ends exclusive."""
    found, begun = dict[tuple[int, int], str](), dict[str, list[int]]()
    for number, cell in enumerate(cells):
        for opening, chain, closing in re.findall(r"(\(?)(\d+)(\)?)", cell):
            if opening:
                begun.setdefault(chain, []).append(number)
            if closing and begun.get(chain):
                found[begun[chain].pop(), number + 1] = chain
    return found
