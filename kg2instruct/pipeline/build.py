"""`kg2instruct build`: dumps in, a dataset folder out. The only place that knows the order of its stages."""

from __future__ import annotations

import dataclasses
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

import msgspec
import yaml

from kg2instruct.config import BuildConfig
from kg2instruct.errors import ConfigError, InputError
from kg2instruct.jsonl import atomic_writer
from kg2instruct.pipeline.card import dataset_card
from kg2instruct.pipeline.parquet import pack
from kg2instruct.pipeline.progress import SILENT, Progress
from kg2instruct.pipeline.run import (
    MANIFEST,
    WORK,
    Identity,
    checksum,
    claim_folder,
    concatenate,
    read_json,
    replace_folder,
    versions,
    write_json,
)
from kg2instruct.pipeline.stages import ALIGNED, LINKS, ROWS, AlignedPart, AlignPages, RenderRows, ScanLinks
from kg2instruct.pipeline.units import StageReport, outputs, require_units, run_units
from kg2instruct.records import Lang
from kg2instruct.sample import sample_paths
from kg2instruct.wiki.links import merge_links
from kg2instruct.wiki.dump import plan_units
from kg2instruct.wikidata.build import build_store

MakeProgress = Callable[[str, int | None], Progress]


@dataclass(slots=True)
class BuildSummary:
    """What a build made: the folder, rows by split, all counts, and what failed."""

    out: Path
    rows: dict[str, int]
    counts: dict[str, int]
    failed: dict[str, str] = field(default_factory=dict)
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Inputs:
    """The files of a build: pages by language, and entity dumps or a store."""

    pages: dict[Lang, tuple[Path, ...]]
    dumps: tuple[Path, ...]
    kb: Path | None


def build(
    config: BuildConfig,
    out: Path,
    *,
    workers: int = 1,
    fresh: bool = False,
    progress: MakeProgress = lambda title, total: SILENT,  # noqa: ARG005
) -> BuildSummary:
    """Build a dataset folder; run again with the same arguments it goes on where it stopped.

    Raises Kg2InstructError with a one-line message; whatever was finished before stays and is used by the next run.
    """
    inputs = find_inputs(config)
    identity = Identity(_checksums(inputs), msgspec.to_builtins(dataclasses.asdict(config)))
    if claim_folder(out, identity, fresh=fresh):
        return _finished(out)
    return _Build(config, inputs, identity, out, workers, progress).run()


def find_inputs(config: BuildConfig) -> Inputs:
    """The files that a configuration names; the built-in sample when it names none."""
    langs = cast("tuple[Lang, ...]", config.lang)
    if not config.wikipedia:
        sample = {lang: sample_paths(lang) for lang in langs}
        return Inputs(
            {lang: (paths.wikipedia,) for lang, paths in sample.items()}, (sample[langs[0]].wikidata,), None
        )
    pages: dict[Lang, tuple[Path, ...]] = {}
    for name in config.wikipedia:
        lang, _, path = name.partition("=")
        if lang not in langs or not path:
            if len(langs) > 1:
                raise ConfigError(f"--wikipedia {name}: say of which language, as in --wikipedia zh={name}")
            lang, path = langs[0], name
        key = cast("Lang", lang)
        pages[key] = (*pages.get(key, ()), Path(path))
    kb = Path(config.kb) if config.kb else None
    return Inputs(pages, tuple(Path(path) for path in config.wikidata), kb)


def _checksums(inputs: Inputs) -> dict[str, str]:
    files = [path for paths in inputs.pages.values() for path in paths] + list(inputs.dumps)
    if inputs.kb is not None:
        if not inputs.kb.is_dir():
            raise InputError(f"{inputs.kb}: no such folder; build one with: kg2instruct kb build DUMP --out {inputs.kb}")
        files.append(inputs.kb / MANIFEST)
    return {str(path): checksum(path) if str(path) != "-" else "standard input" for path in files}


def _finished(out: Path) -> BuildSummary:
    manifest = read_json(out / MANIFEST) or {}
    stats = read_json(out / "stats.json") or {}
    return BuildSummary(out, manifest.get("rows", {}), stats.get("counts", {}), resumed=True)


