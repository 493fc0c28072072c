"""Columns: a token a line, a blank line behind each sentence, as in CoNLL's files.

EU      NNP  B-NP  B-ORG          中 B-ORG
rejects VBZ  B-VP  O              共 I-ORG
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from operator import add

from kg2instruct.convert.formats.jsonrows import Place
from kg2instruct.convert.formats.tags import is_tag
from kg2instruct.convert.report import Report
from kg2instruct.convert.source import Source
from kg2instruct.records import Lang

DOCSTART = "-DOCSTART-"
_CHINESE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence's lines, each split into its columns; `place` is that of the first."""

    place: Place
    rows: list[list[str]]

    def column(self, number: int) -> list[str]:
        """One column of all lines; negative numbers count from the last."""
        return [row[number] for row in self.rows]


def sentences(
    source: Source, report: Report, *, comment: str | None = None, ragged: bool = False
) -> Iterator[Sentence]:
    """Yield the sentences of a file; one with a line of another number of columns is left out and told.

    Columns are parted by tabs where a line has any, else by blanks; a line of a tag alone is a blank with its
    tag. Lines that begin with `comment`, and -DOCSTART- lines, part sentences; so do, without one, lines such
    as `# id 7` before a sentence, which have no tag. Lines of `ragged` files may have any number of columns.
    """
    width, parts = 0, (DOCSTART, comment) if comment else (DOCSTART,)
    begin, rows, bad = 0, list[list[str]](), ""
    for number, line in source.lines():
        if line.isascii() and not line.strip(b" \t"):
            text = ""
        else:
            try:
                text = line.decode()
            except UnicodeDecodeError:
                begin, bad = begin or number, bad or f"is not as expected: line {number} is not UTF-8"
                continue
        if text and not text.startswith(parts):
            row = split_line(text)
            if not (begin or comment) and row[0][:1] == "#" and not any(map(is_tag, row[1:])):
                continue
            if not begin:
                begin, width = number, width or len(row)
            if len(row) != width and not bad and not ragged:
                bad = f"is not as expected: line {number} has {len(row)} columns; expected {width}"
            rows.append(row)
        elif begin:
            yield from _whole(Place(source, begin, begin), rows, bad, report)
            begin, rows, bad = 0, [], ""
    if begin:
        yield from _whole(Place(source, begin, begin), rows, bad, report)


def _whole(place: Place, rows: list[list[str]], bad: str, report: Report) -> Iterator[Sentence]:
    if bad:
        shown = "".join(row[0] for row in rows)
        report.lose(place, "record", bad, shown)
    else:
        yield Sentence(place, rows)


def split_line(line: str) -> list[str]:
    """The columns of a line. Tokens that are themselves blank (a space, an ideographic one) are kept."""
    if "\t" in line:
        return line.rstrip(" \t").split("\t")
    row = line.split(" ")
    if "" not in row:
        return row
    row = [x for x in row if x]
    if len(row) == 1 and line[0] == " " and is_tag(row[0]):
        return [" ", row[0]]
    return row


class Joined:
    """Tokens put together to a text, with the place of each.

    Chinese tokens are joined without blanks but where two Latin words would run together.
    """

    def __init__(self, tokens: list[str], lang: Lang) -> None:
        self.starts: list[int] = []
        if lang == "zh":
            self.text = "".join(tokens)
            if len(self.text) == len(tokens):
                self.starts = list(range(len(tokens)))
            else:
                self._join_words(tokens)
        else:
            lengths = accumulate(map(len, tokens), initial=0)
            self.starts = list(map(add, lengths, range(len(tokens))))  # a blank before each but the first
            self.text = " ".join(tokens)
        self._tokens = tokens

    def _join_words(self, tokens: list[str]) -> None:
        parts, position, last = list[str](), 0, ""
        for token in tokens:
            if len(last) > 1 and len(token) > 1 and _latin(last[-1]) and _latin(token[0]):
                parts.append(" ")
                position += 1
            self.starts.append(position)
            parts.append(token)
            position += len(token)
            last = token
        self.text = "".join(parts)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Characters of tokens `start` to `end` (exclusive). Raises IndexError where these are no tokens."""
        if not 0 <= start < end:
            raise IndexError(f"tokens {start} to {end}")
        return self.starts[start], self.starts[end - 1] + len(self._tokens[end - 1])


def _latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def guess_lang(text: str) -> Lang:
    """`zh` where a tenth of the letters or more are Chinese characters, else `en`."""
    if text.isascii():
        return "en"
    for part in (text[: len(text) // 4], text):  # of a text that is Chinese through, a part is enough
        chinese = len("".join(_CHINESE.findall(part)))
        if chinese * 10 >= len(text):  # all the more of the letters
            return "zh"
    return "zh" if chinese and chinese * 10 >= sum(map(str.isalpha, text)) else "en"
