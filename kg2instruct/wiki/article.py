"""A page's wikitext → Article: passages of visible text with link and bold spans, infobox values, categories.

    Page(title="柏林", text="'''柏林'''（{{lang-de|Berlin}}）是[[德国]]首都。") →
    Passage(text="柏林（德语：Berlin）是德国首都。", links=(Link(15, 17, "德国"),), bold=((0, 2),))

The steps: extension tags out, variant markup resolved, templates expanded, tables and files out, lines to blocks,
each line in one pass to visible text, holes mended, script converted, cut to passages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from kg2instruct.records import Article, InfoboxValue, Link, Page, Passage
from kg2instruct.wiki.blocks import Block, split_blocks
from kg2instruct.wiki.cleanup import strip_marks, tidy
from kg2instruct.wiki.expand import Expander, Fields
from kg2instruct.wiki.passages import cut
from kg2instruct.wiki.rich import EMPTY, Rich, joined, offsets_of, with_offsets
from kg2instruct.wiki.script import PageScript
from kg2instruct.wiki.strip import clean_source, strip_extensions, strip_files, strip_hidden, strip_tables
from kg2instruct.wiki.templates import TemplateTable, load_data, template_key
from kg2instruct.wiki.wikitext import render_line

__all__ = ["WikiOptions", "parse_article"]


@dataclass(frozen=True, slots=True)
class WikiOptions:
    """How pages become passages.

    `variant` is zh-hans, zh-hant, zh-cn, zh-tw, zh-hk or none. Passages are paragraphs or sentences of `min_chars`
    to `max_chars` characters. `lists` keeps list items; `apparatus` keeps sections of references, links and the like.
    `templates` are the built-in rules of the language where it is None.
    """

    variant: str = "zh-hans"
    passage: Literal["paragraph", "sentence"] = "paragraph"
    max_chars: int = 512
    min_chars: int = 2
    lists: bool = True
    apparatus: bool = False
    templates: TemplateTable | None = None


def parse_article(page: Page, *, lang: str, options: WikiOptions) -> Article:
    """Parse one page; any text at all gives an Article, and the time grows with its length only."""
    parser = _PageParser(page, lang, options)
    passages = parser.passages()
    return Article(
        id=page.id,
        title=page.title,
        revision=page.revision,
        lang=lang,
        passages=tuple(passages),
        infobox=tuple(parser.infobox()),
        categories=tuple(parser.categories),
        disambiguation=parser.expander.disambiguation,
        unknown_templates=tuple(parser.expander.unknown),
    )


class _PageParser:
    """The steps for one page, and what they share: the expanded templates and the script rules."""

    def __init__(self, page: Page, lang: str, options: WikiOptions) -> None:
        self.lang = lang
        self.options = options
        self.categories: list[str] = []
        self.script = PageScript(lang, options.variant)
        self._sections: dict[tuple[str, ...], tuple[str, bool]] = {}
        text = strip_extensions(clean_source(page.text))
        text = self.script.resolve(text)
        table = options.templates or _table(lang)
        self.expander = Expander(text, table, lang, page.title)
        is_redirect = page.redirect is not None or _REDIRECT.match(text) is not None
        expanded = "" if is_redirect else self.expander.run()
        self.text = strip_files(strip_tables(strip_hidden(expanded)), _file_opener())
        for match in _category().finditer(self.text):
            name = strip_marks(match[1].replace("_", " ")).strip()
            if name and name not in self.categories:
                self.categories.append(name)

    def passages(self) -> Iterator[Passage]:
        """Passages of the page in order."""
        options = self.options
        for block in split_blocks(self.text):
            if block.kind == "list" and not options.lists:
                continue
            section, apparatus = self._section(block.headings)
            if apparatus and not options.apparatus:
                continue
            rich = self.script.convert(tidy(self._render(block)))
            parts = cut(
                rich, lang=self.lang, max_chars=options.max_chars, sentences=options.passage == "sentence"
            )
            for part in parts:
                if len(part.text) >= options.min_chars:
                    links = tuple(Link(*link) for link in part.links)
                    yield Passage(part.text, links, tuple(part.bold), section, block.kind)

    def infobox(self) -> Iterator[InfoboxValue]:
        """Values of the page's infoboxes, rendered."""
        for fields in self.expander.infoboxes:
            yield from self._field_values(fields)

    def _field_values(self, fields: Fields) -> Iterator[InfoboxValue]:
        for name, value in fields.values:
            text = strip_files(strip_tables(value), _file_opener())
            rich = EMPTY
            for line in text.replace("<br", "\n<br").split("\n"):
                part = tidy(render_line(line.lstrip("*#:; "), trails=self.lang == "en"))
                if part.text:
                    rich = joined([rich, part], ["\n"]) if rich.text else part
            if rich.text:
                rich = self.script.convert(rich)
                yield InfoboxValue(fields.template, name, rich.text, tuple(Link(*link) for link in rich.links))

    def _render(self, block: Block) -> Rich:
        trails = self.lang == "en"
        if len(block.lines) == 1:
            return render_line(block.lines[0], trails=trails)
        parts = [render_line(line, trails=trails) for line in block.lines]
        return joined(parts, [_glue(a.text, b.text) for a, b in zip(parts, parts[1:], strict=False)])

    def _section(self, headings: tuple[str, ...]) -> tuple[str, bool]:
        """Path of section titles, and whether a section on it holds references or links instead of prose."""
        known = self._sections.get(headings)
        if known is None:
            titles = [self.script.convert(tidy(render_line(heading))).text for heading in headings]
            apparatus = any(template_key(title) in _apparatus() for title in titles)
            known = self._sections[headings] = " / ".join(title for title in titles if title), apparatus
        return known


_REDIRECT = re.compile(r"\s*#(?:redirect|重定向|重新導向)\s*[:：]?\s*\[\[", re.IGNORECASE)


@lru_cache(maxsize=4)
def _table(lang: str) -> TemplateTable:
    return TemplateTable.load(lang)


@lru_cache(maxsize=1)
def _file_opener() -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in load_data("prefixes.yaml")["file"])
    return re.compile(rf"\[\[[ _]*(?:{names})[ _]*:", re.IGNORECASE)


@lru_cache(maxsize=1)
def _category() -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in load_data("prefixes.yaml")["category"] if name != "cat")
    return re.compile(rf"\[\[[ _]*(?:{names})[ _]*:([^\[\]|{{}}<>\n]+)", re.IGNORECASE)


@lru_cache(maxsize=1)
def _apparatus() -> frozenset[str]:
    return frozenset(template_key(title) for title in load_data("sections.yaml")["apparatus"])


def _is_wide(char: str) -> bool:
    return char >= "\u2e80"


def _glue(before: str, after: str) -> str:
    """What a line end inside a paragraph becomes: a space, but nothing between Chinese characters."""
    return "" if before and after and _is_wide(before[-1]) and _is_wide(after[0]) else " "
