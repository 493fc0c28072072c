"""Pages to Examples in one process, against `mwparserfromhell.parse` alone on the same pages."""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import mwparserfromhell

from benchmarks.corpus import LANGS, Corpus, pages_of
from benchmarks.machine import console, memory_beside, print_table
from kg2instruct.align.article import align_article
from kg2instruct.align.context import AlignContext
from kg2instruct.align.options import AlignOptions
from kg2instruct.lang.fold import fold
from kg2instruct.lang.quantities import find_quantities
from kg2instruct.lang.sentences import sentence_spans
from kg2instruct.lang.times import find_times
from kg2instruct.lang.words import borders
from kg2instruct.pipeline.context import page_context
from kg2instruct.pipeline.pool import WORKER_GC
from kg2instruct.records import Lang, Page
from kg2instruct.wiki.article import WikiOptions, parse_article
from kg2instruct.wiki.link_merge import merge_links, write_part
from kg2instruct.wiki.links import collect

_OPTIONS = WikiOptions()
_WARM_UP = 100  # pages of each kind
_MEMORY_EVERY = 5_000
_FIRST_OF_SAMPLE = 50_000_001
_EVERY = 10  # passage whose parts are measured again, one by one

# What alignment asks of a passage's language; most of it only where a claim may be stated.
_PARTS: dict[str, Callable[[str, Lang], object]] = {
    "fold": lambda text, lang: fold(text),  # noqa: ARG005
    "word borders": borders,
    "sentences": sentence_spans,
    "dates": find_times,
    "quantities, after dates": find_quantities,
}


@dataclass(slots=True)
class Spent:
    """CPU seconds and bytes of wikitext."""

    size: int = 0
    pages: int = 0
    passages: int = 0
    triples: int = 0
    parse: float = 0.0
    align: float = 0.0
    compared: int = 0
    ours: float = 0.0
    our_parse: float = 0.0
    theirs: float = 0.0
    parts: dict[str, float] = field(default_factory=lambda: dict.fromkeys(_PARTS, 0.0))
    part_characters: int = 0
    part_wikitext: float = 0.0


def open_context(data: Corpus, lang: Lang) -> AlignContext:
    """What alignment needs, with the links of the pages counted."""
    links = data.folder / f"links-{lang}"
    if not (links / "whole").exists():
        part = data.folder / f"{lang}.links"
        write_part(collect(pages_of(data.export(lang)), lang=lang), part)
        merge_links([part], links)
        (links / "whole").touch()
    context = page_context(lang, data.kb, links, None, AlignOptions())
    context.dictionary.load()
    return context


def articles(data: Corpus, lang: Lang) -> Iterator[Page]:
    """The pages that a build does not pass over."""
    return (page for page in pages_of(data.export(lang)) if page.ns == 0 and page.redirect is None)


def _first_pages(data: Corpus, lang: Lang) -> Iterator[Page]:
    """Pages of all kinds, so that tables are loaded and caches are as in a long run."""
    seen: Counter[str] = Counter()
    for page in articles(data, lang):
        seen[_kind(page)] += 1
        if seen[_kind(page)] <= _WARM_UP:
            yield page


def _kind(page: Page) -> str:
    return "sample" if page.id >= _FIRST_OF_SAMPLE else "more"


def measure(data: Corpus, lang: Lang, compared: int) -> dict[str, Spent]:
    """Parse and align all pages; some of them, about `compared` bytes in all, go to both parsers.

    The pages for mwparserfromhell are taken evenly over the export, each right after our own work on it, so
    that a machine that changes its speed slows both.
    """
    context = open_context(data, lang)
    parts = data.facts[lang]
    for page in _first_pages(data, lang):
        align_article(parse_article(page, lang=lang, options=_OPTIONS), context)
        mwparserfromhell.parse(page.text)
    gc.collect()
    gc.freeze()  # as in the workers of a build
    found = {name: Spent() for name in parts}
    memory = [memory_beside(data.kb)[0]]
    due = dict.fromkeys(parts, 0.0)
    share = {name: compared / len(parts) / part["bytes"] for name, part in parts.items()}
    for number, page in enumerate(articles(data, lang), 1):
        if number % _MEMORY_EVERY == 0:
            memory.append(memory_beside(data.kb)[0])
        name = _kind(page)
        with _collecting(WORKER_GC):
            seconds = _align(page, lang, context, found[name])
        due[name] += share[name] * len(page.text.encode())
        if due[name] > 0:
            due[name] -= len(page.text.encode())
            _compare(page, seconds, found[name])
    gc.unfreeze()
    memory.append(memory_beside(data.kb)[0])
    shown = " ".join(f"{size / 1e6:.0f}" for size in memory)
    console.print(f"{lang}: MB beside the mapped store after each {_MEMORY_EVERY} pages: {shown}")
    return found


