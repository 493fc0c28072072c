"""`kg2instruct learn`: dumps in, a file of words that state relations out."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from kg2instruct.align.cases import cases_of, states_nothing
from kg2instruct.align.context import AlignContext
from kg2instruct.align.learn import LearnedWord, LearnOptions, WordCounts, learn_words
from kg2instruct.align.learned import write_learned
from kg2instruct.config import BuildConfig
from kg2instruct.errors import ConfigError, Kg2InstructError
from kg2instruct.jsonl import atomic_writer
from kg2instruct.pipeline.context import page_context
from kg2instruct.pipeline.folder import claim, own_folder
from kg2instruct.pipeline.identity import Identity, program
from kg2instruct.pipeline.inputs import Inputs, PageUnit, find_inputs, is_article, keep_pipes, page_units
from kg2instruct.pipeline.knowledge import build_knowledge_base
from kg2instruct.pipeline.progress import MakeProgress, silent
from kg2instruct.pipeline.stages import LINKS, PROBLEM, ScanLinks, read_unit
from kg2instruct.pipeline.units import Stage, StageReport, Tally, require_units, run_units
from kg2instruct.records import Lang, Page
from kg2instruct.schema import SchemaSet
from kg2instruct.wiki.article import parse_article
from kg2instruct.wiki.links import merge_links

WORDS = ".words"
_KEEP = 3_000  # words of one property; twice as many while two counts are added


@dataclass(slots=True)
class CountWords:
    """Count the words near the tails of claims in a unit of pages."""

    lang: Lang
    kb: Path
    links: Path | None
    schemas: Path | None
    config: BuildConfig
    _context: AlignContext | None = field(default=None, repr=False)

    def open(self) -> None:
        """Map the store and load names and schemas; forked workers share them."""
        self._context = page_context(self.lang, self.kb, self.links, self.schemas, self.config.align)
        self._context.dictionary.load()

    def run(self, unit: PageUnit, folder: Path) -> Tally:
        """Write the unit's counts to `NAME.words`."""
        tally = Tally()
        counts = WordCounts(self.lang)
        for page in read_unit(unit, tally, strict=self.config.strict):
            if not is_article(page):
                continue
            try:
                self._count(page, counts, tally)
            except Kg2InstructError:
                raise
            except Exception as error:  # one page must not end a run; it is told
                tally.counts[PROBLEM + "page could not be processed"] += 1
                where = f"{unit.dump.file}: page {page.id} {page.title!r}: {type(error).__name__}: {error}"
                tally.add_examples("page could not be processed", [where])
        counts.trim(_KEEP)
        with atomic_writer(folder / f"{unit.name}{WORDS}") as out:
            out.write(counts.to_bytes())
        return tally

    def _count(self, page: Page, counts: WordCounts, tally: Tally) -> None:
        if self._context is None:
            raise RuntimeError("the stage was not opened")
        article = parse_article(page, lang=self.lang, options=self.config.wiki)
        if not article.disambiguation:
            counts.add_page(list(cases_of(article, self._context)))  # all of the page or nothing
            tally.counts["pages"] += 1


@dataclass(frozen=True, slots=True)
class LearnReport:
    """The words of each property, how many cases each had, and what was counted on the way."""

    words: dict[int, list[LearnedWord]]
    cases: dict[int, int]
    tally: Tally


def learn(
    config: BuildConfig,
    out: Path,
    *,
    options: LearnOptions | None = None,
    workers: int = 1,
    progress: MakeProgress = silent,
) -> LearnReport:
    """Learn words from pages and a knowledge base and write them to `out`; run again after a stop it goes on."""
    if len(config.lang) != 1:
        raise ConfigError(f"--lang {','.join(config.lang)}: words are learned for one language at a time")
    inputs = find_inputs(config)
    folder = out.with_name(f"{out.name}.work")
    with own_folder(folder) as work:
        inputs = keep_pipes(inputs, work / "stdin")
        options_of_pages = msgspec.to_builtins(dataclasses.asdict(config))
        identity = Identity(inputs.checksums(), options_of_pages, program())
        claim(folder, identity, fresh=False)
        report = _Learning(config, inputs, work, workers, progress).run(out, options or LearnOptions())
    shutil.rmtree(folder, ignore_errors=True)
    return report


class _Learning:
    """One run under way."""

    def __init__(
        self, config: BuildConfig, inputs: Inputs, work: Path, workers: int, progress: MakeProgress
    ) -> None:
        self.config, self.inputs, self.work = config, inputs, work
        self.workers, self.progress = workers, progress
        self.lang: Lang = next(iter(inputs.pages))

    def run(self, out: Path, options: LearnOptions) -> LearnReport:
        kb = self.inputs.kb or self._knowledge_base()
        scanned = self._run("links", ScanLinks(self.lang, self.config.strict))
        links = self.work / "link-table"
        merge_links(scanned.outputs(LINKS), links, threads=self.workers)
        stage = CountWords(self.lang, kb, links, self.inputs.schemas, self.config)
        counted = self._run("words", stage)
        counts = read_counts(counted.outputs(WORDS), self.lang)
        context = page_context(self.lang, kb, links, self.inputs.schemas, self.config.align)
        words = learn_words(
            counts,
            options=options,
            same=same_facts(context.schemas),
            leave_out=lambda word: states_nothing(word, context),
        )
        names = {pid: relation.name[self.lang] for pid, relation in context.schemas.relations.items()}
        write_learned(out, self.lang, words, names=names, cases=counts.cases)
        tally = counted.tally
        for name, why in counted.failed.items():
            tally.counts[PROBLEM + "part that could not be done"] += 1
            tally.add_examples("part that could not be done", [f"{name}: {why}"])
        return LearnReport(words, dict(counts.cases), tally)

    def _knowledge_base(self) -> Path:
        folder = self.work / "kb"
        build_knowledge_base(self.inputs.dumps, folder, workers=self.workers, progress=self.progress)
        return folder

    def _run(self, title: str, stage: Stage[Any]) -> StageReport:
        paths = self.inputs.pages[self.lang]
        total = None if self.config.limit else sum(path.stat().st_size for path in paths)
        units: Iterable[PageUnit] = page_units(paths, limit=self.config.limit, threads=self.workers)
        with self.progress(title, total) as shown:
            report = run_units(units, stage, self.work / title, workers=self.workers, progress=shown)
        require_units(report, title)
        return report


def read_counts(files: Iterable[Path], lang: Lang) -> WordCounts:
    """The counts of all units, added in their order."""
    counts = WordCounts(lang)
    for file in files:
        counts.merge(WordCounts.from_bytes(file.read_bytes(), lang))
        counts.trim(_KEEP)
    return counts


def same_facts(schemas: SchemaSet) -> dict[int, set[int]]:
    """The properties that say the same as each from the other end."""
    return {pid: set(relation.inverses) for pid, relation in schemas.relations.items()}
