"""A page's wikitext → Article: passages of visible text with link and bold spans, infobox values, categories.

    Page(title="柏林", text="'''柏林'''（{{lang-de|Berlin}}）是[[德国]]首都。") →
    Passage(text="柏林（德语：Berlin）是德国首都。", links=(Link(15, 17, "德国"),), bold=((0, 2),))

The steps: extension tags out, variant markup resolved, templates expanded, tables and files out, lines to
blocks, each line in one pass to visible text, holes mended, script converted, cut to passages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal, cast

from kg2instruct.records import Article, InfoboxValue, Lang, Link, Page, Passage
from kg2instruct.wiki.blocks import Block, split_blocks
from kg2instruct.wiki.cleanup import has_marks, strip_marks, tidy
from kg2instruct.wiki.data_files import load_data
from kg2instruct.wiki.expand import Expander
from kg2instruct.wiki.gaps import without_gaps
from kg2instruct.wiki.infobox import file_opener, render_fields
from kg2instruct.wiki.marks import GAP, HOLE
from kg2instruct.wiki.passages import cut
from kg2instruct.wiki.rich import Rich, joined
from kg2instruct.wiki.script import PageScript
from kg2instruct.wiki.strip import clean_source, strip_extensions, strip_files, strip_hidden, strip_tables
from kg2instruct.wiki.templates import TemplateTable, template_key
from kg2instruct.wiki.wikitext import render_line

__all__ = ["BETWEEN_HEADINGS", "WikiOptions", "parse_article"]

BETWEEN_HEADINGS = " / "  # in the name of a section, behind each heading that it stands below


@dataclass(frozen=True, slots=True)
class WikiOptions:
    """How pages become passages.

    `variant` is zh-hans, zh-hant, zh-cn, zh-tw, zh-hk or none. Passages are paragraphs or sentences of
    `min_chars` to `max_chars` characters. `lists` keeps list items; `apparatus` keeps sections of references,
    links and the like. `templates` are the built-in rules of the language where it is None.
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
    script = PageScript(lang, options.variant)
    text = script.resolve(strip_extensions(clean_source(page.text)))
    expander = Expander(text, options.templates or _table(lang), lang, page.title)
    is_redirect = page.redirect is not None or _REDIRECT.match(text) is not None
    text = strip_hidden("" if is_redirect else expander.run())
    text = strip_files(strip_tables(text), file_opener())
    blocks, titles = _wanted(split_blocks(text), options)
    values = render_fields(expander.infoboxes, trails=lang == "en")
    # One conversion for the whole page: a call for each text would cost more than the work itself.
    texts = [
        *(without_gaps(tidy(_render(block, lang)), cast(Lang, lang)) for block in blocks),
        *titles.values(),
        *(value for *_, value in values),
        Rich(page.title, [], []),
    ]
    *shown, title = script.convert_all(texts)
    # What was protected from conversion has been so from the clean-up too.
    bodies = [tidy(body) if has_marks(raw.text) else body for raw, body in zip(texts, shown, strict=False)]
    bodies, rest = bodies[: len(blocks)], shown[len(blocks) :]
    names = {heading: rich.text for heading, rich in zip(titles, rest, strict=False)}
    return Article(
        id=page.id,
        title=page.title,
        revision=page.revision,
        lang=lang,
        passages=tuple(_passages(blocks, bodies, names, lang, options)),
        display_title=script.title or title.text,
        infobox=tuple(
            InfoboxValue(template, field, rich.text, tuple(Link(*link) for link in rich.links))
            for (template, field, _), rich in zip(values, rest[len(titles) :], strict=True)
        ),
        categories=tuple(_categories(text)),
        disambiguation=expander.disambiguation,
        unknown_templates=tuple(expander.unknown),
    )


def _wanted(blocks: Iterable[Block], options: WikiOptions) -> tuple[list[Block], dict[str, Rich]]:
    """Blocks that the options ask for, and what their headings show.

    Sections of references and links are left out, list items where the options say so.
    """
    titles: dict[str, Rich] = {}
    apparatus: dict[tuple[str, ...], bool] = {}
    kept: list[Block] = []
    for block in blocks:
        headings = block.headings
        if headings not in apparatus:
            shown = [_heading(heading) for heading in headings]
            titles.update((heading, title) for heading, (title, _) in zip(headings, shown, strict=True))
            apparatus[headings] = not options.apparatus and any(hides for _, hides in shown)
        if not apparatus[headings] and (options.lists or block.kind != "list"):
            kept.append(block)
    return kept, titles


@lru_cache(maxsize=65536)
def _heading(heading: str) -> tuple[Rich, bool]:
    """What a heading shows, and whether its section holds references or links instead of prose."""
    title = tidy(render_line(heading.replace(GAP, HOLE)))
    return title, template_key(title.text) in _apparatus()


def _passages(
    blocks: list[Block], bodies: list[Rich], names: dict[str, str], lang: str, options: WikiOptions
) -> Iterator[Passage]:
    sentences = options.passage == "sentence"
    for block, body in zip(blocks, bodies, strict=True):
        if not body.text:
            continue
        section = BETWEEN_HEADINGS.join(names[heading] for heading in block.headings if names[heading])
        for part in cut(body, lang=lang, max_chars=options.max_chars, sentences=sentences):
            if len(part.text) >= options.min_chars:
                links = tuple([Link(*link) for link in part.links])
                yield Passage(part.text, links, tuple(part.bold), section, block.kind)


def _render(block: Block, lang: str) -> Rich:
    trails = lang == "en"
    if len(block.lines) == 1:
        return render_line(block.lines[0], trails=trails)
    parts = [render_line(line, trails=trails) for line in block.lines]
    return joined(parts, [_glue(a.text, b.text) for a, b in pairwise(parts)])


def _glue(before: str, after: str) -> str:
    """What a line end inside a paragraph becomes: a space, but nothing between Chinese characters."""
    return "" if before and after and before[-1] >= "\u2e80" and after[0] >= "\u2e80" else " "


def _categories(text: str) -> dict[str, None]:
    names = (strip_marks(match[1].replace("_", " ")).strip() for match in _category().finditer(text))
    return dict.fromkeys(name for name in names if name)


_REDIRECT = re.compile(r"\s*#(?:redirect|重定向|重新導向)\s*[:：]?\s*\[\[", re.IGNORECASE)


@lru_cache(maxsize=4)
def _table(lang: str) -> TemplateTable:
    return TemplateTable.load(lang)


@lru_cache(maxsize=1)
def _category() -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in load_data("prefixes.yaml")["category"] if name != "cat")
    return re.compile(rf"\[\[[ _]*(?:{names})[ _]*:([^\[\]|{{}}<>\n]+)", re.IGNORECASE)


@lru_cache(maxsize=1)
def _apparatus() -> frozenset[str]:
    return frozenset(template_key(title) for title in load_data("sections.yaml")["apparatus"])