@contextmanager
def _collecting(threshold: tuple[int, int, int]) -> Iterator[None]:
    """Our own work collects garbage as rarely as the workers of a build do; the other parser as Python does."""
    before = gc.get_threshold()
    gc.set_threshold(*threshold)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _align(page: Page, lang: Lang, context: AlignContext, spent: Spent) -> tuple[float, float]:
    clock = time.process_time
    start = clock()
    article = parse_article(page, lang=lang, options=_OPTIONS)
    parsed = clock()
    aligned = align_article(article, context)
    done = clock()
    spent.size += len(page.text.encode())
    spent.pages += 1
    spent.passages += len(article.passages)
    spent.triples += sum(len(example.relation) for example in aligned.examples)
    spent.parse += parsed - start
    spent.align += done - parsed
    if spent.pages % _EVERY == 0:
        spent.part_wikitext += done - start
        for passage in article.passages:
            spent.part_characters += len(passage.text)
            text = passage.text + " "  # not the text that caches have seen
            for name, part in _PARTS.items():
                begun = clock()
                part(text, lang)
                spent.parts[name] += clock() - begun
    return parsed - start, done - start


def _compare(page: Page, seconds: tuple[float, float], spent: Spent) -> None:
    start = time.process_time()
    mwparserfromhell.parse(page.text)
    spent.theirs += time.process_time() - start
    spent.our_parse += seconds[0]
    spent.ours += seconds[1]
    spent.compared += len(page.text.encode())


def run(data: Corpus, compared_mb: float) -> None:
    """Measure all languages and print two tables."""
    rows, parts = [], []
    total = Spent()
    for lang in LANGS:
        console.print(f"{lang}: pages to Examples …")
        for name, spent in measure(data, lang, int(compared_mb * 1e6 / len(LANGS))).items():
            title = f"{lang}, {'pages of the sample' if name == 'sample' else 'real pages'}"
            rows.append(_row(title, spent))
            parts += _part_rows(title, spent)
            for attribute in ("size", "pages", "passages", "triples", "parse", "align", "compared", "ours"):
                setattr(total, attribute, getattr(total, attribute) + getattr(spent, attribute))
            total.our_parse += spent.our_parse
            total.theirs += spent.theirs
    rows.append(_row("all", total))
    print_table(
        "Text side: pages to Examples, one process, MB of wikitext per CPU second",
        (
            "pages",
            "MB",
            "pages",
            "triples",
            "parse",
            "align",
            "both",
            "mwp",
            "on MB",
            "parse/mwp",
            "both/mwp",
        ),
        rows,
        "mwp: mwparserfromhell.parse alone; the ratios are of the same pages, measured in turn. Aim: both/mwp ≥ 4. "
        "Garbage is collected as in the workers of a build for us, by Python's own settings for mwp.",
    )
    print_table(
        "Parts of alignment on every passage of every tenth page, microseconds per 1000 characters",
        ("part", "µs", "share of parse and align"),
        parts,
        "Each part alone, without the caches between them; alignment skips some for many passages.",
    )


def _row(title: str, spent: Spent) -> tuple[str, ...]:
    size = spent.size / 1e6
    return (
        title,
        f"{size:.1f}",
        f"{spent.pages}",
        f"{spent.triples}",
        f"{size / spent.parse:.2f}",
        f"{size / spent.align:.2f}",
        f"{size / (spent.parse + spent.align):.2f}",
        f"{spent.compared / 1e6 / spent.theirs:.2f}",
        f"{spent.compared / 1e6:.1f}",
        f"{spent.theirs / spent.our_parse:.2f}",
        f"{spent.theirs / spent.ours:.2f}",
    )


def _part_rows(title: str, spent: Spent) -> list[tuple[str, str, str]]:
    return [
        (
            f"{title}: {name}",
            f"{1e9 * seconds / spent.part_characters:.0f}",
            f"{seconds / spent.part_wikitext:.0%}",
        )
        for name, seconds in spent.parts.items()
    ]
