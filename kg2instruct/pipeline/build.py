"""`kg2instruct build`: dumps in, a dataset folder out. The only place that knows the order of its stages."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from kg2instruct.config import BuildConfig
from kg2instruct.errors import ConfigError, InputError
from kg2instruct.pipeline.engine import Engine
from kg2instruct.pipeline.fetching import forget_answers
from kg2instruct.pipeline.folder import (
    MANIFEST,
    claim,
    join_later,
    one_at_a_time,
    own_folder,
    read_json,
    write_json,
)
from kg2instruct.pipeline.gathering import PAGES, fetch_for_pages, gather_pages
from kg2instruct.pipeline.identity import Identity, program
from kg2instruct.pipeline.inputs import (
    Inputs,
    PageUnit,
    find_inputs,
    is_pipe,
    keep_pipes,
    of_other_wikis,
    page_units,
)
from kg2instruct.pipeline.knowledge import build_knowledge_base
from kg2instruct.pipeline.label_counts import COUNTS, CountLabels, merge_counts
from kg2instruct.pipeline.listed_pages import Gathered, PickPages
from kg2instruct.pipeline.progress import MakeProgress, silent
from kg2instruct.pipeline.publish import publish
from kg2instruct.pipeline.results import Results
from kg2instruct.pipeline.stages import (
    ALIGNED,
    LINKS,
    PROBLEM,
    AlignedPart,
    AlignPages,
    RenderRows,
    ScanLinks,
)
from kg2instruct.pipeline.units import Stage, StageReport, Unit, require_units, run_units
from kg2instruct.records import Lang
from kg2instruct.render.templates import template_sets
from kg2instruct.schema import load_schemas
from kg2instruct.share import Share
from kg2instruct.storage import local
from kg2instruct.wiki.links import merge_links
from kg2instruct.wiki.templates import TemplateTable
from kg2instruct.wikidata.build import BuildReport

U = TypeVar("U", bound=Unit)


@dataclass(frozen=True, slots=True)
class BuildSummary:
    """What a build made: the folder, rows by split, what `stats.json` holds, and units that failed."""

    out: Path
    rows: dict[str, int] = field(default_factory=dict)
    stats: dict[str, Any] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    finished_before: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """All counts by name."""
        counts: dict[str, int] = self.stats.get("counts", {})
        return counts


def build(
    config: BuildConfig,
    out: Path,
    *,
    workers: int = 1,
    fresh: bool = False,
    render: bool = True,
    contact: str = "",
    engine: Engine | None = None,
    share: Share | None = None,
    progress: MakeProgress = silent,
) -> BuildSummary:
    """Build a dataset folder, or without `render` only its aligned records; run again it goes on.

    Raises Kg2InstructError with a one-line message; what was finished before stays and is used by the next
    run. Parts whose worker process died twice are told in the summary's `failed`; the folder then has no
    manifest, and the same command tries these parts again. `contact` is told to servers that are asked. Units
    are done by `workers` processes of this machine, unless an engine does them elsewhere. With a share only its
    units are done, and ShareDone is raised where the work of others is needed.
    """
    inputs = find_inputs(config)
    _check_share(inputs, share, fresh=fresh)
    _check_tables(config, inputs, render=render)
    also = (*(("kb",) if inputs.dumps or config.sparql else ()), *((PAGES,) if inputs.titles else ()))
    with own_folder(out, also=also, share=share) as work:
        inputs = keep_pipes(inputs, work / "stdin")
        options = msgspec.to_builtins(dataclasses.asdict(config)) | {"render rows": render}
        identity = Identity(inputs.checksums(), options, program())
        if claim(out, identity, fresh=fresh, share=share):
            return dataclasses.replace(read_summary(out), finished_before=True)
        if fresh and config.sparql:
            forget_answers(out / "kb")
        running = _Build(config, inputs, identity, out, work, workers, progress, contact, engine, share)
        return running.run(render=render)


def _check_share(inputs: Inputs, share: Share | None, *, fresh: bool) -> None:
    if share is None:
        return
    if fresh:
        raise ConfigError("--fresh with --shard would throw away what others do; name a new --out")
    paths = (*inputs.dumps, *(path for paths in inputs.pages.values() for path in paths))
    if inputs.titles or any(map(is_pipe, paths)):
        raise ConfigError(
            "--shard divides files of dumps; what is listed, fetched or piped is done by one machine"
        )


def _check_tables(config: BuildConfig, inputs: Inputs, *, render: bool) -> None:
    """Mistakes in the user's own tables are told before anything long begins."""
    load_schemas(inputs.schemas)
    for lang in inputs.pages:
        if config.wiki_templates:
            TemplateTable.load(lang, local(config.wiki_templates))
        for task in config.render.tasks if render else ():
            parts = (task, config.render.template_set, lang)
            _ = template_sets()["/".join(filter(None, parts))].templates


