"""Wikitext to visible text: golden cases, random soup, and agreement with mwparserfromhell."""

from __future__ import annotations

import gc
import random
import re
import time
from collections.abc import Iterator
from pathlib import Path

import mwparserfromhell
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg2instruct.records import Article, Page, Passage
from kg2instruct.wiki.article import WikiOptions, parse_article
from kg2instruct.wiki.wikitext import render_line

CASES = Path(__file__).parents[1] / "data" / "wikitext"
REMNANTS = re.compile(
    r"\[\[|\]\]|\{\{|\}\}|'''|<ref|-\{|\}-|\|thumb|（\s*）|\(\s*\)|\[\s*\]|「」|《》|[\ue000-\ue00f]"
)
PIECES = [
    "{{", "}}", "{{{", "}}}", "[[", "]]", "|", "'''", "''", "'''''", "<ref>", "</ref>", "<!--", "-->",
    "<nowiki>", "</nowiki>", "{|", "|}", "|-", "\n", "\n\n", "== ", " ==", "* ", "# ", ": ", "; ", "-{",
    "}-", "zh-hans:", ";", "<br>", "<small>", "</small>", "<math>", "</math>", "[http://x.com ", "]",
    "http://x.com", "&amp;", "&lt;", "（", "）", "，", "。", "、", "(", ")", "「", "」", "《", "》",
    "File:A.jpg", "Category:B", ":en:", "lang-en", "bd", "convert|5|km", "NoteTA|1=", "Infobox x|a=",
    "甲", "乙是丙", "Foo", " ", "<", ">", "</", "__TOC__", "_", "=", "#", "\ue000", "\ue002", "\x00",
    "<gallery>", "是{{无}}", "<math>\\z</math>", "<sup>2</sup>", "10<sup>", "</sup>", "|thumb|", "quote",
]  # fmt: skip


def golden_cases() -> Iterator[tuple[str, str, str, str]]:
    for file in sorted(CASES.glob("*.txt")):
        for block in file.read_text(encoding="utf-8").split("%% ")[1:]:
            head, _, body = block.partition("\n")
            name, _, lang = head.partition(" | ")
            wikitext, _, expected = body.partition("\n>>>>\n")
            yield f"{file.stem}: {name}", lang.strip(), wikitext, expected.strip("\n")


def marked(passage: Passage) -> str:
    """The text with links as ⟦text→target⟧ and bold spans as ⟪text⟫."""
    marks = []
    for link in passage.links:
        target = f"{link.lang}:{link.target}" if link.lang else link.target
        arrow = "" if target == passage.text[link.start : link.end] else f"→{target}"
        marks += [(link.start, 1, "⟦"), (link.end, -1, f"{arrow}⟧")]
    for start, end in passage.bold:
        marks += [(start, 0, "⟪"), (end, -2, "⟫")]
    text = passage.text
    for position, _, mark in sorted(marks, key=lambda mark: mark[:2], reverse=True):
        text = text[:position] + mark + text[position:]
    return f"* {text}" if passage.kind == "list" else text


def parse(wikitext: str, lang: str = "zh", **options: object) -> Article:
    settings = WikiOptions(**{"variant": "none", "min_chars": 1, "max_chars": 10**6, **options})  # type: ignore[arg-type]
    return parse_article(Page(1, "T", 0, 1, wikitext), lang=lang, options=settings)


def shown(article: Article) -> str:
    lines: list[str] = []
    section = ""
    for passage in article.passages:
        if passage.section != section:
            section = passage.section
            lines.append(f"§ {section}")
        lines.append(marked(passage))
    return "\n".join(lines)


def check_passages(article: Article) -> None:
    for passage in article.passages:
        text = passage.text
        assert not REMNANTS.search(text), text
        assert text == text.strip() and text
        for link in passage.links:
            assert 0 <= link.start < link.end <= len(text)
            assert text[link.start : link.end].strip() == text[link.start : link.end]
            assert link.target.strip()
        for start, end in passage.bold:
            assert 0 <= start < end <= len(text)
        for one, two in zip(passage.links, passage.links[1:], strict=False):
            assert one.end <= two.start


@pytest.mark.parametrize(
    ("lang", "wikitext", "expected"), [pytest.param(*case[1:], id=case[0]) for case in golden_cases()]
)
def test_a_reader_sees(lang: str, wikitext: str, expected: str) -> None:
    assert shown(parse(wikitext, lang)) == expected


def test_there_are_enough_golden_cases() -> None:
    assert len(list(golden_cases())) >= 180


