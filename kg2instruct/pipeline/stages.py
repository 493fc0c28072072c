"""The stages of a build as units of work: scan links, align pages, render rows."""

from __future__ import annotations

import dataclasses
import traceback
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO

import msgspec
import xxhash

from kg2instruct.align.article import align_article
from kg2instruct.align.context import AlignContext
from kg2instruct.align.options import AlignOptions
from kg2instruct.config import SplitOptions
from kg2instruct.errors import InputError, Kg2InstructError
from kg2instruct.jsonl import atomic_writer, encode, read_jsonl, write_jsonl
from kg2instruct.pipeline.context import page_context
from kg2instruct.pipeline.inputs import PageUnit
from kg2instruct.pipeline.parquet import write_rows
from kg2instruct.pipeline.units import Tally
from kg2instruct.records import Dropped, Example, InstructionRow, Lang, Page, PageRef
from kg2instruct.render.grounded import grounded
from kg2instruct.render.labels import LabelSchema
from kg2instruct.render.occurrences import Occurrences
from kg2instruct.render.options import RenderOptions
from kg2instruct.render.rows import render_example
from kg2instruct.render.wikipedia import label_schema
from kg2instruct.report.sample import Sampler, UnitNotes, share
from kg2instruct.report.tally import count_example, count_row
from kg2instruct.schema import load_schemas
from kg2instruct.wiki.article import WikiOptions, parse_article
from kg2instruct.wiki.dump import Problems, read_pages
from kg2instruct.wiki.links import collect, write_part
from kg2instruct.wiki.templates import TemplateTable
from kg2instruct.wiki.titles import is_list_title

ALIGNED, REJECTS, ROWS, LINKS = ".jsonl", ".rejects.jsonl", ".parquet", ".links"
NOTES = ".notes.jsonl"
PROBLEM = "problem: "
LEFT_OUT = "left out: "
UNKNOWN_TEMPLATE = "unknown template: "


def read_unit(unit: PageUnit, tally: Tally, *, strict: bool) -> Iterator[Page]:
    """The pages of a unit; what was wrong with it is counted, or with `strict` raised as InputError."""
    problems = Problems()
    for page in islice(read_pages(unit.dump, problems), unit.pages):
        if strict and problems.counts:
            break
        tally.counts["pages read"] += 1
        yield page
    for kind, number in problems.counts.items():
        name = kind.replace("_", " ")
        if strict:
            raise InputError(
                f"{problems.examples[kind][0]}: {name}; without --strict this is counted and left out"
            )
        tally.counts[PROBLEM + name] += number
        tally.add_examples(name, problems.examples[kind])


@dataclass(slots=True)
class ScanLinks:
    """First pass over a dump: redirects and how often a text links to which page."""

    lang: Lang
    strict: bool = False

    def open(self) -> None:
        """Nothing to load."""

    def run(self, unit: PageUnit, folder: Path) -> Tally:
        """Write the unit's counts to `NAME.links`."""
        tally = Tally()
        found = collect(read_unit(unit, tally, strict=self.strict), lang=self.lang)
        write_part(found, folder / f"{unit.name}{LINKS}")
        return tally


@dataclass(slots=True)
class AlignPages:
    """Second pass: pages to articles to examples."""

    lang: Lang
    kb: Path
    links: Path | None
    schemas: Path | None
    wiki: WikiOptions
    options: AlignOptions
    wiki_templates: Path | None = None
    list_pages: bool = False
    keep_all: bool = False
    strict: bool = False
    rejects: bool = False
    seed: int = 0
    """Of the report's sample."""
    _context: AlignContext | None = field(default=None, repr=False)

    def open(self) -> None:
        """Map the store and load names, schemas and evidence; forked workers share them."""
        self._context = page_context(self.lang, self.kb, self.links, self.schemas, self.options)
        self._context.dictionary.load()
        if self.wiki_templates is not None:
            self.wiki = dataclasses.replace(
                self.wiki, templates=TemplateTable.load(self.lang, self.wiki_templates)
            )

    def run(self, unit: PageUnit, folder: Path) -> Tally:
        """Write the unit's examples to `NAME.jsonl` and, if asked for, `NAME.rejects.jsonl`.

        Beside them stand notes: which pages were read, and the records that the report may show.
        """
        tally = Tally()
        sampler = Sampler(self.seed, unit.name, share(unit.number))
        kept = UnitNotes(unit.name)
        with ExitStack() as stack:
            rejects = None
            if self.rejects:
                rejects = stack.enter_context(atomic_writer(folder / f"{unit.name}{REJECTS}"))
            notes = _Notes(tally, rejects, sampler, kept)
            write_jsonl(folder / f"{unit.name}{ALIGNED}", self._examples(unit, notes))
        kept.sample = sampler.kept()
        write_jsonl(folder / f"{unit.name}{NOTES}", [kept])
        return tally

    def _examples(self, unit: PageUnit, notes: _Notes) -> Iterator[Example]:
        for page in read_unit(unit, notes.tally, strict=self.strict):
            notes.kept.add_page(page.id)
            try:
                yield from self._page(page, notes)
            except Kg2InstructError:
                raise
            except Exception as error:  # one page must not end a run of days: it is told, with the line
                where = traceback.extract_tb(error.__traceback__)[-1]
                what = f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
                place = f"{unit.dump.file}: page {page.id} {page.title!r}: {what}"
                if self.strict:
                    raise InputError(f"{place}; without --strict this is counted and left out") from error
                notes.problem("page could not be processed", place)
                notes.drop(Dropped(self._id(page), "align", what, page=_ref(page)))

    def _page(self, page: Page, notes: _Notes) -> list[Example]:
        context = self._context
        if context is None:
            raise RuntimeError("the stage was not opened")
        why = self._passed_over(page)
        if why:
            return notes.left_out(self._id(page), "wiki", why, _ref(page))
        article = parse_article(page, lang=self.lang, options=self.wiki)
        for name in article.unknown_templates:
            notes.tally.counts[UNKNOWN_TEMPLATE + name] += 1
        if article.disambiguation:
            return notes.left_out(self._id(page), "wiki", "disambiguation page", _ref(page))
        if not article.passages:
            return notes.left_out(self._id(page), "wiki", "page without text", _ref(page))
        claims: list[Dropped] = []
        ids = (f"{self._id(page)}-{number}" for number in range(len(article.passages)))
        wanted = notes.rejects is not None or any(map(notes.sampler.wants, ids))
        aligned = align_article(article, context, drops=claims.append if wanted else None)
        notes.tally.counts.update(aligned.counts)
        kept: list[Example] = []
        for example in aligned.examples:
            if example.entity or self.keep_all:
                kept.append(example)
            else:
                notes.left_out(example.id, "align", "passage that names nothing", example.page)
        for dropped in claims:
            notes.drop(dropped)
        for example in kept:
            count_example(example, notes.tally.counts)
            notes.sampler.offer(example, (claim for claim in claims if claim.record_id == example.id))
        notes.tally.counts["examples"] += len(kept)
        return kept

    def _id(self, page: Page) -> str:
        return f"{self.lang}wiki-{page.id}-{page.revision}"

    def _passed_over(self, page: Page) -> str:
        if page.ns != 0:
            return "page of another namespace"
        if page.redirect is not None:
            return "redirect"
        if not self.list_pages and is_list_title(page.title):
            return "list"
        return ""