def read_summary(out: Path) -> BuildSummary:
    """What an output folder holds; InputError when no build has finished there."""
    stats = read_json(out / "stats.json")
    if stats is None:
        raise InputError(
            f"{out}: holds no stats.json; name the --out folder of `kg2instruct build` or `align`"
        )
    return BuildSummary(out, stats["rows"], stats, stats["failed"])


@dataclass(slots=True)
class _Build:
    """One build under way."""

    config: BuildConfig
    inputs: Inputs
    identity: Identity
    out: Path
    work: Path
    workers: int
    progress: MakeProgress
    contact: str
    engine: Engine | None
    share: Share | None
    gathered: dict[Lang, Gathered] = field(default_factory=dict)
    results: Results = field(default_factory=Results)

    def run(self, *, render: bool) -> BuildSummary:
        if self.inputs.titles:
            self._gather()
        kb = self.inputs.kb or self._knowledge_base()
        for lang, paths in self.inputs.pages.items():
            if others := of_other_wikis(paths, lang):
                kind = "export of another wiki"
                self.results.tally.merge({PROBLEM + kind: len(others)}, {kind: others})
            aligned = self._align(lang, kb, self._links(lang))
            if render:
                self._render(lang, aligned)
        join_later(self.work, self.share)
        rows, stats = publish(self.results, self.config, self.identity, self.work, self.out)
        return BuildSummary(self.out, rows, stats, self.results.failed)

    def _gather(self) -> None:
        """Put the listed pages in the place of whole dumps."""

        def pick(lang: Lang, stage: PickPages, name: str) -> StageReport:
            units = page_units(self.inputs.pages[lang], limit=0, threads=self.workers)
            return self._run(f"titles {lang}", units, stage, name, self._page_bytes(lang))

        self.inputs, self.gathered = gather_pages(
            self.inputs, self.out, self.work,
            pick=pick, contact=self.contact, strict=self.config.strict, progress=self.progress,
        )  # fmt: skip
        for lang, found in self.gathered.items():
            if found.missing:
                kind = f"title without a page ({lang})"
                self.results.tally.merge({PROBLEM + kind: len(found.missing)}, {kind: found.missing})

    def _knowledge_base(self) -> Path:
        folder, marker = self.out / "kb", self.work / "kb.json"
        done = read_json(marker)
        if done is None or not (folder / MANIFEST).exists():
            report = self._build_knowledge(folder)
            done = {"counts": report.counts, "problems": report.problems[:5], "lines": len(report.problems)}
            write_json(marker, done)
        self.results.knowledge = {name: n for name, n in done["counts"].items() if isinstance(n, int)}
        if done["problems"]:
            kind = "line of the knowledge base"
            self.results.tally.merge({PROBLEM + kind: done["lines"]}, {kind: done["problems"]})
        return folder

    def _build_knowledge(self, folder: Path) -> BuildReport:
        if not self.config.sparql:
            return build_knowledge_base(
                self.inputs.dumps, folder,
                workers=self.workers, engine=self.engine, share=self.share, progress=self.progress,
            )  # fmt: skip
        fetched = fetch_for_pages(
            self.config.sparql, self.gathered, self.inputs, folder,
            contact=self.contact, workers=self.workers, progress=self.progress,
        )  # fmt: skip
        return fetched.built

    def _links(self, lang: Lang) -> Path:
        """Redirects and link counts of all pages, in one table."""
        merged = self.work / f"links-{lang}"
        done = read_json(merged / MANIFEST)
        if done is not None and not done["failed"]:
            return merged
        stage = ScanLinks(lang, self.config.strict)
        report = self._run(f"links {lang}", self._units(lang), stage, f"scan-{lang}", self._page_bytes(lang))
        if done is not None and done["failed"] != report.failed:
            for later in ("aligned", "rows"):  # they were made with a poorer table
                shutil.rmtree(self.work / f"{later}-{lang}", ignore_errors=True)
        with one_at_a_time(self.work, self.share):
            if self.share is None or read_json(merged / MANIFEST) is None:
                merge_links(report.outputs(LINKS), merged, threads=self.workers)
                write_json(merged / MANIFEST, {"failed": report.failed})
        return merged

    def _align(self, lang: Lang, kb: Path, links: Path) -> StageReport:
        config = self.config
        stage = AlignPages(
            lang=lang,
            kb=kb,
            links=links,
            schemas=self.inputs.schemas,
            wiki=config.wiki,
            wiki_templates=local(config.wiki_templates) if config.wiki_templates else None,
            options=config.align,
            list_pages=config.list_pages,
            keep_all=config.keep_all,
            strict=config.strict,
            rejects=config.rejects,
            seed=config.seed,
        )
        title = f"align {lang}"
        report = self._run(title, self._units(lang), stage, f"aligned-{lang}", self._page_bytes(lang))
        self.results.tally.merge(report.tally.counts, report.tally.examples)
        self.results.aligned[lang] = report
        self._require_pages(lang, report)
        return report

    def _require_pages(self, lang: Lang, report: StageReport) -> None:
        files = ", ".join(map(str, self.inputs.pages[lang]))
        counts, broken = report.tally.counts, "page could not be processed"
        if not counts["pages read"]:
            told = [
                f"{kind}: {places[0]}" for kind, places in report.tally.examples.items() if kind != "no page"
            ]
            expected = "expected a MediaWiki export with <page> elements"
            raise InputError(f"{files}: no page found; {told[0] if told else expected}")
        if counts[PROBLEM + broken] == counts["pages read"]:
            raise InputError(f"{files}: no page could be processed; {report.tally.examples[broken][0]}")

    def _render(self, lang: Lang, aligned: StageReport) -> None:
        parts = [
            AlignedPart(path.name.removesuffix(ALIGNED), path, path.stat().st_size)
            for path in aligned.outputs(ALIGNED)
        ]
        options = dataclasses.replace(self.config.render, seed=self.config.seed)
        counts = self._label_counts(lang, parts)
        stage = RenderRows(lang, self.inputs.schemas, options, self.config.split, counts)
        report = self._run(f"render {lang}", parts, stage, f"rows-{lang}", sum(part.size for part in parts))
        self.results.tally.merge(report.tally.counts, report.tally.examples)
        self.results.rows[lang] = report

    def _label_counts(self, lang: Lang, parts: Sequence[AlignedPart]) -> Path:
        """Which labels occur together in all records, in one file."""
        merged = self.work / f"labels-{lang}.json"
        report = self._run(
            f"labels {lang}", parts, CountLabels(), f"counts-{lang}", sum(part.size for part in parts)
        )
        with one_at_a_time(self.work, self.share):
            if merge_counts(report.outputs(COUNTS), merged):  # rows were made when parts were missing
                shutil.rmtree(self.work / f"rows-{lang}", ignore_errors=True)
        return merged

    def _run(
        self, title: str, units: Iterable[U], stage: Stage[U], name: str, total: int | None
    ) -> StageReport:
        with self.progress(title, total) as progress:
            report = run_units(
                units, stage, self.work / name,
                workers=self.workers, engine=self.engine, share=self.share, progress=progress,
            )  # fmt: skip
        require_units(report, title)
        self.results.failed.update({f"{title}, part {unit}": why for unit, why in report.failed.items()})
        return report

    def _page_bytes(self, lang: Lang) -> int | None:
        return None if self.config.limit else sum(path.stat().st_size for path in self.inputs.pages[lang])

    def _units(self, lang: Lang) -> Iterable[PageUnit]:
        return page_units(self.inputs.pages[lang], limit=self.config.limit, threads=self.workers)
