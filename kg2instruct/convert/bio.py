"""Corpora in columns of tokens and tags: CoNLL-2003, People Daily, MSRA, and any other such file.

The first column is the token, the last one the tag; tags may be BIO, IOB1, BIOES, BILOU or BMES. Chinese
characters are joined to a text without blanks, English tokens with one between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from kg2instruct.convert.formats.columns import Joined, Sentence, guess_lang, sentences
from kg2instruct.convert.formats.tags import Span, bio, is_tag, spans
from kg2instruct.convert.report import Report
from kg2instruct.convert.source import Source
from kg2instruct.records import Example, Lang, Mention


def read_people_daily(source: Source, report: Report) -> Iterator[Example]:
    """Records of the People Daily corpus: character BIO, zh."""
    return read_columns(source, report, "people_daily", "zh")


def read_msra(source: Source, report: Report) -> Iterator[Example]:
    """Records of MSRA (SIGHAN 2006): character BIO, zh."""
    return read_columns(source, report, "msra", "zh")


def read_conll2003(source: Source, report: Report) -> Iterator[Example]:
    """Records of CoNLL-2003, IOB1 as published or any other scheme; -DOCSTART- lines are no sentences."""
    return read_columns(source, report, "conll2003", "en")


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

    Entities without offsets, nested in others or not at the borders of words are left out.
    """
    for example in examples:
        tokens, starts, ends = _tokens(example)
        found = []
        for x in example.entity:
            if x.start in starts and x.end in ends:
                found.append(Span(starts[x.start], ends[x.end] + 1, x.entity_type))
        for token, tag in zip(tokens, bio(len(tokens), found), strict=True):
            yield f"{token} {tag}"
        yield ""


def _tokens(example: Example) -> tuple[list[str], dict[int | None, int], dict[int | None, int]]:
    tokens = list(example.text) if example.lang == "zh" else example.text.split(" ")
    starts: dict[int | None, int] = {}
    ends: dict[int | None, int] = {}
    position = 0
    for number, token in enumerate(tokens):
        starts[position], ends[position + len(token)] = number, number
        position += len(token) + (example.lang != "zh")
    return tokens, starts, ends