def _ref(page: Page) -> PageRef:
    return PageRef(page.title, page.id, page.revision)


@dataclass(frozen=True, slots=True)
class _Notes:
    """Where a stage notes what it counts and leaves out; `rejects` is a file for the latter, if asked for."""

    tally: Tally
    rejects: IO[bytes] | None
    sampler: Sampler
    kept: UnitNotes

    def drop(self, dropped: Dropped) -> None:
        if self.rejects is not None:
            self.rejects.write(encode(dropped))

    def problem(self, kind: str, place: str) -> None:
        self.tally.counts[PROBLEM + kind] += 1
        self.tally.add_examples(kind, [place])

    def left_out(self, record_id: str, stage: str, reason: str, page: PageRef | None) -> list[Example]:
        """Count a page or passage that is left out; returns what is left of it, nothing."""
        self.tally.counts[LEFT_OUT + reason] += 1
        self.drop(Dropped(record_id, stage, reason, page))
        return []


@dataclass(frozen=True, slots=True)
class AlignedPart:
    """A finished file of examples as the next stage's unit."""

    name: str
    path: Path
    size: int


@dataclass(slots=True)
class RenderRows:
    """Examples to instruction rows, each with the split that its page belongs to.

    `counts` is the file of the labels' occurrences in all records.
    """

    lang: Lang
    schemas: Path | None
    options: RenderOptions
    split: SplitOptions
    counts: Path | None = None
    _labels: LabelSchema | None = field(default=None, repr=False)

    def open(self) -> None:
        """Make the labels that are asked for."""
        found = msgspec.json.decode(self.counts.read_bytes(), type=Occurrences) if self.counts else None
        self._labels = label_schema(load_schemas(self.schemas), self.lang, found)

    def run(self, unit: AlignedPart, folder: Path) -> Tally:
        """Write the unit's rows to `NAME.parquet`."""
        tally = Tally()
        write_rows(folder / f"{unit.name}{ROWS}", self._rows(unit, tally))
        return tally

    def _rows(self, unit: AlignedPart, tally: Tally) -> Iterator[tuple[str, InstructionRow]]:
        if self._labels is None:
            raise RuntimeError("the stage was not opened")
        counts = tally.counts
        for example in read_jsonl(unit.path, Example):
            shown = grounded(example)
            counts["triples not rendered: an end is left out, or one name stands for both"] += len(
                example.relation
            ) - len(shown.relation)
            split = split_of(example, self.options.seed, self.split)
            for row in render_example(shown, self._labels, self.options):
                counts[f"rows: {split}"] += 1
                counts[f"rows of task: {row.task}"] += 1
                counts[f"rows of language: {row.lang}"] += 1
                counts[f"rows of topic: {row.cate or 'none'}"] += 1
                counts[f"rows of format: {row.format}"] += 1
                count_row(row, counts)
                yield split, row


def split_of(example: Example, seed: int, shares: SplitOptions) -> str:
    """train, validation or test, by page, so that no page stands on both sides."""
    key = f"{seed}:{example.lang}:{example.page.id if example.page else example.id}"
    place = xxhash.xxh3_64_intdigest(key.encode()) / 2**64
    if place < shares.test:
        return "test"
    return "validation" if place < shares.test + shares.validation else "train"
