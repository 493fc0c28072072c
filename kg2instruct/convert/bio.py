"""Corpora in columns of tokens and tags: CoNLL-2003, People Daily, MSRA, and any other such file.

The first column is the token, the last one the tag; tags may be BIO, IOB1, BIOES, BILOU or BMES. Chinese
characters are joined to a text without blanks, English tokens with one between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise

from msgspec.structs import replace

from kg2instruct.convert import tagged
from kg2instruct.convert.formats.columns import (
    DOCSTART,
    Joined,
    Sentence,
    guess_lang,
    sentences,
    split_line,
)
from kg2instruct.convert.formats.tags import Span, bio, is_tag, spans
from kg2instruct.convert.guess import Head
from kg2instruct.convert.report import Report
from kg2instruct.convert.source import Source
from kg2instruct.errors import InputError
from kg2instruct.records import Example, Lang, Mention

_FIRST_LINES = 1000
_BETWEEN = "\n\r\t"  # characters that cannot stand in a line
_WORD = re.compile(rf"[^ {_BETWEEN}]+")


def read_people_daily(source: Source, report: Report) -> Iterator[Example]:
    """Records of the People Daily corpus: character BIO, or the words with tags of the release; zh."""
    if tagged.tags(Head(source)):
        return tagged.read(source, report, "people_daily")
    return read_columns(_in_language(source, "zh", "People Daily"), report, "people_daily", "zh")


def read_msra(source: Source, report: Report) -> Iterator[Example]:
    """Records of MSRA (SIGHAN 2006): character BIO, or the words with tags of the release; zh."""
    if tagged.tags(Head(source)):
        return tagged.read(source, report, "msra")
    return read_columns(_in_language(source, "zh", "MSRA"), report, "msra", "zh")


def read_conll2003(source: Source, report: Report) -> Iterator[Example]:
    """Records of CoNLL-2003, IOB1 as published or any other scheme; -DOCSTART- lines are no sentences."""
    return read_columns(_in_language(source, "en", "CoNLL-2003"), report, "conll2003", "en")


def _in_language(source: Source, lang: Lang, title: str) -> Source:
    """The file. Raises InputError where its tokens are of the other language, which is joined otherwise."""
    lines = (line.decode("utf-8", "ignore") for _, line in islice(source.lines(), _FIRST_LINES))
    tokens = "".join(split_line(line)[0] for line in lines if line.strip() and not line.startswith(DOCSTART))
    if guess_lang(tokens) != lang and any(map(str.isalpha, tokens)):
        found, own = ("English", "Chinese") if lang == "zh" else ("Chinese", "English")
        raise InputError(
            f"{source.path}:1: this looks like {found}, not {own} as {title} is; convert it as bio"
        )
    return source


def read_bio(source: Source, report: Report) -> Iterator[Example]:
    """Records of any such file; the language is told by the characters."""
    return read_columns(source, report, "bio", None)


def read_columns(
    source: Source, report: Report, corpus: str, lang: Lang | None, token: int = 0, tag: int = -1
) -> Iterator[Example]:
    """Records of a file whose columns `token` and `tag` (from 0, or from the end) hold these."""
    for sentence in sentences(source, report):
        try:
            tokens, tags = sentence.column(token), sentence.column(tag)
        except IndexError:
            reason = (
                f"is not as expected: {len(sentence.rows[0])} columns; expected columns {token} and {tag}"
            )
            report.lose(sentence.place, "record", reason)
            continue
        example = _example(sentence, report, corpus, lang, tokens, tags)
        if example:
            yield example


def _example(
    sentence: Sentence, report: Report, corpus: str, lang: Lang | None, tokens: list[str], tags: list[str]
) -> Example | None:
    if len(sentence.rows[0]) < 2:
        report.lose(sentence.place, "record", "is not as expected: one column; expected a token and a tag")
        return None
    try:
        found = spans(tags)
    except ValueError as error:
        line = sentence.place.line + next(n for n, x in enumerate(tags) if not is_tag(x))
        reason = "is not as expected: a tag that is none; expected O or such as B-PER"
        report.lose(replace(sentence.place, line=line), "record", reason, error)
        return None
    lang = lang or guess_lang("".join(tokens))
    joined = Joined(tokens, lang)
    entities = []
    for first, last, label in found:
        report.found["entity"] += 1
        start, end = joined.span(first, last)
        entities.append(Mention(joined.text[start:end], label, start, end))
    return Example(sentence.place.id(corpus), lang, corpus, None, joined.text, tuple(entities))


def export(examples: Iterable[Example]) -> Iterator[str]:
    """Lines of character BIO (zh) or word BIO (en), a blank line behind each record.

    English words are cut where an entity begins or ends inside. Entities without offsets or nested in others are
    left out (`left_out`), line ends and tabs are no tokens.
    """
    for example in examples:
        tokens = _tokens(example)
        found = [span for span in _spans(example, tokens) if span]
        for (token, _, _), tag in zip(tokens, bio(len(tokens), found), strict=True):
            yield f"{token} {tag}"
        yield ""


def left_out(example: Example) -> Iterator[Mention]:
    """The entities of a record that tags cannot say."""
    tokens = _tokens(example)
    free = [True] * len(tokens)
    for mention, span in zip(example.entity, _spans(example, tokens), strict=True):
        if span is None or not all(free[span.start : span.end]):
            yield mention
        else:
            free[span.start : span.end] = [False] * (span.end - span.start)


def _spans(example: Example, tokens: list[tuple[str, int, int]]) -> list[Span | None]:
    """The tokens of each entity; None where it has no place."""
    starts = {start: number for number, (_, start, _) in enumerate(tokens)}
    ends = {end: number for number, (_, _, end) in enumerate(tokens)}
    found: list[Span | None] = []
    for x in example.entity:
        first = None if x.start is None else starts.get(x.start)
        last = None if x.end is None else ends.get(x.end)
        found.append(None if first is None or last is None else Span(first, last + 1, x.entity_type))
    return found


def _tokens(example: Example) -> list[tuple[str, int, int]]:
    """The tokens of a text with their offsets."""
    text = example.text
    if example.lang == "zh":
        return [(char, n, n + 1) for n, char in enumerate(text) if char not in _BETWEEN]
    borders = {place for x in example.entity for place in (x.start, x.end)}
    found = []
    for word in _WORD.finditer(text):
        cuts = [word.start(), *(n for n in range(word.start() + 1, word.end()) if n in borders), word.end()]
        found += [(text[start:end], start, end) for start, end in pairwise(cuts)]
    return found
