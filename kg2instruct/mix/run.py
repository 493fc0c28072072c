"""`kg2instruct mix`: a recipe in, a dataset folder out. The only place that knows the order of the stages."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import xxhash

from kg2instruct.errors import ConfigError, InputError, Kg2InstructError
from kg2instruct.mix.data_files import TEXT_FILES, files_of
from kg2instruct.mix.decide import Decision, decide
from kg2instruct.mix.hub import HubSource
from kg2instruct.mix.labels import ExampleLabels
from kg2instruct.mix.part import load, save
from kg2instruct.mix.read import ReadRows
from kg2instruct.mix.recipe import Recipe
from kg2instruct.mix.report import Told, losses, publish
from kg2instruct.mix.sources import (
    ConvertCorpora,
    SourceUnit,
    corpus_units,
    record_files,
    source_files,
    source_units,
    used,
)
from kg2instruct.mix.table import Table
from kg2instruct.mix.write import ROWS, WriteRows, buckets
from kg2instruct.pipeline.engine import Engine
from kg2instruct.pipeline.folder import (
    MANIFEST,
    claim,
    join_later,
    one_at_a_time,
    own_folder,
    read_json,
    write_json,
)
from kg2instruct.pipeline.identity import Identity, files_below, program
from kg2instruct.pipeline.parquet import pack
from kg2instruct.pipeline.progress import MakeProgress, silent
from kg2instruct.pipeline.units import Stage, StageReport, Tally, Unit, run_units
from kg2instruct.share import Share

U = TypeVar("U", bound=Unit)


@dataclass(frozen=True, slots=True)
class MixSummary:
    """What a mix made: the folder, rows by split, and what `stats.json` holds."""

    out: Path
    rows: dict[str, int] = field(default_factory=dict)
    stats: dict[str, Any] = field(default_factory=dict)
    finished_before: bool = False


def mix(
    recipe: Recipe,
    out: Path,
    *,
    workers: int = 1,
    fresh: bool = False,
    engine: Engine | None = None,
    share: Share | None = None,
    progress: MakeProgress = silent,
) -> MixSummary:
    """Mix a dataset folder; run again after an interruption it goes on, and ends with the same bytes.

    Raises Kg2InstructError with a one-line message.
    """
    hubs = {i: HubSource.find(spec) for i, spec in used(recipe) if spec.kind == "hub"}
    if share is not None and fresh:
        raise ConfigError("--fresh with --shard would throw away what others do; name a new --out")
    with own_folder(out, share=share) as work:
        identity = _identity(recipe, hubs)
        if claim(out, identity, fresh=fresh, share=share):
            manifest = read_json(out / MANIFEST) or {}
            stats = read_json(out / "stats.json") or {}
            return MixSummary(out, manifest.get("rows", {}), stats, finished_before=True)
        return _Mix(recipe, hubs, identity, out, work, workers, progress, engine, share).run()


def _identity(recipe: Recipe, hubs: dict[int, HubSource]) -> Identity:
    inputs = {}
    for i, spec in used(recipe):
        if spec.kind == "hub":
            inputs[f"{spec.name}: {hubs[i].name}"] = hubs[i].commit
            continue
        below = [file for name in spec.path for file in files_below(Path(name))]
        for path in below if spec.kind == "convert" else source_files(spec):
            inputs[f"{spec.name}: {path}"] = _checksum(path)
        for name in filter(None, (spec.mapping, spec.schema, spec.labels)):
            inputs |= {f"{spec.name}: {x}": _checksum(x) for x in files_below(Path(name)) if x.is_file()}
    for path in files_of(recipe.decontaminate.sets, TEXT_FILES):
        inputs[f"evaluation: {path}"] = _checksum(path)
    options = msgspec.json.decode(msgspec.json.encode(dataclasses.asdict(recipe)))
    return Identity(inputs, options, program())


def _checksum(path: Path) -> str:
    """A file's size and a hash of all its bytes."""
    digest, size = xxhash.xxh3_128(), 0
    try:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
                size += len(piece)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    return f"{size}:{digest.hexdigest()}"


@dataclass(slots=True)
class _Mix:
    """One mix under way."""

    recipe: Recipe
    hubs: dict[int, HubSource]
    identity: Identity
    out: Path
    work: Path
    workers: int
    progress: MakeProgress
    engine: Engine | None = None
    share: Share | None = None
    tally: Tally = field(default_factory=Tally)

    def run(self) -> MixSummary:
        self._convert()
        read = self._read()
        with one_at_a_time(self.work, self.share):
            decision = self._decide(read)
        written = self._write(read, decision)
        join_later(self.work, self.share)
        shutil.rmtree(self.work / "data", ignore_errors=True)
        rows = pack(written.outputs(ROWS), self.work / "data")
        told = Told(self.recipe, self.hubs, self.identity, self.tally, decision, rows)
        stats = publish(told, self.work, self.out)
        return MixSummary(self.out, rows, stats)

    def _convert(self) -> None:
        units = [
            unit for i, spec in used(self.recipe) if spec.kind == "convert" for unit in corpus_units(i, spec)
        ]
        if units:
            self._run("convert", units, ConvertCorpora(), "converted", sum(unit.size for unit in units))

    def _read(self) -> StageReport:
        converted = self.work / "converted"
        units: list[SourceUnit] = []
        labels: dict[int, ExampleLabels] = {}
        for i, spec in used(self.recipe):
            units += source_units(i, spec, converted, self.hubs.get(i))
            if spec.kind in ("examples", "convert"):
                labels[i] = ExampleLabels.of(spec, record_files(i, spec, converted))
        stage = ReadRows(self.recipe, self.hubs, labels)
        return self._run("read", units, stage, "read", sum(unit.size for unit in units))

    def _decide(self, read: StageReport) -> Decision:
        order, told = self.work / "order.npy", self.work / "decision.json"
        done = read_json(told)
        if done is None or not order.exists():
            decision = decide(Table.open(read.folder, read.units), self.recipe)
            save(order, decision.order)
            write_json(
                told,
                {"fates": decision.fates, "targets": decision.targets, "clusters": decision.clusters},
            )
        else:
            decision = Decision(
                load(order),
                {int(source): fates for source, fates in done["fates"].items()},
                {int(source): count for source, count in done["targets"].items()},
                done["clusters"],
            )
        if not len(decision.order):
            names = ", ".join(spec.name for spec in self.recipe.sources)
            raise InputError(f"no rows are left of {names}{losses(self.recipe, self.tally, decision)}")
        return decision

    def _write(self, read: StageReport, decision: Decision) -> StageReport:
        parts, total = read.outputs(".arrow"), sum(sum(fates.values()) for fates in decision.fates.values())
        stage = WriteRows(
            self.work / "order.npy",
            parts,
            [self.recipe.sources[int(name.split("-")[0])].name for name in read.units],
        )
        row_bytes = sum(part.stat().st_size for part in parts) // max(1, total)
        rows = len(decision.order)
        return self._run("write", buckets(rows, row_bytes), stage, "write", rows * row_bytes)

    def _run(
        self, title: str, units: Iterable[U], stage: Stage[U], name: str, total: int | None
    ) -> StageReport:
        with self.progress(title, total) as progress:
            report = run_units(
                units, stage, self.work / name,
                workers=self.workers, engine=self.engine, share=self.share, progress=progress,
            )  # fmt: skip
        if report.failed:
            unit, why = next(iter(report.failed.items()))
            raise Kg2InstructError(f"{title}, part {unit}: {why}; the same command tries it again")
        self.tally.merge(report.tally.counts, report.tally.examples)
        return report
