"""The stages of a build as units of work: scan links, align pages, render rows."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import xxhash

from kg2instruct.align.article import align_article
from kg2instruct.align.context import AlignContext, NoLinks
from kg2instruct.align.evidence import load_evidence
from kg2instruct.align.options import AlignOptions
from kg2instruct.config import SplitOptions
from kg2instruct.errors import InputError
from kg2instruct.jsonl import read_jsonl, write_jsonl
from kg2instruct.pipeline.parquet import write_rows
from kg2instruct.pipeline.units import Counts
from kg2instruct.records import Article, Example, InstructionRow, Lang, Page
from kg2instruct.render.options import RenderOptions
from kg2instruct.render.rows import render_examples
from kg2instruct.render.wikipedia import label_schema
from kg2instruct.schema import load_schemas
from kg2instruct.wiki.article import WikiOptions, parse_article
from kg2instruct.wiki.dump import DumpUnit, Problems, read_pages
from kg2instruct.wiki.links import LinkTable, collect, write_part
from kg2instruct.wiki.titles import is_list_title
from kg2instruct.wikidata.store import Store

ALIGNED, ROWS, LINKS = ".jsonl", ".parquet", ".links"


def _read(unit: DumpUnit, counts: Counter[str], *, strict: bool) -> Iterator[Page]:
    """The pages of a unit; what was wrong with it is counted, or with `strict` ends the run."""
    problems = Problems()
    for page in read_pages(unit, problems):
        counts["pages read"] += 1
        yield page
    for kind, number in problems.counts.items():
        counts[f"problem: {kind.replace('_', ' ')}"] += number
        if strict:
            raise InputError(f"{problems.examples[kind][0]}: {kind.replace('_', ' ')} (--strict)")


@dataclass(slots=True)
class ScanLinks:
    """First pass over a dump: redirects and how often a text links to which page."""

    lang: Lang
    strict: bool = False

    def open(self) -> None:
        """Nothing to load."""

    def run(self, unit: DumpUnit, folder: Path) -> Counts:
        """Write the unit's counts to `NAME.links`."""
        counts: Counter[str] = Counter()
        found = collect(_read(unit, counts, strict=self.strict), lang=self.lang)
        write_part(found, folder / f"{unit.name}{LINKS}")
        return {"pages read": counts["pages read"]}


@dataclass(slots=True)
class AlignPages:
    """Second pass: pages to articles to examples."""

    lang: Lang
    kb: Path
    links: Path | None
    schemas: Path | None
    wiki: WikiOptions
    options: AlignOptions
    list_pages: bool = False
    keep_all: bool = False
    strict: bool = False
    limit: frozenset[str] = frozenset()
    _context: AlignContext | None = field(default=None, repr=False)

    def open(self) -> None:
        """Map the store and load names, schemas and evidence; forked workers share them."""
        context = AlignContext(
            store=Store.open(self.kb),
            schemas=load_schemas(self.schemas),
            evidence=load_evidence(),
            lang=self.lang,
            links=LinkTable.open(self.links) if self.links else NoLinks(),
            options=self.options,
        )
        _ = context.dictionary
        self._context = context

    def run(self, unit: DumpUnit, folder: Path) -> Counts:
        """Write the unit's examples to `NAME.jsonl`."""
        counts: Counter[str] = Counter()
        write_jsonl(folder / f"{unit.name}{ALIGNED}", self._examples(unit, counts))
        return counts

    def _examples(self, unit: DumpUnit, counts: Counter[str]) -> Iterator[Example]:
        context = self._context
        if context is None:
            raise RuntimeError("the stage was not opened")
        for page in _read(unit, counts, strict=self.strict):
            why = self._passed_over(page)
            if why:
                counts[f"pages left out: {why}"] += 1
                continue
            article = parse_article(page, lang=self.lang, options=self.wiki)
            for name in article.unknown_templates:
                counts[f"unknown template: {name}"] += 1
            if article.disambiguation:
                counts["pages left out: disambiguation"] += 1
                continue
            yield from self._align(article, context, counts)

    def _align(self, article: Article, context: AlignContext, counts: Counter[str]) -> Iterator[Example]:
        aligned = align_article(article, context)
        counts.update(aligned.counts)
        for example in aligned.examples:
            if example.entity or self.keep_all:
                counts["examples"] += 1
                yield example
            else:
                counts["passages left out: nothing named"] += 1

    def _passed_over(self, page: Page) -> str:
        if page.ns != 0:
            return "other namespace"
        if page.redirect is not None:
            return "redirect"
        if not self.list_pages and is_list_title(page.title):
            return "list"
        return ""


@dataclass(frozen=True, slots=True)
class AlignedPart:
    """A finished file of examples as the next stage's unit."""

    name: str
    path: Path
    size: int


@dataclass(slots=True)
class RenderRows:
    """Examples to instruction rows, each with the split that its page belongs to."""

    lang: Lang
    schemas: Path | None
    options: RenderOptions
    split: SplitOptions

    def open(self) -> None:
        """Nothing to load before the first unit; the label schema is built there and is small."""

    def run(self, unit: AlignedPart, folder: Path) -> Counts:
        """Write the unit's rows to `NAME.parquet`."""
        counts: Counter[str] = Counter()
        schema = label_schema(load_schemas(self.schemas), self.lang)
        rows: list[tuple[str, InstructionRow]] = []
        for example in read_jsonl(unit.path, Example):
            shown = grounded(example)
            counts["triples kept from rendering: head left out in the text"] += len(example.relation) - len(
                shown.relation
            )
            split = split_of(example, self.options.seed, self.split)
            for row in render_examples([shown], schema, self.options):
                rows.append((split, row))
                counts[f"rows: {split}"] += 1
                counts[f"rows of task: {row.task}"] += 1
                counts[f"rows of topic: {row.cate or 'none'}"] += 1
                counts[f"rows of format: {row.format}"] += 1
        write_rows(folder / f"{unit.name}{ROWS}", rows)
        return counts


def grounded(example: Example) -> Example:
    """An example with only the triples whose two ends stand in its text."""
    kept = tuple(r for r in example.relation if r.head_start is not None and r.tail_start is not None)
    return dataclasses.replace(example, relation=kept)


def split_of(example: Example, seed: int, shares: SplitOptions) -> str:
    """train, validation or test, by page, so that no page stands on both sides."""
    key = f"{seed}:{example.lang}:{example.page.id if example.page else example.id}"
    place = xxhash.xxh3_64_intdigest(key.encode()) / 2**64
    if place < shares.test:
        return "test"
    return "validation" if place < shares.test + shares.validation else "train"