class _Build:
    """One build under way."""

    def __init__(
        self,
        config: BuildConfig,
        inputs: Inputs,
        identity: Identity,
        out: Path,
        workers: int,
        progress: MakeProgress,
    ) -> None:
        self.config, self.inputs, self.identity = config, inputs, identity
        self.out, self.work, self.workers, self.progress = out, out / WORK, workers, progress
        self.schemas = Path(config.schemas) if config.schemas else None
        self.counts: Counter[str] = Counter()
        self.failed: dict[str, str] = {}

    def run(self) -> BuildSummary:
        kb = self.inputs.kb or self._knowledge_base()
        for lang in self.inputs.pages:
            links = self._links(lang)
            aligned = self._align(lang, kb, links)
            self._render(lang, aligned)
        rows = self._publish()
        return BuildSummary(self.out, rows, dict(sorted(self.counts.items())), self.failed)

    def _knowledge_base(self) -> Path:
        folder = self.out / "kb"
        report = build_store(self.inputs.dumps, folder, langs=("zh", "en"), workers=self.workers)
        self.counts.update({f"kb: {name}": n for name, n in report.counts.items() if isinstance(n, int)})
        return folder

    def _run(self, title: str, total: int | None, units: Any, stage: Any, folder: Path) -> StageReport:
        with self.progress(title, total) as progress:
            report = run_units(units, stage, folder, workers=self.workers, progress=progress)
        require_units(report, title)
        self.failed.update({f"{title} {name}": why for name, why in report.failed.items()})
        return report

    def _page_bytes(self, lang: Lang) -> int | None:
        paths = self.inputs.pages[lang]
        return None if any(str(path) == "-" for path in paths) else sum(path.stat().st_size for path in paths)

    def _units(self, lang: Lang) -> Any:
        paths: list[Path | Literal["-"]] = ["-" if str(p) == "-" else p for p in self.inputs.pages[lang]]
        return plan_units(paths, threads=self.workers)

    def _links(self, lang: Lang) -> Path | None:
        if any(str(path) == "-" for path in self.inputs.pages[lang]):
            return None  # a pipe can be read once
        merged = self.work / f"links-{lang}"
        if not (merged / MANIFEST).exists():
            folder = self.work / f"scan-{lang}"
            report = self._run(
                f"links {lang}", self._page_bytes(lang), self._units(lang), ScanLinks(lang, self.config.strict), folder
            )
            merge_links(outputs(folder, report, LINKS), merged)
            write_json(merged / MANIFEST, {"units": len(report.units)})
        return merged

    def _align(self, lang: Lang, kb: Path, links: Path | None) -> tuple[Path, StageReport]:
        stage = AlignPages(
            lang=lang,
            kb=kb,
            links=links,
            schemas=self.schemas,
            wiki=self.config.wiki,
            options=self.config.align,
            list_pages=self.config.list_pages,
            keep_all=self.config.keep_all,
            strict=self.config.strict,
        )
        folder = self.work / f"aligned-{lang}"
        report = self._run(f"align {lang}", self._page_bytes(lang), self._units(lang), stage, folder)
        self.counts.update(report.counts)
        if not report.counts["pages read"]:
            files = ", ".join(map(str, self.inputs.pages[lang]))
            raise InputError(f"{files}: no page found; expected a MediaWiki export with <page> elements")
        return folder, report

    def _render(self, lang: Lang, aligned: tuple[Path, StageReport]) -> None:
        folder, report = aligned
        parts = [
            AlignedPart(path.name.removesuffix(ALIGNED), path, path.stat().st_size)
            for path in outputs(folder, report, ALIGNED)
        ]
        options = dataclasses.replace(self.config.render, seed=self.config.seed)
        stage = RenderRows(lang, self.schemas, options, self.config.split)
        rows = self._run(
            f"render {lang}", sum(p.size for p in parts), parts, stage, self.work / f"rows-{lang}"
        )
        self.counts.update(rows.counts)

    def _publish(self) -> dict[str, int]:
        """Lay out the dataset folder; the manifest is written last and marks it whole."""
        for name in ("data", "aligned"):
            shutil.rmtree(self.work / name, ignore_errors=True)
        parts = [p for lang in self.inputs.pages for p in _parts(self.work / f"rows-{lang}", ROWS)]
        rows = pack(parts, self.work / "data")
        for lang in self.inputs.pages:
            concatenate(
                _parts(self.work / f"aligned-{lang}", ALIGNED), self.work / "aligned", lang, self.config.compress
            )
        replace_folder(self.work / "data", self.out / "data")
        replace_folder(self.work / "aligned", self.out / "aligned")
        counts = dict(sorted(self.counts.items()))
        write_json(self.out / "stats.json", {"rows": rows, "counts": counts, "failed": self.failed})
        self._write_text("config.yaml", yaml.safe_dump(self._resolved(), allow_unicode=True, sort_keys=False))
        self._write_text("README.md", dataset_card(self.config, rows, counts))
        write_json(
            self.out / MANIFEST, {"identity": self.identity.to_json(), "rows": rows, "versions": versions()}
        )
        shutil.rmtree(self.work, ignore_errors=True)
        return rows

    def _resolved(self) -> dict[str, Any]:
        options = msgspec.to_builtins(dataclasses.asdict(self.config))
        return {**options, "versions": versions(), "inputs": dict(self.identity.inputs)}

    def _write_text(self, name: str, text: str) -> None:
        with atomic_writer(self.out / name) as out:
            out.write(text.encode())


def _parts(folder: Path, suffix: str) -> list[Path]:
    """The finished outputs of a stage, in the order of their units."""
    done = sorted(path.name.removesuffix(".done.json") for path in folder.glob("*.done.json"))
    return [folder / f"{name}{suffix}" for name in done]