def test_windows_line_ends_are_line_ends() -> None:
    assert shown(parse("甲是乙。\r\n\r\n丙是丁。\r戊")) == "甲是乙。\n丙是丁。戊"


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=60),
    st.sampled_from(["zh", "en"]),
    st.sampled_from(["none", "zh-hans", "zh-hant"]),
)
def test_wikitext_soup_leaves_no_remnant_and_right_offsets(
    pieces: list[str], lang: str, variant: str
) -> None:
    check_passages(parse("".join(pieces), lang, variant=variant))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_parsed(text: str) -> None:
    check_passages(parse(text))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["甲", "Foo bar", "'''", "''", "[[A|b]]", "[[C]]", "，", " "]), max_size=30))
def test_link_offsets_slice_the_text_of_the_link(pieces: list[str]) -> None:
    rich = render_line("".join(pieces))
    texts = [rich.text[link.start : link.end] for link in rich.links]
    assert texts == [{"A": "b", "C": "C"}[link.target] for link in rich.links]
    assert len(texts) == sum(piece.startswith("[[") for piece in pieces)


WORDS = st.sampled_from(["甲是乙", "Foo bar", "1990年", "，", "。", " and ", "東京"])
LINKS = st.builds(
    lambda a, b: f"[[{a}|{b}]]",
    st.sampled_from(["柏林", "Berlin (city)", "甲#乙"]),
    st.sampled_from(["城", "a b"]),
)
STYLES = st.builds(
    lambda mark, text: f"{mark}{text}{mark}", st.sampled_from(["''", "'''"]), st.sampled_from(["丁", "x y"])
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(WORDS, LINKS, STYLES), min_size=1, max_size=15))
def test_agrees_with_mwparserfromhell_on_simple_text(pieces: list[str]) -> None:
    # Words between marks, so that no two runs of apostrophes meet.
    line = "词".join(pieces)
    rich = render_line(line)
    assert rich.text == mwparserfromhell.parse(line).strip_code(normalize=False, collapse=False)
    links = mwparserfromhell.parse(line).filter_wikilinks()
    # The words 城 and a b name no page whose section they lead to.
    assert [link.target for link in rich.links] == [
        str(link.title) for link in links if "#" not in link.title
    ]


def test_agrees_with_mwparserfromhell_on_template_parameters() -> None:
    line = "{{nowrap|1=a|b={{small|x|y}}|[[c|d]]|e}}"
    ours = parse(line, "en").passages[0].text
    reference = mwparserfromhell.parse(line).filter_templates()[0]
    assert [str(p.name) for p in reference.params] == ["1", "b", "1", "2"]
    # As in MediaWiki the last one of a name counts.
    assert ours == "d"


@pytest.mark.parametrize(
    "piece",
    [
        "{{",
        "}}",
        "[[",
        "]]",
        "<",
        "{|\n",
        "<ref>",
        "<!--",
        "[[File:a|",
        "{{a|",
        "'''",
        "{{{",
        "-{",
        "<nowiki>",
        "[http://a ",
        "(",
        "（{{x}}",
        "\n* ",
    ],
)
def test_time_grows_with_length_only(piece: str) -> None:
    def seconds(count: int) -> float:
        start = time.process_time()
        check_passages(parse(piece * count + "甲是乙。"))
        return time.process_time() - start

    seconds(100)
    # The fastest of a few, and no collection of what other tests left: neither is part of the question.
    gc.disable()
    try:
        small, large = (min(seconds(count) for _ in range(3)) for count in (5_000, 40_000))
    finally:
        gc.enable()
    assert large < 25 * small + 0.5


@pytest.mark.parametrize("options", [{}, {"max_chars": 100}, {"passage": "sentence"}])
def test_a_line_of_a_million_characters_is_parsed(options: dict[str, object]) -> None:
    start = time.process_time()
    article = parse("'''甲'''是[[乙|丙丁]]，（{{未知模板一}}）戊<ref>书</ref>己。" * 25_000, **options)
    assert sum(len(passage.links) for passage in article.passages) == 25_000
    assert time.process_time() - start < 30


def test_deep_nesting_is_parsed() -> None:
    for opening, closing in (
        ("{{a|", "}}"),
        ("[[a|", "]]"),
        ("<b>", "</b>"),
        ("{{{", "}}}"),
        ("{|\n", "\n|}"),
    ):
        check_passages(parse(opening * 100_000 + "甲" + closing * 100_000 + "\n\n丙是丁。"))


def test_a_page_of_ten_megabytes_is_parsed() -> None:
    maker = random.Random(1)
    text = "".join(
        maker.choice(["'''甲'''是[[乙|丙]]。\n\n", "{{lang-en|Foo}}，", "<ref>书</ref>", "* 丁\n"])
        for _ in range(300_000)
    )
    article = parse(text)
    assert len(article.passages) > 10_000
